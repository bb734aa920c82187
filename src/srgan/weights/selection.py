"""Which model suits a picture: the table of pairs, and the choice between them by what was found out about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from srgan.errors import ModelError
from srgan.images.inspection import Inspection
from srgan.weights.catalogue import Model
from srgan.weights.interpolation import AnyModel, Interpolated, check_fidelity

AUTO = "auto"
"""In place of a model's name: chosen for each picture."""


@dataclass(frozen=True)
class Pair:
    """Two shipped models that a fidelity lies between."""

    photo_real: str
    """The one at fidelity 0."""
    faithful: str
    """The one at fidelity 1, which is taken when no fidelity is asked for."""


CLEAN = Pair("srgan", "srresnet")
"""For pictures that are clean: trained on clean pictures alone."""
DAMAGED = Pair("srgan-photo", "srresnet-photo")
"""For those that were compressed or are noisy: trained on such pictures."""


@dataclass(frozen=True)
class ModelChoice:
    """What `auto` chose for a picture."""

    network: AnyModel
    reason: str
    """A clause: `it is a JPEG of quality 60`."""


def choose_model(inspection: Inspection, installed: Mapping[str, Model], *, fidelity: float = 1.0) -> ModelChoice:
    """Choose the network that suits a picture among the installed ones.

    Args:
        inspection: what was found out about the picture.
        installed: models by name.
        fidelity: from 0, the photo-real model of the pair, to 1, the faithful one.

    Raises:
        ModelError: if the models for clean pictures, which serve where others are missing, are not installed.
        UsageError: if the fidelity is not from 0 to 1.
    """
    check_fidelity(fidelity)
    pair = DAMAGED if inspection.damaged else CLEAN
    missing = _missing(pair, installed, fidelity)
    if not missing:
        return ModelChoice(_between(pair, installed, fidelity), inspection.reason)
    reason = f"{inspection.reason}, but no {' and no '.join(missing)} is installed"
    if inspection.damaged and DAMAGED.faithful in installed:  # rather than one that enlarges the damage
        return ModelChoice(installed[DAMAGED.faithful], reason)
    absent = _missing(CLEAN, installed, fidelity)
    if absent:
        raise ModelError(
            f"this srgan came without {' and '.join(absent)}, which auto needs: upgrade srgan, or name a model"
        )
    return ModelChoice(_between(CLEAN, installed, fidelity), reason)


def better_model(named: AnyModel, inspection: Inspection, installed: Mapping[str, Model]) -> str | None:
    """The installed model that would suit a damaged picture better than the one for clean pictures that was named."""
    if not inspection.damaged or not isinstance(named, Model):
        return None
    counterpart = {CLEAN.photo_real: DAMAGED.photo_real, CLEAN.faithful: DAMAGED.faithful}.get(named.card.name)
    return counterpart if counterpart in installed and installed.get(named.card.name) == named else None


def _missing(pair: Pair, installed: Mapping[str, Model], fidelity: float) -> list[str]:
    """Which of the pair's models that this fidelity takes are not installed."""
    needed = {0.0: [pair.photo_real], 1.0: [pair.faithful]}.get(fidelity, [pair.photo_real, pair.faithful])
    return [name for name in needed if name not in installed]


def _between(pair: Pair, installed: Mapping[str, Model], fidelity: float) -> AnyModel:
    if fidelity in (0, 1):
        return installed[pair.faithful if fidelity else pair.photo_real]
    return Interpolated(installed[pair.photo_real], installed[pair.faithful], fidelity)
