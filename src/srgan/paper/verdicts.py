"""Published tables measured again: our number, the printed one, the difference, and a verdict by tolerance.

A method without weights keeps its row, which stays empty.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.paper.published import TRAININGS, Published
from srgan.paper.table_methods import NO_NUMBA, NO_PICTURES, NO_WEIGHTS
from srgan.reporting.table import Cell, Column, Number, Table
from srgan.weights.card import Card

OTHER_PICTURES = "other pictures"
NO_RUN = "no run yet"


@dataclass(frozen=True)
class Kind:
    """A kind of number that is judged."""

    title: str
    tolerance: float
    """Largest difference of two near numbers."""
    near: str
    """The verdict on near numbers."""
    more_is_better: bool = True


KINDS: Mapping[str, Kind] = {
    "mse": Kind("MSE", 0.0001, "within .0001", more_is_better=False),
    "psnr": Kind("PSNR [dB]", 0.1, "within 0.1 dB"),
    "ssim": Kind("SSIM", 0.005, "within .005"),
    "loss": Kind("loss_val", 1.0, "within 1", more_is_better=False),
    "perceptual": Kind("perceptual loss", 0.005, "within .005", more_is_better=False),
    "discriminator": Kind("discriminator loss", 0.005, "within .005", more_is_better=False),
}
_COARSE = ("psnr", "mos", "loss")
"""Kinds printed with two digits; all others have four and no leading zero."""

PAPER_MEASURES: Mapping[str, str] = {"psnr": "paper/psnr", "ssim": "paper/ssim"}
SEED_MEASURES: Mapping[str, str] = {"mse": "rgb/mse", "psnr": "rgb/psnr", "ssim": "matlab/ssim"}
"""By kind, the score of an evaluation that compares with the printed number."""


@dataclass(frozen=True)
class Opinions:
    """Our mean opinion scores, and where they are from."""

    scores: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """MOS by method and set, as the table names them."""
    notes: tuple[str, ...] = ()
    """The study and its raters; empty without a study."""
    warning: str = ""
    """Printed at every score: `SIMULATED` where programs rated."""

    @property
    def plain_warning(self) -> dict[str, str]:
        """The warning as a field of a document, if there is one."""
        return {"warning": self.warning} if self.warning else {}


NO_OPINIONS = Opinions()


@dataclass(frozen=True)
class ComparedNumber:
    """Our number and the printed one; either may be missing."""

    kind: str
    ours: float | None
    printed: Decimal | None
    verdict: str

    @property
    def difference(self) -> float:
        """Ours minus printed; NaN where one is missing or of other images, 0 where both are infinite."""
        if self.ours is None or self.printed is None or self.verdict == OTHER_PICTURES:
            return math.nan
        return 0.0 if self.ours == float(self.printed) else self.ours - float(self.printed)


@dataclass(frozen=True)
class ComparedRow:
    """A method on a set."""

    data: str
    method: str
    numbers: tuple[ComparedNumber, ...]
    opinion: Decimal | None
    """The printed MOS."""
    rated: float | None = None
    """Our MOS."""
    seconds: float | None = None
    """Our mean time of a picture; None where it is not shown."""


def judge(kind: str, ours: float, printed: Decimal) -> str:
    """Return the verdict on a number: `equal` if every printed digit agrees, else near, `better` or `worse`.

    Args:
        kind: of `KINDS`.
        ours: unrounded.
        printed: with all printed digits.
    """
    criterion, number = KINDS[kind], float(printed)
    exponent = printed.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0  # infinity has none
    if ours == number or Decimal(f"{ours:.{digits}f}") == printed:
        return "equal"
    if abs(ours - number) <= criterion.tolerance:
        return criterion.near
    return "better" if (ours > number) == criterion.more_is_better else "worse"


def compare_results(
    published: Published,
    results: Results,
    missing: Mapping[str, str],
    measures: Mapping[str, str],
    sets: Mapping[str, str],
    opinions: Opinions = NO_OPINIONS,
    *,
    timed: bool = False,
) -> tuple[ComparedRow, ...]:
    """Compare every method of a table on every set, measured or not.

    Args:
        published: the table.
        results: of the methods that could be run.
        missing: by method, why it could not.
        measures: by kind, the score of the evaluation.
        sets: by evaluated set, the printed one to compare with. Numbers of another set are shown, but not judged.
        opinions: our MOS.
        timed: whether rows have the mean time of a picture.

    Raises:
        DataError: if a method has scores of some images of a set only.
    """
    rows = []
    for data, printed_set in sets.items():
        for method in published.methods:
            printed = published.of(method, printed_set)
            numbers = []
            for kind, measure in measures.items():
                values = results.values(method, data, measure)
                ours, theirs = mean(values) if values else None, printed.get(kind)
                if method in missing or ours is None:
                    verdict = missing.get(method, NO_PICTURES)
                elif data != printed_set:
                    verdict = OTHER_PICTURES
                else:
                    verdict = "not published" if theirs is None else judge(kind, ours, theirs)
                numbers.append(ComparedNumber(kind, ours, theirs, verdict))
            rated = opinions.scores.get((method, data))
            seconds = _mean_seconds(results, method, data) if timed else None
            rows.append(ComparedRow(data, method, tuple(numbers), printed.get("mos"), rated, seconds))
    return tuple(rows)


def _mean_seconds(results: Results, method: str, data: str) -> float | None:
    times = [row.seconds for row in results.rows if (row.method, row.data) == (method, data)]
    known = [seconds for seconds in times if seconds is not None]
    return mean(known) if known else None


def explain_shortfalls(rows: Sequence[ComparedRow], cards: Mapping[str, Card]) -> tuple[str, ...]:
    """Return a sentence for each method that falls short of a printed number: on which sets, and the likely reason.

    Args:
        rows: of `compare_results`.
        cards: of the methods that are models.
    """
    short: dict[str, list[str]] = {}
    for row in rows:
        if any(number.verdict == "worse" for number in row.numbers):
            short.setdefault(row.method, []).append(row.data)
    reasons = []
    for method, sets in short.items():
        card = cards.get(method)
        reason = "its pictures were given, and are measured as they are"
        if card is not None:
            training = card.training
            reason = f"ours, {card.name}, had {training.updates:,} updates in {training.hours:g} hours"
            reason += (
                f"; theirs {TRAININGS[method]}" if method in TRAININGS else "; theirs was trained as in its own paper"
            )
        reasons.append(f"{method} is short of the printed numbers on {', '.join(sets)}: {reason}.")
    return tuple(reasons)


def comparison_table(
    published: Published, rows: Sequence[ComparedRow], notes: Sequence[str] = (), opinions: Opinions = NO_OPINIONS
) -> Table:
    """Return the comparison as a table whose cells are ours / published / difference.

    Args:
        published: the source of the printed numbers.
        rows: of `compare_results`.
        notes: printed before those on verdicts.
        opinions: those that the rows were made with.
    """
    kinds = [number.kind for number in rows[0].numbers]
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
    timed = any(row.seconds is not None for row in rows)
    if timed:
        header.append(Column("seconds a picture"))
    lines: list[tuple[Cell, ...]] = []
    for row in rows:
        cells: list[Cell] = [row.data, row.method]
        for number in row.numbers:
            ours, difference = _number(number.kind, number.ours), _number(number.kind, number.difference, signed=True)
            cells += [(ours, _printed(number.kind, number.printed), difference), number.verdict]
        if "mos" in published.kinds:
            cells.append((_number("mos", row.rated), _printed("mos", row.opinion)))
        if timed:
            cells.append((Number.of(row.seconds, spec=".3f"),))
        lines.append(tuple(cells))
    verdicts = {number.verdict for row in rows for number in row.numbers}
    title = f"{opinions.warning} {published.title}, reproduced".strip()
    return Table(title, tuple(header), tuple(lines), (*notes, *_notes(published, kinds, verdicts, opinions)))


def _notes(published: Published, kinds: Sequence[str], verdicts: Collection[str], opinions: Opinions) -> list[str]:
    """Return the source of the printed numbers, and what the verdicts mean that occur."""
    notes = [f"Published: {published.source}."]
    if {"equal", "better", "worse", *(KINDS[kind].near for kind in kinds)} & set(verdicts):
        tolerances = " or ".join(KINDS[kind].near for kind in kinds)
        notes.append(
            f"Verdicts: equal if every printed digit agrees, else {tolerances}, else better or worse, by that measure "
            "alone: methods that please the eye are meant to lose PSNR."
        )
    if NO_WEIGHTS in verdicts:
        notes.append(f"'{NO_WEIGHTS}': no trained model came with srgan; name your own with --method ROW=FILE.")
    if NO_RUN in verdicts:
        notes.append(f"'{NO_RUN}': no such update was logged; name a run with --run FOLDER.")
    if NO_NUMBA in verdicts:
        notes.append(f"'{NO_NUMBA}': pip install 'srgan[selfexsr]', or name a folder with --method ROW=FOLDER.")
    if NO_PICTURES in verdicts:
        notes.append(f"'{NO_PICTURES}': name a folder of the method's pictures with --method ROW=FOLDER.")
    if "mos" in published.kinds:
        notes += opinions.notes or (
            "MOS are ratings by people: ours need a study (--study FOLDER), and are empty before.",
        )
    return notes


def _number(kind: str, value: float | None, *, signed: bool = False) -> Number:
    return Number.of(value, spec=lambda number: print_score(kind, number, signed=signed))


def _printed(kind: str, value: Decimal | None) -> Number:
    """Return a published number with the digits it was published with."""
    if value is None:
        return Number.of(None)
    text = "inf" if value.is_infinite() else str(value)
    return Number(text if kind in _COARSE else text.removeprefix("0"), (float(value),))


def print_score(kind: str, value: float, *, signed: bool = False) -> str:
    """Print a number as the field does: 28.43 dB, .8211, a MOS of 3.56; differences with their sign."""
    digits, sign = (2 if kind in _COARSE else 4), "+" if signed else ""
    text = f"{value:{sign}.{digits}f}"
    if signed and not float(text):
        text = text[1:]  # no sign on zero
    return text if kind in _COARSE else text.replace("0.", ".", 1)


def comparison_document(
    published: Published, rows: Sequence[ComparedRow], notes: Sequence[str] = (), opinions: Opinions = NO_OPINIONS
) -> dict[str, Any]:
    """Return the comparison for programs: unrounded, with null for missing numbers, and infinity as a string."""
    return {
        **opinions.plain_warning,
        "what": published.name,
        "title": published.title,
        "source": published.source,
        "tolerances": {number.kind: KINDS[number.kind].tolerance for number in rows[0].numbers},
        "notes": [*notes, *opinions.notes],
        "rows": [
            {
                "set": row.data,
                "method": row.method,
                **{
                    number.kind: {
                        "ours": to_plain(number.ours),
                        "published": to_plain(number.printed),
                        "difference": to_plain(number.difference),
                        "verdict": number.verdict,
                    }
                    for number in row.numbers
                },
                "mos": {
                    **opinions.plain_warning,
                    "ours": to_plain(row.rated),
                    "published": to_plain(row.opinion),
                },
                **({} if row.seconds is None else {"seconds": row.seconds}),
            }
            for row in rows
        ],
    }


def to_plain(value: float | Decimal | None) -> float | str | None:
    """Return a number as JSON can hold it: null for None and NaN, the string `inf` for infinity."""
    if value is None or math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(float(value))
