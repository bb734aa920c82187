"""Differences between methods: Wilcoxon signed-rank tests of all pairs, in three units of analysis."""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

import numpy as np

from srgan.errors import DataError
from srgan.evaluation import PairedTest, holm, wilcoxon
from srgan_study.analysis.mean_opinion import Estimate, Floats, estimate_mean, group_columns, nanmean
from srgan_study.votes.ratings import Ratings

Unit = Literal["pooled", "image", "rater"]
"""What is taken to be drawn at random: pairs of votes, images, or raters."""
UNITS: tuple[Unit, ...] = get_args(Unit)

CAUTIONS: dict[Unit, str] = {
    "pooled": "every vote counts as if it were independent of the others, as was probably done in Ledig et al. 2017; "
    "votes of one rater, and on one picture, are not, so p is far too small and the interval far too narrow",
    "image": "holds for these raters and other pictures of the kind",
    "rater": "holds for these pictures and other raters",
}
"""Scope of a result in each unit."""

_UNIT_NAMES: dict[Unit, str] = {"pooled": "pairs of votes", "image": "images", "rater": "raters"}


@dataclass(frozen=True)
class Difference:
    """Comparison of two methods on votes of the same raters on the same images."""

    first: str
    second: str
    data: str
    unit: Unit
    difference: Estimate  # first minus second, with a t interval over the unit
    test: PairedTest  # `effect`: matched-pairs rank-biserial correlation; `n` pairs differ, `zeros` are equal
    ties: int  # nonzero differences that share their size, and hence their rank, with another
    adjusted: float  # p after Holm's correction over the family
    family: str  # tests that were corrected together
    caution: str


def compare_methods(ratings: Ratings, data: str, unit: Unit = "image") -> tuple[Difference, ...]:
    """Return all pairs of methods on one set, in the study's order, with Holm's correction over these pairs.

    Compared are a rater's votes on two versions of an image: each difference (`pooled`), its mean over raters (`image`)
    or over images (`rater`). Pairs without any common rater and image are left out.

    Raises:
        DataError: if no rater voted on two methods' versions of an image.
    """
    votes = _align_votes(ratings, data)
    samples = {
        (first, second): sample
        for first, second in combinations(votes, 2)
        if len(sample := _reduce(votes[first] - votes[second], unit))
    }
    if not samples:
        raise DataError(f"no rater voted on two methods' versions of an image of {data}: wait for more votes")
    tests = [wilcoxon(sample.tolist(), [0.0] * len(sample)) for sample in samples.values()]
    adjusted = holm([test.p for test in tests])
    family = f"the {len(tests)} pairs of {len({name for pair in samples for name in pair})} methods on {data} by {unit}"
    return tuple(
        Difference(
            *pair, data, unit, estimate_mean(sample, _UNIT_NAMES[unit]), test, _count_ties(sample), p, family,
            CAUTIONS[unit],
        )
        for (pair, sample), test, p in zip(samples.items(), tests, adjusted, strict=True)
    )  # fmt: skip


def _align_votes(ratings: Ratings, data: str) -> dict[str, Floats]:
    """Return the votes on each method (raters, images), images in the same order; NaN where there is none."""
    table = ratings.table(data=data)
    contents = [ratings.study.stimuli[stimulus].content for stimulus in table.stimuli]
    places = {content: place for place, content in enumerate(dict.fromkeys(contents))}
    votes = {}
    for method, columns in group_columns(ratings, table).items():
        votes[method] = np.full((len(table.raters), len(places)), np.nan)
        votes[method][:, [places[contents[column]] for column in columns]] = table.scores[:, columns]
    return votes


def _reduce(differences: Floats, unit: Unit) -> Floats:
    """Return one difference per unit that has any."""
    sample = differences.ravel() if unit == "pooled" else nanmean(differences, 0 if unit == "image" else 1)
    return sample[~np.isnan(sample)]


def _count_ties(sample: Floats) -> int:
    sizes = np.abs(sample.round(9))
    _, counts = np.unique(sizes[sizes > 0], return_counts=True)
    return int(counts[counts > 1].sum())
