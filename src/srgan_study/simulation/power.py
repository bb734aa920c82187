"""How many raters it takes to see a difference: Wilcoxon tests on votes drawn straight from the model of raters.

Two methods are planted a difference apart on as many pictures as a set of the study has, panels of raters are drawn
again and again, and it is counted how often a test finds the difference, with the right sign. This module knows no
votes of anybody; all that it says follows from the model.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from srgan.errors import UsageError
from srgan.reporting.table import Cell, Column, Number, Table
from srgan_study.analysis.differences import UNITS, Unit
from srgan_study.analysis.wilcoxon import EXACT_UP_TO, compute_p_values, count_differences
from srgan_study.simulation.rater_model import LEAST, MOST, Model, rounded
from srgan_study.study import Study

LEVEL = 0.05
WANTED = 0.8
"""The chance to find what is there with which a study is usually planned."""

Count = Callable[[str, int, int], None]
"""Told what is done, how much of it is done, and how much there is."""

_SHOWN = (5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200)
_NAMES: Mapping[Unit, str] = {"rater": "by rater", "image": "by image", "pooled": "pooled"}
_AT_ONCE = 2**21  # ratings of a method that are drawn together: 50 MB in all


@dataclass(frozen=True)
class Question:
    """A difference, and how hard to look."""

    difference: float
    """Between the means of two methods."""
    around: float = 3.0
    """The middle of the two: votes spread most at 3, so that elsewhere fewer raters are enough."""
    most: int = 100
    """Raters, beyond which nothing is tried."""
    trials: int = 1000
    """Panels drawn; the more, the surer are the chances."""
    seed: int = 0
    model: Model = field(default_factory=Model)

    def __post_init__(self) -> None:
        if not (self.low < self.high and self.low >= LEAST and self.high <= MOST):
            raise UsageError(
                f"--difference {self.difference:g} around {self.around:g} leaves the scale: "
                f"both means must lie from {LEAST} to {MOST}, and differ"
            )
        if self.most < 2 or self.trials < 1:
            raise UsageError("a power needs two raters and one trial at least: give --most 2 or more")

    @property
    def low(self) -> float:
        """The lower mean."""
        return self.around - self.difference / 2

    @property
    def high(self) -> float:
        """The higher mean."""
        return self.around + self.difference / 2


@dataclass(frozen=True)
class Curve:
    """The chances of one test on one set."""

    data: str
    images: int
    pairs: int
    """Of methods, which Holm's correction takes together."""
    unit: Unit
    trials: int
    raters: tuple[int, ...]
    """From 2."""
    found: tuple[float, ...]
    """With so many raters, the chance of p < .05 with the right sign."""
    corrected: tuple[float, ...]
    """The same for p below .05 over the number of pairs: what is found after Holm's correction, at least."""
    false: tuple[float, ...]
    """The chance of p < .05 where there is no difference: .05 or less of a test that keeps its promise."""

    def needed(self, *, corrected: bool = False) -> int | None:
        """The smallest number of raters with a chance of 80 %; None if none that was tried has it."""
        chances = self.corrected if corrected else self.found
        return next((count for count, chance in zip(self.raters, chances, strict=True) if chance >= WANTED), None)

    def at(self, raters: int) -> tuple[float, float, float]:
        """Found, corrected and false with so many."""
        place = self.raters.index(raters)
        return self.found[place], self.corrected[place], self.false[place]

    def error(self, chance: float) -> float:
        """The standard error of a chance, by the number of trials; never nothing, however sure it looks."""
        middle = (chance * self.trials + 1) / (self.trials + 2)
        return math.sqrt(middle * (1 - middle) / self.trials)


def curves(study: Study, question: Question, count: Count | None = None) -> tuple[Curve, ...]:
    """The chances of each test on each set of a study, for up to as many raters as the question says.

    Args:
        study: its sets, how many pictures and methods each has.
        question: what is to be seen.
        count: told of progress, in panels.

    Raises:
        UsageError: if the question cannot be meant.
    """
    sizes = {data: _size(study, data) for data in study.sets}
    done, whole = 0, 2 * question.trials * len(sizes)
    found: list[Curve] = []
    for data, (images, methods) in sizes.items():
        pairs = max(methods * (methods - 1) // 2, 1)
        sums = {unit: np.zeros((3, question.most - 1)) for unit in UNITS}
        chance = np.random.default_rng([question.seed, images])
        at_once = max(1, min(question.trials, _AT_ONCE // (question.most * images)))
        for null in (False, True):
            means = (question.low, question.low if null else question.high)
            for begin in range(0, question.trials, at_once):
                trials = min(at_once, question.trials - begin)
                ratings = _differences(question, means, (trials, question.most, images), chance)
                for unit, sum_ in sums.items():
                    _add(sum_, ratings, unit, pairs, null=null)
                done += trials
                if count is not None:
                    count("panels of raters", done, whole)
        raters = tuple(range(2, question.most + 1))
        for unit, sum_ in sums.items():
            chances = (tuple(float(value) for value in row) for row in sum_ / question.trials)
            found.append(Curve(data, images, pairs, unit, question.trials, raters, *chances))
    return tuple(found)


def table(data: str, found: Sequence[Curve], question: Question, raters: int) -> Table:
    """The chances on one set, for some numbers of raters, among them the study's own."""
    units = {curve.unit: curve for curve in found if curve.data == data}
    counts = sorted({count for count in (*_SHOWN, raters, question.most) if 2 <= count <= question.most})
    header = [Column("raters"), Column("by rater"), Column("after Holm"), Column("by image"), Column("pooled")]
    header += [Column(f"false, {name}", (f"false {unit}",)) for unit, name in _NAMES.items()]
    rows: list[tuple[Cell, ...]] = []
    for count in counts:
        rater, image, pooled = (units[unit].at(count) for unit in _NAMES)
        chances = (rater[0], rater[1], image[0], pooled[0], rater[2], image[2], pooled[2])
        rows.append(((Number(str(count), (count,)),), *((_percent(chance),) for chance in chances)))
    one = units["rater"]
    error = max(one.error(chance) for chance in one.found)
    notes = (
        needed_words(units["rater"], question),
        f"Of {question.trials:,} simulated panels; standard error of a chance: up to {100 * error:.1f} percentage "
        f"points. After Holm: p below {LEVEL:g} / {one.pairs}, for {one.pairs} pairs of methods; Holm finds no less.",
        "False: how often p is below 0.05 where the two are equally good; 5 % is what is promised. " + _caution(units),
    )
    title = f"SIMULATED: how often {question.difference:g} MOS is found on {data} ({one.images} pictures)"
    return Table(title, tuple(header), tuple(rows), notes)


def needed_words(curve: Curve, question: Question) -> str:
    """How many raters it takes, in a sentence."""
    parts = []
    for corrected, which in ((False, "as one planned test"), (True, f"among all {curve.pairs} pairs, after Holm")):
        count = curve.needed(corrected=corrected)
        parts.append(f"{count or f'more than {question.most}'} {which}")
    return f"Raters for a chance of {100 * WANTED:g} % by rater: {'; '.join(parts)}."


def assumptions(question: Question) -> tuple[str, ...]:
    """What the chances rest on, in sentences."""
    model = question.model
    spread = f"{min(model.inconsistencies):g} to {max(model.inconsistencies):g}"
    return (
        f"Assumed of raters, in steps of the scale: bias {model.bias:g}, taste for a method {model.taste:g}, "
        f"inconsistency {spread}; of pictures {model.content:g}, of a version of one {model.fit:g} (standard "
        "deviations). Nobody was measured for this: a pilot tells what your raters are like, and taste matters most "
        "where there are many pictures (--taste).",
        f"The means are {question.low:g} and {question.high:g}, on the very pictures of the set; near the ends of the "
        "scale votes spread less, and fewer raters are enough. Every rater rates everything, and nobody is careless.",
        "By rater holds for other raters of these pictures: plan by it. By image asks about other pictures and counts "
        "what these raters like as the truth; pooled takes all votes for independent, which they are not.",
    )


def _caution(units: Mapping[Unit, Curve]) -> str:
    pairs = min(units["image"].images, EXACT_UP_TO)
    if 2.0 ** (1 - pairs) >= LEVEL:
        return f"By image nothing is ever found: {pairs} pictures cannot give a p below {LEVEL:g}."
    return "A test that promises more than it keeps finds more, and is no better for it."


def _percent(chance: float) -> Number:
    return Number(f"{100 * chance:.0f} %", (chance,))


def _size(study: Study, data: str) -> tuple[int, int]:
    """Pictures and methods of a set."""
    stimuli = [stimulus for stimulus in study.stimuli if stimulus.data == data]
    return len({stimulus.content for stimulus in stimuli}), len({stimulus.method for stimulus in stimuli})


def _differences(
    question: Question, means: tuple[float, float], shape: tuple[int, int, int], chance: np.random.Generator
) -> NDArray[np.int8]:
    """Votes on the second method minus votes on the first, of (panels, raters, images), all drawn anew."""
    model, (trials, raters, images) = question.model, shape
    contents = chance.normal(0, model.content, (trials, images))
    bias = chance.normal(0, model.bias, (trials, raters))
    inconsistency = chance.choice(model.inconsistencies, (trials, raters)).astype(np.float32)
    votes = []
    for mean in means:
        effects = contents + chance.normal(0, model.fit, (trials, images))
        psi = np.array([[model.level(mean, row)] for row in effects]) + effects
        shift = bias + chance.normal(0, model.taste, (trials, raters))
        thoughts = chance.standard_normal(shape, np.float32)
        thoughts *= inconsistency[:, :, None]
        thoughts += shift[:, :, None].astype(np.float32)
        thoughts += psi[:, None, :].astype(np.float32)
        votes.append(rounded(thoughts).astype(np.int8))
    return np.asarray(votes[1] - votes[0])


def _add(sums: NDArray[np.float64], ratings: NDArray[np.int8], unit: Unit, pairs: int, *, null: bool) -> None:
    """Count in how many panels the test finds something, for each number of raters from 2."""
    most = ratings.shape[1]
    if unit == "pooled":  # only how often each difference occurs is needed
        sizes = np.arange(1, 5)
        each = np.stack([(ratings[..., None] == sign * sizes).sum(axis=2) for sign in (1, -1)], axis=2)
        running = np.cumsum(each, axis=1)
    else:
        running = ratings.sum(axis=2, dtype=np.int64) if unit == "rater" else np.cumsum(ratings, axis=1, dtype=np.int64)
    for place in range(most - 1):
        seen = running[:, : place + 2] if unit == "rater" else running[:, place + 1]
        ps, above = compute_p_values(seen if unit == "pooled" else count_differences(seen))
        if null:
            sums[2, place] += np.count_nonzero(ps < LEVEL)
        else:
            sums[0, place] += np.count_nonzero((ps < LEVEL) & above)
            sums[1, place] += np.count_nonzero((ps < LEVEL / pairs) & above)
