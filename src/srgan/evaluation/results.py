"""Scores of an evaluation: every metric of every image, with the methods and sets they belong to."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from srgan.errors import DataError, UsageError
from srgan.evaluation.damaged_inputs import CLEAN, Damage


@dataclass(frozen=True)
class MethodInfo:
    """A way to enlarge images, as tables and reports name it."""

    name: str
    kind: str
    """`interpolation`, `model`, `folder` of results made elsewhere, or `reference`: the true images themselves."""
    identity: str
    """A checksum or a definition; another one means that results may differ."""
    note: str
    """What it is, in one line."""


@dataclass(frozen=True)
class Row:
    """One image restored by one method, and its scores."""

    method: str
    data: str
    """Name of the set."""
    picture: str
    """Name of the image in the set, without suffix."""
    seconds: float | None
    """Time the method took; None where it was not timed."""
    path: str
    """The restored image, a PNG, relative to the evaluation's folder."""
    scores: dict[str, float]
    """By measure, such as `paper/psnr` in dB, `matlab/ssim` or `niqe`."""


@dataclass(frozen=True)
class Results:
    """A whole evaluation. Every method has all images of a set, or none of them."""

    version: str
    """Version of srgan."""
    methods: tuple[MethodInfo, ...]
    """In the order of display."""
    sets: dict[str, tuple[str, ...]]
    """Names of the images of each set."""
    rows: tuple[Row, ...]
    inputs: dict[str, str] = field(default_factory=dict)
    """Damage of each set's small images, such as `jpeg:75`; sets that are not named are `clean`."""
    speeds: dict[str, float] = field(default_factory=dict)
    """Seconds for a megapixel of the small image, by method, where that was measured."""

    @property
    def damaged(self) -> dict[str, Damage]:
        """The sets whose small images were damaged, and how."""
        found = {data: Damage.parse(self.inputs.get(data, CLEAN.text)) for data in self.sets}
        return {data: damage for data, damage in found.items() if damage != CLEAN}

    @property
    def measures(self) -> list[str]:
        """Every measure with a score, in the order of first appearance."""
        return list(dict.fromkeys(measure for row in self.rows for measure in row.scores))

    def values(self, method: str, data: str, measure: str) -> list[float]:
        """Return a method's scores on a set, in the order of the set's images.

        Returns:
            A score for every image, or an empty list where the method was not run on the set or not measured so.

        Raises:
            DataError: if some of the images have a score and others do not.
        """
        rows = {row.picture: row for row in self.rows if (row.method, row.data) == (method, data)}
        images = self.sets.get(data, ())
        found = [rows[name].scores[measure] for name in images if name in rows and measure in rows[name].scores]
        if found and len(found) < len(images):
            raise DataError(
                f"{method} has {measure} of {len(found)} of {len(images)} images of {data}: evaluate it again"
            )
        return found

    def seconds(self, method: str, data: str) -> list[float]:
        """Return the times of a method's images of a set, without those that were not timed."""
        rows = [row for row in self.rows if (row.method, row.data) == (method, data)]
        return [row.seconds for row in rows if row.seconds is not None]

    def check_set(self, data: str) -> None:
        """Check that a set is among those evaluated.

        Raises:
            UsageError: otherwise.
        """
        if data not in self.sets:
            raise UsageError(f"there is no set {data!r} in these results: choose from {', '.join(self.sets)}")

    def to_json(self) -> str:
        """Return the text of results.json. JSON has no infinity: the PSNR of identical images is the string `inf`."""
        document = {**asdict(self), "rows": [row_to_plain(row) for row in self.rows]}
        return json.dumps(document, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, source: Path) -> "Results":
        """Read the text of results.json.

        Args:
            text: of the file.
            source: the path that messages name.

        Raises:
            DataError: if the text is something else.
        """
        try:
            fields = json.loads(text)
            return cls(
                version=str(fields["version"]),
                methods=tuple(MethodInfo(**method) for method in fields["methods"]),
                sets={name: tuple(images) for name, images in fields["sets"].items()},
                rows=tuple(row_from_plain(row) for row in fields["rows"]),
                speeds={name: float(seconds) for name, seconds in fields.get("speeds", {}).items()},
                inputs={name: Damage.parse(text).text for name, text in fields.get("inputs", {}).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            raise DataError(f"{source} holds no results of an evaluation ({error}): evaluate again") from error


def row_to_plain(row: Row) -> dict[str, Any]:
    """Return a row as JSON can hold it, with infinity and NaN as strings."""
    scores = {name: score if math.isfinite(score) else str(score) for name, score in row.scores.items()}
    return {**asdict(row), "scores": scores}


def row_from_plain(fields: dict[str, Any]) -> Row:
    """Return the row of `row_to_plain`.

    Raises:
        ValueError, KeyError, TypeError or AttributeError: if the fields are not those of a row.
    """
    return Row(**{**fields, "scores": {name: float(score) for name, score in fields["scores"].items()}})
