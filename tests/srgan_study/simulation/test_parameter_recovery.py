"""What was planted beside what was voted, reckoned by hand."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from srgan_study.simulation.parameter_recovery import recovered, table
from srgan_study.simulation.simulated_means import Mean
from srgan_study.study import Study
from srgan_study.votes.ratings import Rating, Ratings
from tests.helpers.studies_made_up import make_study

VOTES = {"R01": (1, 5), "R02": (2, 4), "R03": (2, 5), "R04": (5, 1)}
"""Of each rater: on everything by nearest, and on everything by HR."""


def ratings_of(study: Study, raters: tuple[str, ...]) -> Ratings:
    rows = tuple(
        Rating(
            rater, 1, place, "main", each.id, VOTES[rater][each.method == "HR"], 0, "", "", 900, "c", 1.0, 9, 9, True
        )
        for rater in raters
        for place, each in enumerate(study.stimuli)
    )
    return Ratings(study, True, raters, rows)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study", sets={"One": 2}, methods=("nearest", "HR"))


def test_intervals_are_over_raters_with_and_without_bad_ones(study: Study) -> None:
    means = (Mean("nearest", "One", 1.5, "as asked"), Mean("HR", "One", 3.0, "as asked"))
    nearest, reference = recovered(ratings_of(study, tuple(VOTES)), means, ["R04"])
    good = np.array([1, 2, 2])
    low, high = t.interval(0.95, 2, good.mean(), good.std(ddof=1) / np.sqrt(3))
    assert (nearest.good.mean, nearest.good.low, nearest.good.high) == pytest.approx((5 / 3, low, high))
    assert nearest.everyone.mean == 2.5
    assert (nearest.inside, reference.inside) == (True, False)


def test_the_table_shows_both_where_there_are_bad_raters(study: Study) -> None:
    means = (Mean("nearest", "One", 1.5, "as asked"), Mean("HR", "One", 3.0, "as asked"))
    ratings = ratings_of(study, tuple(VOTES))
    made = table(recovered(ratings, means, ["R04"]), ratings, ["R04"])
    assert len(made.header) == 6
    assert "| One | nearest | 1.50 | as asked | 1.67 [0.23, 3.10] | 2.50" in made.markdown()
    assert made.notes[2].startswith("1 of 2 planted means lie in their intervals")
    assert len(table(recovered(ratings, means, []), ratings, []).header) == 5


def test_one_rater_has_no_interval(study: Study) -> None:
    ratings = ratings_of(study, ("R01",))
    found = recovered(ratings, (Mean("nearest", "One", 1.0, "as asked"),), [])
    assert not found[0].inside
    made = table(found, ratings, [])
    assert made.notes[2] == "One rater has no interval."
    assert "1.00 [-, -]" in made.markdown()
