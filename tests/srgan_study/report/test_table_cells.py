"""Cells as they are printed, and the study's name on every table."""

import math

import numpy as np
import pytest

from srgan.evaluation import Interval
from srgan_study.analysis.mean_opinion import UNKNOWN
from srgan_study.report import table_cells
from srgan_study.report.table_cells import Numbers, show_change, show_count, show_interval, show_p, show_score
from tests.helpers.votes import ratings_of, study_of


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (show_score(3.456), "3.46"),
        (show_score(None), "-"),
        (show_change(0.5), "+0.50"),
        (show_change(-0.004), "0.00"),
        (show_change(math.nan), "-"),
        (show_interval(Interval(2, 1, 2.5)), "1.00 to 2.50"),
        (show_interval(UNKNOWN), "-"),
        (show_count(12345), "12,345"),
        (show_p(0.0004), "<.001"),
        (show_p(0.0456), ".046"),
        (show_p(1.0), "1.000"),
    ],
)
def test_cells_are_printed_for_readers(cell: Numbers, text: str) -> None:
    assert cell[0].text == text


def test_csv_holds_unrounded_numbers_and_the_study() -> None:
    ratings = ratings_of(study_of({"Set": 1}), np.full((1, 4), 3.0))
    table = table_cells.tabulate("Title", [("name", ["a"]), ("score", [show_score(np.float64(1 / 3))])])
    mark = f"SIMULATED-{ratings.study.hash[:16]}"
    assert table_cells.write_csv(table, ratings) == f"study,name,score\n{mark},a,{1 / 3!r}\n"
    named = table_cells.name_study(table, ratings)
    assert named.title == "SIMULATED: Title"
    assert ratings.study.hash in named.notes[-1]
