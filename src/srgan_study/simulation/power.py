"""Number of raters needed to detect a difference: Wilcoxon tests on votes drawn from the rater model.

Two methods with a planted difference are rated by many simulated panels, on as many images as a set of the study has;
power is the share of panels in which the test is significant with the right sign.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from srgan.errors import UsageError
from srgan.progress import NoProgress, Progress
from srgan.reporting import Cell, Column, Number, Table
from srgan_study.analysis.differences import UNITS, Unit
from srgan_study.analysis.wilcoxon import EXACT_UP_TO, compute_p_values, count_differences
from srgan_study.simulation.rater_model import LEAST, MOST, Floats, RaterModel, round_votes
from srgan_study.study import Study

LEVEL = 0.05
WANTED = 0.8  # power for which studies are usually planned

_SHOWN = (5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200)
_UNIT_NAMES: Mapping[Unit, str] = {"rater": "by rater", "image": "by image", "pooled": "pooled"}
_AT_ONCE = 2**21  # ratings per method drawn together: 50 MB in all


@dataclass(frozen=True)
class Question:
    """Difference to detect, and the effort of the simulation.

    Raises:
        UsageError: if a mean is not on the scale, or the two are equal.
    """

    difference: float  # between the means of two methods
    around: float = 3.0  # middle of the two means; at 3 votes spread most, so that elsewhere fewer raters suffice
    most: int = 100  # largest number of raters to try
    trials: int = 1000  # number of simulated panels
    seed: int = 0
    model: RaterModel = field(default_factory=RaterModel)

    def __post_init__(self) -> None:
        low, high = self.means
        if not LEAST <= low < high <= MOST:
            raise UsageError(
                f"difference {self.difference:g} around {self.around:g} leaves the scale: both means must lie from "
                f"{LEAST} to {MOST}, and differ",
                parameter="difference",
            )

    @property
    def means(self) -> tuple[float, float]:
        """Lower and higher mean."""
        return self.around - self.difference / 2, self.around + self.difference / 2


@dataclass(frozen=True)
class PowerCurve:
    """Power of one test on one set."""

    data: str
    images: int
    pairs: int  # pairs of methods, which Holm's correction takes together
    unit: Unit
    trials: int
    raters: tuple[int, ...]  # from 2
    found: tuple[float, ...]  # by number of raters, the share of panels with p < .05 and the right sign
    corrected: tuple[float, ...]  # the same with p < .05 / pairs, a lower bound of the power after Holm's correction
    false: tuple[float, ...]  # share with p < .05 where there is no difference; at most .05 for a valid test

    def needed(self, *, corrected: bool = False) -> int | None:
        """Return the smallest number of raters with a power of 80 %; None if none that was tried has it."""
        powers = self.corrected if corrected else self.found
        return next((count for count, power in zip(self.raters, powers, strict=True) if power >= WANTED), None)

    def error(self, power: float) -> float:
        """Return the standard error of a power, never 0, by the number of trials."""
        middle = (power * self.trials + 1) / (self.trials + 2)
        return math.sqrt(middle * (1 - middle) / self.trials)


def compute_power(study: Study, question: Question, progress: Progress | None = None) -> tuple[PowerCurve, ...]:
    """Return the power of each test on each set, for 2 to `question.most` raters.

    Args:
        study: gives the numbers of images and methods of each set.
        question: difference to detect.
        progress: counts panels.
    """
    progress = progress or NoProgress()
    progress.start("panels of raters", 2 * question.trials * len(study.sets))
    curves: list[PowerCurve] = []
    for data in study.sets:
        images, methods = study.describe_set(data)
        pairs = max(math.comb(len(methods), 2), 1)
        counts = {unit: np.zeros((3, question.most - 1)) for unit in UNITS}
        rng = np.random.default_rng([question.seed, images])
        at_once = max(1, min(question.trials, _AT_ONCE // (question.most * images)))
        for null in (False, True):
            means = (question.means[0], question.means[0 if null else 1])
            for begin in range(0, question.trials, at_once):
                trials = min(at_once, question.trials - begin)
                differences = _draw_differences(question, means, (trials, question.most, images), rng)
                for unit, count in counts.items():
                    _count_significant(count, differences, unit, pairs, null=null)
                progress.advance(trials)
        raters = tuple(range(2, question.most + 1))
        for unit, count in counts.items():
            powers = (tuple(row) for row in (count / question.trials).tolist())
            curves.append(PowerCurve(data, images, pairs, unit, question.trials, raters, *powers))
    return tuple(curves)


def make_power_table(data: str, curves: Sequence[PowerCurve], question: Question, raters: int) -> Table:
    """Return the power on one set for some numbers of raters, among them the study's own."""
    units = {curve.unit: curve for curve in curves if curve.data == data}
    counts = sorted({count for count in (*_SHOWN, raters, question.most) if 2 <= count <= question.most})
    header = [Column(title) for title in ("raters", "by rater", "after Holm", "by image", "pooled")]
    header += [Column(f"false, {name}", (f"false {unit}",)) for unit, name in _UNIT_NAMES.items()]
    rater, image, pooled = (units[unit] for unit in _UNIT_NAMES)
    columns = (rater.found, rater.corrected, image.found, pooled.found, rater.false, image.false, pooled.false)
    rows: list[tuple[Cell, ...]] = []
    for count in counts:
        shares = [column[count - 2] for column in columns]
        rows.append(((Number(str(count), (count,)),), *((Number(f"{100 * s:.0f} %", (s,)),) for s in shares)))
    error = max(rater.error(power) for power in rater.found)
    caution = "A test that promises more than it keeps finds more, and is no better for it."
    if 2.0 ** (1 - min(rater.images, EXACT_UP_TO)) >= LEVEL:
        caution = f"By image nothing is ever found: {rater.images} pictures cannot give a p below {LEVEL:g}."
    notes = (
        describe_need(rater, question),
        f"Of {question.trials:,} simulated panels; standard error of a chance: up to {100 * error:.1f} percentage "
        f"points. After Holm: p below {LEVEL:g} / {rater.pairs}, for {rater.pairs} pairs of methods; Holm finds "
        "no less.",
        f"False: how often p is below 0.05 where the two are equally good; 5 % is what is promised. {caution}",
    )
    title = f"SIMULATED: how often {question.difference:g} MOS is found on {data} ({rater.images} pictures)"
    return Table(title, tuple(header), tuple(rows), notes)


def describe_need(curve: PowerCurve, question: Question) -> str:
    """Return a sentence with the number of raters needed."""
    alone, among = (curve.needed(corrected=corrected) or f"more than {question.most}" for corrected in (False, True))
    return (
        f"Raters for a chance of {100 * WANTED:g} % by rater: {alone} as one planned test; {among} among all "
        f"{curve.pairs} pairs, after Holm."
    )


def list_assumptions(question: Question) -> tuple[str, ...]:
    """Return the assumptions behind the power, in sentences."""
    model = question.model
    spread = f"{min(model.inconsistencies):g} to {max(model.inconsistencies):g}"
    low, high = question.means
    return (
        f"Assumed of raters, in steps of the scale: bias {model.bias:g}, taste for a method {model.taste:g}, "
        f"inconsistency {spread}; of pictures {model.content:g}, of a version of one {model.fit:g} (standard "
        "deviations). Nobody was measured for this: a pilot tells what your raters are like, and taste matters most "
        "where there are many pictures (--taste).",
        f"The means are {low:g} and {high:g}, on the very pictures of the set; near the ends of the "
        "scale votes spread less, and fewer raters are enough. Every rater rates everything, and nobody is careless.",
        "By rater holds for other raters of these pictures: plan by it. By image asks about other pictures and counts "
        "what these raters like as the truth; pooled takes all votes for independent, which they are not.",
    )


def _draw_differences(
    question: Question, means: tuple[float, float], shape: tuple[int, int, int], rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return votes on the second method minus votes on the first of new (panels, raters, images)."""
    model, (trials, raters, images) = question.model, shape
    contents = rng.normal(0, model.content, (trials, images))
    bias = rng.normal(0, model.bias, (trials, raters))
    inconsistency = rng.choice(model.inconsistencies, (trials, raters)).astype(np.float32)
    votes = []
    for mean in means:
        effects = contents + rng.normal(0, model.fit, (trials, images))
        psi = np.array([[model.solve_level(mean, row)] for row in effects]) + effects
        shift = bias + rng.normal(0, model.taste, (trials, raters))
        perceived = rng.standard_normal(shape, np.float32)
        perceived *= inconsistency[:, :, None]
        perceived += shift[:, :, None].astype(np.float32)
        perceived += psi[:, None, :].astype(np.float32)
        votes.append(round_votes(perceived).astype(np.int8))
    return np.asarray(votes[1] - votes[0])


def _count_significant(counts: Floats, differences: NDArray[np.int8], unit: Unit, pairs: int, *, null: bool) -> None:
    """Add the number of panels with a significant test, for each number of raters from 2."""
    if unit == "pooled":  # only the number of each difference is needed
        sizes = np.arange(1, 5)
        each = np.stack([(differences[..., None] == sign * sizes).sum(axis=2) for sign in (1, -1)], axis=2)
        running = np.cumsum(each, axis=1)
    elif unit == "image":
        running = np.cumsum(differences, axis=1, dtype=np.int64)
    else:
        running = differences.sum(axis=2, dtype=np.int64)
    for place in range(differences.shape[1] - 1):
        sample = running[:, : place + 2] if unit == "rater" else running[:, place + 1]
        ps, above = compute_p_values(sample if unit == "pooled" else count_differences(sample))
        if null:
            counts[2, place] += np.count_nonzero(ps < LEVEL)
        else:
            counts[0, place] += np.count_nonzero((ps < LEVEL) & above)
            counts[1, place] += np.count_nonzero((ps < LEVEL / pairs) & above)
