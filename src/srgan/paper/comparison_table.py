"""Our numbers beside printed ones: a table to read, and a document for programs."""

import math
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from srgan.paper.published import Published
from srgan.paper.table_methods import NO_NUMBA, NO_PICTURES, NO_WEIGHTS
from srgan.paper.verdicts import KINDS, NO_OPINIONS, NO_RUN, ComparedRow, Opinions, compare_orders
from srgan.reporting.table import Cell, Column, Number, Table, without_zero

_WORTH_ORDERING = 3
"""Methods whose order says something."""
_COARSE = ("psnr", "mos", "loss")
"""Kinds printed with two digits; all others have four and no leading zero."""


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
    return Table(
        title,
        tuple(header),
        tuple(lines),
        (*notes, *_notes(published, kinds, verdicts, opinions), *order_notes(published, rows)),
    )


def order_notes(published: Published, rows: Sequence[ComparedRow]) -> list[str]:
    """Return a sentence for each set: whether our PSNR puts three methods or more in the published order.

    Numbers can be lower throughout, after shorter training, and say the same about the methods.
    """
    notes = []
    for data in published.sets:
        ours, printed = compare_orders(rows, data)
        if len(ours) < _WORTH_ORDERING:
            continue
        if ours == printed:
            notes.append(f"On {data} the order by PSNR is the published one.")
        else:
            notes.append(f"On {data} the order by PSNR is {', '.join(ours)}; published: {', '.join(printed)}.")
    return notes


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
    return Number(text if kind in _COARSE else without_zero(text), (float(value),))


def print_score(kind: str, value: float, *, signed: bool = False) -> str:
    """Print a number as the field does: 28.43 dB, .8211, a MOS of 3.56; differences with their sign."""
    digits, sign = (2 if kind in _COARSE else 4), "+" if signed else ""
    text = f"{value:{sign}.{digits}f}"
    if signed and not float(text):
        text = text[1:]  # no sign on zero
    return text if kind in _COARSE else without_zero(text)


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
