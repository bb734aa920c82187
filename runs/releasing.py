"""What every released model goes through: its data, its measurement on the test sets, its card."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console

from runs.pictures import Pictures
from srgan.data.prepare import find_pictures, prepare
from srgan.data.prepared_set import PreparedPictures, comparison_words, is_prepared
from srgan.errors import SrganError
from srgan.images.image import read
from srgan.images.resize import imresize
from srgan.metrics import PAPER, matlab_protocol
from srgan.models import AnyGenerator
from srgan.models.release.state_dict import trained_weights
from srgan.progress import NoProgress
from srgan.training.checkpoint import find_newest
from srgan.training.distributed import launch
from srgan.training.loop import train
from srgan.training.monitoring.log import VALIDATION
from srgan.training.monitoring.validation import enlarge
from srgan.training.recipes.recipe import Recipe
from srgan.training.release import describe_run, export, trained_generator
from srgan.training.run_folder import Run
from srgan.training.setup import TrainingOptions, begin, load_state, resume
from srgan.weights.card import Card, CardScore
from srgan.weights.catalogue import find

Pixels = NDArray[np.uint8]

HELD_OUT = 50
"""Every so manieth picture validates, and never trains."""
TEST_SETS = ("Set5", "Set14", "BSD100")

RECORDS = Path(__file__).parent / "records"
"""How training went, run by run: what docs/images/curves.png is drawn from."""

console = Console(stderr=True)


@dataclass(frozen=True)
class Part:
    """Weights that have a share in a mean."""

    weights: Mapping[str, torch.Tensor]
    share: float


def data_folder() -> Path:
    """The benchmark data folder, with train/ and testsets/ in it."""
    if "SRGAN_DATA" not in os.environ:
        sys.exit("SRGAN_DATA must name the benchmark data folder, with train/ and testsets/ in it")
    return Path(os.environ["SRGAN_DATA"])


def prepared(pictures: Pictures) -> Path:
    """The pictures, prepared at the first call; every so manieth validates."""
    if not is_prepared(pictures.cache):
        own, sharp = _found(pictures.folders), set(_found(pictures.sharp))
        found = (find_pictures(pictures.selected) if pictures.selected else []) + own
        training = [path for number, path in enumerate(found) if number % HELD_OUT]
        halved = set(own) - sharp
        report = prepare(
            training,
            pictures.cache,
            validation=found[::HELD_OUT],
            halved=halved,
            scale=pictures.scale,
            processes=os.cpu_count() or 1,
        )
        for reason in report.left_out.values():
            console.print(f"left out: {reason}")
    return pictures.cache


def _found(folders: Iterable[str]) -> list[Path]:
    places = [data_folder() / "train" / folder for folder in folders]
    return find_pictures(places) if places else []


def small_and_large(folder: Path, scale: int = 4) -> list[tuple[Pixels, Pixels]]:
    """(low, high) of every picture of a test set, cut to a multiple of the scale; gray ones as RGB."""
    pairs = []
    for path in sorted(folder.glob("*.png")):
        pixels = read(path).pixels[:, :, :3].astype(np.uint8)
        pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
        height, width = (side // scale * scale for side in pixels.shape[:2])
        high = np.ascontiguousarray(pixels[:height, :width])
        pairs.append((imresize(high, 1 / scale, border="replicate"), high))
    return pairs


def measured(generator: AnyGenerator) -> tuple[CardScore, ...]:
    """Scores on the test sets by every protocol: the plain means over the pictures of a set."""
    found = []
    for name in TEST_SETS:
        pictures = small_and_large(data_folder() / "testsets" / name, generator.scale)
        pairs = [(enlarge(generator, low), high) for low, high in pictures]
        for protocol in (PAPER, matlab_protocol(generator.scale)):
            scores = [protocol.measure(restored, high) for restored, high in pairs]
            psnr, ssim = fmean(score.psnr for score in scores), fmean(score.ssim for score in scores)
            found.append(CardScore(name, protocol.name, round(psnr, 4), round(ssim, 4)))
            console.print(f"{name:7} {protocol.name:7} {psnr:.2f} dB  {ssim:.4f}")
    return tuple(found)


class _Lines(NoProgress):
    """Progress that prints lines."""

    def say(self, line: str) -> None:
        console.print(line, markup=False, highlight=False)


def trained(
    recipe: Recipe, run: Run, data: Path, *, begun_from: str | None = None, minutes: float | None = None
) -> bool:
    """Train a recipe in a folder, or resume there, for at most so many minutes; return whether it is done."""
    fabric, lines = launch(), _Lines()
    options = TrainingOptions(recipe, str(data), begun_from)
    try:
        inputs = (resume if run.exists else begin)(run, options, fabric=fabric, progress=lines)
        state = load_state(run, inputs, fabric=fabric, progress=lines)
        train(state, run, inputs, lines, seconds=None if minutes is None else 60 * minutes)
    except SrganError as error:
        sys.exit(str(error))
    return state.done >= state.updates


def add_mean_options(parser: argparse.ArgumentParser) -> None:
    """Give a script the option `--mean-with`."""
    parser.add_argument(
        "--mean-with",
        nargs=2,
        action="append",
        default=[],
        metavar=("MODEL", "SHARE"),
        help="release the mean with a model's file or a run, which has this share in it; may be repeated",
    )


def chosen_mean(choices: argparse.Namespace) -> tuple[Part, ...]:
    """Return the models or runs that the option names, if it does, and their shares, which must leave one to others."""
    try:
        parts = tuple(Part(_weights(source), float(share)) for source, share in choices.mean_with)
    except (SrganError, ValueError) as error:
        sys.exit(str(error))
    if not all(part.share > 0 for part in parts) or sum(part.share for part in parts) >= 1:
        sys.exit("the shares of --mean-with must be above 0, and less than 1 in all")
    return parts


def _weights(source: str) -> Mapping[str, torch.Tensor]:
    """Return the weights of a run's newest state, or of a model.

    Raises:
        SrganError: if they cannot be read.
    """
    if Run(Path(source)).exists:
        return trained_generator(Run(Path(source)), console.print)[0].state_dict()
    return trained_weights(find(Path(source)))


def released(
    run: Run,
    folder: Path,
    card: Callable[[Card], Card],
    *,
    name: str,
    pictures: Pictures,
    mean_with: Sequence[Part] = (),
) -> Card:
    """Measure the better weights of a run's newest state and write them as a model; `card` completes what is said.

    With `mean_with`, the weights are the mean with others of the same network.
    """
    generator, state = trained_generator(run, console.print)
    generator.load_state_dict(mean_weights(generator.state_dict(), mean_with))
    described = describe_run(run, state, name=name, licence="Apache-2.0", terms=pictures.terms)
    training = replace(described.training, data=_words(pictures))
    return export(generator, card(replace(described, training=training, scores=measured(generator))), folder)


def mean_weights(weights: Mapping[str, torch.Tensor], parts: Sequence[Part]) -> dict[str, torch.Tensor]:
    """Return the mean of weights with others, by the shares of those; exit if they are of another network."""
    shapes = {key: values.shape for key, values in weights.items()}
    if any({key: values.shape for key, values in part.weights.items()} != shapes for part in parts):
        sys.exit("--mean-with takes models and runs of the same network alone")
    own = 1.0 - sum(part.share for part in parts)
    return {
        key: sum((part.share * part.weights[key] for part in parts), own * values) for key, values in weights.items()
    }


def effort(run: Run) -> tuple[int, float]:
    """Updates and hours of a run, and of all that it began with."""
    state = find_newest(run.checkpoints, console.print)
    assert state is not None, f"{run.folder} has no checkpoint"
    updates, hours = state.update, state.seconds / 3600
    begun_from = run.settings().begun_from
    if Run(Path(begun_from)).exists:
        before, earlier = effort(Run(Path(begun_from)))
    elif begun_from:
        training = find(begun_from).card.training
        if training.recipe | {"as_run": ""} == run.settings().recipe.flat() | {"as_run": ""}:
            return training.updates, training.hours  # it was released since, in place of what it began with
        before, earlier = training.updates, training.hours
    else:
        before, earlier = 0, 0.0
    return updates + before, hours + earlier


def record(name: str, runs: Iterable[Run]) -> None:
    """Keep the validations of a model's runs, one stage after the other, for the curves of docs/results.md.

    What is kept of stages that are not among these runs, because a released model stood for them, stays before them.
    """
    path = RECORDS / f"{name}.csv"
    stages = {run.folder.name: run.folder / VALIDATION for run in runs if (run.folder / VALIDATION).is_file()}
    header, rows = "", list[str]()
    if path.is_file():
        header, *kept = path.read_text(encoding="utf-8").splitlines()
        rows = [row for row in kept if row.split(",")[0] not in stages]
    for stage, validations in stages.items():
        columns, *found = validations.read_text(encoding="utf-8").splitlines()
        header = f"stage,{columns}"
        rows += [f"{stage},{row}" for row in found]
    RECORDS.mkdir(exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def _words(pictures: Pictures) -> str:
    """What a model was trained on, for its card."""
    training, _ = PreparedPictures(pictures.cache).split()
    sharp = f", but {', '.join(pictures.sharp)}," if pictures.sharp else ""
    made = "made smaller by as much as it takes" if pictures.selected else f"halved{sharp}"
    compared = comparison_words(training.comparison)
    return f"{len(training):,} photos, {compared}, {made} to make them sharp: {pictures.terms}"
