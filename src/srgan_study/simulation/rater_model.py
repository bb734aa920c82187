"""Model of raters for simulated studies, with method means that are planted and can be recovered.

Rater i sees version j of an image for the r-th time and perceives

    u_ijr = psi_j + b_i + t_im + v_i * eps_ijr,

and votes the nearest whole number from 1 to 5. This is the model by which ITU-T P.910 (Annex E) screens raters, plus
t_im, the rater's taste for method m. psi_j is a level of the method on the set plus random effects of the image; the
level is solved for so that the expected vote, after rounding and clipping, is the planted mean.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from srgan_study.server.rng import hash_words
from srgan_study.study import Stimulus, Study
from srgan_study.votes.ratings import Phase

Floats = NDArray[np.float64]
Kind = Literal["good", "constant", "random", "inverted"]
"""Good raters follow the model; the others always give one score, random scores, or invert the scale."""
BAD: tuple[Kind, ...] = ("constant", "random", "inverted")

LEAST, MOST = 1.02, 4.98  # range of means that can be planted: at 1 and at 5 all votes would have to be equal

_SHORTEST = 350  # ms of a response, a little more than the server's minimum
_CUTS = np.arange(1, 5) + 0.5  # between neighbouring scores


@dataclass(frozen=True)
class RaterModel:
    """Parameters of good raters, in steps of the scale: assumptions that a pilot study can replace."""

    bias: float = 0.3  # standard deviation of b over raters
    taste: float = 0.15  # standard deviation of t over raters and methods
    inconsistencies: tuple[float, ...] = (0.45, 0.55, 0.65, 0.75, 0.85)  # possible values of v, equally likely
    content: float = 0.3  # standard deviation of the effect that all versions of an image share
    fit: float = 0.2  # standard deviation of the effect of a single version
    seconds: float = 2.8  # median response time
    pace: float = 0.5  # standard deviation of the logarithm of response times

    def expect(self, psi: float | Floats) -> Floats:
        """Return the mean vote of the population of good raters on versions at psi."""
        spreads = np.sqrt(self.bias**2 + self.taste**2 + np.square(self.inconsistencies))
        distances = (np.asarray(psi, np.float64)[..., None, None] - _CUTS) / spreads[:, None]
        return 1 + np.asarray(ndtr(distances).mean(axis=-2).sum(axis=-1))

    def solve_level(self, mean: float, effects: Floats) -> float:
        """Return the level at which versions with these effects have this mean vote, from LEAST to MOST."""

        def error(level: float) -> float:
            return float(self.expect(level + effects).mean()) - mean

        return float(brentq(error, -20.0 - effects.max(), 26.0 - effects.min(), xtol=1e-9))


@dataclass(frozen=True)
class PlantedMean:
    """Mean opinion score to plant, and its origin in a word or two."""

    method: str
    data: str
    value: float
    source: str


@dataclass(frozen=True)
class Planted:
    """Values of a study's versions for simulated raters."""

    study: Study
    model: RaterModel
    seed: int
    means: Mapping[tuple[str, str], float]
    """By method and set: mean vote of the population of good raters on the study's own images."""
    psi: Floats  # (stimuli,)
    practice: Floats  # psi of the practice stimuli: from bad to good, in even steps


def plant(study: Study, means: Iterable[PlantedMean], *, seed: int = 0, model: RaterModel | None = None) -> Planted:
    """Choose psi of every version so that the methods' means on each set are the given ones.

    Args:
        study: study to rate.
        means: mean of each of its methods and sets.
        seed: random seed of the image effects.
        model: parameters of raters.
    """
    model, values = model or RaterModel(), {(mean.method, mean.data): float(mean.value) for mean in means}
    groups: dict[tuple[str, str], list[Stimulus]] = {}
    for stimulus in study.stimuli:
        groups.setdefault((stimulus.method, stimulus.data), []).append(stimulus)
    psi = np.zeros(len(study.stimuli))
    for key, stimuli in groups.items():
        effects = np.array([_draw_effect(model, seed, stimulus) for stimulus in stimuli])
        psi[[stimulus.id for stimulus in stimuli]] = model.solve_level(values[key], effects) + effects
    practice = np.linspace(1.2, 4.5, len(study.practice))
    return Planted(study, model, seed, {key: values[key] for key in groups}, psi, practice)


@dataclass(frozen=True)
class SimulatedRater:
    """One simulated rater with a vote and a response time for every stimulus in every phase."""

    code: str
    kind: Kind
    bias: float  # b_i; of good and inverted raters
    inconsistency: float  # v_i, likewise
    scores: Mapping[Phase, NDArray[np.int64]]
    milliseconds: Mapping[Phase, NDArray[np.int64]]


def make_rater(planted: Planted, code: str, kind: Kind = "good") -> SimulatedRater:
    """Return the rater with a code; it depends on the seed and the code alone."""
    model, study = planted.model, planted.study
    rng = make_rng(planted.seed, "rater", code)
    methods = {method: place for place, method in enumerate(sorted({each.method for each in study.stimuli}))}
    bias, tastes = rng.normal(0, model.bias), rng.normal(0, model.taste, len(methods))
    inconsistency = float(rng.choice(model.inconsistencies))
    taste = tastes[[methods[stimulus.method] for stimulus in study.stimuli]]
    pace = model.seconds * np.exp(rng.normal(0, 0.2))
    constant = int(rng.integers(2, 5))
    scores: dict[Phase, NDArray[np.int64]] = {}
    milliseconds: dict[Phase, NDArray[np.int64]] = {}
    for phase in get_args(Phase):
        psi = planted.practice if phase == "practice" else planted.psi + taste
        good = round_votes(psi + bias + inconsistency * rng.standard_normal(len(psi)))
        random = rng.integers(1, 6, len(psi))  # drawn for all kinds, so that a rater's other numbers are the same
        seconds = pace * np.exp(rng.normal(0, model.pace, len(psi)))
        by_kind = {"good": good, "constant": np.full_like(good, constant), "random": random, "inverted": 6 - good}
        scores[phase] = by_kind[kind]
        haste = 0.15 if kind in ("constant", "random") else 1.0  # these do not look
        milliseconds[phase] = np.maximum(np.rint(haste * seconds * 1000), _SHORTEST).astype(np.int64)
    return SimulatedRater(code, kind, float(bias), inconsistency, scores, milliseconds)


def round_votes(perceived: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Return the nearest scores from 1 to 5."""
    return np.asarray(np.clip(np.floor(perceived + 0.5), 1, 5).astype(np.int64))


def make_rng(seed: int, *words: str) -> np.random.Generator:
    """Return a random generator that depends on the seed and the words alone."""
    return np.random.default_rng([seed, *np.frombuffer(hash_words(*words), np.dtype("<u4")).tolist()])


def _draw_effect(model: RaterModel, seed: int, stimulus: Stimulus) -> float:
    """Return the effect of an image plus that of its version."""
    shared = make_rng(seed, "content", *stimulus.image).normal(0, model.content)
    return float(shared + make_rng(seed, "version", *stimulus.image, stimulus.method).normal(0, model.fit))
