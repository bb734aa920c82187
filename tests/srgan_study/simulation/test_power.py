"""How many raters it takes: against an analytic case, and what must be so of any power."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import nct, norm, t

from srgan.errors import UsageError
from srgan_study.simulation.power import Curve, Question, assumptions, curves, needed_words, table
from srgan_study.simulation.rater_model import Model
from srgan_study.study import Study
from tests.helpers.studies_made_up import make_study

SHARED = Question(0.3, most=40, trials=160)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_study(tmp_path_factory.mktemp("power") / "study", sets={"Many": 26, "Few": 5}, raters=26)


@pytest.fixture(scope="module")
def found(study: Study) -> tuple[Curve, ...]:
    return curves(study, SHARED)


def least(curve: Curve, *, corrected: bool = False) -> float:
    """Raters needed; infinity if none were enough."""
    return curve.needed(corrected=corrected) or math.inf


def of(found: tuple[Curve, ...], data: str, unit: str) -> Curve:
    return next(curve for curve in found if (curve.data, curve.unit) == (data, unit))


def test_the_chance_by_rater_is_that_of_a_t_test_but_for_the_loss_by_ranks(tmp_path: Path) -> None:
    """Pictures alike, so that the variance of a rater's mean difference can be integrated by quadrature."""
    study = make_study(tmp_path / "study", sets={"Many": 26})
    model = Model(content=0.0, fit=0.0, taste=0.3)
    question = Question(0.25, most=30, trials=500, model=model)
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    bias, first, second = (model.bias * nodes)[:, None, None], (0.3 * nodes)[:, None], 0.3 * nodes
    weight = np.einsum("i,j,k->ijk", weights, weights, weights) / weights.sum() ** 3
    cuts = np.array([1.5, 2.5, 3.5, 4.5])
    mean, square = 0.0, 0.0
    zero = np.zeros(1)
    for inconsistency in model.inconsistencies:
        votes = []
        for level, taste in ((model.level(question.low, zero), first), (model.level(question.high, zero), second)):
            above = norm.cdf((level + bias + taste - cuts[:, None, None, None]) / inconsistency)
            expected = 1 + above.sum(axis=0)
            spread = (above * (2 * np.arange(1, 5) - 1)[:, None, None, None]).sum(axis=0) - (expected - 1) ** 2
            votes.append((expected, spread))
        difference, noise = votes[1][0] - votes[0][0], (votes[0][1] + votes[1][1]) / 26
        mean += float((weight * difference).sum()) / len(model.inconsistencies)
        square += float((weight * (difference**2 + noise)).sum()) / len(model.inconsistencies)
    assert mean == pytest.approx(0.25, abs=1e-4)
    curve = of(curves(study, question), "Many", "rater")
    for raters in (12, 20, 30):
        pairs = raters * 3 / math.pi  # of normal differences, ranks are worth so much less
        shift = 0.25 / math.sqrt(square - mean**2) * math.sqrt(pairs)
        analytic = float(nct.sf(t.ppf(0.975, pairs - 1), pairs - 1, shift))
        assert abs(curve.at(raters)[0] - analytic) < 3 * curve.error(analytic) + 0.015, raters


def test_more_raters_find_more(found: tuple[Curve, ...]) -> None:
    for data in ("Many", "Few"):
        for chances in (of(found, data, "rater").found, of(found, data, "rater").corrected):
            assert all(after > before - 0.08 for before, after in pairwise(chances))
            assert chances[-1] > chances[3] + 0.2


def test_a_larger_difference_needs_fewer_raters(study: Study, found: tuple[Curve, ...]) -> None:
    large = of(curves(study, Question(0.6, most=20, trials=100)), "Many", "rater")
    assert least(large) < least(of(found, "Many", "rater")) < math.inf


def test_more_pictures_need_fewer_raters_and_correction_needs_more(found: tuple[Curve, ...]) -> None:
    many, few = of(found, "Many", "rater"), of(found, "Few", "rater")
    assert (many.images, few.images, many.pairs) == (26, 5, 6)
    assert least(many) < least(few)
    assert least(many) < least(many, corrected=True)
    assert all(corrected <= plain for plain, corrected in zip(many.found, many.corrected, strict=True))


def test_where_nothing_is_to_be_found_only_the_test_by_rater_keeps_its_promise(found: tuple[Curve, ...]) -> None:
    for data in ("Many", "Few"):
        rater = of(found, data, "rater")
        false = np.mean(rater.false[10:])
        assert 0.02 < false < 0.05 + 3 * rater.error(0.05)
    assert np.mean(of(found, "Many", "pooled").false) > 0.08


def test_five_pictures_find_nothing_by_image(study: Study, found: tuple[Curve, ...]) -> None:
    assert set(of(found, "Few", "image").found) == {0.0}
    notes = table("Few", found, SHARED, study.design.raters).notes
    assert "By image nothing is ever found: 5 pictures cannot give a p below 0.05." in notes[2]


def test_the_same_question_has_the_same_answer(study: Study) -> None:
    question = Question(0.4, most=6, trials=20)
    assert curves(study, question) == curves(study, question)
    assert curves(study, question) != curves(study, Question(0.4, most=6, trials=20, seed=1))


def test_progress_is_told_to_the_end(study: Study) -> None:
    told: list[tuple[int, int]] = []
    curves(study, Question(0.4, most=4, trials=30), lambda what, done, whole: told.append((done, whole)))
    assert told[-1] == (120, 120)
    assert sorted(told) == told


def test_the_table_says_what_it_rests_on(study: Study, found: tuple[Curve, ...]) -> None:
    made = table("Many", found, SHARED, study.design.raters)
    assert made.title.startswith("SIMULATED: how often 0.3 MOS is found on Many (26 pictures)")
    shown = [row[0][0].text for row in made.rows if not isinstance(row[0], str)]
    assert shown == ["5", "10", "15", "20", "26", "30", "40"]
    needed = of(found, "Many", "rater").needed()
    assert made.notes[0].startswith(f"Raters for a chance of 80 % by rater: {needed} as one planned test")
    assert "more than 6" in needed_words(
        of(curves(study, Question(0.02, most=6, trials=10)), "Few", "rater"), Question(0.02, most=6)
    )
    assert "Nobody was measured for this" in assumptions(SHARED)[0]


@pytest.mark.parametrize("wrong", [(0.0, 3.0), (-0.1, 3.0), (5.0, 3.0), (0.1, 4.97), (float("nan"), 3.0)])
def test_a_difference_that_leaves_the_scale_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match=r"--difference .* leaves the scale"):
        Question(*wrong)


def test_a_study_too_small_to_ask_is_no_error(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", sets={"One": 1}, methods=("HR",), raters=1)
    assert [curve.pairs for curve in curves(study, Question(0.5, most=3, trials=5))] == [1, 1, 1]
    assert table("One", curves(study, Question(0.5, most=3, trials=5)), Question(0.5, most=3, trials=5), 1).rows
