"""Labels of raters in figures."""

import numpy as np

from srgan_study.report.rater_figures import _choose_labels
from tests.helpers.votes import NAN


def test_labels_do_not_overlap_and_points_that_are_not_there_have_none() -> None:
    bias, inconsistency = np.array([0, 0.001, 1, 0.5]), np.array([0.5, 0.5, 1, NAN])
    assert _choose_labels(bias, inconsistency, np.full(4, True)) == [2, 0]
    assert _choose_labels(bias, inconsistency, np.array([False, True, False, True])) == [1]
    assert _choose_labels(bias, np.full(4, NAN), np.full(4, True)) == []
