"""The generator of a run as a model that `srgan upscale` runs: which weights, and what its card says of them."""

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from srgan.data.prepared_set import comparison_words
from srgan.errors import TrainingError, UsageError
from srgan.models import AnyGenerator
from srgan.training.checkpoint import Checkpoint, newest
from srgan.training.export import export
from srgan.training.monitoring.log import VALIDATION, read_log
from srgan.training.networks import generator_arguments, make_generator
from srgan.training.run_folder import Run, Settings
from srgan.weights.card import Card, Probe, Score, Training

_LIMITS = (
    "Not measured on the standard test sets. Trained on clean bicubic reductions: noise, blur and JPEG faults are kept."
)


def trained_generator(run: Run, say: Callable[[str], None]) -> tuple[AnyGenerator, Checkpoint]:
    """The generator of a run's newest state, in evaluation mode: of raw and averaged weights, the better in validation.

    Args:
        run: that has a checkpoint.
        say: hears of damaged checkpoints that were passed over.

    Raises:
        TrainingError: if the run has no checkpoint.
    """
    recipe = run.settings().recipe
    state = newest(run.checkpoints, say)
    if state is None:
        raise TrainingError(f"{run.folder} has no checkpoint yet: train it first")
    generator = make_generator(recipe)
    generator.load_state_dict(state.part(run.better("generator", "average")))
    return generator.eval(), state


def describe_run(run: Run, state: Checkpoint, *, name: str, licence: str, terms: str) -> Card:
    """The card of what a run made: all but stages, probe and files.

    Args:
        run: the run.
        state: of it.
        name: of the model and its files.
        licence: under which it may be used.
        terms: of the pictures that it was trained on.
    """
    settings = run.settings()
    recipe = settings.recipe
    return Card(
        name=name,
        summary=recipe.summary,
        version="1",
        architecture=recipe.generator,
        arguments=generator_arguments(recipe),
        scale=recipe.scale,
        stages=(),
        training=Training(asdict(recipe), _data(settings, terms), state.update, state.machine, _hours(state)),
        licence=licence,
        scores=_scores(run, state),
        limits=_LIMITS,
        probe=Probe(0, ()),
        files={},
    )


def release(
    run: Run, folder: Path, *, name: str, licence: str, terms: str, say: Callable[[str], None]
) -> tuple[Card, int]:
    """Write the newest state of a run as a model; returns its card, and the updates of the state.

    Raises:
        UsageError: if the name cannot be that of a file.
        TrainingError: if the run has no checkpoint.
        OutputError: if the files cannot be written.
    """
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise UsageError(f"'{name}' is no name for a model: use letters, digits, - and _ in --name")
    generator, state = trained_generator(run, say)
    card = describe_run(run, state, name=name, licence=licence, terms=terms)
    return export(generator, card, folder), state.update


def _data(settings: Settings, terms: str) -> str:
    begun = f" Training began with {Path(settings.begun_from).name}." if settings.begun_from else ""
    compared = comparison_words(settings.comparison)
    return f"The pictures of {Path(settings.data).name}, {compared}; terms: {terms}.{begun}"


def _hours(state: Checkpoint) -> float:
    return round(state.seconds / 3600, 2)


def _scores(run: Run, state: Checkpoint) -> tuple[Score, ...]:
    """What the last validation found, if it is that of the state."""
    found = read_log(run.folder / VALIDATION)
    if not found.get("update") or found["update"][-1] != state.update:
        return ()
    best = run.better("raw", "average")
    return (Score("validation", "paper", round(found[f"{best}_psnr"][-1], 4), round(found[f"{best}_ssim"][-1], 4)),)
