"""A new run, from what the user named: data found and prepared, weights to begin with, and how long it shall be."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric

from srgan.data.cache import prepared
from srgan.errors import UsageError
from srgan.models.features.feature_weights import load_feature_network
from srgan.progress import Progress
from srgan.training.batches import batches, sampler
from srgan.training.inputs import Material, features_path, initial_weights, load_vgg, vgg_path
from srgan.training.monitoring.validation import score
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run, Settings
from srgan.training.update import Training

Say = Callable[[str], None]

_MARGIN = 0.92
"""Of the time given, what is planned: machines are not always equally fast."""
_SHOWN = 5
"""Pictures left out that are named."""
_SHARE = 0.06
"""Of the time given, what may go into measuring how long an update takes."""


@dataclass(frozen=True)
class Wishes:
    """What the user named."""

    recipe: Recipe
    data: str | None = None
    begun_from: str | None = None
    vgg: str | None = None
    features: str | None = None
    seconds: float | None = None
    """How long the run may take."""


def begin(
    run: Run, wishes: Wishes, *, fabric: Fabric, say: Say, opened: "Opener", progress: Progress
) -> Material:
    """Begin a run in an empty or absent folder.

    Raises:
        SrganError: if something of what it needs is missing or does not fit; then nothing is written.
    """
    recipe = wishes.recipe
    weights = initial_weights(recipe, wishes.begun_from, say=say)
    features = features_path(recipe, wishes.features)
    vgg = vgg_path(recipe, wishes.vgg, progress=progress)
    data = wishes.data or _data_of(wishes.begun_from)
    if data is None:
        raise UsageError("there is nothing to learn from: name a folder of pictures with --data FOLDER")
    with fabric.rank_zero_first():  # it prepares the pictures, the others open them
        material = opened(data, recipe, vgg, features)
    sampler(recipe, material.training)  # refuses too few pictures, before anything is written
    updates = recipe.planned_updates(len(material.training))
    if wishes.seconds is not None:
        updates = min(updates, fabric.broadcast(_affordable(recipe, material, wishes.seconds, fabric, say)))
    if fabric.is_global_zero:
        source = wishes.begun_from or ""
        source = str(Path(source).absolute()) if Path(source).exists() and source else source
        settings = Settings(
            recipe=recipe,
            data=str(Path(data).absolute()),
            begun_from=source,
            vgg=str(vgg or ""),
            updates=updates,
            features=str(features or ""),
            comparison=material.training.comparison,
        )
        run.begin(settings, weights)
    fabric.barrier()
    return material


def go_on(run: Run, wishes: Wishes, *, fabric: Fabric, opened: "Opener") -> Material:
    """What a run that was begun needs to go on.

    Raises:
        UsageError: if the user now wishes something else than it was begun with.
        SrganError: if something of what it needs is no longer there.
    """
    settings = run.settings()
    if wishes.recipe != settings.recipe:
        mine, theirs = vars(wishes.recipe), vars(settings.recipe)
        fields = ", ".join(f"{name} {theirs[name]}" for name in mine if mine[name] != theirs[name])
        raise UsageError(
            f"{run.folder} was begun with other settings ({fields}): repeat its command, or begin another run with "
            f"--from {run.folder}"
        )
    features = features_path(settings.recipe, wishes.features or settings.features)
    vgg = vgg_path(settings.recipe, wishes.vgg or settings.vgg)  # "download" too is found again
    with fabric.rank_zero_first():
        return opened(wishes.data or settings.data, settings.recipe, vgg, features)


Opener = Callable[[str, Recipe, Path | None, Path | None], Material]
"""(data folder, recipe, VGG19's weights, those of deep features) to what a run works on."""


def open_material(
    data: str, recipe: Recipe, vgg: Path | None, features: Path | None, *, say: Say,
    progress: Progress,
) -> Material:  # fmt: skip
    """Pictures prepared, or opened if they are; the networks that the losses look through.

    Raises:
        DataError: if there are no pictures, or too few.
        ModelError: if the weights of a loss's network are missing or damaged.
    """
    loaded = load_vgg(recipe, vgg)
    before = bool(recipe.feature_error)
    seen = None if features is None else load_feature_network(features, before_activation=before)
    pictures, report = prepared(Path(data), scale=recipe.scale, progress=progress)
    if pictures.scale != recipe.scale:
        raise UsageError(
            f"{data} is prepared for x{pictures.scale}, but the recipe enlarges x{recipe.scale}: prepare it with "
            f"--scale {recipe.scale}"
        )
    if report is not None:
        reasons = list(report.left_out.values())
        for reason in reasons[:_SHOWN]:
            say(f"left out: {reason}")
        if len(reasons) > _SHOWN:
            say(f"left out: {len(reasons) - _SHOWN:,} more that cannot be read")
        if report.too_small:
            say(f"left out: {report.too_small:,} too small")
        for file, test in report.test_pictures.items():
            say(f"left out: {file}, which shows {test} of a test set")
    if pictures.comparison is None:
        say(f"{data} was never compared with pictures of test sets: prepare it again, lest they are learned from")
    training, validation = pictures.split()
    return Material(training, validation, loaded, seen, recipe.degradation)


def _data_of(begun_from: str | None) -> str | None:
    """The data of the run that this one begins from."""
    if begun_from is None or not Run(Path(begun_from)).exists:
        return None
    return Run(Path(begun_from)).settings().data


def _affordable(recipe: Recipe, material: Material, seconds: float, fabric: Fabric, say: Say) -> int:
    """Updates that fit into the time, found by a rehearsal on networks that are thrown away."""
    training = Training(recipe, fabric=fabric, updates=10**9, vgg=material.vgg, features=material.features)
    crops = sampler(recipe, material.training)
    times: list[float] = []
    began = now = time.monotonic()
    ranks, rank = fabric.world_size, fabric.global_rank
    most = 50 if ranks == 1 else 5  # processes must agree on how many; alone, it is time that decides
    for number, (low, high) in enumerate(batches(crops, fabric.device, range(most), rank=rank, ranks=ranks)):
        training.update(low, high, number=number)
        if fabric.device.type == "cuda":
            torch.cuda.synchronize()
        times.append(-now + (now := time.monotonic()))
        if ranks == 1 and number >= 2 and now - began > _SHARE * seconds:
            break
    pairs = material.validation_pairs()
    began = time.monotonic()
    score(training.average, pairs[:10], device=fabric.device)
    validation = 2 * (time.monotonic() - began) / len(pairs[:10]) * len(pairs)
    one = sorted(times[1:])[len(times[1:]) // 2]  # the first also sets things up
    left = _MARGIN * (seconds - sum(times)) - 2 * validation
    updates = max(1, int(left / (one + validation / recipe.validate_every)))
    if updates < (recipe.updates or updates + 1):
        say(f"{updates:,} updates fit into the time: about {one:.2f} s each, and {validation:.1f} s for a validation")
    return updates
