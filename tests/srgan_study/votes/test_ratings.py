"""Tables of votes: each phase and set on its own, and nobody's changes to one are seen in the next."""

import numpy as np

from srgan_study.votes.ratings import Ratings
from tests.helpers.votes import NAN, rating, ratings_of, study_of

STUDY = study_of({"Set": 2, "Other": 1}, ("bicubic", "HR"))
FIRST = np.array([[1, 5, 2, NAN, 3, 4], [2, 4, 1, 5, NAN, 5]])


def test_each_phase_and_each_set_is_a_table() -> None:
    voted = ratings_of(STUDY, FIRST, again={0: np.array([2.0, NAN]), 4: np.array([5.0, 1.0])})
    others = (rating("R01", 0, 1, 3, "practice"), rating("R02", 0, 2, 4, "warm-up"), rating("R03", 0, 0, 1))
    ratings = Ratings(STUDY, True, voted.raters, voted.rows + others)
    np.testing.assert_array_equal(ratings.table().scores, FIRST)
    assert (ratings.table().raters, ratings.table().stimuli) == (("R01", "R02"), tuple(range(6)))
    again = np.array([[2, NAN, NAN, NAN, 5, NAN], [NAN, NAN, NAN, NAN, 1, NAN]])
    np.testing.assert_array_equal(ratings.table("retest").scores, again)
    np.testing.assert_array_equal(ratings.table("warm-up").scores[:, 2], [NAN, 4])
    assert ratings.table(data="Other").stimuli == (4, 5)
    np.testing.assert_array_equal(ratings.table(data="Other").scores, FIRST[:, 4:])
    np.testing.assert_array_equal(ratings.table("retest", "Set").scores[:, 0], [2, NAN])
    ratings.table().scores[:] = 0
    np.testing.assert_array_equal(ratings.table().scores, FIRST)
