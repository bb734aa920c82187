"""What is odd about a rater, in plain words, each with the number found and its limit: for a person to judge.

Nobody is left out of anything by a flag. This module does not know the published rules: see screening.py.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np

from srgan_study.analysis import order_effects as sequence
from srgan_study.analysis.mean_opinion import means_along
from srgan_study.votes.ratings import Ratings, ScoreTable

Rule = Literal["constant", "correlation", "inverted", "outliers", "fast", "practice", "zoom", "drift"]

LEAST_SD = 0.4
"""Of a rater's votes (ITU-T P.808's toolkit asks for a variance of 0.15)."""
LEAST_CORRELATION = 0.75
"""With the mean of the others."""
FAR = 3.29
"""Standard deviations, beyond which one in a thousand of normal numbers lies: of a vote from the mean of all on its
stimulus, and of a correlation below none."""
MOST_FAR = 0.05
"""Share of votes that may lie so far."""
LEAST_MS = 600
"""The median time for a vote: what is faster was hardly looked at."""
FEWEST = 8
"""Votes from which a rater's spread and correlation are judged."""


@dataclass(frozen=True)
class Flag:
    """Something odd about a rater."""

    rater: str
    rule: Rule
    value: float
    limit: float
    """What the value would have to keep."""
    words: str
    """One sentence, for the report."""


def flags(ratings: Ratings) -> tuple[Flag, ...]:
    """All that is odd, rater by rater in the order of their codes.

    In a panel of fewer than 13 no vote can be 3.29 standard deviations away, and one rater alone has nobody to be
    compared with.
    """
    table = ratings.table()
    found = [*_constant(table), *_unlike_the_panel(table), *_outliers(table), *_of_votes(ratings), *_drift(ratings)]
    order = {rater: place for place, rater in enumerate(ratings.raters)}
    return tuple(sorted(found, key=lambda flag: order[flag.rater]))


def correlations(table: ScoreTable) -> dict[str, float]:
    """Pearson's r of each rater's votes with the mean of the others'; NaN of fewer than 8 votes or equal ones."""
    _, others = sequence.residuals(table)
    found = {}
    for rater, own, panel in zip(table.raters, table.scores, others, strict=True):
        both = ~np.isnan(own) & ~np.isnan(panel)
        own, panel = own[both], panel[both]
        known = len(own) >= FEWEST and np.ptp(own) > 0 and np.ptp(panel) > 0
        found[rater] = float(np.corrcoef(own, panel)[0, 1]) if known else math.nan
    return found


def _constant(table: ScoreTable) -> Iterator[Flag]:
    for rater, votes in zip(table.raters, table.scores, strict=True):
        cast = votes[~np.isnan(votes)]
        if len(cast) >= FEWEST and (spread := float(cast.std(ddof=1))) < LEAST_SD:
            words = f"nearly always gives the same score: votes have a standard deviation of {spread:.2f}"
            yield Flag(rater, "constant", spread, LEAST_SD, words)


def _unlike_the_panel(table: ScoreTable) -> Iterator[Flag]:
    away, _ = sequence.residuals(table)
    shared = (~np.isnan(away)).sum(axis=1).tolist()  # what was correlated
    for (rater, r), n in zip(correlations(table).items(), shared, strict=True):
        if r < LEAST_CORRELATION:
            words = f"follows the others too little: votes correlate with their mean by only {r:.2f}"
            yield Flag(rater, "correlation", r, LEAST_CORRELATION, words)
        if n >= FEWEST and r < (by_chance := -FAR / math.sqrt(n - 2 + FAR**2)):  # where Student's t of r is -3.29
            words = f"may have the scale upside down: votes correlate with the others' mean by {r:.2f}"
            yield Flag(rater, "inverted", r, by_chance, words)


def _outliers(table: ScoreTable) -> Iterator[Flag]:
    deviations = table.scores - means_along(table.scores, 0)
    n = (~np.isnan(table.scores)).sum(axis=0)
    spread = np.sqrt(means_along(deviations**2, 0) * n / np.maximum(n - 1, 1))
    far = np.abs(deviations) >= np.where(spread > 0, FAR * spread, np.inf)
    for rater, own, votes in zip(table.raters, far, table.scores, strict=True):
        cast, times = int((~np.isnan(votes)).sum()), int(own.sum())
        if cast and times / cast > MOST_FAR:
            words = (
                f"{times} of {cast} votes lie {FAR} standard deviations or more from the mean of all on that version"
            )
            yield Flag(rater, "outliers", times / cast, MOST_FAR, words)


def _of_votes(ratings: Ratings) -> Iterator[Flag]:
    """What the votes themselves tell: how fast, at what zoom, and how practice went."""
    for rater in ratings.raters:
        own = [rating for rating in ratings.rows if rating.rater == rater]
        main = [rating for rating in own if rating.phase == "main"]
        if main and (usual := median(rating.response_ms for rating in main)) < LEAST_MS:
            words = f"votes too fast to have looked: half of them within {usual:.0f} ms"
            yield Flag(rater, "fast", usual, LEAST_MS, words)
        zoomed = sum(not rating.zoom_ok for rating in main)
        if zoomed:
            words = f"{zoomed} of {len(main)} votes were cast on pictures that may not have been shown pixel by pixel"
            yield Flag(rater, "zoom", zoomed / len(main), 0.0, words)
        practice = {rating.stimulus: rating.score for rating in own if rating.phase == "practice"}
        worst, best = practice.get(0), practice.get(len(ratings.study.practice) - 1)
        if worst is not None and best is not None and worst > best:
            words = f"gave the worst version of the practice {worst} and the best only {best}"
            yield Flag(rater, "practice", worst - best, 0.0, words)


def _drift(ratings: Ratings) -> Iterator[Flag]:
    for drift in sequence.effects(ratings).drifts:
        if drift.flagged:
            words = f"votes moved by {drift.change:+.2f} from the first to the last, beside the others'"
            yield Flag(drift.rater, "drift", drift.change, sequence.DRIFT_CHANGE, words)
