"""How far votes can be relied on: the same rater's twice on the same version, and different raters' on the same.

This module does not know methods: every stimulus counts the same.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from srgan.evaluation.significance import PairedTest, wilcoxon
from srgan_study.analysis.mean_opinion import Estimate, mean_of
from srgan_study.study import LABELS
from srgan_study.votes.ratings import Ratings, ScoreTable

Level = Literal["nominal", "ordinal", "interval"]
"""What a difference between two scores means: that they differ, how many votes lie between them, or how far apart."""


@dataclass(frozen=True)
class Retest:
    """First votes beside second votes of the same raters on the same stimuli."""

    pairs: int
    raters: int
    same: float
    """Share of pairs with equal votes."""
    within_one: float
    """Share of pairs whose votes differ by one at most."""
    difference: Estimate
    """Second minus first, by rater."""
    test: PairedTest
    """Of first against second votes. The unit is the pair of votes, and pairs of one rater are not independent."""
    kappa: float
    """Cohen's, weighted by squared distance: 1 is the same, 0 what chance alone gives; NaN if all votes are equal."""
    icc: float
    """ICC(2,1) of the pairs; NaN if all votes are equal."""


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha: 1 is agreement, 0 what chance alone gives."""

    alpha: float
    """NaN if fewer than two different scores were given."""
    level: Level
    stimuli: int
    """With votes of at least two raters; the others say nothing."""
    votes: int
    """On these."""


@dataclass(frozen=True)
class PanelICC:
    """Intraclass correlations of a two-way random model with absolute agreement (Shrout and Fleiss 1979)."""

    single: float
    """ICC(2,1): how well one rater's votes stand for what any rater would say."""
    average: float
    """ICC(2,k): how well the means of these raters do."""
    raters: int
    """Who take part: the model needs every rater's vote on every stimulus."""
    stimuli: int


def retest(ratings: Ratings) -> Retest | None:
    """How alike two votes of one rater on one version are; None if nothing was rated twice."""
    first, second = ratings.table("main").scores, ratings.table("retest").scores
    both = ~np.isnan(first) & ~np.isnan(second)
    if not both.any():
        return None
    before, after = first[both], second[both]
    apart = np.abs(after - before)
    rows = [row for row in range(len(both)) if both[row].any()]
    by_rater = np.array([float((second[row] - first[row])[both[row]].mean()) for row in rows])
    return Retest(
        pairs=len(before),
        raters=len(rows),
        same=float((apart == 0).mean()),
        within_one=float((apart <= 1).mean()),
        difference=mean_of(by_rater, "raters"),
        test=wilcoxon(before.tolist(), after.tolist()),
        kappa=weighted_kappa(before, after),
        icc=_correlations(np.column_stack([before, after]))[0],
    )


def weighted_kappa(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Cohen's kappa of two votes on the same things with quadratic weights (Cohen 1968); NaN if all are equal."""
    observed = float(((first - second) ** 2).mean())
    scale = np.array(list(LABELS), dtype=np.float64)
    shares = [(votes[:, None] == scale).mean(axis=0) for votes in (first, second)]
    by_chance = float(shares[0] @ (scale[:, None] - scale) ** 2 @ shares[1])
    return 1 - observed / by_chance if by_chance else math.nan


def krippendorff(table: ScoreTable, level: Level = "ordinal") -> Alpha:
    """Krippendorff's alpha (2011): one minus the disagreement within stimuli over that of all votes mixed.

    Votes may be missing.
    """
    values, places = np.unique(table.scores[~np.isnan(table.scores)], return_inverse=True)
    counts = np.zeros((table.scores.shape[1], len(values)))
    np.add.at(counts, (np.nonzero(~np.isnan(table.scores))[1], places), 1)
    counts = counts[counts.sum(axis=1) >= 2]
    votes = counts.sum(axis=1)
    together = (counts / (votes - 1)[:, None]).T @ counts - np.diag((counts / (votes - 1)[:, None]).sum(axis=0))
    totals = counts.sum(axis=0)
    distances = _distances(values, totals, level)
    by_chance = float(totals @ distances @ totals)
    alpha = math.nan
    if by_chance:
        alpha = 1 - (float(totals.sum()) - 1) * float(np.sum(together * distances)) / by_chance
    return Alpha(alpha, level, len(counts), int(votes.sum()))


def icc(table: ScoreTable) -> PanelICC:
    """ICC(2,1) and ICC(2,k) of the panel.

    Where votes are missing, the larger of two full tables counts: that of the raters who voted on all stimuli, or that
    of the stimuli on which all raters voted. NaN if it has fewer than two of either, or all votes are equal.
    """
    known = ~np.isnan(table.scores)
    by_raters, by_stimuli = table.scores[known.all(axis=1)], table.scores[:, known.all(axis=0)]
    full = by_raters if by_raters.size >= by_stimuli.size else by_stimuli
    single, average = _correlations(full.T)
    return PanelICC(single, average, *full.shape)


def _distances(values: NDArray[np.float64], totals: NDArray[np.float64], level: Level) -> NDArray[np.float64]:
    """Squared differences between all pairs of values."""
    if level == "nominal":
        return np.asarray(values[:, None] != values, dtype=np.float64)
    if level == "ordinal":
        values = np.cumsum(totals) - totals / 2  # votes below a value, and half of its own
    return np.asarray((values[:, None] - values) ** 2)


def _correlations(scores: NDArray[np.float64]) -> tuple[float, float]:
    """ICC(2,1) and ICC(2,k) of a full table (targets, judges), by two-way analysis of variance."""
    n, k = scores.shape
    if n < 2 or k < 2:
        return math.nan, math.nan
    mean, targets, judges = scores.mean(), scores.mean(axis=1), scores.mean(axis=0)
    between = k * float(np.sum((targets - mean) ** 2)) / (n - 1)
    of_judges = n * float(np.sum((judges - mean) ** 2)) / (k - 1)
    error = float(np.sum((scores - targets[:, None] - judges + mean) ** 2)) / ((n - 1) * (k - 1))
    single = between + (k - 1) * error + k * (of_judges - error) / n
    average = between + (of_judges - error) / n
    return _share(between - error, single), _share(between - error, average)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 1e-12 else math.nan
