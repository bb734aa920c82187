"""A study made from pictures: checked, hidden behind names that tell nothing, and frozen.

The folder appears when it is whole, and what is in it is never changed. The same pictures, design and seed always make
the same study.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan import __version__
from srgan.errors import DataError, OutputError, PictureError, UsageError
from srgan.evaluation.benchmark import Listener
from srgan.files import make_folder, write_bytes
from srgan_study.server.presentation_order import narrowest
from srgan_study.server.rng import Rng
from srgan_study.stimuli.calibration import LEVELS, Sample, check_enough, find_samples, practice_levels
from srgan_study.stimuli.sources import Sources, Version
from srgan_study.stimuli.stimulus_images import load, look, outline, put
from srgan_study.study import MANIFEST, PICTURES, CalibrationImage, Design, Stimulus, Study

TITLE = "Picture quality"

_UNLIKE = 24.0  # levels of 255: outlines that differ by more in the mean are hardly of one picture
_LOOKED_AT = 30  # raters whose orders are tried


@dataclass(frozen=True)
class Plan:
    """A study to be made."""

    chosen: Sources
    design: Design
    title: str = TITLE
    """For raters too: it names no method."""
    repeat: tuple[str, ...] = ()
    """Methods whose versions alone are rated twice; without any, those of all."""
    examples: Path | None = None
    """A folder of other pictures, for calibration and practice."""

    @property
    def samples(self) -> int:
        """How many of those are needed."""
        return self.design.calibration + self.design.practice

    def repeating_all(self) -> "Plan":
        """The same, with every version of the methods to be repeated rated twice."""
        repeats = sum(version.method in self.repeat for version in self.chosen.versions)
        return replace(self, design=replace(self.design, repeats=repeats))


def create(plan: Plan, folder: Path, audience: Listener) -> Study:
    """Make a study.

    Args:
        plan: what it shall be.
        folder: where; it must not be there, or be empty.
        audience: told how far the work is, and what is odd about the pictures.

    Raises:
        UsageError: if the plan cannot be meant.
        DataError: if there is a study already, or there are too few pictures for the calibration.
        PictureError: if a picture cannot be read, or cannot be shown beside its like.
        OutputError: if something cannot be written.
    """
    versions = tuple(plan.chosen.versions)
    _check(plan, versions)
    _check_new(folder)
    _check_sizes(versions, audience)
    with _appearing(folder) as place:
        stimuli, outlines = _stimuli(plan, versions, place, audience)
        practice, calibration = _lessons(plan, stimuli, outlines, place, audience)
        study = Study(
            version=__version__,
            title=plan.title,
            design=plan.design,
            methods=plan.chosen.methods,
            stimuli=stimuli,
            retest=_retest(plan, stimuli),
            practice=practice,
            calibration=calibration,
        )
        odd = (*_unlike(stimuli, outlines), *_identical(stimuli), *_narrow(study))  # while it can still be interrupted
        write_bytes(place / MANIFEST, study.to_json().encode())
    for line in odd:
        audience.say(line)
    return study


def _check(plan: Plan, versions: Sequence[Version]) -> None:
    if not plan.title.strip() or not plan.title.isprintable() or len(plan.title) > 200:
        raise UsageError("--title must be one line of 1 to 200 letters")
    for method in plan.chosen.methods:
        if re.search(rf"(?<!\w){re.escape(method.name)}(?!\w)", plan.title, re.IGNORECASE):
            raise UsageError(f"--title names {method.name}, and raters read it: give another")
    names = [method.name for method in plan.chosen.methods]
    for name in plan.repeat:
        if name not in names:
            raise UsageError(f"there is no method {name} to be rated twice: choose of {', '.join(names)}")
    can_repeat = sum(not plan.repeat or version.method in plan.repeat for version in versions)
    if plan.design.repeats > can_repeat:
        raise UsageError(f"--repeats is {plan.design.repeats}, and there are {can_repeat} versions: give no more")
    counts = [sum(version.data == data for version in versions) for data in plan.chosen.sets]
    room = min(counts) if plan.design.blocked else sum(counts)
    if plan.design.warm_up > room:
        raise UsageError(f"--warm-up is {plan.design.warm_up}, and there are {room} versions: give no more")
    if plan.samples and plan.examples is None:
        raise UsageError(
            "calibration and practice need pictures that are not rated: name a folder with --calibration, set "
            "SRGAN_DATA to the one with train/BSDS500_train_test, or do without by --calibration none"
        )
    if plan.examples is not None:
        check_enough(plan.examples, plan.samples)


def _check_sizes(versions: Sequence[Version], audience: Listener) -> None:
    """See to it, before any pixels are read, that all versions of a picture are there and of one size."""
    done = 0
    for _, group in groupby(versions, key=lambda version: (version.data, version.content)):
        like: tuple[Version, tuple[int, int]] | None = None
        for version in group:
            audience.count("checking pictures", done, len(versions))
            size, done = look(version.file), done + 1
            like = like or (version, size)
            if size != like[1]:
                raise PictureError(
                    f"{version.label} is {size[0]}x{size[1]} ({version.file}) and by {like[0].method} "
                    f"{like[1][0]}x{like[1][1]} ({like[0].file}): make all versions of a picture the same size"
                )


def _check_new(folder: Path) -> None:
    try:
        has_study = (folder / MANIFEST).exists()
        taken = os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir()))
    except OSError as error:
        raise OutputError(f"{folder} cannot be used ({error.strerror}): choose another folder with -o") from error
    if has_study:
        raise DataError(f"{folder} has a study already, and a study is never changed: choose another folder with -o")
    if taken:
        raise OutputError(f"{folder} is there already, with other things in it: choose another folder with -o")


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder to write into, which gets its name when it is whole, and is gone if it never is."""
    make_folder(folder.absolute().parent)
    place = folder.absolute().parent / f".srgan-{secrets.token_hex(8)}.part"
    make_folder(place / PICTURES)
    try:
        yield place
        if folder.exists():
            folder.rmdir()
        place.rename(folder)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror}): free some space or choose another"
        ) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


Outlines = dict[tuple[str, str], list[NDArray[np.float64]]]
"""Of all versions of every picture, in their order."""


def _stimuli(
    plan: Plan, versions: Sequence[Version], place: Path, audience: Listener
) -> tuple[tuple[Stimulus, ...], Outlines]:
    """What is rated, written."""
    found: list[Stimulus] = []
    outlines: Outlines = {}
    for version in versions:
        audience.count("writing pictures", len(found), len(versions))
        pixels = load(version.file)
        shown = put(place, pixels, str(plan.design.seed), "rated", version.data, version.content, version.method)
        found.append(Stimulus(len(found), version.data, version.content, version.method, shown))
        outlines.setdefault((version.data, version.content), []).append(outline(pixels))
    audience.count("writing pictures", len(versions), len(versions))
    return tuple(found), outlines


def _lessons(
    plan: Plan, stimuli: Sequence[Stimulus], outlines: Outlines, place: Path, audience: Listener
) -> tuple[tuple[Stimulus, ...], tuple[CalibrationImage, ...]]:
    """What is not rated, written: practice and calibration."""
    if not plan.samples or plan.examples is None:
        return (), ()
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        audience.count("making the calibration", done, plan.samples)

    audience.count("making the calibration", 0, plan.samples)
    samples = find_samples(
        plan.examples,
        plan.samples,
        rated=[(content, seen) for (_, content), all_seen in outlines.items() for seen in all_seen[-1:]],
        largest=(max(one.shown.width for one in stimuli), max(one.shown.height for one in stimuli)),
        seed=plan.design.seed,
        advance=advance,
    )
    pairs, trials = samples[: plan.design.calibration], samples[plan.design.calibration :]
    return _practice(plan, trials, place), _calibration(plan, pairs, place)


def _practice(plan: Plan, trials: Sequence[Sample], place: Path) -> tuple[Stimulus, ...]:
    found = []
    for number, (sample, level) in enumerate(zip(trials, practice_levels(len(trials)), strict=True)):
        shown = put(place, sample.at(level), str(plan.design.seed), "practice", sample.name)
        method, scale = LEVELS[level]
        found.append(Stimulus(number, "practice", sample.name, f"{method} x{scale}" if scale > 1 else method, shown))
    return tuple(found)


def _calibration(plan: Plan, pairs: Sequence[Sample], place: Path) -> tuple[CalibrationImage, ...]:
    return tuple(
        CalibrationImage(
            sample.name, score, put(place, sample.at(level), str(plan.design.seed), f"{score}", sample.name)
        )
        for sample in pairs
        for score, level in ((1, 0), (5, -1))
    )


def _retest(plan: Plan, stimuli: Sequence[Stimulus]) -> tuple[int, ...]:
    """Ids of what is rated twice, chosen by chance."""
    able = [stimulus.id for stimulus in stimuli if not plan.repeat or stimulus.method in plan.repeat]
    return tuple(Rng(str(plan.design.seed), "repeats").sample(able, plan.design.repeats))


def _unlike(stimuli: Sequence[Stimulus], outlines: Outlines) -> Iterator[str]:
    """What hardly shows the picture that it is named after: files may have been mixed up."""
    waiting = {content: iter(all_seen) for content, all_seen in outlines.items()}
    odd = []
    for stimulus in stimuli:
        content = stimulus.data, stimulus.content
        typical = np.median(outlines[content], axis=0)
        if np.abs(next(waiting[content]) - typical).mean() > _UNLIKE:
            odd.append(f"{stimulus.data}/{stimulus.content} by {stimulus.method}")
    if odd:
        more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
        yield f"{odd[0]}{more} does not look like the other versions: see whether files were mixed up"


def _identical(stimuli: Sequence[Stimulus]) -> Iterator[str]:
    """Methods whose versions are the same to the pixel: the same pixels always make the same file."""
    same: dict[tuple[str, str], list[str]] = {}
    for (data, content), group in groupby(stimuli, key=lambda stimulus: (stimulus.data, stimulus.content)):
        first: dict[str, str] = {}
        for stimulus in group:
            method = first.setdefault(stimulus.shown.sha256, stimulus.method)
            if method != stimulus.method:
                same.setdefault((method, stimulus.method), []).append(f"{data}/{content}")
    for (one, other), labels in same.items():
        more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
        yield f"{one} and {other} are the same to the pixel in {labels[0]}{more}: raters judge one picture twice"


def _narrow(study: Study) -> Iterator[str]:
    """What the orders cannot keep of the design, with so few pictures."""
    raters = [f"R{number:02}" for number in range(1, min(study.design.raters, _LOOKED_AT) + 1)]
    kept = narrowest(study, raters)
    if kept.gap < study.design.gap:
        yield (
            f"with so few pictures, {kept.gap} ratings of others lie between two versions of one, "
            f"and not {study.design.gap}"
        )
    if kept.repeat_distance < study.design.repeat_distance:
        yield (
            f"with so few pictures, what is rated twice comes again after {kept.repeat_distance} ratings, "
            f"and not {study.design.repeat_distance}"
        )
