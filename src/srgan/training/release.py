"""Release the generator of a run as a model that `srgan upscale` runs."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from srgan.data.prepared_set import comparison_words
from srgan.engines.self_test import pattern
from srgan.errors import UsageError
from srgan.files import check_folder, make_folder, write_bytes
from srgan.models import AnyGenerator
from srgan.models.release.fold import Deployable
from srgan.models.release.onnx_export import model_file, round_weights
from srgan.training.checkpoint import Checkpoint, find_trained
from srgan.training.monitoring.log import VALIDATION, read_log
from srgan.training.run_folder import Run, RunSettings
from srgan.training.state import make_generator
from srgan.weights.card import Card, CardScore, Probe, Training

_PROBE_SIZE = 32

_LIMITS = (
    "Not measured on the standard test sets. Trained on clean bicubic reductions: noise, blur and JPEG faults are kept."
)


def trained_generator(run: Run, say: Callable[[str], None]) -> tuple[AnyGenerator, Checkpoint]:
    """Return the generator of a run in evaluation mode, and its checkpoint; see `find_trained`."""
    generator = make_generator(run.settings().recipe)
    checkpoint, weights = find_trained(run, say)
    generator.load_state_dict(weights)
    return generator.eval(), checkpoint


def describe_run(run: Run, checkpoint: Checkpoint, *, name: str, licence: str, terms: str) -> Card:
    """Return the card of a run's model, without stages, probe and files; `terms` are those of its pictures."""
    settings = run.settings()
    recipe = settings.recipe
    return Card(
        name=name,
        summary=recipe.summary,
        version="1",
        architecture=recipe.network.generator,
        arguments=recipe.network.arguments,
        scale=recipe.network.scale,
        stages=(),
        training=Training(
            recipe.flat(),
            _describe_data(settings, terms),
            checkpoint.update,
            checkpoint.machine,
            round(checkpoint.seconds / 3600, 2),
        ),
        licence=licence,
        scores=_scores(run, checkpoint),
        limits=_LIMITS,
        probe=Probe(0, ()),
        files={},
    )


def release(
    run: Run, folder: Path, *, name: str, licence: str, terms: str, say: Callable[[str], None]
) -> tuple[Card, int]:
    """Write the newest checkpoint of a run as a model; return its card, and the updates done.

    Raises:
        UsageError: if the name cannot be that of a file.
        TrainingError: if the run has no checkpoint.
        OutputError: if the files cannot be written.
    """
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise UsageError(f"name '{name}' is not possible for a model: use letters, digits, - and _", parameter="name")
    check_folder(folder)
    generator, checkpoint = trained_generator(run, say)
    card = describe_run(run, checkpoint, name=name, licence=licence, terms=terms)
    return export(generator, card, folder), checkpoint.update


def export(generator: Deployable, card: Card, folder: Path) -> Card:
    """Write the model `<name>.onnx` into the folder: graph, weights in float16, and card; return the card.

    Args:
        generator: in evaluation mode, on the CPU.
        card: without stages, probe and files, which are filled in from the generator.
        folder: made if it is absent.

    Raises:
        OutputError: if the file cannot be written.
    """
    generator = round_weights(generator)
    probe = _measure_probe(generator)
    card = replace(card, stages=generator.stages, scale=generator.scale, probe=probe, files={})
    card, contents = model_file(generator, card)
    make_folder(folder)
    write_bytes(folder / f"{card.name}.onnx", contents)
    return card


def _measure_probe(generator: Deployable) -> Probe:
    with torch.inference_mode():
        restored = generator(torch.from_numpy(pattern(_PROBE_SIZE)))[0, 0].numpy()
    diagonal = np.diagonal(restored)[:: generator.scale]
    return Probe(_PROBE_SIZE, tuple(round(float(value), 5) for value in diagonal))


def _describe_data(settings: RunSettings, terms: str) -> str:
    begun = f" Training began with {Path(settings.begun_from).name}." if settings.begun_from else ""
    compared = comparison_words(settings.comparison)
    return f"The pictures of {Path(settings.data).name}, {compared}; terms: {terms}.{begun}"


def _scores(run: Run, checkpoint: Checkpoint) -> tuple[CardScore, ...]:
    """Return the scores of the last validation, if it is that of the checkpoint."""
    table = read_log(run.folder / VALIDATION)
    if not table.get("update") or table["update"][-1] != checkpoint.update:
        return ()
    best = run.better("raw", "average")
    return (CardScore("validation", "paper", round(table[f"{best}_psnr"][-1], 4), round(table[f"{best}_ssim"][-1], 4)),)
