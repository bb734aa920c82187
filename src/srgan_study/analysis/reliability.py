"""Reliability of votes: agreement of a rater with themselves on repeated stimuli, and of raters with each other.

scipy has none of these coefficients.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from srgan.evaluation import PairedTest, wilcoxon
from srgan_study.analysis.mean_opinion import Estimate, Floats, estimate_mean
from srgan_study.study import LABELS
from srgan_study.votes.ratings import Ratings, ScoreTable

Level = Literal["ordinal", "interval"]
"""Distance between two scores: how many votes lie between them, or their difference."""


@dataclass(frozen=True)
class Retest:
    """First and second votes of the same raters on the same stimuli."""

    pairs: int
    raters: int
    same: float  # share of pairs whose votes are equal
    within_one: float  # share of pairs whose votes differ by at most one
    difference: Estimate  # second minus first, by rater
    test: PairedTest  # first against second votes, by pair: pairs of one rater are not independent
    kappa: float  # Cohen's, with quadratic weights: 1 is equality, 0 chance; NaN if all votes are equal
    icc: float  # ICC(2,1) of the pairs; NaN if all votes are equal


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha: 1 is agreement, 0 chance, NaN if fewer than two different scores were given.

    Only stimuli with votes of at least two raters count, and the votes on these.
    """

    alpha: float
    level: Level
    stimuli: int
    votes: int


@dataclass(frozen=True)
class PanelICC:
    """Intraclass correlations of a two-way random model with absolute agreement (Shrout and Fleiss 1979)."""

    single: float  # ICC(2,1): reliability of one rater's votes
    average: float  # ICC(2,k): reliability of the means of these raters
    raters: int  # size of the complete table that was used
    stimuli: int


def compare_retests(ratings: Ratings) -> Retest | None:
    """Return the agreement of two votes of one rater on one stimulus; None if nothing was rated twice."""
    first, second = ratings.table("main").scores, ratings.table("retest").scores
    both = ~np.isnan(first) & ~np.isnan(second)
    if not both.any():
        return None
    before, after = first[both], second[both]
    distances = np.abs(after - before)
    by_rater = [float((b - a)[known].mean()) for a, b, known in zip(first, second, both, strict=True) if known.any()]
    return Retest(
        pairs=len(before),
        raters=len(by_rater),
        same=float((distances == 0).mean()),
        within_one=float((distances <= 1).mean()),
        difference=estimate_mean(np.array(by_rater), "raters"),
        test=wilcoxon(before.tolist(), after.tolist()),
        kappa=compute_kappa(before, after),
        icc=_correlate(np.column_stack([before, after]))[0],
    )


def compute_kappa(first: Floats, second: Floats) -> float:
    """Return Cohen's kappa of paired votes with quadratic weights (Cohen 1968); NaN if all votes are equal."""
    observed = float(((first - second) ** 2).mean())
    scale = np.array(list(LABELS), dtype=np.float64)
    shares = [(votes[:, None] == scale).mean(axis=0) for votes in (first, second)]
    by_chance = float(shares[0] @ (scale[:, None] - scale) ** 2 @ shares[1])
    return 1 - observed / by_chance if by_chance else math.nan


def compute_alpha(table: ScoreTable, level: Level) -> Alpha:
    """Return Krippendorff's alpha (2011): one minus disagreement within stimuli over that of all votes mixed."""
    known = ~np.isnan(table.scores)
    values, places = np.unique(table.scores[known], return_inverse=True)
    counts = np.zeros((table.scores.shape[1], len(values)))
    np.add.at(counts, (np.nonzero(known)[1], places), 1)
    counts = counts[counts.sum(axis=1) >= 2]
    votes, totals = counts.sum(axis=1), counts.sum(axis=0)
    shares = counts / (votes - 1)[:, None]
    coincidences = shares.T @ counts - np.diag(shares.sum(axis=0))
    # Ordinal places are the number of votes below a value, and half of its own.
    scale = np.cumsum(totals) - totals / 2 if level == "ordinal" else values
    distances = (scale[:, None] - scale) ** 2
    by_chance = float(totals @ distances @ totals)
    alpha = math.nan
    if by_chance:
        alpha = 1 - (float(totals.sum()) - 1) * float(np.sum(coincidences * distances)) / by_chance
    return Alpha(alpha, level, len(counts), int(votes.sum()))


def compute_icc(table: ScoreTable) -> PanelICC:
    """Return ICC(2,1) and ICC(2,k) of the panel.

    With votes missing, the larger of two complete tables counts: raters who voted on all stimuli, or stimuli on which
    all raters voted. NaN if it has fewer than two of either, or all votes are equal.
    """
    known = ~np.isnan(table.scores)
    by_raters, by_stimuli = table.scores[known.all(axis=1)], table.scores[:, known.all(axis=0)]
    full = by_raters if by_raters.size >= by_stimuli.size else by_stimuli
    return PanelICC(*_correlate(full.T), *full.shape)


def _correlate(scores: Floats) -> tuple[float, float]:
    """Return ICC(2,1) and ICC(2,k) of a complete table (targets, judges), by two-way analysis of variance."""
    n, k = scores.shape
    if n < 2 or k < 2:
        return math.nan, math.nan
    mean, targets, judges = scores.mean(), scores.mean(axis=1), scores.mean(axis=0)
    between = k * float(np.sum((targets - mean) ** 2)) / (n - 1)
    of_judges = n * float(np.sum((judges - mean) ** 2)) / (k - 1)
    error = float(np.sum((scores - targets[:, None] - judges + mean) ** 2)) / ((n - 1) * (k - 1))
    totals = between + (k - 1) * error + k * (of_judges - error) / n, between + (of_judges - error) / n
    single, average = ((between - error) / total if total > 1e-12 else math.nan for total in totals)
    return single, average
