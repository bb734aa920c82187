"""Interpolation between two trained networks, weight by weight: one invents texture, the other does not.

Interpolated networks, unlike blended images, keep edges single: Wang et al. 2018 (ESRGAN), section 3.4.
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
    """Two models of one architecture, run as one network between them; batch normalisation is folded before."""

    photo_real: Model
    faithful: Model
    fidelity: float
    """From 0, the first model, to 1, the second."""

    def __post_init__(self) -> None:
        ends = (self.photo_real, self.faithful)
        if self.photo_real.label == self.faithful.label:
            raise UsageError(f"faithful and model are both {self.faithful.label}: name two", parameter="faithful")
        if len({(end.card.architecture, end.stages) for end in ends}) > 1:
            raise self.misfit()

    @property
    def name(self) -> str:
        """Both ends and the fidelity, for people."""
        return f"{self.photo_real.name} to {self.faithful.name} at fidelity {fidelity_digits(self.fidelity)}"

    @property
    def label(self) -> str:
        """Both ends with their identities and the fidelity, for the metadata of results; unique to this network."""
        return f"{self.photo_real.label} to {self.faithful.label} at fidelity {fidelity_digits(self.fidelity)}"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The parts that are tiled apart, the same at both ends."""
        return self.photo_real.stages

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along one axis."""
        return self.photo_real.scale

    @property
    def grain(self) -> float:
        """Standard deviation of the grain that is added to its results, in levels of 255: in between, too."""
        return (1.0 - self.fidelity) * self.photo_real.grain + self.fidelity * self.faithful.grain

    def between(self, photo_real: NDArray[np.float32], faithful: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the weights at this fidelity, of the same shape; at an end exactly those of that end."""
        mixed = (1.0 - self.fidelity) * photo_real.astype(np.float64) + self.fidelity * faithful.astype(np.float64)
        return mixed.astype(np.float32)

    def misfit(self) -> ModelError:
        """Return the error for two different networks."""
        names = f"{self.photo_real.card.name} and {self.faithful.card.name}"
        return ModelError(f"{names} differ in architecture: a fidelity needs two models, one trained from the other")


AnyModel = Model | Interpolated
"""A network that engines run."""


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
            raise UsageError("faithful is one end of a fidelity: give that too, from 0 to 1", parameter="faithful")
        return find(model)
    check_fidelity(fidelity)
    if faithful is None:
        raise UsageError("fidelity lies between two models: name model and faithful, or neither", parameter="fidelity")
    network = Interpolated(find(model), find(faithful), fidelity)
    if fidelity == 0:
        return network.photo_real
    return network.faithful if fidelity == 1 else network


def check_fidelity(fidelity: float) -> None:
    """Check a fidelity.

    Raises:
        UsageError: if it is not from 0 to 1.
    """
    if not 0 <= fidelity <= 1:  # written so that NaN is refused
        raise UsageError(
            f"fidelity must be from 0, most photo-real, to 1, most faithful, not {fidelity}", parameter="fidelity"
        )


def fidelity_digits(fidelity: float) -> str:
    """Return the number in the fewest decimals that are unique to it: 0.7, 1, 0.00001."""
    return f"{abs(Decimal(repr(float(fidelity)))).normalize():f}"
