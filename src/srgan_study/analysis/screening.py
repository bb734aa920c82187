"""Screening of raters: three published rules that reject raters or weight their votes.

A rule gives scores of its own, to be shown with the plain ones; the ratings are never changed. Which rule gives a
study's main numbers is part of its design.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srgan_study.analysis.mean_opinion import Estimate, Floats, group_columns, nanmean, t_quantile
from srgan_study.study import Screening
from srgan_study.votes.ratings import Ratings, ScoreTable

RULES: dict[Screening, str] = {
    "none": "every vote counts the same",
    "bt500": "raters rejected as in ITU-R BT.500-14, A1-2.3.1",
    "p913": "raters' biases taken off, then raters rejected: ITU-T P.913, 12.4",
    "mle": "raters' biases and inconsistencies estimated by maximum likelihood: ITU-T P.910, Annex E",
}

_ROUNDING = 1e-9  # values this close to a bound lie on it
_ITERATIONS = 1000
_CHANGE = 1e-8


@dataclass(frozen=True)
class Screened:
    """Result of a rule. Arrays follow the table's raters and stimuli."""

    rule: Screening
    raters: tuple[str, ...]
    stimuli: tuple[int, ...]
    scores: Floats  # (stimuli,); NaN where no vote is left
    bias: Floats  # (raters,): how much higher than the panel a rater votes; NaN by rules without biases
    inconsistency: Floats  # (raters,): standard deviation of votes around the model; NaN but by `mle`, for two votes
    rejected: NDArray[np.bool_]
    weights: Floats  # (raters,): 1 or 0, or 1 / inconsistency^2
    adjusted: Floats  # (raters, stimuli): votes minus bias, those of rejected raters included

    @property
    def decided_alone(self) -> str | None:
        """The rater with more than half of all weight, if any: the scores are then hardly the panel's."""
        total = float(self.weights.sum())
        return next((rater for rater, own in zip(self.raters, self.weights, strict=True) if 2 * own > total), None)


@dataclass(frozen=True)
class ScreenedOpinion:
    """MOS of a method by a rule."""

    rule: Screening
    method: str
    data: str | None
    score: Estimate  # mean of the images' scores, with an interval over the raters who were not rejected
    rejected: tuple[str, ...]


def screen(table: ScoreTable, rule: Screening) -> Screened:
    """Return the scores of each stimulus by a rule.

    `bt500` rejects raters who are often far from the others, above as well as below, once: those with more than 5 % of
    outlying votes (see `measure_outliers`), of which those above and below differ by less than 30 %. If all would be
    rejected, nobody is. `p913` subtracts each rater's bias, the mean distance from the MOS, and then does the same.
    """
    if rule == "mle":
        return _maximise_likelihood(table)
    adjusted, unknown = table.scores, np.full(len(table.raters), np.nan)
    bias, rejected = unknown, np.zeros(len(table.raters), dtype=np.bool_)
    if rule == "p913":
        bias = nanmean(adjusted - nanmean(adjusted, 0), 1)
        adjusted = adjusted - bias[:, None]
    if rule != "none":
        share, imbalance = measure_outliers(adjusted)
        rejected = (np.nan_to_num(share) > 0.05) & (np.nan_to_num(imbalance, nan=1.0) < 0.3)
        rejected &= ~rejected.all()
    scores, weights = nanmean(adjusted[~rejected], 0), np.where(rejected, 0.0, 1.0)
    return Screened(rule, table.raters, table.stimuli, scores, bias, unknown, rejected, weights, adjusted)


def compute_screened_opinions(
    ratings: Ratings, rule: Screening, *, data: str | None = None
) -> tuple[ScreenedOpinion, ...]:
    """Return the MOS of each method after screening by a rule, in the study's order; of one set, or of all.

    Raters are judged by all their votes, also for a single set. The interval is t over the raters' means, with the
    rule's weights; there is none where one rater decides alone. With biases subtracted (`p913`, `mle`) it measures how
    certain a method's place among the others is, and is much narrower than the interval of plain votes.
    """
    screened, table = screen(ratings.table(), rule), ratings.table(data=data)
    rejected = tuple(rater for rater, out in zip(screened.raters, screened.rejected, strict=True) if out)
    return tuple(
        ScreenedOpinion(
            rule, method, data, _estimate(screened, [table.stimuli[column] for column in columns]), rejected
        )
        for method, columns in group_columns(ratings, table).items()
    )


def measure_outliers(votes: Floats) -> tuple[Floats, Floats]:
    """Return each rater's share of outlying votes, and the imbalance of these: |above - below| / (above + below).

    Outlying votes lie 2 standard deviations from the stimulus' mean where its votes look normal (kurtosis from 2 to 4),
    and sqrt(20) where they do not; both are taken of the given votes (divided by n), as in sureal. Shares are of the
    votes that a rater cast. Where all votes on a stimulus are equal none is outlying, though the letter of the
    recommendation would count each as both above and below.

    Args:
        votes: (raters, stimuli), NaN where there is none.
    """
    deviations = votes - nanmean(votes, 0)
    variance = nanmean(deviations**2, 0)
    agreed = ~(variance > _ROUNDING)
    kurtosis = nanmean(deviations**4, 0) / np.where(agreed, 1.0, variance) ** 2
    looks_normal = (kurtosis >= 2 - _ROUNDING) & (kurtosis <= 4 + _ROUNDING)
    bound = np.where(looks_normal, 2, math.sqrt(20)) * np.sqrt(variance) - _ROUNDING
    bound[agreed] = np.inf
    above, below = (deviations >= bound).sum(axis=1), (deviations <= -bound).sum(axis=1)
    cast, far = (~np.isnan(votes)).sum(axis=1), above + below
    share = np.divide(far, cast, out=np.full(far.shape, np.nan), where=cast > 0)
    return share, np.divide(np.abs(above - below), far, out=np.full(far.shape, np.nan), where=far > 0)


def _maximise_likelihood(table: ScoreTable) -> Screened:
    """Return maximum-likelihood scores, where a vote is score + rater's bias + normal noise of the rater's own size.

    The alternating projection of ITU-T P.910, Annex E; the mean bias is 0. The likelihood is unbounded where the scores
    equal one rater's votes, and with few raters, one of them far more consistent, it may end there: see
    `decided_alone`. A rater with a single vote has no inconsistency, and the weight of a typical rater.
    """
    votes, known = table.scores, ~np.isnan(table.scores)
    cast, scores = known.sum(axis=1), nanmean(votes, 0)
    bias = nanmean(votes - scores, 1)
    for _ in range(_ITERATIONS):
        before = scores
        spread = _compute_spread(votes - scores - bias[:, None])
        spread[cast < 2] = np.sqrt(np.mean(spread[cast > 1] ** 2)) if (cast > 1).any() else 1.0
        weights = 1 / (spread**2 + _CHANGE)
        total = weights @ known
        sums = weights @ np.where(known, votes - bias[:, None], 0.0)
        scores = np.divide(sums, total, out=np.full(total.shape, np.nan), where=total > 0)
        bias = nanmean(votes - scores, 1)
        if np.sqrt(np.nansum((scores - before) ** 2)) < _CHANGE:
            break
    shift = float(np.nanmean(bias)) if cast.any() else 0.0
    scores, bias, inconsistency = scores + shift, bias - shift, np.where(cast > 1, spread, np.nan)
    rejected, adjusted = np.zeros(len(table.raters), dtype=np.bool_), votes - bias[:, None]
    return Screened("mle", table.raters, table.stimuli, scores, bias, inconsistency, rejected, weights, adjusted)


def _estimate(screened: Screened, columns: list[int]) -> Estimate:
    """Return the mean score of some stimuli with a t interval over the raters' weighted means."""
    mean = float(nanmean(screened.scores[None, columns], 1)[0])
    own = nanmean(screened.adjusted[:, columns], 1)
    used = ~np.isnan(own) & (screened.weights > 0)
    own, weights = own[used], screened.weights[used]
    n, unit = len(own), "raters, biases taken off" if screened.rule in ("p913", "mle") else "raters"
    half = math.nan
    if n > 1 and screened.decided_alone is None:
        shares = weights / weights.sum()
        deviations = own - float(shares @ own)
        half = t_quantile(n) * math.sqrt(n / (n - 1) * float(np.sum((shares * deviations) ** 2)))
    return Estimate(mean, mean - half, mean + half, n, unit, "t")


def _compute_spread(table: Floats) -> Floats:
    """Return the population standard deviation of each row, NaN left out."""
    deviations = table - nanmean(table, 1)[:, None]
    return np.sqrt(nanmean(deviations**2, 1))
