"""The generator of a run as a model that `srgan upscale` runs: which weights, and what its card says of them."""

import os
import platform
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from srgan.errors import TrainingError, UsageError
from srgan.training.checkpoint import Checkpoint, newest
from srgan.training.export import export
from srgan.training.networks import generator_arguments, make_generator
from srgan.training.record import VALIDATION, read_log
from srgan.training.run import Run, Settings
from srgan.weights.card import Card, Probe, Score, Training

_LIMITS = (
    "Not measured on the standard test sets. Trained on clean bicubic reductions: noise, blur and JPEG faults are kept."
)


def release(
    run: Run, folder: Path, *, name: str, licence: str, terms: str, say: Callable[[str], None]
) -> tuple[Card, int]:
    """Write the newest state of a run as a model: of raw and averaged weights, those that validated better.

    Args:
        run: that has a checkpoint.
        folder: for the three files of the model.
        name: of the model and its files.
        licence: under which it may be used.
        terms: of the pictures that it was trained on.
        say: hears of damaged checkpoints that were passed over.

    Returns:
        The card, and the updates of the state.

    Raises:
        UsageError: if the name cannot be that of a file.
        TrainingError: if the run has no checkpoint.
        OutputError: if the files cannot be written.
    """
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise UsageError(f"'{name}' is no name for a model: use letters, digits, - and _ in --name")
    settings = run.settings()
    state = newest(run.checkpoints, say)
    if state is None:
        raise TrainingError(f"{run.folder} has no checkpoint yet: train it first")
    generator = make_generator(settings.recipe)
    generator.load_state_dict(state.part(run.better("generator", "average")))
    generator.eval()
    card = Card(
        name=name,
        summary=settings.recipe.summary,
        version="1",
        architecture=settings.recipe.generator,
        arguments=generator_arguments(settings.recipe),
        scale=settings.recipe.scale,
        stages=(),
        training=Training(asdict(settings.recipe), _data(settings, terms), state.update, _machine(), _hours(state)),
        licence=licence,
        scores=_scores(run, state),
        limits=_LIMITS,
        probe=Probe(0, ()),
        files={},
    )
    return export(generator, card, folder), state.update


def _data(settings: Settings, terms: str) -> str:
    begun = f" Training began with {Path(settings.begun_from).name}." if settings.begun_from else ""
    return f"The pictures of {Path(settings.data).name}; terms: {terms}.{begun}"


def _machine() -> str:
    return f"{os.cpu_count()} cores of an {platform.machine()} CPU"


def _hours(state: Checkpoint) -> float:
    return round(state.seconds / 3600, 2)


def _scores(run: Run, state: Checkpoint) -> tuple[Score, ...]:
    """What the last validation found, if it is that of the state."""
    found = read_log(run.folder / VALIDATION)
    if not found.get("update") or found["update"][-1] != state.update:
        return ()
    best = run.better("raw", "average")
    return (Score("validation", "paper", round(found[f"{best}_psnr"][-1], 4), round(found[f"{best}_ssim"][-1], 4)),)
