"""Recovery of planted means, computed by hand."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from srgan_study.simulation.parameter_recovery import make_recovery_table, recover_means
from srgan_study.simulation.simulated_means import PlantedMean
from srgan_study.study import Study
from srgan_study.votes.ratings import Ratings
from tests.helpers.studies_made_up import make_study
from tests.helpers.votes import rating

VOTES = {"R01": (1, 5), "R02": (2, 4), "R03": (2, 5), "R04": (5, 1)}
"""Each rater's votes: on everything by nearest, and on everything by HR."""
MEANS = (PlantedMean("nearest", "One", 1.5, "as asked"), PlantedMean("HR", "One", 3.0, "as asked"))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study", sets={"One": 2}, methods=("nearest", "HR"))


def rate(study: Study, *raters: str) -> Ratings:
    rows = (
        rating(rater, place, each.id, VOTES[rater][each.method == "HR"])
        for rater in raters
        for place, each in enumerate(study.stimuli)
    )
    return Ratings(study, True, raters, tuple(rows))


def test_intervals_are_over_raters_with_and_without_bad_ones(study: Study) -> None:
    ratings = rate(study, *VOTES)
    recovered = nearest, reference = recover_means(ratings, MEANS, ["R04"])
    good = np.array([1, 2, 2])
    low, high = t.interval(0.95, 2, good.mean(), good.std(ddof=1) / np.sqrt(3))
    assert (nearest.good.mean, nearest.good.low, nearest.good.high) == pytest.approx((5 / 3, low, high))
    assert nearest.everyone.mean == 2.5
    assert (nearest.inside, reference.inside) == (True, False)
    table = make_recovery_table(recovered, ratings, ["R04"])
    assert "| One | nearest | 1.50 | as asked | 1.67 [0.23, 3.10] | 2.50" in table.markdown()
    assert table.notes[2].startswith("1 of 2 planted means lie in their intervals")
    assert len(make_recovery_table(recover_means(ratings, MEANS, []), ratings, []).header) == len(table.header) - 1


def test_one_rater_has_no_interval(study: Study) -> None:
    ratings = rate(study, "R01")
    recovered = recover_means(ratings, MEANS[:1], [])
    assert not recovered[0].inside
    assert recovered[0].good.mean == 1
    assert len(make_recovery_table(recovered, ratings, []).rows) == 1
