"""The tables of a study on which methods differ: every test, and all at a glance. It knows neither files nor pages."""

import math
from collections.abc import Sequence

from srgan.reporting.table import Cell, Column, Table
from srgan_study.analysis.differences import CAUTIONS, UNITS, Difference, Unit
from srgan_study.analysis.study_analysis import SetAnalysis
from srgan_study.report.method_tables import interval, number, p_value, whole

UNIT_NAMES: dict[Unit, str] = {"pooled": "pooled votes", "image": "images", "rater": "raters"}
LIMIT = 0.05
"""What an adjusted p must stay below for methods to be said to differ."""

_SMALLEST = math.ulp(0.0)


def tests(found: SetAnalysis) -> Table:
    """Every test of every pair, in each unit."""
    rows: list[tuple[Cell, ...]] = [
        _test(found.data, test) for unit in UNITS for test in found.differences.get(unit, ())
    ]
    header = (
        Column("set"), Column("unit"), Column("first"), Column("second"), Column("first less second [MOS]"),
        Column("95 %", ("low", "high")), Column("p"), Column("p after Holm"), Column("effect"), Column("differ"),
        Column("equal"), Column("ties"),
    )  # fmt: skip
    families = dict.fromkeys(test.family for unit in found.differences.values() for test in unit)
    notes = [
        "Wilcoxon's signed-rank test, two-sided; zeros are left out, ties share their rank. Holm's correction over "
        f"{'; '.join(families)}.",
        "Effect: matched-pairs rank-biserial correlation, from -1 to 1. Differ and equal: pairs that do and do not.",
        *(f"{UNIT_NAMES[unit]}: {CAUTIONS[unit]}." for unit in UNITS),
    ]
    if any(test.test.p == 0 for unit in found.differences.values() for test in unit):
        notes.append(f"A p of 0 in CSV or JSON is one below {_SMALLEST:.0e}, the smallest number that they hold.")
    return Table(f"{found.data}: every pair of methods tested", header, tuple(rows), tuple(notes))


def matrix(found: SetAnalysis) -> Table:
    """Which methods differ: row less column in MOS, and the units in which the difference is real."""
    letters = {"pooled": "v", "image": "i", "rater": "r"}
    real: dict[tuple[str, str], str] = {}
    size: dict[tuple[str, str], float] = {}
    for unit in UNITS:
        for test in found.differences.get(unit, ()):
            for pair, sign in (((test.first, test.second), 1), ((test.second, test.first), -1)):
                if unit == "pooled":
                    size[pair] = sign * test.difference.mean
                real[pair] = real.get(pair, "") + letters[unit] * (test.adjusted < LIMIT)
    rows: list[tuple[Cell, ...]] = [
        (first, *(_pair(size.get((first, second)), real.get((first, second), "")) for second in found.methods))
        for first in found.methods
    ]
    note = (
        "Row less column in MOS, over all pairs of votes. Letters tell in which units p after Holm is below .05: v "
        "pooled votes (which are not independent: p is far too small), i images, r raters. No letter: no difference "
        "was shown, which does not mean that there is none."
    )
    header = (Column("method"), *(Column(method) for method in found.methods))
    notes = (note, *too_few(found))
    return Table(f"{found.data}: which methods differ", header, tuple(rows), notes)


def too_few(found: SetAnalysis) -> tuple[str, ...]:
    """What is to be said of units in which no difference could ever be shown."""
    return tuple(words for unit in UNITS if (words := _too_few(found.differences.get(unit, ()))))


def _too_few(tests: Sequence[Difference]) -> str:
    """What is to be said of a family of tests in which no difference could ever be shown."""
    most = max((test.test.n + test.test.zeros for test in tests), default=0)
    if not tests or 2.0 ** (1 - most) * len(tests) < LIMIT:
        return ""
    return f"{most} {UNIT_NAMES[tests[0].unit]} are too few: no difference can be shown among {len(tests)} pairs."


def _test(data: str, test: Difference) -> tuple[Cell, ...]:
    return (
        data,
        UNIT_NAMES[test.unit],
        test.first,
        test.second,
        (number(test.difference.mean, signed=True),),
        (interval(test.difference.low, test.difference.high),),
        (p_value(test.test.p),),
        (p_value(test.adjusted),),
        (number(test.test.effect, signed=True),),
        (whole(test.test.n),),
        (whole(test.test.zeros),),
        (whole(test.ties),),
    )


def _pair(size: float | None, letters: str) -> str:
    return "" if size is None else f"{number(size, signed=True).text} {letters}".strip()
