"""Flags of unusual raters, each with the measured value and its limit, for a person to judge.

No rater is left out because of a flag; the published rules are in `screening`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np

from srgan_study.analysis.mean_opinion import nanmean
from srgan_study.analysis.order_effects import DRIFT_CHANGE, compute_residuals, measure_order_effects
from srgan_study.votes.ratings import Ratings, ScoreTable

Rule = Literal["constant", "correlation", "inverted", "outliers", "fast", "practice", "zoom", "drift"]

_LEAST_SD = 0.4  # of a rater's votes (ITU-T P.808's toolkit asks for a variance of 0.15)
_LEAST_CORRELATION = 0.75  # with the mean of the others
_FAR = 3.29  # standard deviations that one normal value in a thousand exceeds: of a vote, and of a negative correlation
_MOST_FAR = 0.05  # share of votes that may lie so far
_LEAST_MS = 600  # median for a vote
_FEWEST_VOTES = 8  # from which spread and correlation are judged


@dataclass(frozen=True)
class Flag:
    """An unusual property of a rater, with a sentence for the report."""

    rater: str
    rule: Rule
    value: float
    limit: float
    words: str


def flag_raters(ratings: Ratings) -> tuple[Flag, ...]:
    """Return all flags, in the order of raters' codes.

    In a panel of fewer than 13 no vote can lie 3.29 standard deviations away, and a single rater cannot be compared.
    """
    table = ratings.table()
    flags = [*_check_scores(table), *_check_outliers(table), *_check_votes(ratings)]
    for drift in measure_order_effects(ratings).drifts:
        if drift.flagged:
            words = f"votes moved by {drift.change:+.2f} from the first to the last, beside the others'"
            flags.append(Flag(drift.rater, "drift", drift.change, DRIFT_CHANGE, words))
    return tuple(sorted(flags, key=lambda flag: ratings.raters.index(flag.rater)))


def correlate_raters(table: ScoreTable) -> dict[str, float]:
    """Return Pearson's r of each rater's votes with the mean of the others'; NaN for fewer than 8 or equal votes."""
    _, others = compute_residuals(table)
    correlations = {}
    for rater, own, panel in zip(table.raters, table.scores, others, strict=True):
        both = ~np.isnan(own) & ~np.isnan(panel)
        own, panel = own[both], panel[both]
        known = len(own) >= _FEWEST_VOTES and np.ptp(own) > 0 and np.ptp(panel) > 0
        correlations[rater] = float(np.corrcoef(own, panel)[0, 1]) if known else math.nan
    return correlations


def _check_scores(table: ScoreTable) -> Iterator[Flag]:
    """Flag raters who hardly vary, or do not follow the panel."""
    residuals, _ = compute_residuals(table)
    shared = (~np.isnan(residuals)).sum(axis=1).tolist()
    for votes, (rater, r), n in zip(table.scores, correlate_raters(table).items(), shared, strict=True):
        cast = votes[~np.isnan(votes)]
        if len(cast) >= _FEWEST_VOTES and (spread := float(cast.std(ddof=1))) < _LEAST_SD:
            words = f"nearly always gives the same score: votes have a standard deviation of {spread:.2f}"
            yield Flag(rater, "constant", spread, _LEAST_SD, words)
        if r < _LEAST_CORRELATION:
            words = f"follows the others too little: votes correlate with their mean by only {r:.2f}"
            yield Flag(rater, "correlation", r, _LEAST_CORRELATION, words)
        if n >= _FEWEST_VOTES and r < (limit := -_FAR / math.sqrt(n - 2 + _FAR**2)):  # where Student's t of r is -3.29
            words = f"may have the scale upside down: votes correlate with the others' mean by {r:.2f}"
            yield Flag(rater, "inverted", r, limit, words)


def _check_outliers(table: ScoreTable) -> Iterator[Flag]:
    """Flag raters with many votes far from the mean of all."""
    deviations = table.scores - nanmean(table.scores, 0)
    known = ~np.isnan(table.scores)
    n = known.sum(axis=0)
    spread = np.sqrt(nanmean(deviations**2, 0) * n / np.maximum(n - 1, 1))
    far = np.abs(deviations) >= np.where(spread > 0, _FAR * spread, np.inf)
    for rater, times, cast in zip(table.raters, far.sum(axis=1).tolist(), known.sum(axis=1).tolist(), strict=True):
        if cast and times / cast > _MOST_FAR:
            where = f"{_FAR} standard deviations or more from the mean of all on that version"
            yield Flag(rater, "outliers", times / cast, _MOST_FAR, f"{times} of {cast} votes lie {where}")


def _check_votes(ratings: Ratings) -> Iterator[Flag]:
    """Flag raters by response times, zoom and practice."""
    for rater in ratings.raters:
        own = [rating for rating in ratings.rows if rating.rater == rater]
        main = [rating for rating in own if rating.phase == "main"]
        if main and (usual := median(rating.response_ms for rating in main)) < _LEAST_MS:
            words = f"votes too fast to have looked: half of them within {usual:.0f} ms"
            yield Flag(rater, "fast", usual, _LEAST_MS, words)
        if zoomed := sum(not rating.zoom_ok for rating in main):
            words = f"{zoomed} of {len(main)} votes were cast on pictures that may not have been shown pixel by pixel"
            yield Flag(rater, "zoom", zoomed / len(main), 0.0, words)
        practice = {rating.stimulus: rating.score for rating in own if rating.phase == "practice"}
        worst, best = practice.get(0), practice.get(len(ratings.study.practice) - 1)
        if worst is not None and best is not None and worst > best:
            words = f"gave the worst version of the practice {worst} and the best only {best}"
            yield Flag(rater, "practice", worst - best, 0.0, words)
