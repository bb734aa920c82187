"""Comparisons of methods against SciPy, and how often they err."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan.errors import DataError
from srgan.evaluation import holm
from srgan_study.analysis.differences import UNITS, Unit, compare_methods
from tests.helpers.votes import NAN, ratings_of, study_of, thinned, votes_by_chance

STUDY = study_of({"Other": 2, "Set": 20})
QUALITY = np.tile([1.6, 2.4, 3.4, 3.6], 22)


def make_votes(raters: int = 15, missing: float = 0.0) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    return thinned(votes_by_chance(QUALITY, raters, rng), missing, rng)


def make_samples(votes: NDArray[np.float64], unit: Unit) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Return differences of votes on the set's 20 images by methods' places, collected one by one."""
    samples = {}
    for first, second in combinations(range(4), 2):
        groups: dict[object, list[float]] = {}
        for rater in range(len(votes)):
            for image in range(20):
                one, other = (votes[rater, 8 + 4 * image + place] for place in (first, second))
                if one == one and other == other:
                    key = {"pooled": (rater, image), "image": image, "rater": rater}[unit]
                    groups.setdefault(key, []).append(one - other)
        samples[first, second] = np.array([np.mean(groups[key]) for key in sorted(groups, key=str)]).round(9)
    return samples


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_tests_agree_with_scipy(unit: Unit, missing: float) -> None:
    votes = make_votes(missing=missing)
    tests = compare_methods(ratings_of(STUDY, votes), "Set", unit)
    names = [method.name for method in STUDY.methods]
    for one, ((first, second), sample) in zip(tests, make_samples(votes, unit).items(), strict=True):
        nonzero = sample[sample != 0]
        sizes = np.abs(nonzero)
        assert (one.first, one.second, one.data, one.unit) == (names[first], names[second], "Set", unit)
        assert (one.test.n, one.test.zeros, one.difference.n) == (len(sizes), len(sample) - len(sizes), len(sample))
        assert one.ties == sum(np.count_nonzero(sizes == size) > 1 for size in sizes)
        low, high = stats.t.interval(0.95, len(sample) - 1, sample.mean(), stats.sem(sample))
        difference = one.difference
        assert (difference.mean, difference.low, difference.high) == pytest.approx((sample.mean(), low, high))
        theirs = stats.wilcoxon(sample, zero_method="wilcox", method="asymptotic")
        ranks = stats.rankdata(sizes)
        assert one.test.statistic == theirs.statistic
        assert one.test.effect == pytest.approx((2 * ranks[nonzero > 0].sum() - ranks.sum()) / ranks.sum())
        if not one.test.exact:
            assert one.test.p == pytest.approx(theirs.pvalue, rel=1e-9)
        elif one.ties:
            assert one.test.p == pytest.approx(theirs.pvalue, abs=0.02)
        else:
            assert one.test.p == pytest.approx(stats.wilcoxon(nonzero, method="exact").pvalue)
    assert missing or {one.test.exact for one in tests} == ({True, False} if unit == "pooled" else {True})
    assert [one.adjusted for one in tests] == holm([one.test.p for one in tests])
    assert {one.family for one in tests} == {f"the 6 pairs of 4 methods on Set by {unit}"}


def test_pooled_votes_err_far_too_often_and_raters_do_not() -> None:
    """Two methods with equal means; each rater has a taste of their own for one of them."""
    rng, study = np.random.default_rng(0), study_of({"Set": 30}, ("a", "b"))
    wrong: dict[Unit, int] = {"pooled": 0, "rater": 0}
    for _ in range(200):
        taste = rng.normal(0, 0.4, (16, 1)) * np.tile([1, -1], 30)
        perceived = 3 + taste + rng.normal(0, 0.7, (16, 60))
        ratings = ratings_of(study, np.clip(np.rint(perceived), 1, 5))
        for unit in wrong:
            wrong[unit] += compare_methods(ratings, "Set", unit)[0].test.p < 0.05
    assert wrong["pooled"] > 60
    assert 2 <= wrong["rater"] <= 20


def test_methods_without_common_raters_are_left_out() -> None:
    votes = make_votes(raters=4)
    votes[:2, 8::4] = NAN  # two have not seen one method,
    votes[2:, 9::4] = NAN  # and the others not the other
    tests = compare_methods(ratings_of(STUDY, votes), "Set", "image")
    assert ("nearest", "bicubic") not in [(one.first, one.second) for one in tests]
    assert len(tests) == 5
    with pytest.raises(DataError):
        compare_methods(ratings_of(STUDY, np.empty((0, 88))), "Set")


def test_equal_votes_have_p_1() -> None:
    tests = compare_methods(ratings_of(STUDY, np.full((3, 88), 4.0)), "Set", "pooled")
    assert {(one.test.p, one.test.n, one.test.zeros, one.ties, one.test.effect) for one in tests} == {(1, 0, 60, 0, 0)}
