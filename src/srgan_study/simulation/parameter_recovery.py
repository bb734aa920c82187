"""Recovery of planted means from the votes of a dry run."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from srgan.reporting import Cell, Column, Number, Table
from srgan_study.analysis.mean_opinion import Estimate, estimate_mean, group_columns, nanmean
from srgan_study.simulation.rater_model import PlantedMean
from srgan_study.votes.ratings import Ratings


@dataclass(frozen=True)
class RecoveredMean:
    """A planted mean and its estimates from votes, with 95 % t intervals over raters."""

    planted: PlantedMean
    everyone: Estimate  # over all raters
    good: Estimate  # over raters who follow the model

    @property
    def inside(self) -> bool:
        """Whether the planted mean lies in the interval of the good raters' mean."""
        return self.good.low <= self.planted.value <= self.good.high


def recover_means(ratings: Ratings, means: Sequence[PlantedMean], bad: Collection[str]) -> tuple[RecoveredMean, ...]:
    """Return each planted mean with its estimates; `bad` are the codes of raters who do not follow the model."""
    recovered = []
    for mean in means:
        votes = ratings.table(data=mean.data)
        own = nanmean(votes.scores[:, group_columns(ratings, votes)[mean.method]], 1)
        good = np.array([rater not in bad for rater in votes.raters], dtype=bool)
        recovered.append(RecoveredMean(mean, estimate_mean(own, "raters"), estimate_mean(own[good], "raters")))
    return tuple(recovered)


def make_recovery_table(recovered: Sequence[RecoveredMean], ratings: Ratings, bad: Collection[str]) -> Table:
    """Return planted and recovered means side by side, marked as simulated."""
    titles = ["set", "method", "planted", "from", "recovered [95 % interval]"]
    titles += ["of all raters [95 % interval]"] if bad else []
    rows: list[tuple[Cell, ...]] = []
    for one in recovered:
        estimates = [one.good, one.everyone] if bad else [one.good]
        numbers = [(Number.of(mean.mean, mean.low, mean.high, spec=".2f"),) for mean in estimates]
        planted = one.planted
        rows.append((planted.data, planted.method, (Number.of(planted.value, spec=".2f"),), planted.source, *numbers))
    raters, inside = len(ratings.raters) - len(bad), sum(one.inside for one in recovered)
    coverage = (
        f"{inside} of {len(recovered)} planted means lie in their intervals; of 95 % intervals, about "
        f"{round(0.95 * len(recovered))} should. Intervals of one panel are wrong together: it is kind or harsh to all."
    )
    notes = (
        "SIMULATED: these votes were cast by programs. They say nothing of any method or picture.",
        f"Recovered: the mean vote of the raters who follow the model, {raters} of them, with a t interval.",
        coverage if raters > 1 else "One rater has no interval.",
    )
    header = tuple(Column(title) for title in titles)
    return Table("SIMULATED opinion scores, planted and recovered", header, tuple(rows), notes)
