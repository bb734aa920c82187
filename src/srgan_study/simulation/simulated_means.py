"""The means that are planted in a rehearsal: as asked for, else as the paper printed them, else spread evenly.

This module does not know how raters vote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from srgan.errors import UsageError
from srgan_study.analysis.paper_comparison import find_printed_score
from srgan_study.simulation.rater_model import LEAST, MOST
from srgan_study.study import Study

WORST, BEST = 1.3, 4.4
"""Between which methods are spread on a set of which nothing is known: about what the paper's worst and best got."""


@dataclass(frozen=True)
class Mean:
    """A mean that is to be planted."""

    method: str
    data: str
    """The set."""
    value: float
    source: str
    """Where it is from, in a word or two."""


def planted_means(study: Study, asked: Mapping[str, float]) -> tuple[Mean, ...]:
    """A mean for every method on every set of a study, in the study's order.

    Args:
        study: of which the methods and sets are.
        asked: by method, or by `SET/METHOD` for one set alone.

    Raises:
        UsageError: if a mean is asked for something that the study does not have, or is no mean of votes.
    """
    for name, value in asked.items():
        if not LEAST <= value <= MOST:
            raise UsageError(f"a mean of {value:g} cannot be planted for {name}: give one from {LEAST} to {MOST}")
    found = []
    for data in study.sets:
        shown = {stimulus.method for stimulus in study.stimuli if stimulus.data == data}
        found += _on_set([method.name for method in study.methods if method.name in shown], data, asked)
    known = {name for mean in found for name in (mean.method, f"{mean.data}/{mean.method}")}
    unknown = next((name for name in asked if name not in known), None)
    if unknown is not None:
        names = ", ".join(method.name for method in study.methods)
        raise UsageError(f"the study has no method {unknown!r} for --means: choose from {names}")
    return tuple(found)


def read_means(words: Sequence[str]) -> dict[str, float]:
    """Means in the words of the command line: `NAME=MOS`, with commas between several.

    Raises:
        UsageError: if one cannot be meant.
    """
    found = {}
    for word in (part for each in words for part in each.split(",") if part.strip()):
        name, _, value = word.strip().rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            name = ""
        if not name:
            raise UsageError(f"--means {word.strip()!r} is not NAME=MOS: give a method and a number, as in HR=4.5")
    return found


def _on_set(methods: Sequence[str], data: str, asked: Mapping[str, float]) -> list[Mean]:
    """Those of one set: methods of which nothing is known lie in even steps, in their order, worst first."""
    known = {method: _known(method, data, asked) for method in methods}
    values = [mean.value for mean in known.values() if mean is not None]
    worst, best = min([WORST, *values]), max([BEST, *values])
    steps = max(len(methods) - 1, 1)
    return [
        known[method] or Mean(method, data, round(worst + (best - worst) * place / steps, 2), "evenly spread")
        for place, method in enumerate(methods)
    ]


def _known(method: str, data: str, asked: Mapping[str, float]) -> Mean | None:
    for name in (f"{data}/{method}", method):
        if name in asked:
            return Mean(method, data, asked[name], "as asked")
    printed = find_printed_score(method, data)
    return None if printed is None else Mean(method, data, printed, "the paper's")
