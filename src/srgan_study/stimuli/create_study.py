"""Creation of a study: images are checked, stored under names that reveal nothing, and frozen.

The same images, design and seed always make the same study. Its folder appears complete and is never changed.
"""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan import __version__
from srgan.errors import DataError, OutputError, PictureError, UsageError
from srgan.files import AtomicFolder, make_folder, write_bytes
from srgan.progress import Progress
from srgan_study.server.presentation_order import narrowest
from srgan_study.server.rng import Rng
from srgan_study.stimuli.calibration import LEVELS, check_enough, find_calibration_sources, practice_levels
from srgan_study.stimuli.sources import ImageVersion, Sources
from srgan_study.stimuli.stimulus_images import load_image, read_size, thumbnail, write_stimulus
from srgan_study.study import MANIFEST, PICTURES, CalibrationImage, Design, Stimulus, Study, read_study

TITLE = "Picture quality"

_UNLIKE = 24.0  # levels of 255: thumbnails that differ by more in the mean are hardly of one image
_CHECKED = 30  # raters whose orders are tried

_Thumbnails = dict[tuple[str, str], list[NDArray[np.float64]]]  # of all versions, by dataset and image


@dataclass(frozen=True)
class StudyPlan:
    """A study to be made. Raises UsageError if its parts contradict each other."""

    chosen: Sources
    design: Design
    title: str = TITLE  # title for reports and raters; it must not name a method
    repeat: tuple[str, ...] = ()  # methods whose versions may be rated twice; none for all
    examples: Path | None = None  # folder of other images, for calibration and practice

    @property
    def samples(self) -> int:
        """Number of images for calibration and practice."""
        return self.design.calibration + self.design.practice

    def repeating_all(self) -> "StudyPlan":
        """Return the plan with every version of the methods in `repeat` rated twice."""
        repeats = sum(version.method in self.repeat for version in self.chosen.versions)
        return replace(self, design=replace(self.design, repeats=repeats))

    def __post_init__(self) -> None:
        names = [method.name for method in self.chosen.methods]
        if not self.title.strip() or not self.title.isprintable() or len(self.title) > 200:
            raise UsageError("title must be one line of 1 to 200 letters", parameter="title")
        for name in names:
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.title, re.IGNORECASE):
                raise UsageError(f"title names {name}, and raters read it: give another", parameter="title")
        for name in self.repeat:
            if name not in names:
                raise UsageError(f"repeat must be some of {', '.join(names)}, not {name}", parameter="repeat")
        versions = list(self.chosen.versions)
        can_repeat = sum(not self.repeat or version.method in self.repeat for version in versions)
        counts = [sum(version.data == data for version in versions) for data in self.chosen.sets]
        room = min(counts) if self.design.blocked else sum(counts)
        for name, most in (("repeats", can_repeat), ("warm_up", room)):
            if getattr(self.design, name) > most:
                why = f"{name} must be at most {most}, the number of versions, not {getattr(self.design, name)}"
                raise UsageError(why, parameter=name)


def create_study(plan: StudyPlan, folder: Path, progress: Progress) -> Study:
    """Create a study in a folder that is absent or empty.

    Args:
        plan: what to make.
        folder: folder to create.
        progress: counts images, and shows notes on what is odd about them.

    Raises:
        UsageError: if there are no images for the calibration.
        DataError: if there is a study already, or too few images for the calibration.
        PictureError: if an image cannot be read, or differs in size from its other versions.
        OutputError: if something cannot be written.
    """
    if plan.samples and plan.examples is None:
        raise UsageError(
            "calibration and practice need a folder of pictures that are not rated: name one, set SRGAN_DATA to the "
            "folder with train/BSDS500_train_test, or do without, by none",
            parameter="calibration",
        )
    if plan.examples is not None:
        check_enough(plan.examples, plan.samples)
    if os.path.isfile(folder / MANIFEST):
        raise DataError(f"{folder} has a study already, and a study is never changed: choose another folder")
    destination = AtomicFolder(folder)
    versions = tuple(plan.chosen.versions)
    _check_sizes(versions, progress)
    with destination as place:
        make_folder(place / PICTURES)
        stimuli, thumbnails = _write_stimuli(plan, versions, place, progress)
        practice, calibration = _write_lessons(plan, stimuli, thumbnails, place, progress)
        able = [stimulus.id for stimulus in stimuli if not plan.repeat or stimulus.method in plan.repeat]
        retest = tuple(Rng(str(plan.design.seed), "repeats").sample(able, plan.design.repeats))
        methods = plan.chosen.methods
        study = Study(__version__, plan.title, plan.design, methods, stimuli, retest, practice, calibration)
        # Found before the folder appears, while the work can still be interrupted.
        notes = (*_find_unlike(stimuli, thumbnails), *_find_identical(stimuli), *_find_narrow(study))
        write_bytes(place / MANIFEST, study.to_json().encode())
    for line in notes:
        progress.say(line)
    return study


def copy_study(folder: Path, copy: Path) -> Path:
    """Copy a study without votes into another folder, unless it is there already, and return that folder.

    Raises:
        DataError: if there is no study.
        OutputError: if the other folder holds something else, or cannot be written.
    """
    study = read_study(folder)
    if os.path.isfile(copy / MANIFEST):
        if read_study(copy).hash != study.hash:
            raise OutputError(f"{copy} holds another study: choose another folder")
        return copy
    with AtomicFolder(copy) as place:
        shutil.copytree(folder / PICTURES, place / PICTURES)
        shutil.copyfile(folder / MANIFEST, place / MANIFEST)
    return copy


def _check_sizes(versions: Sequence[ImageVersion], progress: Progress) -> None:
    """Check, before any pixels are read, that all versions of an image have one size."""
    progress.start("checking pictures", len(versions))
    first: dict[tuple[str, str], tuple[ImageVersion, tuple[int, int]]] = {}
    for version in versions:
        size = read_size(version.file)
        progress.advance()
        other, expected = first.setdefault((version.data, version.content), (version, size))
        if size != expected:
            raise PictureError(
                f"{version.label} is {size[0]}x{size[1]} ({version.file}) and by {other.method} "
                f"{expected[0]}x{expected[1]} ({other.file}): make all versions of a picture the same size"
            )


def _write_stimuli(
    plan: StudyPlan, versions: Sequence[ImageVersion], place: Path, progress: Progress
) -> tuple[tuple[Stimulus, ...], _Thumbnails]:
    progress.start("writing pictures", len(versions))
    stimuli: list[Stimulus] = []
    thumbnails: _Thumbnails = {}
    for number, version in enumerate(versions):
        pixels = load_image(version.file)
        names = version.data, version.content, version.method
        stimuli.append(Stimulus(number, *names, write_stimulus(place, pixels, str(plan.design.seed), "rated", *names)))
        thumbnails.setdefault(names[:2], []).append(thumbnail(pixels))
        progress.advance()
    return tuple(stimuli), thumbnails


def _write_lessons(
    plan: StudyPlan, stimuli: Sequence[Stimulus], thumbnails: _Thumbnails, place: Path, progress: Progress
) -> tuple[tuple[Stimulus, ...], tuple[CalibrationImage, ...]]:
    """Write the images of practice and calibration."""
    if not plan.samples or plan.examples is None:
        return (), ()
    progress.start("making the calibration", plan.samples)
    sources = find_calibration_sources(
        plan.examples,
        plan.samples,
        rated=[(content, all_small[-1]) for (_, content), all_small in thumbnails.items()],
        largest=(max(one.shown.width for one in stimuli), max(one.shown.height for one in stimuli)),
        seed=plan.design.seed,
        advance=progress.advance,
    )
    pairs, trials = sources[: plan.design.calibration], sources[plan.design.calibration :]
    seed, practice = str(plan.design.seed), []
    for number, (source, level) in enumerate(zip(trials, practice_levels(len(trials)), strict=True)):
        shown = write_stimulus(place, source.at(level), seed, "practice", source.name)
        method, scale = LEVELS[level]
        practice.append(Stimulus(number, "practice", source.name, f"{method} x{scale}" if scale > 1 else method, shown))
    calibration = [
        CalibrationImage(source.name, score, write_stimulus(place, source.at(level), seed, f"{score}", source.name))
        for source in pairs
        for score, level in ((1, 0), (5, -1))
    ]
    return tuple(practice), tuple(calibration)


def _find_unlike(stimuli: Sequence[Stimulus], thumbnails: _Thumbnails) -> Iterator[str]:
    """Report versions that hardly show the same image as the others: files may have been mixed up."""
    waiting = {image: iter(all_small) for image, all_small in thumbnails.items()}
    odd = [
        f"{stimulus.data}/{stimulus.content} by {stimulus.method}"
        for stimulus in stimuli
        if np.abs(next(waiting[stimulus.image]) - np.median(thumbnails[stimulus.image], axis=0)).mean() > _UNLIKE
    ]
    if odd:
        yield f"{_first_of(odd)} does not look like the other versions: see whether files were mixed up"


def _find_identical(stimuli: Sequence[Stimulus]) -> Iterator[str]:
    """Report methods with identical versions: the same pixels always make the same file."""
    same: dict[tuple[str, str], list[str]] = {}
    for (data, content), group in groupby(stimuli, key=lambda stimulus: stimulus.image):
        first: dict[str, str] = {}
        for stimulus in group:
            method = first.setdefault(stimulus.shown.sha256, stimulus.method)
            if method != stimulus.method:
                same.setdefault((method, stimulus.method), []).append(f"{data}/{content}")
    for (one, other), labels in same.items():
        yield f"{one} and {other} are the same to the pixel in {_first_of(labels)}: raters judge one picture twice"


def _find_narrow(study: Study) -> Iterator[str]:
    """Report which spacing of the design the orders cannot keep."""
    raters = [f"R{number:02}" for number in range(1, min(study.design.raters, _CHECKED) + 1)]
    kept = narrowest(study, raters)
    few, gap, distance = "with so few pictures, ", study.design.gap, study.design.repeat_distance
    if kept.gap < gap:
        yield f"{few}{kept.gap} ratings of others lie between two versions of one, and not {gap}"
    if kept.repeat_distance < distance:
        yield f"{few}what is rated twice comes again after {kept.repeat_distance} ratings, and not {distance}"


def _first_of(labels: Sequence[str]) -> str:
    return f"{labels[0]} and {len(labels) - 1} more" if len(labels) > 1 else labels[0]
