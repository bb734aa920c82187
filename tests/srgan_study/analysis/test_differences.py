"""Comparisons of methods against SciPy, and how often they err."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan.errors import DataError, UsageError
from srgan.evaluation.significance import EXACT_UP_TO, holm
from srgan_study.analysis.differences import UNITS, Unit, compare
from tests.helpers.votes import NAN, ratings_of, study_of, thinned, votes_by_chance

STUDY = study_of({"Other": 2, "Set": 20})
QUALITY = np.tile([1.6, 2.4, 3.4, 3.6], 22)


def _votes(raters: int = 15, missing: float = 0.0, seed: int = 0) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    return thinned(votes_by_chance(QUALITY, raters, generator), missing, generator)


def _samples(votes: NDArray[np.float64], unit: Unit) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Differences of votes on the set's 20 pictures by methods' places, gone through one by one."""
    found = {}
    for first in range(4):
        for second in range(first + 1, 4):
            apart: dict[object, list[float]] = {}
            for rater in range(len(votes)):
                for picture in range(20):
                    one, other = (votes[rater, 8 + 4 * picture + place] for place in (first, second))
                    if one == one and other == other:
                        key = {"pooled": (rater, picture), "image": picture, "rater": rater}[unit]
                        apart.setdefault(key, []).append(one - other)
            found[first, second] = np.array([np.mean(apart[key]) for key in sorted(apart, key=str)])
    return found


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_tests_are_those_of_scipy(unit: Unit, missing: float) -> None:
    votes = _votes(missing=missing)
    found = compare(ratings_of(STUDY, votes), "Set", unit)
    names = [method.name for method in STUDY.methods]
    for one, ((first, second), sample) in zip(found, _samples(votes, unit).items(), strict=True):
        sample = sample.round(9)
        sizes = np.abs(sample[sample != 0])
        assert (one.first, one.second, one.data, one.unit) == (names[first], names[second], "Set", unit)
        assert (one.test.n, one.test.zeros) == (len(sizes), len(sample) - len(sizes))
        assert one.ties == sum(np.count_nonzero(sizes == size) > 1 for size in sizes)
        assert one.difference.mean == pytest.approx(sample.mean())
        low, high = stats.t.interval(0.95, len(sample) - 1, sample.mean(), stats.sem(sample))
        assert (one.difference.low, one.difference.high) == pytest.approx((low, high))
        assert one.difference.n == len(sample)
        theirs = stats.wilcoxon(sample, zero_method="wilcox", method="asymptotic")
        ranks = stats.rankdata(sizes)
        above = ranks[sample[sample != 0] > 0].sum()
        assert one.test.statistic == theirs.statistic
        assert one.test.effect == pytest.approx((2 * above - ranks.sum()) / ranks.sum())
        if not one.test.exact:
            assert one.test.p == pytest.approx(theirs.pvalue, rel=1e-9)
        elif one.ties:
            assert one.test.p == pytest.approx(theirs.pvalue, abs=0.02)
        else:
            assert one.test.p == pytest.approx(
                stats.wilcoxon(sizes * np.sign(sample[sample != 0]), method="exact").pvalue
            )


def test_both_ways_to_p_are_taken() -> None:
    found = compare(ratings_of(STUDY, _votes()), "Set", "pooled")
    assert {one.test.exact for one in found} == {True, False}
    assert all(one.test.exact == (one.test.n <= EXACT_UP_TO) for one in found)
    assert all(one.test.exact for one in compare(ratings_of(STUDY, _votes()), "Set", "rater"))


@pytest.mark.parametrize("unit", UNITS)
def test_all_pairs_of_a_set_are_one_family(unit: Unit) -> None:
    found = compare(ratings_of(STUDY, _votes()), "Set", unit)
    assert [one.adjusted for one in found] == holm([one.test.p for one in found])
    assert {one.family for one in found} == {f"the 6 pairs of 4 methods on Set by {unit}"}
    assert all(("not" in one.caution) == (unit == "pooled") for one in found)
    assert len(compare(ratings_of(STUDY, _votes()), "Other", unit)) == 6


def test_means_do_not_depend_on_the_unit_where_all_voted() -> None:
    by_unit = [compare(ratings_of(STUDY, _votes()), "Set", unit) for unit in UNITS]
    for same in zip(*by_unit, strict=True):
        assert [one.difference.mean for one in same] == pytest.approx([same[0].difference.mean] * 3)


def test_pooled_votes_err_far_too_often_and_raters_do_not() -> None:
    """Two methods that are equal in the mean; each rater has a taste of their own for one of them."""
    generator, study = np.random.default_rng(0), study_of({"Set": 30}, ("a", "b"))
    wrong: dict[Unit, int] = dict.fromkeys(UNITS, 0)
    for _ in range(200):
        taste = generator.normal(0, 0.4, (16, 1)) * np.tile([1, -1], 30)
        seen = 3 + taste + generator.normal(0, 0.7, (16, 60))
        ratings = ratings_of(study, np.clip(np.rint(seen), 1, 5))
        for unit in UNITS:
            wrong[unit] += compare(ratings, "Set", unit)[0].test.p < 0.05
    assert wrong["pooled"] > 60
    assert 2 <= wrong["rater"] <= 20


def test_a_difference_is_found_where_there_is_one() -> None:
    found = {(one.first, one.second): one for one in compare(ratings_of(STUDY, _votes()), "Set", "rater")}
    assert found["nearest", "good"].adjusted < 0.001
    assert found["nearest", "good"].test.effect == -1
    assert found["nearest", "good"].difference.high < -1


def test_methods_that_nobody_rated_together_take_no_part() -> None:
    votes = _votes(raters=4)
    votes[:2, 8::4] = NAN  # two have not seen one method,
    votes[2:, 9::4] = NAN  # and the others not the other
    found = compare(ratings_of(STUDY, votes), "Set", "image")
    assert ("nearest", "bicubic") not in [(one.first, one.second) for one in found]
    assert len(found) == 5
    assert found[0].family == "the 5 pairs of 4 methods on Set by image"


def test_what_cannot_be_compared() -> None:
    ratings = ratings_of(STUDY, _votes())
    with pytest.raises(UsageError, match="choose from Other, Set"):
        compare(ratings, "Large")
    with pytest.raises(UsageError, match="choose from pooled, image, rater"):
        compare(ratings, "Set", "set")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="wait for more votes"):
        compare(ratings_of(STUDY, np.empty((0, 88))), "Set")


def test_votes_that_never_differ() -> None:
    found = compare(ratings_of(STUDY, np.full((3, 88), 4.0)), "Set", "pooled")
    assert {(one.test.p, one.test.n, one.test.zeros, one.ties, one.test.effect) for one in found} == {(1, 0, 60, 0, 0)}
