"""Effects of order that were planted in votes, and the same reckoned vote by vote."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan_study.analysis.order_effects import effects, residuals
from srgan_study.votes.ratings import Rating, Ratings, ScoreTable
from tests.helpers.votes import NAN, rating, ratings_of, study_of, thinned, votes_by_chance

STUDY = study_of({"Set": 60})
N = 240
QUALITY = np.tile([1.8, 2.4, 3.4, 4.1], 60)


def _orders(raters: int, generator: np.random.Generator) -> NDArray[np.int64]:
    return np.array([generator.permutation(N) for _ in range(raters)])


def _planted(slope: NDArray[np.float64], contrast: float, seed: int = 0, noise: float = 0.5) -> Ratings:
    """Votes that rise by a slope for each 100 ratings, and fall by the contrast with the picture before."""
    generator = np.random.default_rng(seed)
    raters = len(slope)
    orders, seen = _orders(raters, generator), np.empty((raters, N))
    for rater, order in enumerate(orders):
        before = np.concatenate([[QUALITY.mean()], QUALITY[order[:-1]]])
        seen[rater, order] = QUALITY[order] + slope[rater] * np.arange(N) / 100 + contrast * (before - QUALITY.mean())
    votes = np.clip(np.rint(seen + generator.normal(0, noise, seen.shape)), 1, 5)
    return ratings_of(STUDY, votes, orders=orders)


def test_drift_and_contrast_that_were_planted_are_found() -> None:
    found = effects(_planted(np.full(20, -0.2), -0.15))
    assert found.slope.low < -0.2 < found.slope.high or found.slope.mean == pytest.approx(-0.2, abs=0.02)
    assert found.contrast.mean == pytest.approx(-0.15, abs=0.03)
    assert found.contrast.high < 0
    assert (found.slope.n, found.slope.unit, found.contrast.unit) == (20, "raters", "raters")
    course = [band.mean for band in found.course]
    assert course[0] > 0.1 > -0.1 > course[-1]


def test_without_effects_intervals_hold_zero_as_often_as_they_say() -> None:
    holds, flagged = [], 0
    for seed in range(40):
        found = effects(_planted(np.zeros(12), 0.0, seed))
        holds.append((found.slope.low <= 0 <= found.slope.high, found.contrast.low <= 0 <= found.contrast.high))
        flagged += sum(drift.flagged for drift in found.drifts)
    assert np.mean(holds, axis=0).min() >= 0.85
    assert flagged <= 1


def test_raters_who_drift_are_flagged_and_others_are_not() -> None:
    slopes = np.zeros(12)
    slopes[[2, 7]] = (0.5, -0.5)
    found = effects(_planted(slopes, 0.0)).drifts
    assert [drift.rater for drift in found if drift.flagged] == ["R03", "R08"]
    assert found[2].change == pytest.approx(0.5 * (N - 1) / 100, abs=0.3)
    assert found[7].t < -3.29


def test_a_drift_must_be_both_large_and_sure() -> None:
    slopes = np.zeros(12)
    slopes[4] = 0.12
    small = effects(_planted(slopes, 0.0, noise=0.2)).drifts[4]
    assert small.t > 3.29
    assert 0.2 < small.change < 0.5
    assert not small.flagged
    generator = np.random.default_rng(0)
    few = effects(ratings_of(study_of({"Set": 3}), votes_by_chance(QUALITY[:12], 12, generator, noise=1.0))).drifts
    assert max(abs(drift.change) for drift in few) > 0.5
    assert not any(drift.flagged for drift in few)


@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_effects_are_what_the_votes_say_one_by_one(missing: float) -> None:
    generator = np.random.default_rng(5)
    orders = _orders(6, generator)
    votes = thinned(votes_by_chance(QUALITY, 6, generator), missing, generator)
    ratings = ratings_of(STUDY, votes, orders=orders)
    ratings = replace(ratings, rows=tuple(replace(row, sitting=2 + row.position // 100) for row in ratings.rows))
    slopes, contrasts, apart = [], [], [[], []]  # type: ignore[var-annotated]
    for rater in range(6):
        points, followed, by_sitting = [], [], [[], [], []]  # type: ignore[var-annotated]
        for position, stimulus in enumerate(orders[rater]):
            own, panel = votes[rater, stimulus], [votes[other, stimulus] for other in range(6) if other != rater]
            panel = [vote for vote in panel if vote == vote]
            if math.isnan(own) or not panel:
                continue
            away = own - np.mean(panel)
            points.append((position, away))
            by_sitting[position // 100].append(away)
            before = orders[rater][position - 1]
            same_sitting = position and position % 100
            seen_before = [votes[other, before] for other in range(6) if other != rater and votes[other, before] > 0]
            if same_sitting and not math.isnan(votes[rater, before]) and seen_before:
                followed.append((np.mean(seen_before), away))
        line = stats.linregress(*np.transpose(points))
        slopes.append(100 * line.slope)
        contrasts.append(stats.linregress(*np.transpose(followed)).slope)
        for number in (1, 2):
            apart[number - 1].append(np.mean(by_sitting[number]) - np.mean(by_sitting[0]))
        drift = effects(ratings).drifts[rater]
        assert drift.votes == len(points)
        assert drift.slope == pytest.approx(100 * line.slope)
        assert drift.t == pytest.approx(line.slope / line.stderr)
    found = effects(ratings)
    assert found.slope.mean == pytest.approx(np.mean(slopes))
    assert found.contrast.mean == pytest.approx(np.mean(contrasts))
    low, high = stats.t.interval(0.95, 5, np.mean(contrasts), stats.sem(contrasts))
    assert (found.contrast.low, found.contrast.high) == pytest.approx((low, high))
    assert [sitting.number for sitting in found.sittings] == [2, 3]
    for sitting, differences in zip(found.sittings, apart, strict=True):
        assert sitting.difference.mean == pytest.approx(np.mean(differences))
        assert sitting.difference.n == 6


def test_course_holds_every_vote_once() -> None:
    found = effects(_planted(np.zeros(5), 0.0)).course
    assert sum(band.votes for band in found) == 5 * N
    assert [band.first for band in found] == list(range(0, N, 12))
    assert [band.last for band in found] == list(range(11, N, 12))
    assert sum(band.votes * band.mean for band in found) == pytest.approx(0, abs=1e-9)


def test_the_picture_before_may_be_one_that_does_not_count() -> None:
    study = study_of({"Set": 5}, ("bad", "good"))
    votes = np.tile([1.0, 5.0], (3, 5))
    rows: list[Rating] = []
    for rater in ("R01", "R02", "R03"):
        for place in range(10):
            after_good = place % 2 == 0  # a warm-up of the other kind comes before each vote
            rows.append(rating(rater, 2 * place, (place + 1) % 10, 5 if after_good else 1, "warm-up"))
            lower = rater == "R01" and after_good
            rows.append(rating(rater, 2 * place + 1, place, int(votes[0, place]) + lower))
    found = effects(Ratings(study, True, ("R01", "R02", "R03"), tuple(rows)))
    assert found.contrast.n == 3
    assert found.drifts[0].votes == 10
    assert found.contrast.mean == pytest.approx((1 - 0.5 - 0.5) / 4, abs=0.05)


def test_what_others_think_without_an_own_vote() -> None:
    away, others = residuals(
        ScoreTable(("a", "b", "c"), (0, 1, 2), np.array([[1, NAN, 3], [2, NAN, NAN], [4, 5, NAN]]))
    )
    assert others == pytest.approx(np.array([[3, 5, NAN], [2.5, 5, 3], [1.5, NAN, 3]]), nan_ok=True)
    assert away == pytest.approx(np.array([[-2, NAN, NAN], [-0.5, NAN, NAN], [2.5, NAN, NAN]]), nan_ok=True)


def test_too_few_votes_say_nothing() -> None:
    for votes in (np.empty((0, N)), votes_by_chance(QUALITY, 1, np.random.default_rng(0)), np.full((3, N), NAN)):
        found = effects(ratings_of(STUDY, votes))
        assert math.isnan(found.slope.mean)
        assert math.isnan(found.contrast.mean)
        assert (found.sittings, found.course) == ((), ())
        assert not any(drift.flagged for drift in found.drifts)
    equal = effects(ratings_of(STUDY, np.full((3, N), 4.0)))
    assert (equal.slope.mean, equal.slope.low, equal.slope.high) == (0, 0, 0)
    few = effects(ratings_of(study_of({"Set": 1}), np.array([[1, 2, 3, 4], [2, 2, 3, 5]])))
    assert math.isnan(few.slope.mean)
    assert len(few.course) == 4
