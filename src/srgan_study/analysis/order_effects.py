"""Effects of presentation order on votes: drift over a rater's votes, contrast with the image before, and sittings.

All are measured on residuals, a vote minus the mean of the other raters' votes on the same stimulus. Since each rater
has an order of their own, image quality cancels.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from srgan_study.analysis.mean_opinion import Estimate, Floats, estimate_mean
from srgan_study.votes.ratings import Ratings, ScoreTable

DRIFT_CHANGE = 0.5
"""Change of votes from the first to the last position from which a rater is flagged, if it is significant."""

_DRIFT_T = 3.29  # standard errors of a significant slope: one rater in a thousand by chance
_FEWEST_VOTES = 8  # of a rater, from which a slope is fitted
_BANDS = 20
_FIELDS = [("rater", "i8"), ("position", "f8"), ("sitting", "i8"), ("residual", "f8"), ("previous", "f8")]


@dataclass(frozen=True)
class Drift:
    """Linear trend of one rater's votes."""

    rater: str
    votes: int  # on stimuli that others voted on too
    slope: float  # change of the vote per 100 ratings; NaN with fewer than 8 votes
    change: float  # change from the first position to the last, by the slope
    t: float  # slope in standard errors
    flagged: bool


@dataclass(frozen=True)
class SittingEffect:
    """Mean difference between the votes of a later sitting and those of the first, in points of the scale."""

    number: int  # from 2, of the rater's sittings with votes that count
    difference: Estimate


@dataclass(frozen=True)
class PositionBand:
    """A range of positions (from 0), all raters together."""

    first: int
    last: int
    votes: int
    mean: float  # mean residual; NaN without votes


@dataclass(frozen=True)
class OrderEffects:
    """Effects of presentation order. The unit of every interval is the rater."""

    slope: Estimate  # change of a vote per 100 ratings
    contrast: Estimate  # change per point by which others rated the image before, in the same sitting, higher
    sittings: tuple[SittingEffect, ...]
    course: tuple[PositionBand, ...]  # the order in 20 bands of equal length, or in single positions if there are fewer
    drifts: tuple[Drift, ...]


def measure_order_effects(ratings: Ratings) -> OrderEffects:
    """Return the effects on votes of the main phase, each estimated per rater and averaged with a t interval."""
    votes = _collect_votes(ratings)
    by_rater = [votes[votes["rater"] == row] for row in range(len(ratings.raters))]
    drifts = tuple(_measure_drift(rater, own) for rater, own in zip(ratings.raters, by_rater, strict=True))
    followed = [own[~np.isnan(own["previous"])] for own in by_rater]
    contrasts = [_fit_slope(own["previous"], own["residual"])[0] for own in followed]
    return OrderEffects(
        slope=estimate_mean(np.array([drift.slope for drift in drifts]), "raters"),
        contrast=estimate_mean(np.array(contrasts), "raters"),
        sittings=_compare_sittings(by_rater),
        course=_split_course(votes),
        drifts=drifts,
    )


def compute_residuals(table: ScoreTable) -> tuple[Floats, Floats]:
    """Return each vote minus the mean of the others' votes on the stimulus, and that mean: (raters, stimuli) each.

    The mean exists without an own vote too; NaN where nobody else voted.
    """
    known = ~np.isnan(table.scores)
    cast = np.where(known, table.scores, 0.0)
    n, sums = known.sum(axis=0) - known, cast.sum(axis=0) - cast
    others = np.divide(sums, n, out=np.full(sums.shape, np.nan), where=n > 0)
    return table.scores - others, others


def _collect_votes(ratings: Ratings) -> NDArray[np.void]:
    """Return main votes that have residuals, in order of rating, each with the others' mean on the image before it."""
    residuals, others = compute_residuals(ratings.table())
    rows = {rater: row for row, rater in enumerate(ratings.raters)}
    cast = [rating for rating in ratings.of("main", "warm-up", "retest") if rating.rater in rows]
    shown = {(rating.rater, rating.position): rating for rating in cast}
    votes = []
    for rating in cast:
        row, residual = rows[rating.rater], residuals[rows[rating.rater], rating.stimulus]
        if rating.phase == "main" and not math.isnan(residual):
            before = shown.get((rating.rater, rating.position - 1))
            same_sitting = before is not None and before.sitting == rating.sitting
            previous = others[row, before.stimulus] if before and same_sitting else math.nan
            votes.append((row, rating.position, rating.sitting, residual, previous))
    return np.array(votes, dtype=_FIELDS)


def _measure_drift(rater: str, votes: NDArray[np.void]) -> Drift:
    slope, t = _fit_slope(votes["position"], votes["residual"])
    change = slope * float(np.ptp(votes["position"])) if len(votes) else math.nan
    return Drift(rater, len(votes), 100 * slope, change, t, abs(change) >= DRIFT_CHANGE and abs(t) >= _DRIFT_T)


def _compare_sittings(by_rater: list[NDArray[np.void]]) -> tuple[SittingEffect, ...]:
    differences: dict[int, list[float]] = {}
    for own in by_rater:
        means = [float(own["residual"][own["sitting"] == sitting].mean()) for sitting in np.unique(own["sitting"])]
        for number, mean in enumerate(means[1:], start=2):
            differences.setdefault(number, []).append(mean - means[0])
    return tuple(
        SittingEffect(number, estimate_mean(np.array(changes), "raters"))
        for number, changes in sorted(differences.items())
    )


def _split_course(votes: NDArray[np.void]) -> tuple[PositionBand, ...]:
    if not len(votes):
        return ()
    end = int(votes["position"].max()) + 1
    bounds = np.unique(np.linspace(0, end, min(_BANDS, end) + 1).round().astype(int)).tolist()
    bands = []
    for first, after in pairwise(bounds):
        own = votes["residual"][(votes["position"] >= first) & (votes["position"] < after)]
        bands.append(PositionBand(first, after - 1, len(own), float(own.mean()) if len(own) else math.nan))
    return tuple(bands)


def _fit_slope(x: Floats, y: Floats) -> tuple[float, float]:
    """Return the least-squares slope, and it in standard errors; NaN for too few points."""
    n = len(x)
    spread = float(np.sum((x - x.mean()) ** 2)) if n else 0.0
    if n < _FEWEST_VOTES or spread == 0:
        return math.nan, math.nan
    slope = float(np.sum((x - x.mean()) * (y - y.mean()))) / spread
    left = float(np.sum((y - y.mean() - slope * (x - x.mean())) ** 2))
    error = math.sqrt(left / (n - 2) / spread)
    return slope, slope / error if error > 0 else math.copysign(math.inf, slope) if slope else 0.0
