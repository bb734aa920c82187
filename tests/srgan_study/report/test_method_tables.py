"""Warnings in the tables of a report: what intervals leave out, and one rater who decides."""

from collections import defaultdict

import numpy as np
import pytest

from srgan.paper import TABLE2
from srgan_study.analysis.paper_comparison import collect_opinions, warn_of_decider
from srgan_study.analysis.study_analysis import analyse
from srgan_study.report.method_tables import describe_interval
from srgan_study.report.study_report import make_page, make_tables
from srgan_study.report.summary import make_summary
from srgan_study.study import Screening
from tests.helpers.elements import Elements
from tests.helpers.votes import ratings_of, study_of

SCORES = np.random.default_rng(0).integers(1, 6, (4, 12)).astype(float)


def test_a_rater_who_decides_alone_is_reported_wherever_it_matters() -> None:
    rng = np.random.default_rng(0)
    noise = np.vstack([np.zeros(48), rng.normal(0, 1.3, (3, 48))])  # the first rater never errs
    votes = np.clip(np.rint(np.random.default_rng(0).integers(2, 5, 48) + noise), 1, 5)
    ratings = ratings_of(study_of({"Set5": 12}, screening="mle"), votes)
    analysis = analyse(ratings)
    assert analysis.decided_alone == make_summary(analysis)["mle decided alone by"] == "R01"
    warning, tables = warn_of_decider("R01"), make_tables(analysis)
    warned = [*tables["opinions"].values(), *tables["screening"].values(), tables["raters"]["raters"]]
    assert all(warning in table.notes for table in warned)
    page = make_page(analysis, tables, defaultdict(list))
    assert warning in Elements(page.partition("</ul>")[0]).text
    assert warning in collect_opinions(ratings, TABLE2).notes


@pytest.mark.parametrize("rule", ["p913", "mle"])
def test_intervals_without_biases_say_what_they_leave_out(rule: Screening) -> None:
    assert describe_interval(rule) != describe_interval("none")
    for table in make_tables(analyse(ratings_of(study_of({"Set5": 3}, screening=rule), SCORES)))["opinions"].values():
        assert any(note.endswith(describe_interval(rule)) for note in table.notes)


def test_an_interval_around_another_mean_than_the_mos_says_so() -> None:
    partial = SCORES + 2.0 * (SCORES <= 3) * np.eye(4, 1)
    partial[0, 4:] = np.nan
    tables = [make_tables(analyse(ratings_of(study_of({"Set5": 3}), scores))) for scores in (SCORES, partial)]
    complete, incomplete = (len(each["opinions"]["opinions-Set5"].notes) for each in tables)
    assert incomplete == complete + 1
