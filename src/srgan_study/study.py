"""A study as it was frozen: every picture that will be rated, by its checksum, and the design, under one hash.

`study.json` lies in the study's folder beside `pictures`. A study that has votes is never changed: another is made.
This module does not know how pictures are chosen or rated.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from srgan.errors import DataError, UsageError
from srgan_study.design import Design

MANIFEST = "study.json"
PICTURES = "pictures"


@dataclass(frozen=True)
class Shown:
    """A picture that raters see: 8-bit RGB in a PNG with nothing else in it."""

    file: str
    """Its PNG, relative to the study's folder; the name tells nothing of what made it."""
    sha256: str
    """Of that file."""
    width: int
    height: int


@dataclass(frozen=True)
class Stimulus:
    """A version of a picture, to be rated."""

    id: int
    """Its place in the study's list, from 0."""
    data: str
    """The name of the set."""
    content: str
    """The picture's own name in the set, without ending."""
    method: str
    shown: Shown


@dataclass(frozen=True)
class Example:
    """A picture of the calibration, shown with the score that it stands for; nobody rates it."""

    content: str
    score: int
    """1 or 5."""
    shown: Shown


@dataclass(frozen=True)
class StudyMethod:
    """A method as reports name it; raters never read it."""

    name: str
    note: str
    """What it is, in one line."""
    reference: bool = False
    """Whether its versions are the true pictures themselves: the hidden reference."""


@dataclass(frozen=True)
class Study:
    """All that defines a study."""

    version: str
    """Of srgan."""
    title: str
    """For reports; raters read it too, so it must name no method."""
    design: Design
    methods: tuple[StudyMethod, ...]
    """In the order in which reports show them."""
    stimuli: tuple[Stimulus, ...]
    retest: tuple[int, ...]
    """Ids of those that every rater rates twice: as many as the design has repeats."""
    practice: tuple[Stimulus, ...]
    """With ids of their own from 0, in order from bad to good; each rater sees them mixed."""
    calibration: tuple[Example, ...]
    """In pairs: the worst version and the best of one picture."""

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of everything above."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def sets(self) -> tuple[str, ...]:
        """The names of the sets, in order."""
        return tuple(dict.fromkeys(stimulus.data for stimulus in self.stimuli))

    @property
    def reference(self) -> str | None:
        """The name of the hidden reference, if the study has one."""
        return next((method.name for method in self.methods if method.reference), None)

    @property
    def ratings_per_rater(self) -> int:
        """Votes that count, repeats among them; practice and warm-up are not."""
        return len(self.stimuli) + len(self.retest)

    def to_json(self) -> str:
        """The text of study.json."""
        return json.dumps({"hash": self.hash, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, source: Path) -> "Study":
        """Read study.json.

        Raises:
            DataError: if it is not one, or was changed after it was frozen.
        """
        try:
            fields = json.loads(text)
            said = fields.pop("hash")
            study = cls(
                version=str(fields["version"]),
                title=str(fields["title"]),
                design=Design(**fields["design"]),
                methods=tuple(StudyMethod(**method) for method in fields["methods"]),
                stimuli=tuple(_stimulus(item) for item in fields["stimuli"]),
                retest=tuple(int(place) for place in fields["retest"]),
                practice=tuple(_stimulus(item) for item in fields["practice"]),
                calibration=tuple(
                    Example(**{**item, "shown": Shown(**item["shown"])}) for item in fields["calibration"]
                ),
            )
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            raise DataError(f"{source} holds no study ({error}): make one with `srgan study create`") from error
        if study.hash != said:
            raise DataError(f"{source} was changed after it was frozen: make another study, or put the old text back")
        return study


def read_study(folder: Path) -> Study:
    """The study in a folder.

    Raises:
        DataError: if there is none, or it was changed.
    """
    path = folder / MANIFEST
    try:
        return Study.from_json(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: name the folder that `srgan study create` made") from error


def _stimulus(fields: dict[str, object]) -> Stimulus:
    return Stimulus(**{**fields, "shown": Shown(**fields["shown"])})  # type: ignore[arg-type]
