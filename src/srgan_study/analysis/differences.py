"""Which methods' opinions differ: all pairs of methods by Wilcoxon's signed-rank test, in three units of analysis.

This module does not know how a test or a correction is reckoned: see evaluation/significance.py.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from srgan.errors import DataError, UsageError
from srgan.evaluation.significance import PairedTest, holm, wilcoxon
from srgan_study.analysis.mean_opinion import Estimate, columns_of, mean_of, means_along, table_of
from srgan_study.votes.ratings import Ratings, ScoreTable

Unit = Literal["pooled", "image", "rater"]
"""What is taken to have been drawn by chance: pairs of votes, pictures, or raters."""
UNITS: tuple[Unit, ...] = get_args(Unit)

CAUTIONS: dict[Unit, str] = {
    "pooled": "every vote counts as if it were independent of the others, as was probably done in Ledig et al. 2017; "
    "votes of one rater, and on one picture, are not, so p is far too small and the interval far too narrow",
    "image": "holds for these raters and other pictures of the kind",
    "rater": "holds for these pictures and other raters",
}
"""What a result in each unit says, and what it does not."""


@dataclass(frozen=True)
class Difference:
    """Two methods as the same raters saw them on the same pictures."""

    first: str
    second: str
    data: str
    unit: Unit
    difference: Estimate
    """First minus second, with a t interval over the unit."""
    test: PairedTest
    """Its `effect` is the matched-pairs rank-biserial correlation, `n` the pairs that differ, `zeros` those that do
    not."""
    ties: int
    """Pairs whose difference is as large as another's: they share their ranks."""
    adjusted: float
    """p after Holm's correction over the family."""
    family: str
    """The tests that were corrected together."""
    caution: str
    """What the unit means for p."""


def compare(ratings: Ratings, data: str, unit: Unit = "image") -> tuple[Difference, ...]:
    """All pairs of methods on one set, in the study's order of methods, with Holm's correction over these pairs.

    What is compared is a rater's vote on one method's version of a picture minus the same rater's vote on the other's:
    each of them (`pooled`), their mean over raters (`image`) or over images (`rater`). Where a vote is missing there is
    no difference. Pairs that nobody rated take no part.

    Raises:
        UsageError: if there is no such set or unit.
        DataError: if no rater voted on two methods' versions of a picture.
    """
    if unit not in UNITS:
        raise UsageError(f"there is no unit {unit!r} to compare methods in: choose from {', '.join(UNITS)}")
    votes = _by_picture(ratings, table_of(ratings, data))
    samples = {}
    for first, second in combinations(votes, 2):
        sample = _in_unit(votes[first] - votes[second], unit)
        if len(sample):
            samples[first, second] = sample
    if not samples:
        raise DataError(f"no rater voted on two methods' versions of a picture of {data}: wait for more votes")
    tests = [wilcoxon(sample.tolist(), [0.0] * len(sample)) for sample in samples.values()]
    family = f"the {len(tests)} pairs of {len({name for pair in samples for name in pair})} methods on {data} by {unit}"
    return tuple(
        Difference(
            *pair, data, unit, mean_of(sample, _NAMES[unit]), test, _ties(sample), adjusted, family, CAUTIONS[unit]
        )
        for (pair, sample), test, adjusted in zip(samples.items(), tests, holm([test.p for test in tests]), strict=True)
    )


_NAMES: dict[Unit, str] = {"pooled": "pairs of votes", "image": "images", "rater": "raters"}


def _by_picture(ratings: Ratings, table: ScoreTable) -> dict[str, NDArray[np.float64]]:
    """The votes on each method: (raters, pictures), the pictures in the same order; NaN where there is none."""
    kinds = {stimulus.id: stimulus for stimulus in ratings.study.stimuli}
    pictures = {kinds[place].content: None for place in table.stimuli}
    places = {content: place for place, content in enumerate(pictures)}
    found = {}
    for method, columns in columns_of(ratings, table).items():
        found[method] = np.full((len(table.raters), len(places)), np.nan)
        found[method][:, [places[kinds[table.stimuli[column]].content] for column in columns]] = table.scores[
            :, columns
        ]
    return found


def _in_unit(differences: NDArray[np.float64], unit: Unit) -> NDArray[np.float64]:
    """One number a unit."""
    found = differences.ravel() if unit == "pooled" else means_along(differences, 0 if unit == "image" else 1)
    return found[~np.isnan(found)]


def _ties(sample: NDArray[np.float64]) -> int:
    """How many differences that are not zero are as large as another."""
    sizes = np.abs(sample.round(9))
    _, counts = np.unique(sizes[sizes > 0], return_counts=True)
    return int(counts[counts > 1].sum())
