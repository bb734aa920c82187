"""Means to plant in a dry run: the requested ones, else those printed in the paper, else evenly spread ones."""

from collections.abc import Mapping, Sequence

from srgan.errors import UsageError
from srgan_study.analysis.paper_comparison import find_printed_score
from srgan_study.simulation.rater_model import LEAST, MOST, PlantedMean
from srgan_study.study import Study

WORST, BEST = 1.3, 4.4
"""Range of evenly spread means on a set without known ones: about the paper's worst and best."""


def choose_means(study: Study, requested: Mapping[str, float]) -> tuple[PlantedMean, ...]:
    """Return a mean for every method on every set, in the study's order.

    Args:
        study: study whose methods and sets these are.
        requested: values by method, or by `SET/METHOD` for one set.

    Raises:
        UsageError: if a requested method is not in the study, or a value is not from 1.02 to 4.98.
    """
    for name, value in requested.items():
        if not LEAST <= value <= MOST:
            raise UsageError(f"means must be from {LEAST} to {MOST}, not {name}={value:g}", parameter="means")
    means = [mean for data in study.sets for mean in _choose_on_set(study.describe_set(data)[1], data, requested)]
    known = {name for mean in means for name in (mean.method, f"{mean.data}/{mean.method}")}
    for name in requested:
        if name not in known:
            names = ", ".join(method.name for method in study.methods)
            raise UsageError(f"means must be of the study's methods ({names}), not of {name!r}", parameter="means")
    return tuple(means)


def parse_means(words: Sequence[str]) -> dict[str, float]:
    """Parse words of comma-separated `NAME=MOS`. Raises UsageError if a part has another form."""
    means = {}
    for part in (part.strip() for word in words for part in word.split(",") if part.strip()):
        name, _, value = part.rpartition("=")
        try:
            means[name] = float(value)
        except ValueError:
            name = ""
        if not name:
            raise UsageError(f"means must be NAME=MOS, as in HR=4.5, not {part!r}", parameter="means")
    return means


def _choose_on_set(methods: Sequence[str], data: str, requested: Mapping[str, float]) -> list[PlantedMean]:
    """Return the means of one set; unknown ones lie in even steps in the methods' order, worst first."""
    known = {method: _look_up(method, data, requested) for method in methods}
    values = [mean.value for mean in known.values() if mean is not None]
    worst, best = min([WORST, *values]), max([BEST, *values])
    steps = max(len(methods) - 1, 1)
    return [
        known[method] or PlantedMean(method, data, round(worst + (best - worst) * place / steps, 2), "evenly spread")
        for place, method in enumerate(methods)
    ]


def _look_up(method: str, data: str, requested: Mapping[str, float]) -> PlantedMean | None:
    for name in (f"{data}/{method}", method):
        if name in requested:
            return PlantedMean(method, data, requested[name], "as asked")
    printed = find_printed_score(method, data)
    return None if printed is None else PlantedMean(method, data, printed, "the paper's")
