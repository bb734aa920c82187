"""Begin a new run from what the user named, or resume one: inputs, duration, and the state to train."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric

from srgan.errors import UsageError
from srgan.progress import Progress
from srgan.storage import is_address
from srgan.training.batches import batches, make_sampler
from srgan.training.checkpoint import find_newest, restore_checkpoint
from srgan.training.inputs import Inputs, find_features, find_vgg, open_inputs, read_initial_weights
from srgan.training.monitoring.validation import score
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run, RunSettings
from srgan.training.state import State, make_state
from srgan.training.update import update

_MARGIN = 0.92
"""Share of the given time that is planned: machines are not always equally fast."""
_REHEARSAL = 0.06
"""Largest share of the given time that measuring updates may take."""


@dataclass(frozen=True)
class TrainingOptions:
    """The recipe and the inputs that the user named."""

    recipe: Recipe
    data: str | None = None
    """Folder of pictures or shards, or address of shards; None for that of the run in `begun_from`."""
    begun_from: str | None = None
    """Run or model with the initial weights, or "none"."""
    vgg: str | None = None
    """File of VGG19's weights, or "download"."""
    features: str | None = None
    """File of the feature network's weights."""
    seconds: float | None = None
    """How long the run may take."""


def begin(run: Run, options: TrainingOptions, *, fabric: Fabric, progress: Progress) -> Inputs:
    """Begin a run in an empty or absent folder.

    Raises:
        SrganError: if something that it needs is missing or does not fit; then nothing is written.
    """
    recipe = options.recipe
    weights = read_initial_weights(recipe, options.begun_from, say=progress.say)
    features = find_features(recipe, options.features)
    vgg = find_vgg(recipe, options.vgg, progress=progress)
    source = Path(options.begun_from or "")
    data = options.data
    if data is None and options.begun_from is not None and Run(source).exists:
        data = Run(source).settings().data
    if data is None:
        raise UsageError("data is missing: name a folder of pictures", parameter="data")
    with fabric.rank_zero_first():  # it prepares the pictures, the others open them
        inputs = open_inputs(data, recipe, vgg, features, progress=progress)
    make_sampler(recipe, inputs.training)  # refuses too few pictures, before anything is written
    updates = recipe.planned_updates(len(inputs.training))
    if options.seconds is not None:
        updates = min(updates, fabric.broadcast(_count_affordable(recipe, inputs, options.seconds, fabric, progress)))
    if fabric.is_global_zero:
        settings = RunSettings(
            recipe=recipe,
            data=data if is_address(data) else str(Path(data).absolute()),
            begun_from=str(source.absolute()) if options.begun_from and source.exists() else options.begun_from or "",
            vgg=str(vgg or ""),
            updates=updates,
            features=str(features or ""),
            comparison=inputs.training.comparison,
        )
        run.begin(settings, weights)
    fabric.barrier()
    return inputs


def resume(run: Run, options: TrainingOptions, *, fabric: Fabric, progress: Progress) -> Inputs:
    """Open the inputs of a run that has begun.

    Raises:
        UsageError: if the options have another recipe than the run.
        SrganError: if something that it needs is no longer there.
    """
    settings = run.settings()
    recipe = settings.recipe
    if options.recipe != recipe:
        mine, theirs = options.recipe.flat(), recipe.flat()
        differences = ", ".join(f"{name} {theirs[name]}" for name in mine if mine[name] != theirs[name])
        raise UsageError(
            f"recipe differs from that of {run.folder} (there: {differences}): repeat its command, or begin another run"
        )
    features = find_features(recipe, options.features or settings.features)
    vgg = find_vgg(recipe, options.vgg or settings.vgg, progress=progress)  # "download" too is found again
    with fabric.rank_zero_first():
        return open_inputs(options.data or settings.data, recipe, vgg, features, progress=progress)


def load_state(run: Run, inputs: Inputs, *, fabric: Fabric, progress: Progress) -> State:
    """Return the state of a run that has begun: of its newest whole checkpoint, or with its initial weights.

    Raises:
        TrainingError: if the checkpoint does not fit.
    """
    settings = run.settings()
    state = make_state(
        settings.recipe, fabric=fabric, updates=settings.updates, vgg=inputs.vgg, features=inputs.features
    )
    checkpoint = find_newest(run.checkpoints, progress.say)
    if checkpoint is not None:
        restore_checkpoint(state, checkpoint)
    elif (initial := run.initial()) is not None:
        state.begin_with(initial)
    return state


def _count_affordable(recipe: Recipe, inputs: Inputs, seconds: float, fabric: Fabric, progress: Progress) -> int:
    """Return the number of updates that fit into the time, measured on networks that are thrown away."""
    state = make_state(recipe, fabric=fabric, updates=10**9, vgg=inputs.vgg, features=inputs.features)
    sampler = make_sampler(recipe, inputs.training)
    times: list[float] = []
    began = now = time.monotonic()
    ranks, rank = fabric.world_size, fabric.global_rank
    most = 50 if ranks == 1 else 5  # processes must agree on how many; alone, it is time that decides
    for number, batch in enumerate(batches(sampler, fabric.device, range(most), rank=rank, ranks=ranks)):
        update(state, batch)
        if fabric.device.type == "cuda":
            torch.cuda.synchronize()
        times.append(-now + (now := time.monotonic()))
        if ranks == 1 and number >= 2 and now - began > _REHEARSAL * seconds:
            break
    pairs = inputs.validation_pairs()
    began = time.monotonic()
    score(state.average, pairs[:10], device=fabric.device)
    validation = 2 * (time.monotonic() - began) / len(pairs[:10]) * len(pairs)
    one = sorted(times[1:])[len(times[1:]) // 2]  # the first also sets things up
    left = _MARGIN * (seconds - sum(times)) - 2 * validation
    updates = max(1, int(left / (one + validation / recipe.logging.validate_every)))
    if updates < (recipe.schedule.updates or updates + 1):
        progress.say(
            f"{updates:,} updates fit into the time: about {one:.2f} s each, and {validation:.1f} s for a validation"
        )
    return updates
