"""Mean opinion scores (MOS) of methods and images, and differential scores (DMOS) against the hidden reference.

Only votes of the main phase count, and no rater is left out. Every interval names the unit taken to be drawn at random.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from srgan.errors import UsageError
from srgan.evaluation import Interval
from srgan_study.study import LABELS
from srgan_study.votes.ratings import Ratings, ScoreTable

RESAMPLES = 9999
LEVEL = 0.95
UNKNOWN = Interval(math.nan, math.nan, math.nan)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate(Interval):
    """A mean with its 95 % interval, and what they were computed from."""

    n: int  # number of units; of two crossed units, of the first
    unit: str  # what is taken to be drawn at random, such as `raters`
    how: str  # method of the interval: `t` or `bootstrap`


@dataclass(frozen=True)
class MethodOpinion:
    """Votes on a method, summarised."""

    method: str
    data: str | None  # name of the set; None for all sets together, with equal weight for each image
    votes: int
    raters: int  # with at least one of these votes
    images: int  # likewise
    mean: float  # mean over votes: the MOS or DMOS
    sd: float
    by_rater: Estimate  # mean of the raters' means; holds for other raters of the same images
    by_rater_and_image: Estimate  # mean over votes; holds for other raters and other images of the kind
    scale: tuple[int, ...]  # possible votes: 1 to 5, or 1 to 9 for DMOS
    counts: tuple[int, ...]  # number of votes at each step of the scale


@dataclass(frozen=True)
class ImageOpinion:
    """Votes on one stimulus, summarised."""

    stimulus: int
    data: str
    content: str
    method: str
    votes: int
    sd: float
    score: Estimate  # mean over the raters who voted on it
    counts: tuple[int, ...]


def compute_opinions(ratings: Ratings, *, data: str | None = None) -> tuple[MethodOpinion, ...]:
    """Return the MOS of each method on one set or on all, in the study's order of methods.

    The bootstrap resamples raters and images independently, 9,999 times ("pigeonhole", Owen 2007), which makes its
    percentile interval rather too wide than too narrow.
    """
    return _summarise_methods(ratings, ratings.table(data=data), data, tuple(LABELS))


def compute_differential_opinions(ratings: Ratings, *, data: str | None = None) -> tuple[MethodOpinion, ...]:
    """Return the DMOS of each method but the reference, by ACR with hidden reference (ITU-T P.910)."""
    opinions = _summarise_methods(ratings, subtract_reference(ratings, data=data), data, tuple(range(1, 10)))
    return tuple(opinion for opinion in opinions if opinion.method != ratings.study.reference)


def subtract_reference(ratings: Ratings, *, data: str | None = None) -> ScoreTable:
    """Return V - V(reference) + 5 for each rater and image: 5 is as good as the reference, more is better than it.

    NaN where a rater has not voted on both.

    Raises:
        UsageError: if the study has no hidden reference.
    """
    table, study = ratings.table(data=data), ratings.study
    if study.reference is None:
        raise UsageError("DMOS needs a hidden reference among the stimuli: make a study with the true images (HR)")
    stimuli = [study.stimuli[stimulus] for stimulus in table.stimuli]
    references = {each.image: column for column, each in enumerate(stimuli) if each.method == study.reference}
    padded = np.pad(table.scores, ((0, 0), (0, 1)), constant_values=np.nan)  # for images without a reference
    columns = [references.get(each.image, -1) for each in stimuli]
    return replace(table, scores=table.scores - padded[:, columns] + max(LABELS))


def compute_image_opinions(ratings: Ratings, *, data: str | None = None) -> tuple[ImageOpinion, ...]:
    """Return the MOS of each stimulus, in the study's order."""
    table = ratings.table(data=data)
    opinions = []
    for stimulus, column in zip(table.stimuli, table.scores.T, strict=True):
        votes, kind = column[~np.isnan(column)], ratings.study.stimuli[stimulus]
        score, counts = estimate_mean(votes, "raters"), _count_votes(votes, tuple(LABELS))
        about = (stimulus, kind.data, kind.content, kind.method)
        opinions.append(ImageOpinion(*about, len(votes), _compute_sd(votes), score, counts))
    return tuple(opinions)


def estimate_mean(values: Floats, unit: str) -> Estimate:
    """Return the mean of one value per unit, NaN left out, with its t interval; a single value has no interval."""
    known = values[~np.isnan(values)]
    n = len(known)
    mean = float(known.mean()) if n else math.nan
    half = t_quantile(n) * _compute_sd(known) / math.sqrt(n) if n > 1 else math.nan
    return Estimate(mean, mean - half, mean + half, n, unit, "t")


def t_quantile(n: int) -> float:
    """Return half the width of a 95 % t interval over n values, in standard errors."""
    return float(stdtrit(n - 1, (1 + LEVEL) / 2))


def nanmean(table: Floats, axis: int) -> Floats:
    """Return means that ignore NaN; NaN, without a warning, where all values are."""
    known = ~np.isnan(table)
    counts = known.sum(axis=axis)
    sums = np.where(known, table, 0.0).sum(axis=axis)
    means = np.full(counts.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def group_columns(ratings: Ratings, table: ScoreTable) -> dict[str, list[int]]:
    """Return the table's columns by method, in the study's order; methods without columns are left out."""
    groups: dict[str, list[int]] = {method.name: [] for method in ratings.study.methods}
    for column, stimulus in enumerate(table.stimuli):
        groups[ratings.study.stimuli[stimulus].method].append(column)
    return {method: columns for method, columns in groups.items() if columns}


def _summarise_methods(
    ratings: Ratings, table: ScoreTable, data: str | None, scale: tuple[int, ...]
) -> tuple[MethodOpinion, ...]:
    opinions = []
    for method, columns in group_columns(ratings, table).items():
        scores = table.scores[:, columns]
        known = ~np.isnan(scores)
        scores = scores[known.any(axis=1)][:, known.any(axis=0)]
        votes = scores[~np.isnan(scores)]
        opinions.append(
            MethodOpinion(
                method,
                data,
                votes=len(votes),
                raters=scores.shape[0],
                images=scores.shape[1],
                mean=float(votes.mean()) if len(votes) else math.nan,
                sd=_compute_sd(votes),
                by_rater=estimate_mean(nanmean(scores, 1), "raters"),
                by_rater_and_image=_bootstrap(scores),
                scale=scale,
                counts=_count_votes(votes, scale),
            )
        )
    return tuple(opinions)


def _bootstrap(table: Floats) -> Estimate:
    """Return the mean of all votes (raters, images) with percentiles of resampled rows and columns."""
    raters, images = table.shape
    known = ~np.isnan(table)
    counts, sums = known.astype(np.float64), np.where(known, table, 0.0)
    mean = float(sums.sum() / counts.sum()) if counts.any() else math.nan
    low = high = math.nan
    if raters > 1 and images > 1:
        rng = np.random.default_rng(0)
        rows, columns = _resample(rng, raters), _resample(rng, images)
        totals = np.einsum("bj,bj->b", rows @ sums, columns)
        sizes = np.einsum("bj,bj->b", rows @ counts, columns)  # 0 where a sparse design lost all votes
        low, high = np.quantile(totals[sizes > 0] / sizes[sizes > 0], ((1 - LEVEL) / 2, (1 + LEVEL) / 2)).tolist()
    return Estimate(mean, low, high, raters, "raters and images", "bootstrap")


def _resample(rng: np.random.Generator, n: int) -> Floats:
    """Return how often each of n items is drawn in each resample: (resamples, n)."""
    drawn = rng.integers(0, n, (RESAMPLES, n)) + n * np.arange(RESAMPLES)[:, None]
    return np.bincount(drawn.ravel(), minlength=n * RESAMPLES).reshape(RESAMPLES, n).astype(np.float64)


def _count_votes(votes: Floats, scale: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(np.count_nonzero(votes == score)) for score in scale)


def _compute_sd(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else math.nan
