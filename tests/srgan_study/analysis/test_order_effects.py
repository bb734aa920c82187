"""Planted effects of presentation order, and the same statistics vote by vote with SciPy."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan_study.analysis.order_effects import compute_residuals, measure_order_effects
from srgan_study.votes.ratings import Rating, Ratings
from tests.helpers.votes import NAN, rating, ratings_of, study_of, table_of, thinned, votes_by_chance

STUDY = study_of({"Set": 60})
N = 240
QUALITY = np.tile([1.8, 2.4, 3.4, 4.1], 60)


def plant(slopes: dict[int, float], raters: int = 12, seed: int = 0, noise: float = 0.5) -> Ratings:
    """Return votes that rise by a rater's slope per 100 ratings."""
    rng = np.random.default_rng(seed)
    orders, perceived = np.array([rng.permutation(N) for _ in range(raters)]), np.empty((raters, N))
    for rater, order in enumerate(orders):
        perceived[rater, order] = QUALITY[order] + slopes.get(rater, 0.0) * np.arange(N) / 100
    votes = np.clip(np.rint(perceived + rng.normal(0, noise, perceived.shape)), 1, 5)
    return ratings_of(STUDY, votes, orders=orders)


def test_without_effects_intervals_hold_zero_as_often_as_they_should() -> None:
    holds, flagged = [], 0
    for seed in range(40):
        effects = measure_order_effects(plant({}, seed=seed))
        holds.append([one.low <= 0 <= one.high for one in (effects.slope, effects.contrast)])
        flagged += sum(drift.flagged for drift in effects.drifts)
    assert np.mean(holds, axis=0).min() >= 0.85
    assert flagged <= 1


def test_only_drifts_that_are_large_and_significant_are_flagged() -> None:
    drifts = measure_order_effects(plant({2: 0.5, 7: -0.5})).drifts
    assert [drift.rater for drift in drifts if drift.flagged] == ["R03", "R08"]
    assert drifts[2].change == pytest.approx(0.5 * (N - 1) / 100, abs=0.3)
    assert drifts[7].t < -3.29
    small = measure_order_effects(plant({4: 0.12}, noise=0.2)).drifts[4]
    assert (small.t > 3.29, 0.2 < small.change < 0.5, small.flagged) == (True, True, False)
    votes = votes_by_chance(QUALITY[:12], 12, np.random.default_rng(0), noise=1.0)
    few = measure_order_effects(ratings_of(study_of({"Set": 3}), votes)).drifts
    assert max(abs(drift.change) for drift in few) > 0.5
    assert not any(drift.flagged for drift in few)


@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_effects_equal_loops_over_votes(missing: float) -> None:
    rng = np.random.default_rng(5)
    orders = np.array([rng.permutation(N) for _ in range(6)])
    votes = thinned(votes_by_chance(QUALITY, 6, rng), missing, rng)
    ratings = ratings_of(STUDY, votes, orders=orders)
    ratings = replace(ratings, rows=tuple(replace(row, sitting=2 + row.position // 100) for row in ratings.rows))
    effects = measure_order_effects(ratings)
    slopes, contrasts = [], []
    changes: list[list[float]] = [[], []]
    for rater in range(6):
        points, followed = [], []
        by_sitting: list[list[float]] = [[], [], []]
        for position, stimulus in enumerate(orders[rater]):
            own, panel = votes[rater, stimulus], np.delete(votes[:, stimulus], rater)
            if math.isnan(own) or np.isnan(panel).all():
                continue
            residual = own - np.nanmean(panel)
            points.append((position, residual))
            by_sitting[position // 100].append(residual)
            before = orders[rater][position - 1]
            panel = np.delete(votes[:, before], rater)
            if position % 100 and not math.isnan(votes[rater, before]) and not np.isnan(panel).all():
                followed.append((np.nanmean(panel), residual))
        line = stats.linregress(*np.transpose(points))
        slopes.append(100 * line.slope)
        contrasts.append(stats.linregress(*np.transpose(followed)).slope)
        for change, later in zip(changes, by_sitting[1:], strict=True):
            change.append(float(np.mean(later) - np.mean(by_sitting[0])))
        drift = effects.drifts[rater]
        assert drift.votes == len(points)
        assert (drift.slope, drift.t) == pytest.approx((100 * line.slope, line.slope / line.stderr))
    assert effects.slope.mean == pytest.approx(np.mean(slopes))
    low, high = stats.t.interval(0.95, 5, np.mean(contrasts), stats.sem(contrasts))
    contrast = effects.contrast
    assert (contrast.mean, contrast.low, contrast.high) == pytest.approx((np.mean(contrasts), low, high))
    assert [(sitting.number, sitting.difference.n) for sitting in effects.sittings] == [(2, 6), (3, 6)]
    for sitting, change in zip(effects.sittings, changes, strict=True):
        assert sitting.difference.mean == pytest.approx(np.mean(change))


def test_course_holds_every_vote_once() -> None:
    course = measure_order_effects(plant({}, raters=5)).course
    assert sum(band.votes for band in course) == 5 * N
    assert [(band.first, band.last) for band in course] == [(first, first + 11) for first in range(0, N, 12)]
    assert sum(band.votes * band.mean for band in course) == pytest.approx(0, abs=1e-9)


def test_the_image_before_may_be_a_warm_up() -> None:
    study = study_of({"Set": 5}, ("bad", "good"))
    rows: list[Rating] = []
    for rater in ("R01", "R02", "R03"):
        for place in range(10):
            after_good = place % 2 == 0  # a warm-up of the other kind comes before each vote
            rows.append(rating(rater, 2 * place, (place + 1) % 10, 5 if after_good else 1, "warm-up"))
            score = (1 if after_good else 5) + (rater == "R01" and after_good)
            rows.append(rating(rater, 2 * place + 1, place, score))
    effects = measure_order_effects(Ratings(study, True, ("R01", "R02", "R03"), tuple(rows)))
    assert (effects.contrast.n, effects.drifts[0].votes) == (3, 10)
    assert effects.contrast.mean == pytest.approx((1 - 0.5 - 0.5) / 4, abs=0.05)


def test_residuals_are_from_the_mean_of_the_others() -> None:
    residuals, others = compute_residuals(table_of([[1, NAN, 3], [2, NAN, NAN], [4, 5, NAN]]))
    assert others == pytest.approx(np.array([[3, 5, NAN], [2.5, 5, 3], [1.5, NAN, 3]]), nan_ok=True)
    assert residuals == pytest.approx(np.array([[-2, NAN, NAN], [-0.5, NAN, NAN], [2.5, NAN, NAN]]), nan_ok=True)


@pytest.mark.parametrize(
    "votes", [np.empty((0, N)), votes_by_chance(QUALITY, 1, np.random.default_rng(0)), np.full((3, N), NAN)]
)
def test_without_a_panel_effects_are_unknown(votes: NDArray[np.float64]) -> None:
    effects = measure_order_effects(ratings_of(STUDY, votes))
    assert all(math.isnan(one.mean) for one in (effects.slope, effects.contrast))
    assert (effects.sittings, effects.course) == ((), ())
    assert not any(drift.flagged for drift in effects.drifts)


def test_equal_votes_and_few_votes() -> None:
    slope = measure_order_effects(ratings_of(STUDY, np.full((3, N), 4.0))).slope
    assert (slope.mean, slope.low, slope.high) == (0, 0, 0)
    few = measure_order_effects(ratings_of(study_of({"Set": 1}), np.array([[1, 2, 3, 4], [2, 2, 3, 5]])))
    assert math.isnan(few.slope.mean)
    assert len(few.course) == 4
