"""What the tables of a report say of their own numbers: what an interval leaves out, and when not to rely on one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from srgan.paper.published import TABLE2
from srgan_study.analysis.paper_comparison import opinions_of
from srgan_study.analysis.study_analysis import find
from srgan_study.report import difference_tables
from srgan_study.report.study_report import page, tables
from srgan_study.report.summary import summary
from tests.helpers.votes import ratings_of, study_of


def test_a_rater_who_decides_alone_is_told_wherever_it_matters() -> None:
    generator = np.random.default_rng(0)
    quality = generator.integers(2, 5, 48)
    noise = np.vstack([np.zeros(48), generator.normal(0, 1.3, (3, 48))])  # the first rater never errs
    ratings = ratings_of(study_of({"Set5": 12}, screening="mle"), np.clip(np.rint(quality + noise), 1, 5))
    found = find(ratings)
    assert found.decided_alone == "R01"
    assert summary(found)["mle decided alone by"] == "R01"
    warning = "Maximum likelihood gives R01 more weight than all others together"
    parts = tables(found)
    told = [*parts["opinions"], *parts["screening"], parts["raters"][0]]
    assert all(warning in table.markdown() for table in told)
    assert warning in page(found, parts, {part: [] for part in parts}).partition("</ul>")[0]
    assert any(warning in note for note in opinions_of(ratings, TABLE2).notes)


@pytest.mark.parametrize("rule", ["p913", "mle"])
def test_intervals_without_biases_say_what_they_leave_out(rule: Any) -> None:
    found = find(ratings_of(study_of({"Set5": 3}, screening=rule), scores_of(4, 12)))
    for table in tables(found)["opinions"]:
        text = table.markdown()
        assert "means without their biases. It says how sure a method's place among the others is" in text
        assert "holds for other raters of the same pictures" not in text


def test_an_interval_that_is_not_about_the_mos_says_so() -> None:
    scores = scores_of(4, 12)
    words = "Not every rater voted on everything: the interval over raters"
    assert words not in tables(find(ratings_of(study_of({"Set5": 3}), scores)))["opinions"][1].markdown()
    scores[0] += 2.0 * (scores[0] <= 3)
    scores[0, 4:] = np.nan
    assert words in tables(find(ratings_of(study_of({"Set5": 3}), scores)))["opinions"][1].markdown()


def scores_of(raters: int, versions: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 6, (raters, versions)).astype(float)


def test_a_p_too_small_for_a_float_is_said_to_be_no_zero() -> None:
    found = find(ratings_of(study_of({"Set5": 3}), scores_of(4, 12))).sets[0]
    assert "A p of 0" not in difference_tables.tests(found).markdown()
    test = found.differences["pooled"][0]
    tiny = replace(found, differences={"pooled": (replace(test, test=replace(test.test, p=0.0), adjusted=0.0),)})
    text = difference_tables.tests(tiny).markdown()
    assert "| <.001 | <.001 |" in text
    assert "A p of 0 in CSV or JSON is one below 5e-324, the smallest number that they hold." in text
