"""What an evaluation found: every score of every picture, with the methods and sets it was found for.

This module does not know how anything was measured: it is what the benchmark writes, and what tables, statistics and
the report are made from.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from srgan.errors import DataError, UsageError
from srgan.evaluation.inputs import CLEAN, Damage


@dataclass(frozen=True)
class MethodInfo:
    """A way to enlarge pictures, as tables and reports name it."""

    name: str
    kind: str
    """`interpolation`, `model`, `folder` of pictures made elsewhere, or `reference`: the true pictures themselves."""
    identity: str
    """Changes whenever what the method makes may have changed: a checksum, or the words that define it."""
    note: str
    """What it is, in one line."""


@dataclass(frozen=True)
class Row:
    """One picture, restored by one method, and what was measured of it."""

    method: str
    data: str
    """The name of the set."""
    picture: str
    """Its name in the set, without ending."""
    seconds: float | None
    """That the method itself took; None of pictures that were made elsewhere."""
    path: str
    """Of the restored picture, a PNG, relative to the evaluation's folder."""
    scores: dict[str, float]
    """By measure, such as `paper/psnr` in dB, `matlab/ssim` or `niqe`."""


@dataclass(frozen=True)
class Results:
    """A whole evaluation. Every method has all pictures of a set, or none of them."""

    version: str
    """Of srgan."""
    methods: tuple[MethodInfo, ...]
    """In the order in which they are to be shown."""
    sets: dict[str, tuple[str, ...]]
    """The names of the pictures of each set."""
    rows: tuple[Row, ...]
    inputs: dict[str, str] = field(default_factory=dict)
    """What was done to the small pictures of each set, such as `jpeg:75`; `clean` for sets that are not named."""

    @property
    def damaged(self) -> dict[str, Damage]:
        """The sets whose small pictures were damaged, and how."""
        found = {data: Damage.parse(self.inputs.get(data, CLEAN.text)) for data in self.sets}
        return {data: damage for data, damage in found.items() if damage != CLEAN}

    def values(self, method: str, data: str, measure: str) -> list[float]:
        """The scores of a method on a set, in the order of the set's pictures.

        Returns:
            A score for every picture; none at all where the method was not run on the set, or not measured so.

        Raises:
            DataError: if some of the pictures have a score and others do not.
        """
        rows = {row.picture: row for row in self.rows if (row.method, row.data) == (method, data)}
        pictures = self.sets.get(data, ())
        found = [rows[name].scores[measure] for name in pictures if name in rows and measure in rows[name].scores]
        if found and len(found) < len(pictures):
            raise DataError(
                f"{method} has {measure} of {len(found)} of {len(pictures)} pictures of {data}: evaluate it again"
            )
        return found

    def to_json(self) -> str:
        """The text of results.json. JSON has no infinity, so the PSNR of identical pictures is the string `inf`."""
        document = {**asdict(self), "rows": [row_to_plain(row) for row in self.rows]}
        return json.dumps(document, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, source: Path) -> "Results":
        """Read results.json.

        Raises:
            DataError: if it is not one.
        """
        try:
            fields = json.loads(text)
            return cls(
                version=str(fields["version"]),
                methods=tuple(MethodInfo(**method) for method in fields["methods"]),
                sets={name: tuple(pictures) for name, pictures in fields["sets"].items()},
                rows=tuple(row_from_plain(row) for row in fields["rows"]),
                inputs={name: Damage.parse(text).text for name, text in fields.get("inputs", {}).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            raise DataError(f"{source} holds no results of an evaluation ({error}): evaluate again") from error


def row_to_plain(row: Row) -> dict[str, Any]:
    """The row as JSON can hold it."""
    return {**asdict(row), "scores": {name: _plain(score) for name, score in row.scores.items()}}


def row_from_plain(fields: dict[str, Any]) -> Row:
    """The row that `row_to_plain` made plain.

    Raises:
        ValueError, KeyError, TypeError or AttributeError: if it is none.
    """
    return Row(**{**fields, "scores": {name: float(score) for name, score in fields["scores"].items()}})


def _plain(score: float) -> float | str:
    return score if math.isfinite(score) else str(score)
