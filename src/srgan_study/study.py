"""A study as it was frozen: its design, every image that will be rated with its checksum, and one hash over all.

`study.json` lies in the study's folder next to `pictures`. A study is never changed: another one is made.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from srgan.errors import DataError, UsageError

MANIFEST = "study.json"
PICTURES = "pictures"

LABELS = {1: "Bad", 2: "Poor", 3: "Fair", 4: "Good", 5: "Excellent"}
"""Scores and labels of absolute category rating (ITU-T P.910), worst first."""

Screening = Literal["none", "bt500", "p913", "mle"]
"""Rule by which raters who differ from the panel are weighed; chosen before there are any votes."""

MOST_RATERS = 10_000  # limit of raters: the order of each of them is stored before the first vote

_MOST = {"raters": MOST_RATERS, "sitting_minutes": 1_000_000}
_LEAST = {"raters": 1, "repeat_distance": 1, "sitting_minutes": 1} | dict.fromkeys(
    ("seed", "gap", "repeats", "warm_up", "practice", "calibration"), 0
)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Design:
    """Design of a study; the defaults are those of Ledig et al. 2017, section 3.2.

    Raises:
        UsageError: if a value is out of range.
    """

    raters: int = 26  # number of raters who are invited
    seed: int = 0  # random seed of the orders, the calibration's images and the repeats
    gap: int = 1  # least number of ratings between two versions of one image
    repeats: int = 0  # number of versions that each rater rates twice, unmarked, to measure reliability
    repeat_distance: int = 50  # least number of ratings between the two
    warm_up: int = 0  # number of first ratings that do not count
    practice: int = 5  # number of practice ratings after the calibration; they never count
    calibration: int = 20  # number of images whose worst and best versions are shown before, with their scores
    blocked: bool = False  # whether datasets are rated one after another, in random order, instead of mixed
    sitting_minutes: int = 20  # minutes after which a break is offered
    seconds_per_rating: float = 4.0  # assumed duration of one rating, for planning
    screening: Screening = "none"  # rule of the report's main numbers; it shows the results of all rules

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be at least {least}, not {getattr(self, name)}", parameter=name)
        for name, most in _MOST.items():
            if getattr(self, name) > most:
                raise UsageError(f"{name} must be at most {most}, not {getattr(self, name)}", parameter=name)
        seconds, name = self.seconds_per_rating, "seconds_per_rating"
        if not 0.3 <= seconds <= 600:
            raise UsageError(f"{name} must be from 0.3 to 600, not {seconds:g}", parameter=name)


@dataclass(frozen=True)
class StimulusImage:
    """Image file that raters see: 8-bit RGB in a PNG that holds nothing else."""

    file: str  # path relative to the study's folder; the name does not reveal the method
    sha256: str
    width: int
    height: int


@dataclass(frozen=True)
class Stimulus:
    """Version of an image, to be rated."""

    id: int  # index in the study's list, from 0
    data: str  # name of the dataset
    content: str  # name of the image in the dataset, without suffix
    method: str
    shown: StimulusImage

    @property
    def image(self) -> tuple[str, str]:
        """Dataset and image of which this is a version."""
        return self.data, self.content


@dataclass(frozen=True)
class CalibrationImage:
    """Image that is shown with the score it stands for, 1 or 5; it is never rated."""

    content: str
    score: int
    shown: StimulusImage


@dataclass(frozen=True)
class StudyMethod:
    """Method as reports name it, with a description in one line; raters never read either."""

    name: str
    note: str
    reference: bool = False  # whether its versions are the originals: the hidden reference


@dataclass(frozen=True)
class Study:
    """Complete definition of a study."""

    version: str  # version of srgan that made it
    title: str  # title in reports and for raters, so it must not name a method
    design: Design
    methods: tuple[StudyMethod, ...]  # methods in the order of reports
    stimuli: tuple[Stimulus, ...]
    retest: tuple[int, ...]  # ids of the `design.repeats` stimuli that every rater rates twice
    practice: tuple[Stimulus, ...]  # with ids of their own, ordered from bad to good; each rater sees them shuffled
    calibration: tuple[CalibrationImage, ...]  # pairs of the worst and the best version of one image

    @cached_property
    def hash(self) -> str:
        """SHA-256 of all fields."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def sets(self) -> tuple[str, ...]:
        """Names of the datasets, in order."""
        return tuple(dict.fromkeys(stimulus.data for stimulus in self.stimuli))

    @property
    def reference(self) -> str | None:
        """Name of the hidden reference, if the study has one."""
        return next((method.name for method in self.methods if method.reference), None)

    @property
    def ratings_per_rater(self) -> int:
        """Number of votes of a rater that count, repeats included, practice and warm-up not."""
        return len(self.stimuli) + len(self.retest)

    @property
    def ratings_after_practice(self) -> int:
        """Number of votes of a rater after practice: the warm-up, and those that count."""
        return self.design.warm_up + self.ratings_per_rater

    def describe_set(self, data: str) -> tuple[int, list[str]]:
        """Return the number of a dataset's images, and the methods that are rated on it."""
        stimuli = [stimulus for stimulus in self.stimuli if stimulus.data == data]
        rated = {stimulus.method for stimulus in stimuli}
        images = len({stimulus.content for stimulus in stimuli})
        return images, [method.name for method in self.methods if method.name in rated]

    def find_stimulus(self, phase: str, number: int) -> Stimulus:
        """Return a stimulus by its id: those of practice have ids of their own."""
        return (self.practice if phase == "practice" else self.stimuli)[number]

    def to_json(self) -> str:
        """Return the text of study.json."""
        return json.dumps({"hash": self.hash, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, source: Path) -> "Study":
        """Parse study.json. Raises DataError if it holds no study, or was changed after it was frozen."""
        try:
            fields = json.loads(text)
            frozen_hash = fields.pop("hash")
            study = cls(
                version=str(fields["version"]),
                title=str(fields["title"]),
                design=Design(**fields["design"]),
                methods=tuple(StudyMethod(**method) for method in fields["methods"]),
                stimuli=_parse_shown(Stimulus, fields["stimuli"]),
                retest=tuple(int(number) for number in fields["retest"]),
                practice=_parse_shown(Stimulus, fields["practice"]),
                calibration=_parse_shown(CalibrationImage, fields["calibration"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            raise DataError(f"{source} holds no study ({error}): make one with `srgan study create`") from error
        if study.hash != frozen_hash:
            raise DataError(f"{source} was changed after it was frozen: make another study, or put the old text back")
        return study


def read_study(folder: Path) -> Study:
    """Read the study in a folder. Raises DataError if there is none, or it was changed."""
    path = folder / MANIFEST
    try:
        return Study.from_json(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: name the folder that `srgan study create` made") from error


def _parse_shown(kind: type[_T], items: Sequence[dict[str, Any]]) -> tuple[_T, ...]:
    return tuple(kind(**{**item, "shown": StimulusImage(**item["shown"])}) for item in items)
