"""Cells of a study's tables, tables made from their columns, and the study's name on every table."""

import math
from collections.abc import Iterable
from dataclasses import replace

from srgan.evaluation import Interval
from srgan.reporting import MISSING, Cell, Column, Number, Table
from srgan_study.votes.exports import BY_PROGRAMS, SIMULATED, mark
from srgan_study.votes.ratings import Ratings

Numbers = tuple[Number, ...]
Columns = list[tuple[str | Column, Iterable[Cell]]]  # heads of columns, each with its cells


def tabulate(title: str, columns: Columns, notes: Iterable[str] = ()) -> Table:
    """Return a table of columns of equal length."""
    header = tuple(Column(head) if isinstance(head, str) else head for head, _ in columns)
    return Table(title, header, tuple(zip(*(cells for _, cells in columns), strict=True)), tuple(notes))


def name_study(table: Table, ratings: Ratings) -> Table:
    """Return the table with the study in its notes, and a warning if programs voted."""
    note = f"Study {ratings.study.hash}: {ratings.study.title}"
    if not ratings.simulated:
        return replace(table, notes=(*table.notes, note))
    return replace(table, title=f"{SIMULATED}: {table.title}", notes=(f"{BY_PROGRAMS}.", *table.notes, note))


def write_csv(table: Table, ratings: Ratings) -> str:
    """Return the table as CSV whose lines begin with the study's mark."""
    rows = tuple((mark(ratings), *row) for row in table.rows)
    return replace(table, header=(Column("study"), *table.header), rows=rows).csv()


def show_score(value: float | None, spec: str = ".2f") -> Numbers:
    """Return a score, with two decimals unless said."""
    return (Number.of(None if value is None else float(value), spec=spec),)


def show_change(value: float) -> Numbers:
    """Return a difference of scores with its sign and two decimals."""
    return (Number.of(float(value), spec=lambda change: f"{change:+.2f}" if round(change, 2) else "0.00"),)


def show_interval(found: Interval, spec: str = ".2f") -> Numbers:
    """Return the two bounds as one cell."""
    text = MISSING if math.isnan(found.low) else f"{found.low:{spec}} to {found.high:{spec}}"
    return (Number(text, (float(found.low), float(found.high))),)


def show_count(value: int) -> Numbers:
    """Return a whole number."""
    return (Number(f"{value:,}", (value,)),)


def show_p(value: float) -> Numbers:
    """Return a p with three decimals, or as smaller than .001."""
    return (Number("<.001" if value < 0.0005 else f"{value:.3f}".replace("0.", ".", 1), (value,)),)
