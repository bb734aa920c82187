"""Published tables measured again: ours beside the printed number, the difference, and a verdict by tolerance.

A method that has no weights yet keeps its row and is never filled in. This module does not know how results are shown
or where the printed numbers come from.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.paper.opinions import NO_OPINIONS, Opinions
from srgan.paper.published import Published
from srgan.paper.table_methods import NO_PICTURES, NO_WEIGHTS
from srgan.reporting.table import MISSING, Cell, Column, Number, Table

OTHER_PICTURES = "other pictures"


@dataclass(frozen=True)
class Kind:
    """A kind of number that is judged."""

    title: str
    tolerance: float
    """The difference up to which two numbers count as near."""
    near: str
    """What is said of those."""
    more_is_better: bool = True


KINDS: Mapping[str, Kind] = {
    "mse": Kind("MSE", 0.0001, "within .0001", more_is_better=False),
    "psnr": Kind("PSNR [dB]", 0.1, "within 0.1 dB"),
    "ssim": Kind("SSIM", 0.005, "within .005"),
}

PAPER_MEASURES: Mapping[str, str] = {"psnr": "paper/psnr", "ssim": "paper/ssim"}
SEED_MEASURES: Mapping[str, str] = {"mse": "rgb/mse", "psnr": "rgb/psnr", "ssim": "matlab/ssim"}
"""By kind, the scores of an evaluation that stand for the printed numbers."""


@dataclass(frozen=True)
class Judged:
    """A number of ours beside a printed one; either may be missing."""

    kind: str
    ours: float | None
    printed: Decimal | None
    verdict: str

    @property
    def difference(self) -> float:
        """Ours less the printed one; NaN where one is missing or of other pictures, 0 where both are infinite."""
        if self.ours is None or self.printed is None or self.verdict == OTHER_PICTURES:
            return math.nan
        return 0.0 if self.ours == float(self.printed) else self.ours - float(self.printed)


@dataclass(frozen=True)
class Line:
    """A method on a set."""

    data: str
    method: str
    numbers: tuple[Judged, ...]
    opinion: Decimal | None
    """The printed MOS."""
    rated: float | None = None
    """Our MOS, if people were asked."""


def verdict(kind: str, ours: float, printed: Decimal) -> str:
    """What is to be said of a number: `equal` if every printed digit agrees, else whether it is near, better or worse.

    Args:
        kind: of `KINDS`.
        ours: unrounded.
        printed: with all the digits that were printed.
    """
    judge, number = KINDS[kind], float(printed)
    exponent = printed.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0  # infinity has none
    if ours == number or Decimal(f"{ours:.{digits}f}") == printed:
        return "equal"
    if abs(ours - number) <= judge.tolerance:
        return judge.near
    return "better" if (ours > number) == judge.more_is_better else "worse"


def lines(
    published: Published,
    results: Results,
    missing: Mapping[str, str],
    measures: Mapping[str, str],
    stands_for: Mapping[str, str],
    opinions: Opinions = NO_OPINIONS,
) -> tuple[Line, ...]:
    """Every method of a table on every set, measured or not.

    Args:
        published: the table.
        results: the evaluation of those methods that could be run.
        missing: by method, why it could not.
        measures: by kind, the score of the evaluation.
        stands_for: by set that was evaluated, the printed one beside which it is put. Numbers of another set are
            shown, but not judged.
        opinions: our MOS, if there are any.

    Raises:
        DataError: if a method has scores of some pictures of a set only.
    """
    found = []
    for data, printed_set in stands_for.items():
        for method in published.methods:
            printed = published.of(method, printed_set)
            numbers = []
            for kind, measure in measures.items():
                values = results.values(method, data, measure)
                ours = mean(values) if values else None
                said = _said(kind, ours, printed.get(kind), same=data == printed_set)
                numbers.append(Judged(kind, ours, printed.get(kind), missing.get(method) or said))
            found.append(Line(data, method, tuple(numbers), printed.get("mos"), opinions.scores.get((method, data))))
    return tuple(found)


def _said(kind: str, ours: float | None, printed: Decimal | None, *, same: bool) -> str:
    if ours is None:
        return NO_PICTURES
    if not same:
        return OTHER_PICTURES
    return "not published" if printed is None else verdict(kind, ours, printed)


def table(
    published: Published, found: Sequence[Line], notes: Sequence[str] = (), opinions: Opinions = NO_OPINIONS
) -> Table:
    """The table in print: each cell ours / published / difference.

    Args:
        published: where the printed numbers are from.
        found: its lines.
        notes: to be printed below, before those on verdicts.
        opinions: those that its lines were made with.
    """
    kinds = [number.kind for number in found[0].numbers]
    header = [Column("set"), Column("method")]
    for kind in kinds:
        name = kind.upper()
        fields = (name, f"{name} published", f"{name} difference")
        header += [
            Column(f"{KINDS[kind].title}: ours / published / difference", fields),
            Column("verdict", (f"{name} verdict",)),
        ]
    if "mos" in published.kinds:
        name = f"{opinions.warning} MOS".strip()
        header.append(Column(f"{name}: ours / published", (name, "MOS published")))
    rows: list[tuple[Cell, ...]] = []
    for line in found:
        cells: list[Cell] = [line.data, line.method]
        for number in line.numbers:
            cells += [_numbers(number), number.verdict]
        if "mos" in published.kinds:
            ours = _blank() if line.rated is None else Number(as_printed("mos", line.rated), (line.rated,))
            cells.append((ours, _printed("mos", line.opinion)))
        rows.append(tuple(cells))
    said = {number.verdict for line in found for number in line.numbers}
    every = (*notes, *_notes(published, kinds, said, opinions))
    title = f"{opinions.warning} {published.title}, reproduced".strip()
    return Table(title, tuple(header), tuple(rows), every)


def _notes(published: Published, kinds: Sequence[str], said: Collection[str], opinions: Opinions) -> list[str]:
    """Where the printed numbers are from, and what the verdicts mean that are there."""
    notes = [f"Published: {published.source}."]
    if {"equal", "better", "worse", *(KINDS[kind].near for kind in kinds)} & set(said):
        tolerances = " or ".join(KINDS[kind].near for kind in kinds)
        notes.append(
            f"Verdicts: equal if every printed digit agrees, else {tolerances}, else better or worse, by that measure "
            "alone: methods that please the eye are meant to lose PSNR."
        )
    if NO_WEIGHTS in said:
        notes.append(f"'{NO_WEIGHTS}': no trained model came with srgan; name your own with --method ROW=FILE.")
    if NO_PICTURES in said:
        notes.append(f"'{NO_PICTURES}': name a folder of the method's pictures with --method ROW=FOLDER.")
    if "mos" in published.kinds:
        notes += opinions.notes or (
            "MOS are ratings by people: ours need a study (--study FOLDER), and are empty before.",
        )
    return notes


def _numbers(number: Judged) -> tuple[Number, ...]:
    difference = _blank()
    if not math.isnan(number.difference):
        difference = Number(as_printed(number.kind, number.difference, signed=True), (number.difference,))
    ours = _blank() if number.ours is None else Number(as_printed(number.kind, number.ours), (number.ours,))
    return ours, _printed(number.kind, number.printed), difference


def _printed(kind: str, value: Decimal | None) -> Number:
    """A published number with the digits that it was published with."""
    if value is None:
        return _blank()
    text = "inf" if value.is_infinite() else str(value)
    return Number(text.removeprefix("0") if kind in ("ssim", "mse") else text, (float(value),))


def _blank() -> Number:
    return Number(MISSING, (math.nan,))


def as_printed(kind: str, value: float, *, signed: bool = False) -> str:
    """A number as the field prints it: 28.43 dB, .8211, a MOS of 3.56; in differences with its sign."""
    digits, sign = (2 if kind in ("psnr", "mos") else 4), "+" if signed else ""
    text = f"{value:{sign}.{digits}f}"
    if signed and not float(text):
        text = text[1:]  # nothing that is printed differs
    return text if kind in ("psnr", "mos") else text.replace("0.", ".", 1)


def document(
    published: Published, found: Sequence[Line], notes: Sequence[str] = (), opinions: Opinions = NO_OPINIONS
) -> dict[str, Any]:
    """The same for programs: unrounded, with null for what is missing, and infinity as a string."""
    return {
        **opinions.plain_warning,
        "what": published.name,
        "title": published.title,
        "source": published.source,
        "tolerances": {number.kind: KINDS[number.kind].tolerance for number in found[0].numbers},
        "notes": [*notes, *opinions.notes],
        "rows": [
            {
                "set": line.data,
                "method": line.method,
                **{number.kind: _plain_number(number) for number in line.numbers},
                "mos": _plain_opinion(line, opinions),
            }
            for line in found
        ],
    }


def _plain_opinion(line: Line, opinions: Opinions) -> dict[str, Any]:
    published = math.nan if line.opinion is None else float(line.opinion)
    return {**opinions.plain_warning, "ours": plain(line.rated), "published": plain(published)}


def _plain_number(number: Judged) -> dict[str, Any]:
    published = None if number.printed is None else float(number.printed)
    values = {"ours": number.ours, "published": published, "difference": number.difference}
    return {**{name: plain(value) for name, value in values.items()}, "verdict": number.verdict}


def plain(value: float | None) -> float | str | None:
    """The number as JSON can hold it: null for none and NaN, the string `inf` for infinity."""
    if value is None or math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)
