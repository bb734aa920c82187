"""Recovery of planted means, computed by hand."""

import numpy as np
import pytest
from scipy.stats import t

from srgan_study.simulation.parameter_recovery import make_recovery_table, recover_means
from srgan_study.simulation.rater_model import PlantedMean
from tests.helpers.votes import ratings_of, study_of

STUDY = study_of({"One": 2}, ("nearest", "HR"))
VOTES = np.array([[1, 5, 1, 5], [2, 4, 2, 4], [2, 5, 2, 5], [5, 1, 5, 1]])
MEANS = (PlantedMean("nearest", "One", 1.5, "as asked"), PlantedMean("HR", "One", 3.0, "as asked"))


def test_intervals_are_over_raters_with_and_without_bad_ones() -> None:
    ratings = ratings_of(STUDY, VOTES)
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


def test_one_rater_has_no_interval() -> None:
    ratings = ratings_of(STUDY, VOTES[:1])
    recovered = recover_means(ratings, MEANS[:1], [])
    assert (recovered[0].inside, recovered[0].good.mean) == (False, 1)
    assert len(make_recovery_table(recovered, ratings, []).rows) == 1
