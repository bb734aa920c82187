"""Power against an analytic case, and properties of any power."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import nct, norm, t

from srgan.errors import UsageError
from srgan_study.simulation.power import PowerCurve, Question, compute_power, describe_need, make_power_table
from srgan_study.simulation.rater_model import RaterModel
from tests.helpers.recorded_progress import RecordedProgress
from tests.helpers.votes import study_of

SHARED = Question(0.3, most=40, trials=160)
STUDY = study_of({"Many": 26, "Few": 5}, raters=26)

Curves = dict[tuple[str, str], PowerCurve]


@pytest.fixture(scope="module")
def curves() -> Curves:
    return by_unit(compute_power(STUDY, SHARED))


def by_unit(curves: tuple[PowerCurve, ...]) -> Curves:
    return {(curve.data, curve.unit): curve for curve in curves}


def count_needed(curve: PowerCurve, *, corrected: bool = False) -> float:
    """Return the raters needed; infinity if none were enough."""
    return curve.needed(corrected=corrected) or math.inf


def test_power_by_rater_is_that_of_a_t_test_less_the_loss_by_ranks() -> None:
    """All images alike, so that the variance of a rater's mean difference can be integrated by quadrature."""
    model = RaterModel(content=0.0, fit=0.0, taste=0.3)
    question = Question(0.25, most=30, trials=500, model=model)
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    bias, first, second = (model.bias * nodes)[:, None, None], (0.3 * nodes)[:, None], 0.3 * nodes
    weight = np.einsum("i,j,k->ijk", weights, weights, weights) / weights.sum() ** 3
    cuts = np.array([1.5, 2.5, 3.5, 4.5])[:, None, None, None]
    mean = square = 0.0
    for inconsistency in model.inconsistencies:
        votes = []
        for planted, taste in zip(question.means, (first, second), strict=True):
            level = model.solve_level(planted, np.zeros(1))
            above = norm.cdf((level + bias + taste - cuts) / inconsistency)
            expected = 1 + above.sum(axis=0)
            spread = (above * (2 * np.arange(1, 5) - 1)[:, None, None, None]).sum(axis=0) - (expected - 1) ** 2
            votes.append((expected, spread))
        difference, noise = votes[1][0] - votes[0][0], (votes[0][1] + votes[1][1]) / 26
        mean += float((weight * difference).sum()) / len(model.inconsistencies)
        square += float((weight * (difference**2 + noise)).sum()) / len(model.inconsistencies)
    assert mean == pytest.approx(0.25, abs=1e-4)
    curve = by_unit(compute_power(study_of({"Many": 26}), question))["Many", "rater"]
    for raters in (12, 20, 30):
        pairs = raters * 3 / math.pi  # the efficiency of ranks of normal differences
        shift = 0.25 / math.sqrt(square - mean**2) * math.sqrt(pairs)
        analytic = float(nct.sf(t.ppf(0.975, pairs - 1), pairs - 1, shift))
        assert abs(curve.found[raters - 2] - analytic) < 3 * curve.error(analytic) + 0.015, raters


def test_more_raters_images_and_difference_give_more_power(curves: Curves) -> None:
    many, few = curves["Many", "rater"], curves["Few", "rater"]
    for powers in (many.found, many.corrected, few.found, few.corrected):
        assert all(after > before - 0.08 for before, after in pairwise(powers))
        assert powers[-1] > powers[3] + 0.2
    assert (many.images, few.images, many.pairs) == (26, 5, 6)
    large = by_unit(compute_power(STUDY, Question(0.6, most=20, trials=100)))["Many", "rater"]
    assert count_needed(large) < count_needed(many) < count_needed(few)
    assert count_needed(many) < count_needed(many, corrected=True)
    assert all(corrected <= plain for plain, corrected in zip(many.found, many.corrected, strict=True))


def test_only_the_test_by_rater_keeps_its_level(curves: Curves) -> None:
    for data in ("Many", "Few"):
        rater = curves[data, "rater"]
        assert 0.02 < np.mean(rater.false[10:]) < 0.05 + 3 * rater.error(0.05)
    assert np.mean(curves["Many", "pooled"].false) > 0.08
    assert set(curves["Few", "image"].found) == {0.0}  # five images have no power
    notes = make_power_table("Few", tuple(curves.values()), SHARED, STUDY.design.raters).notes
    assert "5 pictures cannot give a p below 0.05." in notes[2]


def test_power_depends_on_the_seed_and_is_reported_by_panels() -> None:
    progress, question = RecordedProgress(), Question(0.4, most=6, trials=20)
    assert compute_power(STUDY, question, progress) == compute_power(STUDY, question)
    assert compute_power(STUDY, question) != compute_power(STUDY, Question(0.4, most=6, trials=20, seed=1))
    assert progress.tasks == [("panels of raters", 80)]
    assert sum(progress.counts[0]) == 80


def test_the_table_shows_the_studys_own_number_of_raters(curves: Curves) -> None:
    table = make_power_table("Many", tuple(curves.values()), SHARED, STUDY.design.raters)
    assert table.title.startswith("SIMULATED")
    assert [row[0][0].values for row in table.rows] == [(5,), (10,), (15,), (20,), (26,), (30,), (40,)]  # type: ignore[union-attr]
    assert f"{curves['Many', 'rater'].needed()} as one planned test" in table.notes[0]
    question = Question(0.02, most=6, trials=10)
    assert "more than 6" in describe_need(by_unit(compute_power(STUDY, question))["Few", "rater"], question)
    alone, question = study_of({"One": 1}, ("HR",), raters=1), Question(0.5, most=3, trials=5)
    assert make_power_table("One", compute_power(alone, question), question, 1).rows


@pytest.mark.parametrize(
    ("difference", "around"), [(0.0, 3), (-0.1, 3), (5.0, 3), (math.nan, 3), (0.1, 4.97), (0.1, 1.0)]
)
def test_differences_that_leave_the_scale_are_refused(difference: float, around: float) -> None:
    with pytest.raises(UsageError) as caught:
        Question(difference, around)
    assert caught.value.parameter == "difference"
