"""Tables of differences between methods: every test, and all pairs at a glance."""

import math

from srgan.reporting import Column, Table
from srgan_study.analysis.differences import CAUTIONS, UNITS, Unit
from srgan_study.analysis.study_analysis import SetAnalysis
from srgan_study.report.table_cells import Columns, show_change, show_count, show_interval, show_p, tabulate

UNIT_NAMES: dict[Unit, str] = {"pooled": "pooled votes", "image": "images", "rater": "raters"}
LIMIT = 0.05  # adjusted p below which methods are said to differ

_LETTERS: dict[Unit, str] = {"pooled": "v", "image": "i", "rater": "r"}


def make_test_table(found: SetAnalysis) -> Table:
    """Return every test of every pair, in each unit."""
    rows = [row for unit in UNITS for row in found.differences.get(unit, ())]
    columns: Columns = [
        ("set", [found.data for _ in rows]),
        ("unit", [UNIT_NAMES[row.unit] for row in rows]),
        ("first", [row.first for row in rows]),
        ("second", [row.second for row in rows]),
        ("first less second [MOS]", [show_change(row.difference.mean) for row in rows]),
        (Column("95 %", ("low", "high")), [show_interval(row.difference) for row in rows]),
        ("p", [show_p(row.test.p) for row in rows]),
        ("p after Holm", [show_p(row.adjusted) for row in rows]),
        ("effect", [show_change(row.test.effect) for row in rows]),
        ("differ", [show_count(row.test.n) for row in rows]),
        ("equal", [show_count(row.test.zeros) for row in rows]),
        ("ties", [show_count(row.ties) for row in rows]),
    ]
    families = dict.fromkeys(row.family for row in rows)
    notes = [
        "Wilcoxon's signed-rank test, two-sided; zeros are left out, ties share their rank. Holm's correction over "
        f"{'; '.join(families)}.",
        "Effect: matched-pairs rank-biserial correlation, from -1 to 1. Differ and equal: pairs that do and do not.",
        *(f"{UNIT_NAMES[unit]}: {CAUTIONS[unit]}." for unit in UNITS),
    ]
    if any(row.test.p == 0 for row in rows):
        notes.append(f"A p of 0 in CSV or JSON is one below {math.ulp(0.0):.0e}, the smallest number that they hold.")
    return tabulate(f"{found.data}: every pair of methods tested", columns, notes)


def make_difference_matrix(found: SetAnalysis) -> Table:
    """Return row minus column in MOS, with the units in which the difference is significant."""
    cells: dict[tuple[str, str], str] = {}
    for unit in UNITS:
        for row in found.differences.get(unit, ()):
            for pair, sign in (((row.first, row.second), 1), ((row.second, row.first), -1)):
                if unit == "pooled":
                    cells[pair] = f"{show_change(sign * row.difference.mean)[0].text} "
                if pair in cells:
                    cells[pair] += _LETTERS[unit] * (row.adjusted < LIMIT)
    columns: Columns = [("method", found.methods)]
    columns += [
        (second, [cells.get((first, second), "").strip() for first in found.methods]) for second in found.methods
    ]
    note = (
        "Row less column in MOS, over all pairs of votes. Letters tell in which units p after Holm is below .05: v "
        "pooled votes (which are not independent: p is far too small), i images, r raters. No letter: no difference "
        "was shown, which does not mean that there is none."
    )
    return tabulate(f"{found.data}: which methods differ", columns, [note, *list_hopeless_units(found)])


def list_hopeless_units(found: SetAnalysis) -> tuple[str, ...]:
    """Return a sentence for each unit with too few values for any significant difference."""
    sizes = {unit: max(row.test.n + row.test.zeros for row in tests) for unit, tests in found.differences.items()}
    return tuple(
        f"{most} {UNIT_NAMES[unit]} are too few: no difference can be shown among {len(found.differences[unit])} pairs."
        for unit, most in sizes.items()
        if 2.0 ** (1 - most) * len(found.differences[unit]) >= LIMIT
    )
