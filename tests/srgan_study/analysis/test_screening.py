"""The rules for raters against sureal, and where it differs against loops that follow the standards' text."""

import math
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan.errors import UsageError
from srgan_study.analysis.mean_opinion import scores
from srgan_study.analysis.screening import RULES, Screened, bt500, mle, opinions, p913, screen
from srgan_study.study import Screening
from srgan_study.votes.ratings import ScoreTable
from tests.helpers.sureal_reference import by_sureal
from tests.helpers.votes import ratings_of, study_of, thinned, votes_by_chance

SEEDS = range(4)


def _table(scores: NDArray[np.float64]) -> ScoreTable:
    return ScoreTable(tuple(f"R{row:02}" for row in range(len(scores))), tuple(range(scores.shape[1])), scores)


def _votes(seed: int, missing: float = 0.0) -> NDArray[np.float64]:
    """21 good raters, and 3 who vote anything; no stimulus on which all agree."""
    generator = np.random.default_rng(seed)
    quality = generator.uniform(1.5, 4.5, 80)
    good = votes_by_chance(quality, 21, generator, bias=0.4, noise=0.5)
    return thinned(np.vstack([good, generator.integers(1, 6, (3, 80))]), missing, generator)


def _by_the_letter(votes: NDArray[np.float64]) -> list[bool]:
    """Who BT.500 rejects: counts vote by vote, out of those that the rater cast."""
    above, below, cast = [0] * len(votes), [0] * len(votes), [0] * len(votes)
    for column in votes.T:
        given = column[~np.isnan(column)]
        if len(set(given.tolist())) < 2:
            cast = [n + (not math.isnan(vote)) for n, vote in zip(cast, column, strict=True)]
            continue
        times = 2 if 2 <= stats.kurtosis(given, fisher=False) <= 4 else math.sqrt(20)
        for rater, vote in enumerate(column.tolist()):
            if not math.isnan(vote):
                cast[rater] += 1
                above[rater] += vote >= given.mean() + times * given.std()
                below[rater] += vote <= given.mean() - times * given.std()
    return [p + q > 0.05 * n and abs(p - q) < 0.3 * (p + q) for p, q, n in zip(above, below, cast, strict=True)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("rule", "model"), [("none", "MosModel"), ("bt500", "BT500Model"), ("p913", "P913124Model")])
def test_rejecting_rules_agree_with_sureal(rule: Screening, model: str, seed: int) -> None:
    votes = _votes(seed)
    found, theirs = screen(_table(votes), rule), by_sureal(votes, model)
    assert found.rejected.tolist() == theirs.get("observer_rejected", [False] * 24)
    assert found.scores == pytest.approx(theirs["quality_scores"], abs=1e-9)
    assert found.errors == pytest.approx(theirs["quality_scores_std"], abs=1e-9)
    assert found.high - found.scores == pytest.approx(theirs["quality_scores_ci95"][1], rel=1e-5)
    if rule == "p913":
        assert found.bias == pytest.approx(theirs["observer_bias"], abs=1e-9)
    if rule != "none":
        assert found.outlying == pytest.approx(theirs["observer_rejected_1st_stats"])
        assert found.lopsided == pytest.approx(theirs["observer_rejected_2nd_stats"], nan_ok=True)


def test_the_seeds_reject_someone() -> None:
    """Else the comparisons above would say little."""
    assert sum(int(bt500(_table(_votes(seed))).rejected.sum()) for seed in SEEDS) >= 2
    assert sum(int(p913(_table(_votes(seed))).rejected.sum()) for seed in SEEDS) >= 2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_maximum_of_likelihood_agrees_with_sureal(missing: float, seed: int) -> None:
    votes = _votes(seed, missing)
    found, theirs = mle(_table(votes)), by_sureal(votes, "P910AnnexEModel")
    assert found.scores == pytest.approx(theirs["quality_scores"], abs=1e-6)
    assert found.errors == pytest.approx(theirs["quality_scores_std"], abs=1e-6)
    assert found.bias == pytest.approx(theirs["observer_bias"], abs=1e-6)
    assert found.bias_error == pytest.approx(theirs["observer_bias_std"], abs=1e-6)
    assert found.inconsistency == pytest.approx(theirs["observer_inconsistency"], abs=1e-6)
    below, above = theirs["observer_inconsistency_ci95"]
    assert found.inconsistency - found.inconsistency_low == pytest.approx(below, abs=1e-6)
    assert found.inconsistency_high - found.inconsistency == pytest.approx(above, abs=1e-6)
    assert found.iterations == theirs["num_iter"]


def test_maximum_of_likelihood_is_one() -> None:
    """No small step away from what was found makes the votes more likely."""
    votes = _votes(0, missing=0.2)
    found, generator = mle(_table(votes)), np.random.default_rng(1)

    def likelihood(step: float) -> float:
        apart = [step * generator.normal(size=size) for size in (80, 24, 24)]
        means = found.scores + apart[0] + (found.bias + apart[1])[:, None]
        return float(np.nansum(stats.norm.logpdf(votes, means, (found.inconsistency * np.exp(apart[2]))[:, None])))

    best = likelihood(0.0)
    assert all(likelihood(size) < best for size in (0.003, 0.01, 0.1) for _ in range(50))


def test_maximum_of_likelihood_finds_what_was_planted() -> None:
    generator = np.random.default_rng(0)
    quality, bias = generator.uniform(1.5, 4.5, 400), np.linspace(-0.6, 0.6, 24)
    noise = np.linspace(0.5, 1.3, 24)
    votes = quality + bias[:, None] + noise[:, None] * generator.normal(size=(24, 400))
    found = mle(_table(votes))
    assert found.bias == pytest.approx(bias, abs=0.2)
    assert np.mean(np.abs(found.bias - bias) <= 3 * found.bias_error) == 1
    assert found.inconsistency == pytest.approx(noise, abs=0.12)
    assert np.mean((found.inconsistency_low <= noise) & (noise <= found.inconsistency_high)) >= 0.8
    assert found.decided_alone is None
    error, of_means = (np.sqrt(np.mean((one - quality) ** 2)) for one in (found.scores, votes.mean(axis=0)))
    assert error < 0.9 * of_means, "weights are worth their trouble"


def test_a_maximum_that_is_one_rater_is_said_to_be() -> None:
    generator = np.random.default_rng(0)
    noise = np.linspace(0.1, 1.3, 12)[:, None]
    votes = generator.uniform(1.5, 4.5, 100) + noise * generator.normal(size=(12, 100))
    found = mle(_table(votes))
    assert found.decided_alone == "R00"
    assert found.scores - found.scores.mean() == pytest.approx(votes[0] - votes[0].mean(), abs=1e-4)
    assert found.scores == pytest.approx(by_sureal(votes, "P910AnnexEModel")["quality_scores"], abs=1e-6)
    assert screen(_table(votes), "none").decided_alone is None


@pytest.mark.parametrize("seed", SEEDS)
def test_rejection_where_votes_are_missing_is_out_of_those_cast(seed: int) -> None:
    """sureal takes it out of all that could have been cast, so there it rejects fewer."""
    votes = _votes(seed, missing=0.4)
    found = bt500(_table(votes))
    assert found.rejected.tolist() == _by_the_letter(votes)
    assert found.scores == pytest.approx(np.nanmean(votes[~found.rejected], axis=0))
    bias = np.nanmean(votes - np.nanmean(votes, axis=0), axis=1)
    adjusted = p913(_table(votes))
    assert adjusted.bias == pytest.approx(bias)
    assert adjusted.rejected.tolist() == _by_the_letter(votes - bias[:, None])
    assert adjusted.scores == pytest.approx(np.nanmean((votes - bias[:, None])[~adjusted.rejected], axis=0))
    theirs = np.array(by_sureal(votes, "BT500Model")["observer_rejected_1st_stats"])
    cast = (~np.isnan(votes)).mean(axis=1)
    assert found.outlying == pytest.approx(theirs / cast)


def test_nobody_is_far_where_all_agree() -> None:
    """By the letter every one of these votes is at both bounds, and everybody would be near rejection."""
    votes = np.hstack([_votes(0), np.full((24, 20), 5.0)])
    found = bt500(_table(votes))
    assert found.outlying * 100 == pytest.approx(bt500(_table(_votes(0))).outlying * 80)
    assert found.rejected.tolist() == _by_the_letter(votes)
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
    found = bt500(_table(votes))
    assert found.rejected.tolist() == [rejected, False, False, False, False]
    assert found.outlying[0] == (above + below) / of
    assert found.lopsided[0] == pytest.approx((above - below) / (above + below))


def test_if_all_would_be_rejected_nobody_is() -> None:
    once_each = np.hstack([3 + np.eye(5), 3 - np.eye(5)])  # each is 2 standard deviations off, once up and once down
    assert _by_the_letter(np.vstack([once_each]).round(9)) == [True] * 5
    found = bt500(_table(once_each))
    assert not found.rejected.any()
    assert (found.outlying.tolist(), found.lopsided.tolist()) == ([0.2] * 5, [0.0] * 5)
    assert found.scores.tolist() == once_each.mean(axis=0).tolist()


@pytest.mark.parametrize("rule", RULES)
def test_nobody_is_dropped_from_the_ratings(rule: Screening) -> None:
    study = study_of({"Small": 8, "Smaller": 12})
    votes = _votes(1, missing=0.1)
    ratings = ratings_of(study, votes)
    for data, pictures in ((None, 20), ("Small", 8), ("Smaller", 12)):
        found = opinions(ratings, rule, data=data)
        judged = screen(ratings.table(), rule)
        assert len(judged.raters) == len(judged.weights) == 24
        assert len(ratings.rows) == np.count_nonzero(~np.isnan(votes))
        first = 0 if data != "Smaller" else 32
        for place, one in enumerate(found):
            columns = [first + place + 4 * picture for picture in range(pictures)]
            assert one.score.mean == pytest.approx(np.mean(judged.scores[columns]))
            assert one.score.low < one.score.mean < one.score.high
            assert one.score.n == 24 - len(one.rejected)
            assert ("biases taken off" in one.score.unit) == (rule in ("p913", "mle"))
    assert {rater for one in found for rater in one.rejected} == {
        rater for rater, out in zip(judged.raters, judged.rejected, strict=True) if out
    }


def test_without_a_rule_scores_are_the_plain_ones() -> None:
    ratings = ratings_of(study_of({"Set": 20}), _votes(2))
    for plain, found in zip(scores(ratings), opinions(ratings, "none"), strict=True):
        assert found.method == plain.method
        assert found.score.mean == pytest.approx(plain.mean)
        assert (found.score.low, found.score.high) == pytest.approx((plain.by_rater.low, plain.by_rater.high))


def test_intervals_by_a_rule_are_over_what_it_makes_of_raters() -> None:
    votes = _votes(2)
    ratings = ratings_of(study_of({"Set": 20}), votes)
    bias = (votes - votes.mean(axis=0)).mean(axis=1)
    kept = ~p913(ratings.table()).rejected
    likelihood = mle(ratings.table())
    weights = likelihood.inconsistency**-2
    for place, (removed, weighed) in enumerate(zip(opinions(ratings, "p913"), opinions(ratings, "mle"), strict=True)):
        means = (votes - bias[:, None])[kept][:, place::4].mean(axis=1)
        expected = stats.t.interval(0.95, len(means) - 1, means.mean(), stats.sem(means))
        assert (removed.score.low, removed.score.high) == pytest.approx(expected)
        means = (votes - likelihood.bias[:, None])[:, place::4].mean(axis=1)
        centre = np.average(means, weights=weights)
        error = np.sqrt(24 / 23 * np.sum(weights**2 * (means - centre) ** 2)) / weights.sum()
        assert weighed.score.mean == pytest.approx(centre)
        assert weighed.score.high - weighed.score.mean == pytest.approx(stats.t.ppf(0.975, 23) * error)


def test_where_one_rater_decides_alone_there_is_no_interval() -> None:
    votes = _votes(2)[:5]
    votes[0] = np.rint(votes.mean(axis=0))  # whom nobody equals in consistency
    ratings = ratings_of(study_of({"Set": 20}), votes)
    assert mle(ratings.table()).decided_alone == "R01"
    for one in opinions(ratings, "mle"):
        assert math.isfinite(one.score.mean)
        assert math.isnan(one.score.low)
        assert math.isnan(one.score.high)


def test_a_bad_rater_weighs_less() -> None:
    weights = mle(_table(_votes(0))).weights
    assert weights[21:].max() < 0.5 * weights[:21].min()


@pytest.mark.parametrize("rule", RULES)
def test_very_few_votes(rule: Screening) -> None:
    nothing = np.empty((0, 5))
    alone = np.array([[1, 2, 3, 4, 5.0]])
    one_vote = np.vstack([_votes(0)[:, :10], [[5.0] + [math.nan] * 9], np.full((1, 10), math.nan)])
    one_vote[:, 9] = math.nan

    def by_rule(votes: NDArray[np.float64]) -> Screened:
        return screen(_table(votes), rule)

    assert np.isnan(by_rule(nothing).scores).all()
    assert by_rule(alone).scores == pytest.approx(alone[0], abs=1e-9)
    assert np.isnan(by_rule(alone).low).all()
    found = by_rule(one_vote)
    assert np.isfinite(found.scores[:9]).all()
    assert math.isnan(found.scores[9])
    assert not found.rejected[24:].any()
    if rule == "mle":
        assert found.weights[24] < found.weights[:21].max(), "one vote does not decide"
        assert np.isnan(found.inconsistency[24:]).all()
    assert math.isnan(opinions(ratings_of(study_of({"Set": 1}, ("a",)), np.array([[3.0]])), rule)[0].score.low)


def test_an_unknown_rule() -> None:
    with pytest.raises(UsageError, match="none, bt500, p913, mle"):
        screen(_table(_votes(0)), "hunch")  # type: ignore[arg-type]
