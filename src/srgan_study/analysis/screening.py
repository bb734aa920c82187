"""Raters whose votes are unlike the others': three published rules that leave them out or weigh them less.

Nobody is ever dropped from the ratings: a rule gives scores of its own, to be shown beside the plain ones. Which of
them are a study's main numbers is part of its design, said before there were votes. What is odd about a rater, in plain
words, is the matter of flags.py.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, stdtrit

from srgan.errors import UsageError
from srgan_study.analysis.mean_opinion import LEVEL, Estimate, columns_of, means_along, table_of
from srgan_study.study import Screening
from srgan_study.votes.ratings import Ratings, ScoreTable

RULES: dict[Screening, str] = {
    "none": "every vote counts the same",
    "bt500": "raters rejected as in ITU-R BT.500-14, A1-2.3.1",
    "p913": "raters' biases taken off, then raters rejected: ITU-T P.913, 12.4",
    "mle": "raters' biases and inconsistencies estimated by maximum likelihood: ITU-T P.910, Annex E",
}

_NORMAL = NormalDist().inv_cdf((1 + LEVEL) / 2)  # 1.96, which the standards use and not t
_ROUNDING = 1e-9  # what is this near to a bound is on it
_ITERATIONS = 1000
_CHANGE = 1e-8


@dataclass(frozen=True)
class Screened:
    """Scores by a rule, and what the rule found out about each rater. Arrays are in the order of the table's."""

    rule: Screening
    raters: tuple[str, ...]
    stimuli: tuple[int, ...]
    scores: NDArray[np.float64]
    """Of each stimulus; NaN where no vote is left."""
    errors: NDArray[np.float64]
    """Their standard errors; NaN where a single vote is left."""
    low: NDArray[np.float64]
    """1.96 standard errors below, over the raters who voted on it."""
    high: NDArray[np.float64]
    bias: NDArray[np.float64]
    """Of each rater: how much higher than the panel's the votes are; NaN by a rule that has none."""
    bias_error: NDArray[np.float64]
    inconsistency: NDArray[np.float64]
    """Of each rater: the standard deviation of votes around what the rule expects; NaN by a rule that has none."""
    inconsistency_low: NDArray[np.float64]
    inconsistency_high: NDArray[np.float64]
    rejected: NDArray[np.bool_]
    """Of each rater."""
    outlying: NDArray[np.float64]
    """Of each rater: the share of votes far from the others' (BT.500); rejected only above 0.05."""
    lopsided: NDArray[np.float64]
    """Of each rater: |above - below| / (above + below) of these votes; rejected only below 0.3."""
    weights: NDArray[np.float64]
    """Of each rater's votes: 1 or 0, or 1 / inconsistency^2."""
    adjusted: NDArray[np.float64]
    """(raters, stimuli): the votes as the rule counts them, without the bias; a rejected rater's are there too."""
    iterations: int
    """Until the maximum of likelihood; 0 by other rules."""

    @property
    def decided_alone(self) -> str | None:
        """The rater with more than half of all weight, if there is one: then the scores are hardly the panel's."""
        total = float(self.weights.sum())
        return next((who for who, own in zip(self.raters, self.weights, strict=True) if 2 * own > total), None)


@dataclass(frozen=True)
class ScreenedOpinion:
    """What raters think of a method, by a rule."""

    rule: Screening
    method: str
    data: str | None
    score: Estimate
    """Over the raters who were not rejected; the mean is that of the pictures' scores. The unit says where biases are
    taken off."""
    rejected: tuple[str, ...]


def screen(table: ScoreTable, rule: Screening) -> Screened:
    """The scores of each stimulus by a rule.

    Raises:
        UsageError: if there is no such rule.
    """
    rules = {"none": _plain, "bt500": bt500, "p913": p913, "mle": mle}
    if rule not in rules:
        raise UsageError(f"there is no rule {rule!r} to screen raters by: choose from {', '.join(rules)}")
    return rules[rule](table)


def opinions(ratings: Ratings, rule: Screening, *, data: str | None = None) -> tuple[ScreenedOpinion, ...]:
    """The opinion of each method by a rule, in the study's order.

    Raters are judged by all their votes, also where one set is asked for. The interval is t over the means of raters,
    weighted as the rule does it; where one rater decides alone there is none. Where the rule takes raters' biases off,
    the interval says how sure the place of a method among the others is, and not what score another panel would give:
    it is much narrower than that of plain votes.

    Raises:
        UsageError: if there is no such set or rule.
    """
    found, wanted = screen(ratings.table(), rule), table_of(ratings, data)
    rejected = tuple(rater for rater, out in zip(found.raters, found.rejected, strict=True) if out)
    places = {stimulus: column for column, stimulus in enumerate(found.stimuli)}
    return tuple(
        ScreenedOpinion(
            rule, method, data, _weighed(found, [places[wanted.stimuli[column]] for column in columns]), rejected
        )
        for method, columns in columns_of(ratings, wanted).items()
    )


def bt500(table: ScoreTable) -> Screened:
    """Raters rejected who are often far from the others, above as well as below (ITU-R BT.500-14, A1-2.3.1), once.

    Far is 2 standard deviations where the votes on a stimulus look normal (kurtosis from 2 to 4), and sqrt(20) where
    they do not; both are taken of these votes alone (divided by n), as sureal does. A rater is rejected with more than
    5 % of such votes, of the votes that the rater cast, if those above and those below differ by less than 30 % of
    them. If all would be rejected, nobody is. Where all votes are equal none is far, though the letter of the rule
    would count each as both above and below.
    """
    return _after_rejection("bt500", table, table.scores, _nothing(table))


def p913(table: ScoreTable) -> Screened:
    """Each rater's bias, the mean distance from the MOS, is taken off; then raters are rejected as in BT.500."""
    bias = means_along(table.scores - means_along(table.scores, 0), 1)
    return _after_rejection("p913", table, table.scores - bias[:, None], bias)


def mle(table: ScoreTable) -> Screened:
    """Scores that make the votes most likely if each is score + the rater's bias + normal noise of the rater's size.

    The alternating projection of ITU-T P.910 Annex E. Biases are 0 in the mean. The likelihood has no bound where the
    scores are one rater's own votes, and with few raters, of whom one is far more consistent than the others, that is
    where it ends: see `decided_alone`. A rater with a single vote has no inconsistency, and a typical one's weight.
    """
    votes, known = table.scores, ~np.isnan(table.scores)
    cast, at_stimulus = known.sum(axis=1), known.sum(axis=0)
    scores, bias, spread, weights, iterations = _most_likely(votes)
    residuals = votes - scores - bias[:, None]
    errors = np.divide(_spread(residuals, 0), np.sqrt(at_stimulus), out=_like(at_stimulus), where=at_stimulus > 1)
    shift = float(np.nanmean(bias)) if cast.any() else 0.0
    scores, bias, spread = scores + shift, bias - shift, np.where(cast > 1, spread, np.nan)
    low, high = (
        spread * np.sqrt(np.divide(cast, chdtri(cast, tail), out=_like(cast), where=cast > 0))
        for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    )
    return Screened(
        rule="mle",
        raters=table.raters,
        stimuli=table.stimuli,
        scores=scores,
        errors=errors,
        low=scores - _NORMAL * errors,
        high=scores + _NORMAL * errors,
        bias=bias,
        bias_error=np.divide(spread, np.sqrt(cast), out=_like(cast), where=cast > 0),
        inconsistency=spread,
        inconsistency_low=low,
        inconsistency_high=high,
        rejected=np.zeros(len(table.raters), dtype=np.bool_),
        outlying=_nothing(table),
        lopsided=_nothing(table),
        weights=weights,
        adjusted=votes - bias[:, None],
        iterations=iterations,
    )


def _most_likely(
    votes: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int]:
    """Scores, and each rater's bias, inconsistency and weight, by alternating projection, with the iterations."""
    cast, scores = (~np.isnan(votes)).sum(axis=1), means_along(votes, 0)
    bias = means_along(votes - scores, 1)
    for iteration in range(1, _ITERATIONS + 1):  # noqa: B007
        before = scores
        spread = _spread(votes - scores - bias[:, None], 1)
        spread[cast < 2] = np.sqrt(np.mean(spread[cast > 1] ** 2)) if (cast > 1).any() else 1.0
        weights = 1 / (spread**2 + _CHANGE)
        scores = _weighted(votes - bias[:, None], weights)
        bias = means_along(votes - scores, 1)
        if np.sqrt(np.nansum((scores - before) ** 2)) < _CHANGE:
            break
    return scores, bias, spread, weights, iteration


def _plain(table: ScoreTable) -> Screened:
    nobody = np.zeros(len(table.raters), dtype=np.bool_)
    return _kept("none", table, table.scores, _nothing(table), nobody, _nothing(table), _nothing(table))


def _after_rejection(
    rule: Screening, table: ScoreTable, adjusted: NDArray[np.float64], bias: NDArray[np.float64]
) -> Screened:
    """BT.500's rejection on votes that may have been adjusted."""
    above, below = _far(adjusted)
    cast, far = (~np.isnan(adjusted)).sum(axis=1), above + below
    outlying = np.divide(far, cast, out=_like(cast), where=cast > 0)
    lopsided = np.divide(np.abs(above - below), far, out=_like(cast), where=far > 0)
    rejected = (np.nan_to_num(outlying) > 0.05) & (np.nan_to_num(lopsided, nan=1.0) < 0.3)
    if rejected.all():
        rejected[:] = False
    return _kept(rule, table, adjusted, bias, rejected, outlying, lopsided)


def _far(votes: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many votes of each rater are far above the others', and how many far below."""
    deviations = votes - means_along(votes, 0)
    variance = means_along(deviations**2, 0)
    agreed = ~(variance > _ROUNDING)
    kurtosis = means_along(deviations**4, 0) / np.where(agreed, 1.0, variance) ** 2
    looks_normal = (kurtosis >= 2 - _ROUNDING) & (kurtosis <= 4 + _ROUNDING)
    bound = np.where(looks_normal, 2, math.sqrt(20)) * np.sqrt(variance) - _ROUNDING
    bound[agreed] = np.inf
    return (deviations >= bound).sum(axis=1), (deviations <= -bound).sum(axis=1)


def _kept(
    rule: Screening,
    table: ScoreTable,
    adjusted: NDArray[np.float64],
    bias: NDArray[np.float64],
    rejected: NDArray[np.bool_],
    outlying: NDArray[np.float64],
    lopsided: NDArray[np.float64],
) -> Screened:
    """Plain means of the votes that are left."""
    left = adjusted[~rejected]
    scores, n = means_along(left, 0), (~np.isnan(left)).sum(axis=0)
    errors = np.divide(_spread(left, 0), np.sqrt(np.maximum(n - 1, 1)), out=_like(n), where=n > 1)
    return Screened(
        rule=rule,
        raters=table.raters,
        stimuli=table.stimuli,
        scores=scores,
        errors=errors,
        low=scores - _NORMAL * errors,
        high=scores + _NORMAL * errors,
        bias=bias,
        bias_error=_nothing(table),
        inconsistency=_nothing(table),
        inconsistency_low=_nothing(table),
        inconsistency_high=_nothing(table),
        rejected=rejected,
        outlying=outlying,
        lopsided=lopsided,
        weights=np.where(rejected, 0.0, 1.0),
        adjusted=adjusted,
        iterations=0,
    )


def _weighed(found: Screened, columns: list[int]) -> Estimate:
    """The mean of some stimuli's scores, and how far raters' means lie from one another, in the rule's weights."""
    mean = float(means_along(found.scores[None, columns], 1)[0])
    own = means_along(found.adjusted[:, columns], 1)
    takes_part = ~np.isnan(own) & (found.weights > 0)
    own, weights = own[takes_part], found.weights[takes_part]
    n, unit = len(own), "raters, biases taken off" if found.rule in ("p913", "mle") else "raters"
    if n < 2 or found.decided_alone is not None:
        return Estimate(mean, math.nan, math.nan, n, unit, "t")
    shares = weights / weights.sum()
    deviations = own - float(shares @ own)
    error = math.sqrt(n / (n - 1) * float(np.sum((shares * deviations) ** 2)))
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error
    return Estimate(mean, mean - half, mean + half, n, unit, "t")


def _weighted(votes: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each column with weights of rows; NaN are left out."""
    known = ~np.isnan(votes)
    total = weights @ known
    return np.divide(weights @ np.where(known, votes, 0.0), total, out=_like(total), where=total > 0)


def _spread(table: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """The standard deviation (of a population) of what is not NaN."""
    deviations = table - np.expand_dims(means_along(table, axis), axis)
    return np.sqrt(means_along(deviations**2, axis))


def _nothing(table: ScoreTable) -> NDArray[np.float64]:
    return np.full(len(table.raters), np.nan)


def _like(array: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.full(array.shape, np.nan)
