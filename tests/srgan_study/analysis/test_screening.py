"""Screening rules against sureal, and where it differs against loops that follow the recommendations' text."""

import math
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan_study.analysis.mean_opinion import compute_opinions
from srgan_study.analysis.screening import RULES, compute_screened_opinions, measure_outliers, screen
from srgan_study.study import Screening
from tests.helpers.sureal_reference import by_sureal
from tests.helpers.votes import ratings_of, study_of, table_of, thinned, votes_by_chance

SEEDS = range(4)


def make_votes(seed: int, missing: float = 0.0) -> NDArray[np.float64]:
    """Return votes of 21 good raters and 3 random ones; no stimulus has equal votes only."""
    rng = np.random.default_rng(seed)
    quality = rng.uniform(1.5, 4.5, 80)
    good = votes_by_chance(quality, 21, rng, bias=0.4, noise=0.5)
    return thinned(np.vstack([good, rng.integers(1, 6, (3, 80))]), missing, rng)


def reject_by_the_letter(votes: NDArray[np.float64]) -> list[bool]:
    """Return whom BT.500 rejects, counting vote by vote, out of those that the rater cast."""
    above, below, cast = [0] * len(votes), [0] * len(votes), [0] * len(votes)
    for column in votes.T:
        given = column[~np.isnan(column)]
        equal = len(set(given.tolist())) < 2
        times = 2 if not equal and 2 <= stats.kurtosis(given, fisher=False) <= 4 else math.sqrt(20)
        for rater, vote in enumerate(column.tolist()):
            if not math.isnan(vote):
                cast[rater] += 1
                above[rater] += not equal and vote >= given.mean() + times * given.std()
                below[rater] += not equal and vote <= given.mean() - times * given.std()
    return [p + q > 0.05 * n and abs(p - q) < 0.3 * (p + q) for p, q, n in zip(above, below, cast, strict=True)]


@pytest.mark.parametrize(("rule", "model"), [("none", "MosModel"), ("bt500", "BT500Model"), ("p913", "P913124Model")])
def test_rejecting_rules_agree_with_sureal(rule: Screening, model: str) -> None:
    rejected = 0
    for seed in SEEDS:
        votes = make_votes(seed)
        result, theirs = screen(table_of(votes), rule), by_sureal(votes, model)
        rejected += int(result.rejected.sum())
        assert result.rejected.tolist() == theirs.get("observer_rejected", [False] * 24)
        assert result.scores == pytest.approx(theirs["quality_scores"], abs=1e-9)
        if rule == "p913":
            assert result.bias == pytest.approx(theirs["observer_bias"], abs=1e-9)
        if rule != "none":
            share, imbalance = measure_outliers(result.adjusted)
            assert share == pytest.approx(theirs["observer_rejected_1st_stats"])
            assert imbalance == pytest.approx(theirs["observer_rejected_2nd_stats"], nan_ok=True)
    assert rejected >= 2 or rule == "none"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_maximum_likelihood_agrees_with_sureal(missing: float, seed: int) -> None:
    votes = make_votes(seed, missing)
    result, theirs = screen(table_of(votes), "mle"), by_sureal(votes, "P910AnnexEModel")
    assert result.scores == pytest.approx(theirs["quality_scores"], abs=1e-6)
    assert result.bias == pytest.approx(theirs["observer_bias"], abs=1e-6)
    assert result.inconsistency == pytest.approx(theirs["observer_inconsistency"], abs=1e-6)


def test_maximum_likelihood_is_a_maximum() -> None:
    """No small step away makes the votes more likely."""
    votes = make_votes(0, missing=0.2)
    result, rng = screen(table_of(votes), "mle"), np.random.default_rng(1)

    def likelihood(step: float) -> float:
        steps = [step * rng.normal(size=size) for size in (80, 24, 24)]
        means = result.scores + steps[0] + (result.bias + steps[1])[:, None]
        spread = (result.inconsistency * np.exp(steps[2]))[:, None]
        return float(np.nansum(stats.norm.logpdf(votes, means, spread)))

    best = likelihood(0.0)
    assert all(likelihood(size) < best for size in (0.003, 0.01, 0.1) for _ in range(50))


def test_maximum_likelihood_recovers_planted_parameters() -> None:
    rng = np.random.default_rng(0)
    quality, bias, noise = rng.uniform(1.5, 4.5, 400), np.linspace(-0.6, 0.6, 24), np.linspace(0.5, 1.3, 24)
    votes = quality + bias[:, None] + noise[:, None] * rng.normal(size=(24, 400))
    result = screen(table_of(votes), "mle")
    assert np.all(np.abs(result.bias - bias) <= 3 * noise / np.sqrt(400))
    assert result.inconsistency == pytest.approx(noise, abs=0.12)
    assert result.decided_alone is None
    error, of_means = (np.sqrt(np.mean((one - quality) ** 2)) for one in (result.scores, votes.mean(axis=0)))
    assert error < 0.9 * of_means


def test_a_maximum_at_one_raters_votes_is_reported() -> None:
    rng = np.random.default_rng(0)
    votes = rng.uniform(1.5, 4.5, 100) + np.linspace(0.1, 1.3, 12)[:, None] * rng.normal(size=(12, 100))
    result = screen(table_of(votes), "mle")
    assert result.decided_alone == "R01"
    assert result.scores - result.scores.mean() == pytest.approx(votes[0] - votes[0].mean(), abs=1e-4)
    assert result.scores == pytest.approx(by_sureal(votes, "P910AnnexEModel")["quality_scores"], abs=1e-6)
    assert screen(table_of(votes), "none").decided_alone is None


@pytest.mark.parametrize("seed", SEEDS)
def test_outlying_votes_are_counted_out_of_those_cast(seed: int) -> None:
    """sureal counts out of all votes that could have been cast."""
    votes = make_votes(seed, missing=0.4)
    bias = np.nanmean(votes - np.nanmean(votes, axis=0), axis=1)
    rules: list[tuple[Screening, NDArray[np.float64]]] = [("bt500", votes), ("p913", votes - bias[:, None])]
    for rule, adjusted in rules:
        result = screen(table_of(votes), rule)
        assert result.rejected.tolist() == reject_by_the_letter(adjusted)
        assert result.scores == pytest.approx(np.nanmean(adjusted[~result.rejected], axis=0))
    theirs = np.array(by_sureal(votes, "BT500Model")["observer_rejected_1st_stats"])
    assert measure_outliers(votes)[0] == pytest.approx(theirs / (~np.isnan(votes)).mean(axis=1))


def test_no_vote_is_outlying_where_all_are_equal() -> None:
    """By the letter each of these votes would be at both bounds."""
    votes = np.hstack([make_votes(0), np.full((24, 20), 5.0)])
    assert measure_outliers(votes)[0] * 100 == pytest.approx(measure_outliers(make_votes(0))[0] * 80)
    assert screen(table_of(votes), "bt500").rejected.tolist() == reject_by_the_letter(votes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # kurtosis of equal values
        theirs = by_sureal(votes, "BT500Model")
    assert min(theirs["observer_rejected_1st_stats"]) >= 0.4


@pytest.mark.parametrize(
    ("above", "below", "of", "rejected"),
    [(1, 1, 40, False), (1, 1, 39, True), (13, 7, 100, False), (12, 8, 100, True), (20, 0, 100, False)],
)
def test_limits_of_rejection(above: int, below: int, of: int, rejected: bool) -> None:
    """More than 5 % of votes, of which those above and those below differ by less than 30 %."""
    votes = np.full((5, of), 3.0)
    votes[0, :above] = 4  # one of five that differs is exactly 2 standard deviations off
    votes[0, above : above + below] = 2
    assert screen(table_of(votes), "bt500").rejected.tolist() == [rejected, False, False, False, False]
    share, imbalance = measure_outliers(votes)
    assert (share[0], imbalance[0]) == ((above + below) / of, pytest.approx((above - below) / (above + below)))


def test_if_all_would_be_rejected_nobody_is() -> None:
    votes = np.hstack([3 + np.eye(5), 3 - np.eye(5)])  # each is 2 standard deviations off, once up and once down
    assert reject_by_the_letter(votes) == [True] * 5
    result = screen(table_of(votes), "bt500")
    assert not result.rejected.any()
    assert result.scores.tolist() == votes.mean(axis=0).tolist()


@pytest.mark.parametrize("rule", RULES)
def test_opinions_are_means_of_the_images_scores(rule: Screening) -> None:
    ratings = ratings_of(study_of({"Small": 8, "Smaller": 12}), make_votes(1, missing=0.1))
    result = screen(ratings.table(), rule)
    rejected = {rater for rater, out in zip(result.raters, result.rejected, strict=True) if out}
    for data, images in ((None, 20), ("Small", 8), ("Smaller", 12)):
        first = 0 if data != "Smaller" else 32
        plain = compute_opinions(ratings, data=data)
        for place, one in enumerate(compute_screened_opinions(ratings, rule, data=data)):
            columns = [first + place + 4 * image for image in range(images)]
            assert one.score.mean == pytest.approx(np.mean(result.scores[columns]))
            assert one.score.low < one.score.mean < one.score.high
            assert (set(one.rejected), one.score.n) == (rejected, 24 - len(rejected))
            if rule == "none":
                bounds = (plain[place].by_rater.low, plain[place].by_rater.high)
                assert (one.score.low + one.score.high) / 2 == pytest.approx(one.score.mean)
                assert one.score.high - one.score.low == pytest.approx(bounds[1] - bounds[0])


def test_intervals_by_a_rule_are_over_adjusted_raters() -> None:
    votes = make_votes(2)
    ratings = ratings_of(study_of({"Set": 20}), votes)
    bias, likelihood = (votes - votes.mean(axis=0)).mean(axis=1), screen(ratings.table(), "mle")
    kept, weights = ~screen(ratings.table(), "p913").rejected, likelihood.inconsistency**-2
    p913, mle = (compute_screened_opinions(ratings, rule) for rule in ("p913", "mle"))
    for place, (removed, weighed) in enumerate(zip(p913, mle, strict=True)):
        means = (votes - bias[:, None])[kept][:, place::4].mean(axis=1)
        expected = stats.t.interval(0.95, len(means) - 1, means.mean(), stats.sem(means))
        assert (removed.score.low, removed.score.high) == pytest.approx(expected)
        means = (votes - likelihood.bias[:, None])[:, place::4].mean(axis=1)
        centre = np.average(means, weights=weights)
        error = np.sqrt(24 / 23 * np.sum(weights**2 * (means - centre) ** 2)) / weights.sum()
        assert weighed.score.mean == pytest.approx(centre)
        assert weighed.score.high - weighed.score.mean == pytest.approx(stats.t.ppf(0.975, 23) * error)


def test_there_is_no_interval_where_one_rater_decides_alone() -> None:
    votes = make_votes(2)[:5]
    votes[0] = np.rint(votes.mean(axis=0))
    ratings = ratings_of(study_of({"Set": 20}), votes)
    assert screen(ratings.table(), "mle").decided_alone == "R01"
    for one in compute_screened_opinions(ratings, "mle"):
        assert (math.isfinite(one.score.mean), math.isnan(one.score.low)) == (True, True)


@pytest.mark.parametrize("rule", RULES)
def test_very_few_votes(rule: Screening) -> None:
    alone = np.array([[1, 2, 3, 4, 5.0]])
    one_vote = np.vstack([make_votes(0)[:, :10], [[5.0] + [math.nan] * 9], np.full((1, 10), math.nan)])
    one_vote[:, 9] = math.nan
    assert np.isnan(screen(table_of(np.empty((0, 5))), rule).scores).all()
    assert screen(table_of(alone), rule).scores == pytest.approx(alone[0], abs=1e-9)
    result = screen(table_of(one_vote), rule)
    assert np.isfinite(result.scores).tolist() == [True] * 9 + [False]
    assert not result.rejected[24:].any()
    if rule == "mle":
        assert result.weights[24] < result.weights[:21].max()
        assert np.isnan(result.inconsistency[24:]).all()
    single = compute_screened_opinions(ratings_of(study_of({"Set": 1}, ("a",)), np.array([[3.0]])), rule)
    assert math.isnan(single[0].score.low)
