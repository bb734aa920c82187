"""Reliability against published examples and definitions in loops."""

import math
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan.evaluation import wilcoxon
from srgan_study.analysis.reliability import Level, compare_retests, compute_alpha, compute_icc, compute_kappa
from tests.helpers.votes import NAN, ratings_of, study_of, table_of, thinned, votes_by_chance

X = NAN
KRIPPENDORFF = [  # 4 observers, 12 units: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section D
    [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
    [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
]
SHROUT_AND_FLEISS = [  # 6 targets, 4 judges: Intraclass Correlations (1979), table 2
    [9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7],
]  # fmt: skip


def alpha_by_pairs(votes: NDArray[np.float64], level: Level) -> float:
    """Return alpha by its definition: the mean squared distance of pairs within stimuli over that of all pairs."""
    units = [[vote for vote in column.tolist() if vote == vote] for column in votes.T]
    units = [unit for unit in units if len(unit) > 1]
    everything = [vote for unit in units for vote in unit]

    def distance(one: float, other: float) -> float:
        if level == "interval":
            return (one - other) ** 2
        low, high = sorted((one, other))
        between = sum(low <= vote <= high for vote in everything)
        return (between - (everything.count(low) + everything.count(high)) / 2) ** 2 if low < high else 0.0

    within = sum(distance(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2))
    mixed = sum(distance(a, b) for a, b in permutations(everything, 2)) / (len(everything) - 1)
    return 1 - within / mixed


@pytest.mark.parametrize(("level", "published"), [("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_equals_the_published_example_and_its_definition(level: Level, published: float) -> None:
    result = compute_alpha(table_of(KRIPPENDORFF), level)
    assert result.alpha == pytest.approx(published, abs=0.0006)
    assert (result.level, result.stimuli, result.votes) == (level, 11, 40)
    rng = np.random.default_rng(0)
    for missing in (0.0, 0.3, 0.6):
        votes = thinned(votes_by_chance(rng.uniform(1, 5, 20), 6, rng), missing, rng)
        votes = np.where(votes == 2, 5, votes)  # one score that nobody gave
        assert compute_alpha(table_of(votes), level).alpha == pytest.approx(alpha_by_pairs(votes, level), abs=1e-12)


def test_alpha_of_random_equal_and_missing_votes() -> None:
    rng = np.random.default_rng(0)
    assert compute_alpha(table_of(rng.integers(1, 6, (20, 500))), "ordinal").alpha == pytest.approx(0, abs=0.01)
    assert compute_alpha(table_of(np.tile(rng.integers(1, 6, 50), (4, 1))), "ordinal").alpha == 1
    for nothing in (np.full((4, 5), 3.0), np.array([[1, 2, 3.0]]), np.full((3, 3), X), np.empty((0, 4))):
        assert math.isnan(compute_alpha(table_of(nothing), "ordinal").alpha)
    one_more = np.vstack([KRIPPENDORFF, np.full((1, 12), X)])
    assert compute_alpha(table_of(one_more), "ordinal") == compute_alpha(table_of(KRIPPENDORFF), "ordinal")


def icc_by_regression(votes: NDArray[np.float64]) -> tuple[float, float]:
    """Return ICC(2,1) and ICC(2,k) from residual sums of squares of least-squares models."""
    k, n = votes.shape
    stimuli, raters = np.tile(np.eye(n), (k, 1)), np.repeat(np.eye(k), n, axis=0)

    def left(*models: NDArray[np.float64]) -> float:
        model = np.hstack([np.ones((n * k, 1)), *models])
        fitted = model @ np.linalg.lstsq(model, votes.ravel(), rcond=None)[0]
        return float(np.sum((votes.ravel() - fitted) ** 2))

    error = left(stimuli, raters) / ((n - 1) * (k - 1))
    of_stimuli = (left(raters) - left(stimuli, raters)) / (n - 1)
    of_raters = (left(stimuli) - left(stimuli, raters)) / (k - 1)
    single = (of_stimuli - error) / (of_stimuli + (k - 1) * error + k / n * (of_raters - error))
    return single, (of_stimuli - error) / (of_stimuli + (of_raters - error) / n)


def test_icc_equals_the_published_example_and_an_analysis_of_variance() -> None:
    result = compute_icc(table_of(np.transpose(SHROUT_AND_FLEISS)))
    assert (result.single, result.average) == pytest.approx((0.29, 0.62), abs=0.005)
    assert (result.raters, result.stimuli) == (4, 6)
    rng = np.random.default_rng(0)
    for raters, stimuli in ((2, 9), (7, 12), (15, 3)):
        votes = votes_by_chance(rng.uniform(1, 5, stimuli), raters, rng)
        result = compute_icc(table_of(votes))
        assert (result.single, result.average) == pytest.approx(icc_by_regression(votes), abs=1e-9)


def test_icc_with_votes_missing_is_that_of_the_larger_complete_table() -> None:
    rng = np.random.default_rng(0)
    votes = votes_by_chance(rng.uniform(1, 5, 30), 8, rng)
    left_early, one_unseen = votes.copy(), votes.copy()
    left_early[3, 4:] = X
    one_unseen[:, 5] = X
    assert compute_icc(table_of(left_early)) == compute_icc(table_of(np.delete(votes, 3, axis=0)))
    assert compute_icc(table_of(one_unseen)) == compute_icc(table_of(np.delete(votes, 5, axis=1)))
    for nothing in (np.full((3, 4), 2.0), np.full((3, 4), X), votes[:1], votes[:, :1], np.empty((0, 4))):
        assert math.isnan(compute_icc(table_of(nothing)).single)


def test_kappa_equals_its_definition() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(1, 6, 60).astype(np.float64)
    second = np.clip(first + rng.integers(-1, 2, 60), 1, 5)
    observed = np.histogram2d(first, second, bins=np.arange(0.5, 6), density=False)[0]
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / 60
    weights = np.array([[(i - j) ** 2 for i in range(5)] for j in range(5)])
    assert compute_kappa(first, second) == pytest.approx(1 - np.sum(weights * observed) / np.sum(weights * expected))
    assert compute_kappa(first, first) == 1
    assert compute_kappa(np.array([1.0, 5.0]), np.array([5.0, 1.0])) == -1
    assert math.isnan(compute_kappa(np.full(3, 4.0), np.full(3, 4.0)))


def test_retests_are_compared_pair_by_pair() -> None:
    study = study_of({"Set": 2}, ("a", "b"))
    votes = np.array([[1, 2, 3, 4], [2, 2, 5, X], [1, 1, 4, 5]])
    result = compare_retests(ratings_of(study, votes, again={2: np.array([3, 3, X]), 3: np.array([5, 5, 2])}))
    assert result is not None
    first, second = np.array([3, 4, 5, 5.0]), np.array([3, 5, 3, 2.0])  # single votes have no pair
    assert (result.pairs, result.raters, result.same, result.within_one) == (4, 3, 0.25, 0.5)
    by_rater = [0.5, -2, -3]
    low, high = stats.t.interval(0.95, 2, np.mean(by_rater), stats.sem(by_rater))
    difference = result.difference
    assert (difference.mean, difference.low, difference.high) == pytest.approx((-1.5, low, high))
    assert result.test == wilcoxon(first.tolist(), second.tolist())
    assert result.icc == pytest.approx(icc_by_regression(np.array([first, second]))[0])
    assert result.kappa == compute_kappa(first, second)
    assert compare_retests(ratings_of(study, np.ones((2, 4)))) is None
