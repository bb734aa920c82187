"""Agreement of votes against published examples and definitions worked out in loops."""

import math
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan.evaluation.significance import wilcoxon
from srgan_study.analysis.reliability import Level, icc, krippendorff, retest, weighted_kappa
from srgan_study.votes.ratings import ScoreTable
from tests.helpers.votes import NAN, ratings_of, study_of, thinned, votes_by_chance

X = NAN
KRIPPENDORFF = [  # 4 observers, 12 units: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section D
    [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
    [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
]
SHROUT_AND_FLEISS = [  # 6 targets, 4 judges: Intraclass Correlations (1979), table 2
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]


def _table(scores: object) -> ScoreTable:
    votes = np.array(scores, dtype=np.float64)
    return ScoreTable(tuple(f"R{row}" for row in range(len(votes))), tuple(range(votes.shape[1])), votes)


def _alpha_by_pairs(votes: NDArray[np.float64], level: Level) -> float:
    """Alpha from its definition: the mean squared distance of pairs within stimuli over that of all pairs."""
    units = [[vote for vote in column.tolist() if vote == vote] for column in votes.T]
    units = [unit for unit in units if len(unit) > 1]
    everything = [vote for unit in units for vote in unit]

    def distance(one: float, other: float) -> float:
        if level == "nominal":
            return float(one != other)
        if level == "interval":
            return (one - other) ** 2
        low, high = sorted((one, other))
        between = sum(low <= vote <= high for vote in everything)
        return (between - (everything.count(low) + everything.count(high)) / 2) ** 2 if low < high else 0.0

    within = sum(distance(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2))
    mixed = sum(distance(a, b) for a, b in permutations(everything, 2)) / (len(everything) - 1)
    return 1 - within / mixed


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_the_published_example(level: Level, published: float) -> None:
    found = krippendorff(_table(KRIPPENDORFF), level)
    assert found.alpha == pytest.approx(published, abs=0.0006)
    assert (found.level, found.stimuli, found.votes) == (level, 11, 40)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_is_that_of_its_definition(level: Level) -> None:
    generator = np.random.default_rng(0)
    for missing in (0.0, 0.3, 0.6):
        votes = thinned(votes_by_chance(generator.uniform(1, 5, 20), 6, generator), missing, generator)
        votes = np.where(votes == 2, 5, votes)  # one score that nobody gave
        assert krippendorff(_table(votes), level).alpha == pytest.approx(_alpha_by_pairs(votes, level), abs=1e-12)


def test_alpha_of_chance_of_agreement_and_of_nothing() -> None:
    generator = np.random.default_rng(0)
    assert krippendorff(_table(generator.integers(1, 6, (20, 500)))).alpha == pytest.approx(0, abs=0.01)
    assert krippendorff(_table(np.tile(generator.integers(1, 6, 50), (4, 1)))).alpha == 1
    for nothing in (np.full((4, 5), 3.0), np.array([[1, 2, 3.0]]), np.full((3, 3), X), np.empty((0, 4))):
        assert math.isnan(krippendorff(_table(nothing)).alpha)
    one_more = np.vstack([KRIPPENDORFF, np.full((1, 12), X)])
    assert krippendorff(_table(one_more)) == krippendorff(_table(KRIPPENDORFF))


def test_correlations_of_the_published_example() -> None:
    found = icc(_table(np.transpose(SHROUT_AND_FLEISS)))
    assert (found.single, found.average) == pytest.approx((0.29, 0.62), abs=0.005)
    assert (found.raters, found.stimuli) == (4, 6)


def _by_regression(votes: NDArray[np.float64]) -> tuple[float, float]:
    """ICC(2,1) and ICC(2,k) from sums of squares that are left by models fitted by least squares."""
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


def test_correlations_are_those_of_an_analysis_of_variance() -> None:
    generator = np.random.default_rng(0)
    for raters, stimuli in ((2, 9), (7, 12), (15, 3)):
        votes = votes_by_chance(generator.uniform(1, 5, stimuli), raters, generator)
        found = icc(_table(votes))
        assert (found.single, found.average) == pytest.approx(_by_regression(votes), abs=1e-9)


def test_correlations_of_a_panel_with_votes_missing() -> None:
    generator = np.random.default_rng(0)
    votes = votes_by_chance(generator.uniform(1, 5, 30), 8, generator)
    left_early = votes.copy()
    left_early[3, 4:] = X
    found = icc(_table(left_early))
    assert found == icc(_table(np.delete(votes, 3, axis=0)))
    assert (found.raters, found.stimuli) == (7, 30)
    one_unseen = votes.copy()
    one_unseen[:, 5] = X
    assert icc(_table(one_unseen)) == icc(_table(np.delete(votes, 5, axis=1)))
    for nothing in (np.full((3, 4), 2.0), np.full((3, 4), X), votes[:1], votes[:, :1], np.empty((0, 4))):
        assert math.isnan(icc(_table(nothing)).single)


def test_kappa_is_that_of_its_definition() -> None:
    generator = np.random.default_rng(0)
    first = generator.integers(1, 6, 60).astype(np.float64)
    second = np.clip(first + generator.integers(-1, 2, 60), 1, 5)
    observed = np.histogram2d(first, second, bins=np.arange(0.5, 6), density=False)[0]
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / 60
    weights = np.array([[(i - j) ** 2 for i in range(5)] for j in range(5)])
    assert weighted_kappa(first, second) == pytest.approx(1 - np.sum(weights * observed) / np.sum(weights * expected))
    assert weighted_kappa(first, first) == 1
    assert weighted_kappa(np.array([1.0, 5.0]), np.array([5.0, 1.0])) == -1
    assert math.isnan(weighted_kappa(np.full(3, 4.0), np.full(3, 4.0)))


def test_second_votes_beside_first_votes() -> None:
    study = study_of({"Set": 2}, ("a", "b"))
    votes = np.array([[1, 2, 3, 4], [2, 2, 5, X], [1, 1, 4, 5]])
    found = retest(ratings_of(study, votes, again={2: np.array([3, 3, X]), 3: np.array([5, 5, 2])}))
    assert found is not None
    first, second = [3, 4, 5, 5], [3, 5, 3, 2]  # the third rater's own vote on stimulus 2 has no second
    assert (found.pairs, found.raters, found.same, found.within_one) == (4, 3, 0.25, 0.5)
    by_rater = [0.5, -2, -3]
    low, high = stats.t.interval(0.95, 2, np.mean(by_rater), stats.sem(by_rater))
    assert (found.difference.mean, found.difference.low, found.difference.high) == pytest.approx((-1.5, low, high))
    assert found.difference.unit == "raters"
    assert found.test == wilcoxon(first, second)
    assert found.icc == pytest.approx(_by_regression(np.array([first, second], dtype=np.float64))[0])
    assert found.kappa == weighted_kappa(np.array(first, dtype=np.float64), np.array(second, dtype=np.float64))


def test_nothing_was_rated_twice() -> None:
    assert retest(ratings_of(study_of({"Set": 2}, ("a", "b")), np.ones((2, 4)))) is None


def test_a_rater_who_repeats_is_told_from_one_who_does_not() -> None:
    generator, study = np.random.default_rng(0), study_of({"Set": 25})
    quality = generator.uniform(1, 5, 100)

    def kappa(noise: float) -> float:
        votes, again = (votes_by_chance(quality, 10, generator, bias=0, noise=noise) for _ in range(2))
        found = retest(ratings_of(study, votes, again={column: again[:, column] for column in range(100)}))
        assert found is not None
        assert found.pairs == 1000
        return found.kappa

    assert kappa(0.2) > 0.9 > kappa(0.8) > 0.4 > kappa(50) - 0.2
