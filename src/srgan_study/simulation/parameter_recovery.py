"""What a rehearsal's votes say of the means that were planted. This module does not know how votes were cast."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srgan.reporting.table import MISSING, Cell, Column, Number, Table
from srgan_study.analysis.mean_opinion import Estimate, estimate_mean, group_columns, nanmean
from srgan_study.simulation.simulated_means import Mean
from srgan_study.votes.ratings import Ratings


@dataclass(frozen=True)
class Recovered:
    """A planted mean, and what came out."""

    planted: Mean
    everyone: Estimate
    """Over all raters, with a 95 % t interval."""
    good: Estimate
    """Over those who follow the model."""

    @property
    def inside(self) -> bool:
        """Whether the planted mean lies in the interval of the good raters' mean."""
        return self.good.low <= self.planted.value <= self.good.high


def recovered(ratings: Ratings, means: Sequence[Mean], bad: Collection[str]) -> tuple[Recovered, ...]:
    """Each planted mean beside what the raters' votes say.

    Args:
        ratings: of the rehearsal.
        means: that were planted.
        bad: the codes of raters who do not follow the model.
    """
    found = {data: _estimates(ratings, data, bad) for data in dict.fromkeys(mean.data for mean in means)}
    return tuple(Recovered(mean, *found[mean.data][mean.method]) for mean in means)


def table(found: Sequence[Recovered], ratings: Ratings, bad: Collection[str]) -> Table:
    """Planted and recovered side by side, marked as simulated."""
    header = [Column("set"), Column("method"), Column("planted"), Column("from"), Column("recovered [95 % interval]")]
    if bad:
        header.append(Column("of all raters [95 % interval]"))
    rows = []
    for one in found:
        cells: list[Cell] = [one.planted.data, one.planted.method, (_number(one.planted.value),), one.planted.source]
        estimates = [one.good, one.everyone] if bad else [one.good]
        rows.append((*cells, *((_interval(estimate),) for estimate in estimates)))
    raters, inside = len(ratings.raters) - len(bad), sum(one.inside for one in found)
    notes = [
        "SIMULATED: these votes were cast by programs. They say nothing of any method or picture.",
        f"Recovered: the mean vote of the raters who follow the model, {raters} of them, with a t interval.",
        f"{inside} of {len(found)} planted means lie in their intervals; of 95 % intervals, about "
        f"{round(0.95 * len(found))} should. Intervals of one panel are wrong together: it is kind or harsh to all.",
    ]
    if raters < 2:
        notes[2] = "One rater has no interval."
    return Table("SIMULATED opinion scores, planted and recovered", tuple(header), tuple(rows), tuple(notes))


def _estimates(ratings: Ratings, data: str, bad: Collection[str]) -> Mapping[str, tuple[Estimate, Estimate]]:
    votes = ratings.table(data=data)
    good = np.array([rater not in bad for rater in votes.raters], dtype=bool)
    found = {}
    for method, columns in group_columns(ratings, votes).items():
        means = nanmean(votes.scores[:, columns], 1)
        found[method] = (estimate_mean(means, "raters"), estimate_mean(means[good], "raters"))
    return found


def _number(value: float) -> Number:
    return Number(MISSING if math.isnan(value) else f"{value:.2f}", (value,))


def _interval(estimate: Estimate) -> Number:
    values = (estimate.mean, estimate.low, estimate.high)
    texts = [MISSING if math.isnan(value) else f"{value:.2f}" for value in values]
    return Number(f"{texts[0]} [{texts[1]}, {texts[2]}]", values)
