"""Whether a vote depends on when it was cast: drift over a rater's votes, contrast with the picture before, sittings.

What is looked at is how far a vote lies from the mean of the others' votes on the same stimulus. As each rater has an
order of their own, what a picture is like plays no part. This module does not know how orders are made.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from srgan_study.analysis.mean_opinion import Estimate, mean_of
from srgan_study.votes.ratings import Ratings, ScoreTable

BANDS = 20
FEWEST = 8
"""Votes of a rater from which a slope is taken."""
DRIFT_CHANGE = 0.5
"""How much a rater's votes must change from the first to the last to be flagged,"""
DRIFT_T = 3.29
"""and in how many standard errors: by chance alone, one rater in a thousand."""


@dataclass(frozen=True)
class Drift:
    """How a rater's votes moved from the first to the last."""

    rater: str
    votes: int
    """That others cast too on the same stimulus."""
    slope: float
    """Change of the vote per 100 ratings; NaN of fewer than 8 votes."""
    change: float
    """From the first position to the last, by the slope."""
    t: float
    """The slope in its standard errors."""
    flagged: bool
    """Whether the change is at least 0.5 and 3.29 standard errors."""


@dataclass(frozen=True)
class Sitting:
    """The votes of a sitting, beside those of the first."""

    number: int
    """From 2, of the rater's sittings with votes that count."""
    difference: Estimate
    """By how much the votes lie higher than the same rater's in the first sitting."""


@dataclass(frozen=True)
class Band:
    """A stretch of the order, all raters together."""

    first: int
    """Position of its first vote, from 0."""
    last: int
    votes: int
    mean: float
    """How far votes lie above the others' votes on the same stimuli; NaN without votes."""


@dataclass(frozen=True)
class Effects:
    """What the order did to the votes. The unit of every interval is the rater."""

    slope: Estimate
    """Change of a vote per 100 ratings."""
    contrast: Estimate
    """Change of a vote per point by which the picture before, in the same sitting, was rated better by the others:
    below 0 after a good picture the next seems worse."""
    sittings: tuple[Sitting, ...]
    course: tuple[Band, ...]
    """The order in 20 stretches of equal length, or in single positions if there are fewer."""
    drifts: tuple[Drift, ...]
    """One a rater."""


def effects(ratings: Ratings) -> Effects:
    """The effects of the order on the votes of the main phase.

    Everything is a mean over raters of what was found for each alone, with its t interval.
    """
    table = ratings.table()
    away, others = residuals(table)
    votes = _votes(ratings, table, away, others)
    drifts = tuple(_drift(rater, votes[votes["rater"] == row]) for row, rater in enumerate(ratings.raters))
    contrasts = [_contrast(votes[votes["rater"] == row]) for row in range(len(ratings.raters))]
    return Effects(
        slope=mean_of(np.array([drift.slope for drift in drifts]), "raters"),
        contrast=mean_of(np.array(contrasts), "raters"),
        sittings=_sittings(votes),
        course=_course(votes),
        drifts=drifts,
    )


def residuals(table: ScoreTable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far each vote lies from the mean of the others' on that stimulus, and that mean: (raters, stimuli) each.

    The mean is there without an own vote too; NaN where nobody else voted.
    """
    known = ~np.isnan(table.scores)
    cast = np.where(known, table.scores, 0.0)
    n, sums = known.sum(axis=0) - known, cast.sum(axis=0) - cast
    others = np.divide(sums, n, out=np.full(sums.shape, np.nan), where=n > 0)
    return table.scores - others, others


def _votes(
    ratings: Ratings, table: ScoreTable, away: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.void]:
    """The main votes that others cast too, in the order of rating, each with the one shown right before it."""
    rows = {rater: row for row, rater in enumerate(table.raters)}
    columns = {stimulus: column for column, stimulus in enumerate(table.stimuli)}
    cast = [rating for rating in ratings.of("main", "warm-up", "retest") if rating.rater in rows]
    shown = {(rating.rater, rating.position): rating for rating in cast}
    found = []
    for rating in cast:
        row, column = rows[rating.rater], columns[rating.stimulus]
        if rating.phase == "main" and not math.isnan(away[row, column]):
            before = shown.get((rating.rater, rating.position - 1))
            previous = math.nan
            if before is not None and before.sitting == rating.sitting:
                previous = others[row, columns[before.stimulus]]
            found.append((row, rating.position, rating.sitting, away[row, column], previous))
    fields = [("rater", "i8"), ("position", "f8"), ("sitting", "i8"), ("away", "f8"), ("previous", "f8")]
    return np.array(found, dtype=fields)


def _drift(rater: str, votes: NDArray[np.void]) -> Drift:
    slope, t = _slope(votes["position"], votes["away"])
    change = slope * float(np.ptp(votes["position"])) if len(votes) else math.nan
    flagged = abs(change) >= DRIFT_CHANGE and abs(t) >= DRIFT_T
    return Drift(rater, len(votes), 100 * slope, change, t, flagged)


def _contrast(votes: NDArray[np.void]) -> float:
    followed = votes[~np.isnan(votes["previous"])]
    return _slope(followed["previous"], followed["away"])[0]


def _sittings(votes: NDArray[np.void]) -> tuple[Sitting, ...]:
    apart: dict[int, list[float]] = {}
    for rater in np.unique(votes["rater"]):
        own = votes[votes["rater"] == rater]
        means = [float(own["away"][own["sitting"] == sitting].mean()) for sitting in np.unique(own["sitting"])]
        for number, mean in enumerate(means[1:], start=2):
            apart.setdefault(number, []).append(mean - means[0])
    return tuple(Sitting(number, mean_of(np.array(apart[number]), "raters")) for number in sorted(apart))


def _course(votes: NDArray[np.void]) -> tuple[Band, ...]:
    if not len(votes):
        return ()
    end = int(votes["position"].max()) + 1
    bounds = np.unique(np.linspace(0, end, min(BANDS, end) + 1).round().astype(int)).tolist()
    found = []
    for first, after in pairwise(bounds):
        own = votes["away"][(votes["position"] >= first) & (votes["position"] < after)]
        found.append(Band(first, after - 1, len(own), float(own.mean()) if len(own) else math.nan))
    return tuple(found)


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """The slope of a line by least squares, and it in its standard errors; NaN of too few points."""
    n = len(x)
    spread = float(np.sum((x - x.mean()) ** 2)) if n else 0.0
    if n < FEWEST or spread == 0:
        return math.nan, math.nan
    slope = float(np.sum((x - x.mean()) * (y - y.mean()))) / spread
    left = float(np.sum((y - y.mean() - slope * (x - x.mean())) ** 2))
    error = math.sqrt(left / (n - 2) / spread)
    return slope, slope / error if error > 0 else math.copysign(math.inf, slope) if slope else 0.0
