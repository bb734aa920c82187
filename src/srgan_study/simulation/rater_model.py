"""Raters that are programs: a stated model of how people vote, with means that are planted and can be found again.

A rater i sees a version j of a picture for the r-th time and thinks

    u_ijr = psi_j + b_i + t_im + v_i * eps_ijr,

of which the vote is the whole number from 1 to 5 that is nearest. This is the model by which ITU-T P.910 (Annex E)
screens raters, and t_im, the rater's taste for the method m, besides; with a taste of 0 it is that one. psi_j is a
level of the method on the set and chance effects of the picture; the level is solved for so that the expected vote,
after rounding and cutting, is the planted mean. This module does not know how votes are cast.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from srgan.errors import UsageError
from srgan_study.study import Stimulus, Study
from srgan_study.votes.ratings import Phase

Numbers = NDArray[np.float64]
Kind = Literal["good", "constant", "random", "inverted"]
"""Good raters follow the model; others give one score always, or any at all, or have the scale the wrong way round."""
BAD: tuple[Kind, ...] = ("constant", "random", "inverted")

LEAST, MOST = 1.02, 4.98
"""Between which a mean can be planted: at 1 and at 5 all votes would have to be the same."""

_SHORTEST = 350  # ms of a response, a little more than what is asked of raters
_CUTS = np.arange(1, 5) + 0.5  # between neighbouring scores


@dataclass(frozen=True)
class Model:
    """How good raters vote; the sizes are assumptions, in steps of the scale, which a pilot study can replace."""

    bias: float = 0.3
    """Standard deviation of b: how much kinder or harsher one rater is than another."""
    taste: float = 0.15
    """Standard deviation of t: how much more one rater likes a method than another does."""
    inconsistencies: tuple[float, ...] = (0.45, 0.55, 0.65, 0.75, 0.85)
    """Of a rater, v is one of these, each as likely: the spread of the rater's votes on the same picture."""
    content: float = 0.3
    """Standard deviation of what all versions of one picture share."""
    fit: float = 0.2
    """Standard deviation of what one version of one picture has for itself."""
    seconds: float = 2.8
    """The median response."""
    pace: float = 0.5
    """Standard deviation of the logarithm of response times."""

    def __post_init__(self) -> None:
        if not self.inconsistencies or min(self.inconsistencies) <= 0:
            raise UsageError("a rater who is never inconsistent cannot be simulated: give inconsistencies above 0")
        if min(self.bias, self.taste, self.content, self.fit, self.pace) < 0 or self.seconds <= 0:
            raise UsageError("a spread below 0 cannot be meant: give 0 or more, and seconds above 0")

    @property
    def spreads(self) -> Numbers:
        """Standard deviation of u about psi over raters, for each of the inconsistencies."""
        return np.sqrt(self.bias**2 + self.taste**2 + np.square(self.inconsistencies))

    def expected(self, psi: float | Numbers) -> Numbers:
        """The mean vote on versions at psi, over all good raters there could be."""
        return 1 + np.asarray(self._above(psi).sum(axis=-1))

    def variance(self, psi: float | Numbers) -> Numbers:
        """The variance of the votes on versions at psi, over all good raters there could be."""
        above = self._above(psi)  # E(n^2) of n, the number of cuts below the vote, is the sum of (2k - 1) P(n >= k)
        return np.asarray((above * (2 * np.arange(1, 5) - 1)).sum(axis=-1) - above.sum(axis=-1) ** 2)

    def _above(self, psi: float | Numbers) -> Numbers:
        """The chance of a vote above each cut, along a new last axis."""
        distance = (np.asarray(psi, np.float64)[..., None, None] - _CUTS) / self.spreads[:, None]
        return np.asarray(ndtr(distance).mean(axis=-2))

    def level(self, mean: float, effects: Numbers) -> float:
        """The level at which versions with these effects have this mean of all votes.

        Raises:
            UsageError: if votes from 1 to 5 can hardly have that mean.
        """
        if not LEAST <= mean <= MOST:
            raise UsageError(f"a mean of {mean:g} cannot be planted: give one from {LEAST} to {MOST}")

        def missing(level: float) -> float:
            return float(self.expected(level + effects).mean()) - mean

        return float(brentq(missing, -20.0 - effects.max(), 26.0 - effects.min(), xtol=1e-9))


@dataclass(frozen=True)
class Planted:
    """What a study's versions are worth to simulated raters."""

    study: Study
    model: Model
    seed: int
    means: Mapping[tuple[str, str], float]
    """By method and set: the mean of the votes of all good raters there could be, on the study's own pictures."""
    psi: Numbers
    """Of every stimulus."""
    practice: Numbers
    """Of every stimulus of the practice: from bad to good, in even steps."""


def plant(
    study: Study, means: Mapping[tuple[str, str], float], *, seed: int = 0, model: Model | None = None
) -> Planted:
    """Give every version its psi, so that the means of methods on sets are those.

    Args:
        study: of which the versions are.
        means: by method and set, of all that the study has.
        seed: of the effects of pictures.
        model: of raters; without it, the usual one.

    Raises:
        UsageError: if a mean cannot be planted.
    """
    model = model or Model()
    places: dict[tuple[str, str], list[Stimulus]] = {}
    for stimulus in study.stimuli:
        places.setdefault((stimulus.method, stimulus.data), []).append(stimulus)
    psi = np.zeros(len(study.stimuli))
    for (method, data), stimuli in places.items():
        effects = np.array([_effect(model, seed, data, stimulus.content, method) for stimulus in stimuli])
        psi[[stimulus.id for stimulus in stimuli]] = model.level(means[method, data], effects) + effects
    practice = np.linspace(1.2, 4.5, len(study.practice))
    return Planted(study, model, seed, {key: float(means[key]) for key in places}, psi, practice)


@dataclass(frozen=True)
class Rater:
    """One simulated rater, with every vote that they could be asked for."""

    code: str
    kind: Kind
    bias: float
    """b_i; of good and inverted raters."""
    inconsistency: float
    """v_i, as the bias."""
    scores: Mapping[Phase, NDArray[np.int64]]
    """By phase: for each stimulus, whether this rater meets it in that phase or not."""
    milliseconds: Mapping[Phase, NDArray[np.int64]]
    """Of each of these: the response time."""


def make_rater(planted: Planted, code: str, kind: Kind = "good") -> Rater:
    """The rater with a code: the same for the same seed, whoever else there is and whenever they vote."""
    model, study = planted.model, planted.study
    chance = generator(planted.seed, "rater", code)
    methods = {method: place for place, method in enumerate(sorted({each.method for each in study.stimuli}))}
    bias, tastes = chance.normal(0, model.bias), chance.normal(0, model.taste, len(methods))
    inconsistency = float(chance.choice(model.inconsistencies))
    liked = tastes[[methods[stimulus.method] for stimulus in study.stimuli]] if study.stimuli else np.zeros(0)
    pace = model.seconds * np.exp(chance.normal(0, 0.2))
    favourite = int(chance.integers(2, 5))
    scores: dict[Phase, NDArray[np.int64]] = {}
    milliseconds: dict[Phase, NDArray[np.int64]] = {}
    for phase in get_args(Phase):
        psi = planted.practice if phase == "practice" else planted.psi + liked
        honest = rounded(psi + bias + inconsistency * chance.standard_normal(len(psi)))
        anything = chance.integers(1, 6, len(psi))
        seconds = pace * np.exp(chance.normal(0, model.pace, len(psi)))
        scores[phase] = _given(kind, honest, anything, favourite)
        careless = 0.15 if kind in ("constant", "random") else 1.0  # who does not look needs no time
        milliseconds[phase] = np.maximum(np.rint(careless * seconds * 1000), _SHORTEST).astype(np.int64)
    return Rater(code, kind, float(bias), inconsistency, scores, milliseconds)


def rounded(thoughts: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """The scores that are nearest, from 1 to 5."""
    return np.asarray(np.clip(np.floor(thoughts + 0.5), 1, 5).astype(np.int64))


def generator(seed: int, *words: str) -> np.random.Generator:
    """Chance that depends on the seed and these words alone."""
    digest = hashlib.sha256("\n".join(words).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, np.dtype("<u4")).tolist()])


def _effect(model: Model, seed: int, data: str, content: str, method: str) -> float:
    """Of a picture, and of this version of it."""
    shared = generator(seed, "content", data, content).normal(0, model.content)
    own = generator(seed, "version", data, content, method).normal(0, model.fit)
    return float(shared + own)


def _given(kind: Kind, honest: NDArray[np.int64], anything: NDArray[np.int64], favourite: int) -> NDArray[np.int64]:
    if kind == "constant":
        return np.full_like(honest, favourite)
    if kind == "random":
        return anything
    return 6 - honest if kind == "inverted" else honest
