"""The network between two trained ones: one that invents texture and one that does not, weight by weight.

Interpolated networks, unlike blended pictures, keep edges single: Wang et al. 2018 (ESRGAN), section 3.4. This module
knows which models are meant and what lies between two weights; the engines know where the weights are.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.errors import ModelError, UsageError
from srgan.weights.card import Stage
from srgan.weights.catalogue import Model, find


@dataclass(frozen=True)
class Interpolated:
    """Two models of one architecture, to be run as the one network between them.

    It is the network as run that is interpolated, with batch normalisation folded into its convolutions.
    """

    photo_real: Model
    faithful: Model
    fidelity: float
    """From 0, the first model, to 1, the second."""

    def __post_init__(self) -> None:
        ends = (self.photo_real, self.faithful)
        if self.photo_real.label == self.faithful.label:
            raise UsageError(f"both ends of --fidelity are {self.faithful.label}: --model and --faithful are to differ")
        if len({(end.card.architecture, end.stages) for end in ends}) > 1:
            raise self.misfit()

    @property
    def name(self) -> str:
        """What it lies between and where, for people."""
        return f"{self.photo_real.name} to {self.faithful.name} at fidelity {fidelity_digits(self.fidelity)}"

    @property
    def label(self) -> str:
        """What it was made from, for people and for the metadata of results: no two networks share it."""
        return f"{self.photo_real.label} to {self.faithful.label} at fidelity {fidelity_digits(self.fidelity)}"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The parts that are tiled apart, the same at both ends."""
        return self.photo_real.stages

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along one axis."""
        return self.photo_real.scale

    def between(self, photo_real: NDArray[np.float32], faithful: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weights at this fidelity, of the same shape: exactly those of an end at that end."""
        mixed = (1.0 - self.fidelity) * photo_real.astype(np.float64) + self.fidelity * faithful.astype(np.float64)
        return mixed.astype(np.float32)

    def misfit(self) -> ModelError:
        """What to raise where the two turn out to be different networks."""
        names = f"{self.photo_real.card.name} and {self.faithful.card.name}"
        return ModelError(f"{names} differ in architecture: --fidelity needs two models, one trained from the other")


AnyModel = Model | Interpolated
"""What engines run."""


def find_network(model: str | Path, *, fidelity: float | None = None, faithful: str | Path | None = None) -> AnyModel:
    """Return a model, or with `fidelity` the network between two; at 0 and 1 the model that is there.

    Args:
        model: a shipped model's name or the path of one's own.
        fidelity: from 0, `model`, to 1, `faithful`; without it, `model` alone.
        faithful: the other end. A shipped model is never mixed into one's own unasked.

    Raises:
        ModelError: if there is no such model, or the two are of different architectures.
        UsageError: if the fidelity is not from 0 to 1, or it is not clear what it lies between.
    """
    if fidelity is None:
        if faithful is not None:
            raise UsageError("--faithful is one end of --fidelity: give --fidelity too, from 0 to 1")
        return find(model)
    check_fidelity(fidelity)
    if faithful is None:
        raise UsageError("--fidelity lies between two models: give both --model and --faithful, or neither")
    network = Interpolated(find(model), find(faithful), fidelity)
    if fidelity == 0:
        return network.photo_real
    return network.faithful if fidelity == 1 else network


def check_fidelity(fidelity: float) -> None:
    """Check that a fidelity is one.

    Raises:
        UsageError: if it is not from 0 to 1.
    """
    if not 0 <= fidelity <= 1:  # written so that NaN is refused
        raise UsageError(f"--fidelity must be from 0, most photo-real, to 1, most faithful, not {fidelity}")


def fidelity_digits(fidelity: float) -> str:
    """The number in decimals, as many as tell it from any other: 0.7, 1, 0.00001."""
    return f"{abs(Decimal(repr(float(fidelity)))).normalize():f}"
