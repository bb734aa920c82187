"""Mean opinion scores: of methods and of single pictures, as they were given and as differences from the reference.

Only the votes of the main phase count; nobody is left out here. How sure a mean is depends on what is taken to have
been drawn by chance, so every interval names its unit. This module does not know how votes are weighed or tested.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from srgan.errors import UsageError
from srgan_study.study import LABELS
from srgan_study.votes.ratings import Ratings, ScoreTable

RESAMPLES = 9999
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval: `low` and `high` are NaN where nothing can be said."""

    mean: float
    low: float
    high: float
    n: int
    """How many of the unit there are; of two units, the first."""
    unit: str
    """What was drawn by chance and may be drawn again, such as `raters`."""
    how: str
    """How the interval was found: `t`, or `bootstrap`."""


@dataclass(frozen=True)
class Opinion:
    """What raters think of a method."""

    method: str
    data: str | None
    """The name of the set; None for all sets together, each picture with the same weight."""
    votes: int
    raters: int
    """Who cast at least one of these."""
    images: int
    """Of which at least one vote was cast."""
    mean: float
    """Over votes: the MOS, or the DMOS."""
    sd: float
    """Of votes."""
    by_rater: Estimate
    """The mean of the raters' means: holds for other raters of the same pictures. The same as `mean` where all voted
    on everything."""
    by_rater_and_image: Estimate
    """The mean over votes: holds for other raters and other pictures of the kind."""
    scale: tuple[int, ...]
    """The scores that a vote can have: 1 to 5, or 1 to 9 for differences from the reference."""
    counts: tuple[int, ...]
    """Votes of each."""


@dataclass(frozen=True)
class ImageOpinion:
    """What raters think of one version of one picture."""

    stimulus: int
    """Its id in the study."""
    data: str
    content: str
    method: str
    votes: int
    sd: float
    score: Estimate
    """Over the raters who voted on it."""
    counts: tuple[int, ...]


def scores(ratings: Ratings, *, data: str | None = None, seed: int = 0) -> tuple[Opinion, ...]:
    """The opinion of each method on one set, or on all, in the study's order of methods.

    The bootstrap resamples raters and images 9,999 times, each on its own ("pigeonhole", Owen 2007): it counts what
    raters and images have in common a little too often, so its percentile interval is rather too wide than too narrow.

    Raises:
        UsageError: if there is no such set.
    """
    return _opinions(ratings, table_of(ratings, data), data, tuple(LABELS), seed)


def differential(ratings: Ratings, *, data: str | None = None, seed: int = 0) -> tuple[Opinion, ...]:
    """The differential opinion (DMOS) of each method but the reference, by ACR with hidden reference (ITU-T P.910).

    Raises:
        UsageError: if there is no such set, or the study has no hidden reference.
    """
    found = _opinions(ratings, differential_table(ratings, data=data), data, tuple(range(1, 10)), seed)
    return tuple(opinion for opinion in found if opinion.method != ratings.study.reference)


def differential_table(ratings: Ratings, *, data: str | None = None) -> ScoreTable:
    """V - V(reference) + 5 of each rater and picture: 5 is as good as the reference, and more is better than it.

    NaN where a rater has not voted on both.

    Raises:
        UsageError: if there is no such set, or the study has no hidden reference.
    """
    table, study = table_of(ratings, data), ratings.study
    if study.reference is None:
        raise UsageError("DMOS needs a hidden reference among what is rated: make a study with the true pictures (HR)")
    kinds = {stimulus.id: stimulus for stimulus in study.stimuli}
    pictures = [(kinds[place].data, kinds[place].content) for place in table.stimuli]
    references = {
        picture: column
        for column, (place, picture) in enumerate(zip(table.stimuli, pictures, strict=True))
        if kinds[place].method == study.reference
    }
    with_nothing = np.hstack([table.scores, np.full((len(table.raters), 1), np.nan)])  # of pictures without one
    columns = [references.get(picture, -1) for picture in pictures]
    return ScoreTable(table.raters, table.stimuli, table.scores - with_nothing[:, columns] + max(LABELS))


def per_image(ratings: Ratings, *, data: str | None = None) -> tuple[ImageOpinion, ...]:
    """The opinion of each version of each picture, in the study's order.

    Raises:
        UsageError: if there is no such set.
    """
    table = table_of(ratings, data)
    kinds = {stimulus.id: stimulus for stimulus in ratings.study.stimuli}
    found = []
    for place, votes in zip(table.stimuli, table.scores.T, strict=True):
        cast, kind = votes[~np.isnan(votes)], kinds[place]
        counts = tuple(int(np.count_nonzero(cast == score)) for score in LABELS)
        estimate = mean_of(cast, "raters")
        found.append(ImageOpinion(place, kind.data, kind.content, kind.method, len(cast), _sd(cast), estimate, counts))
    return tuple(found)


def mean_of(values: NDArray[np.float64], unit: str) -> Estimate:
    """The mean of one number a unit with its t interval; NaN are left out, and of one number nothing more is known."""
    known = values[~np.isnan(values)]
    n = len(known)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, 0, unit, "t")
    mean = float(known.mean())
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * _sd(known) / math.sqrt(n) if n > 1 else math.nan
    return Estimate(mean, mean - half, mean + half, n, unit, "t")


def means_along(table: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Means of what is not NaN; NaN where all is."""
    known = ~np.isnan(table)
    votes = known.sum(axis=axis)
    sums = np.where(known, table, 0.0).sum(axis=axis)
    means = np.full(votes.shape, np.nan)
    np.divide(sums, votes, out=means, where=votes > 0)
    return means


def columns_of(ratings: Ratings, table: ScoreTable) -> dict[str, list[int]]:
    """The columns of each method that has some in a table, in the study's order of methods."""
    kinds = {stimulus.id: stimulus.method for stimulus in ratings.study.stimuli}
    columns: dict[str, list[int]] = {method.name: [] for method in ratings.study.methods}
    for column, place in enumerate(table.stimuli):
        columns[kinds[place]].append(column)
    return {method: places for method, places in columns.items() if places}


def table_of(ratings: Ratings, data: str | None) -> ScoreTable:
    """The votes of the main phase on one set, or on all.

    Raises:
        UsageError: if there is no such set.
    """
    if data is not None and data not in ratings.study.sets:
        raise UsageError(f"there is no set {data!r} in this study: choose from {', '.join(ratings.study.sets)}")
    return ratings.table(data=data)


def _opinions(
    ratings: Ratings, table: ScoreTable, data: str | None, scale: tuple[int, ...], seed: int
) -> tuple[Opinion, ...]:
    found = columns_of(ratings, table)
    return tuple(_opinion(method, data, table.scores[:, places], scale, seed) for method, places in found.items())


def _opinion(method: str, data: str | None, table: NDArray[np.float64], scale: tuple[int, ...], seed: int) -> Opinion:
    """Of a method's scores (raters, images)."""
    known = ~np.isnan(table)
    table, known = table[known.any(axis=1)], known[known.any(axis=1)]
    table, known = table[:, known.any(axis=0)], known[:, known.any(axis=0)]
    cast = table[known]
    return Opinion(
        method,
        data,
        votes=len(cast),
        raters=table.shape[0],
        images=table.shape[1],
        mean=float(cast.mean()) if len(cast) else math.nan,
        sd=_sd(cast),
        by_rater=mean_of(means_along(table, 1), "raters"),
        by_rater_and_image=_bootstrap(table, seed),
        scale=scale,
        counts=tuple(int(np.count_nonzero(cast == score)) for score in scale),
    )


def _bootstrap(table: NDArray[np.float64], seed: int) -> Estimate:
    """The mean of all votes, with the percentiles of its resamples of rows and columns."""
    raters, images = table.shape
    known = ~np.isnan(table)
    votes, cast = known.astype(np.float64), np.where(known, table, 0.0)
    mean = float(cast.sum() / votes.sum()) if votes.any() else math.nan
    low = high = math.nan
    if raters > 1 and images > 1:
        generator = np.random.default_rng(seed)
        rows, columns = _resampled(generator, raters), _resampled(generator, images)
        sums = np.einsum("bj,bj->b", rows @ cast, columns)
        sizes = np.einsum("bj,bj->b", rows @ votes, columns)  # 0 where a sparse design lost all votes
        low, high = np.quantile(sums[sizes > 0] / sizes[sizes > 0], ((1 - LEVEL) / 2, (1 + LEVEL) / 2)).tolist()
    return Estimate(mean, low, high, raters, "raters and images", "bootstrap")


def _resampled(generator: np.random.Generator, n: int) -> NDArray[np.float64]:
    """How often each of n was drawn in each resample: (resamples, n)."""
    drawn = generator.integers(0, n, (RESAMPLES, n)) + n * np.arange(RESAMPLES)[:, None]
    times = np.bincount(drawn.ravel(), minlength=n * RESAMPLES).reshape(RESAMPLES, n)
    return np.asarray(times, dtype=np.float64)


def _sd(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else math.nan
