"""Warnings in the tables of a report: what intervals leave out, and one rater who decides."""

from collections import defaultdict

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.paper import TABLE2
from srgan_study.analysis.paper_comparison import collect_opinions
from srgan_study.analysis.study_analysis import analyse
from srgan_study.report.study_report import make_page, make_tables
from srgan_study.report.summary import make_summary
from srgan_study.study import Screening
from tests.helpers.votes import ratings_of, study_of


def test_a_rater_who_decides_alone_is_reported_wherever_it_matters() -> None:
    rng = np.random.default_rng(0)
    noise = np.vstack([np.zeros(48), rng.normal(0, 1.3, (3, 48))])  # the first rater never errs
    votes = np.clip(np.rint(np.random.default_rng(0).integers(2, 5, 48) + noise), 1, 5)
    ratings = ratings_of(study_of({"Set5": 12}, screening="mle"), votes)
    analysis = analyse(ratings)
    assert analysis.decided_alone == "R01"
    assert make_summary(analysis)["mle decided alone by"] == "R01"
    warning, tables = "Maximum likelihood gives R01 more weight than all others together", make_tables(analysis)
    warned = [*tables["opinions"].values(), *tables["screening"].values(), tables["raters"]["raters"]]
    assert all(warning in table.markdown() for table in warned)
    assert warning in make_page(analysis, tables, defaultdict(list)).partition("</ul>")[0]
    assert any(warning in note for note in collect_opinions(ratings, TABLE2).notes)


def make_scores() -> NDArray[np.float64]:
    return np.random.default_rng(0).integers(1, 6, (4, 12)).astype(float)


@pytest.mark.parametrize("rule", ["p913", "mle"])
def test_intervals_without_biases_say_what_they_leave_out(rule: Screening) -> None:
    analysis = analyse(ratings_of(study_of({"Set5": 3}, screening=rule), make_scores()))
    for table in make_tables(analysis)["opinions"].values():
        assert "means without their biases" in table.markdown()
        assert "holds for other raters of the same pictures" not in table.markdown()


def test_an_interval_around_another_mean_than_the_mos_says_so() -> None:
    complete = make_scores()
    partial = complete + 2.0 * (complete <= 3) * np.eye(4, 1)
    partial[0, 4:] = np.nan
    for scores, expected in ((complete, False), (partial, True)):
        table = make_tables(analyse(ratings_of(study_of({"Set5": 3}), scores)))["opinions"]["opinions-Set5"]
        assert ("Not every rater voted on everything" in table.markdown()) == expected
