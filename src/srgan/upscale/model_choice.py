"""Choice of the model for an image: the one that was named, or with `auto` the one of a pair that suits the image."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from srgan.engines.engine import EngineName, Precision
from srgan.errors import ModelError, UsageError
from srgan.images.colour import Pixels
from srgan.images.inspection import Inspection, inspect_opened, inspect_pixels
from srgan.images.reader import ImageReader
from srgan.upscale.loaded_model import LoadedModel
from srgan.upscale.options import UpscaleOptions
from srgan.weights.catalogue import Model, installed
from srgan.weights.interpolation import AnyModel, Interpolated, check_fidelity, find_network

AUTO = "auto"
"""In place of a model's name: chosen for each image."""


@dataclass(frozen=True)
class ModelPair:
    """Two shipped models that a fidelity lies between."""

    photo_real: str
    """The one at fidelity 0."""
    faithful: str
    """The one at fidelity 1, which is the default."""


CLEAN = ModelPair("srgan", "srresnet")
"""For clean images; trained on clean images alone."""
DAMAGED = ModelPair("srgan-photo", "srresnet-photo")
"""For images that were compressed or are noisy; trained on such images."""

FAST = {CLEAN.faithful: "swift", DAMAGED.faithful: "swift-photo"}
"""Small networks for large images, by the faithful model that each stands in for."""
TWICE = {CLEAN.faithful: "swift-x2", DAMAGED.faithful: "swift-photo-x2"}
"""Networks that enlarge twice, by the faithful model that each stands in for where no more than that is asked."""
LARGE = {CLEAN.faithful: 1_000_000, DAMAGED.faithful: 6_000_000}
"""Pixels of an image from which on `auto` takes the fast model: for clean images, where it is as good, as soon as the
faithful one takes some seconds; for others where that takes a minute (docs/decisions/0037)."""


@dataclass(frozen=True)
class ChosenModel:
    """The model for an image, and why it is that one."""

    loaded: LoadedModel
    reason: str | None = None
    """A clause, `it is a JPEG of quality 60`; None where the model was named."""
    inspection: Inspection | None = None
    """Measurements that decided; None where the model was named."""

    @property
    def label(self) -> str:
        """Name and identity of the model."""
        return self.loaded.model.label


def choose_model(
    inspection: Inspection,
    installed: Mapping[str, Model],
    *,
    fidelity: float = 1.0,
    pixels: int = 0,
    factor: float | None = None,
) -> tuple[AnyModel, str]:
    """Choose the network that suits an image among the installed ones.

    Args:
        inspection: measurements of the image.
        installed: models by name.
        fidelity: from 0, the photo-real model of the pair, to 1, the faithful one.
        pixels: width times height; a large image gets the fast model, where there is one.
        factor: by which the image is enlarged; up to 2 it gets a model that enlarges twice, where there is one. None
            for the scale of the other models.

    Returns:
        The network, and the reason as a clause: `it is a JPEG of quality 60`.

    Raises:
        ModelError: if the models for clean images, which replace missing ones, are not installed.
        UsageError: if the fidelity is not from 0 to 1.
    """
    check_fidelity(fidelity)
    pair = DAMAGED if inspection.damaged else CLEAN
    if fidelity == 1 and factor is not None and factor <= 2 and (twice := TWICE[pair.faithful]) in installed:
        return installed[twice], f"{inspection.reason}, and enlarged twice at most"
    if fidelity == 1 and pixels >= LARGE[pair.faithful] and (fast := FAST[pair.faithful]) in installed:
        return installed[fast], f"{inspection.reason}, and large: {_megapixels(pixels)}"
    missing = _missing(pair, installed, fidelity)
    if not missing:
        return _between(pair, installed, fidelity), inspection.reason
    reason = f"{inspection.reason}, but no {' and no '.join(missing)} is installed"
    if inspection.damaged and DAMAGED.faithful in installed:  # rather than one that enlarges the damage
        return installed[DAMAGED.faithful], reason
    absent = _missing(CLEAN, installed, fidelity)
    if absent:
        raise ModelError(
            f"this srgan came without {' and '.join(absent)}, which auto needs: upgrade srgan, or name a model"
        )
    return _between(CLEAN, installed, fidelity), reason


def _megapixels(pixels: int) -> str:
    number = f"{pixels / 1e6:.2g}" if pixels < 1e8 else f"{pixels / 1e6:.0f}"
    return f"{number} megapixel{'' if number == '1' else 's'}"


def better_model(named: AnyModel, inspection: Inspection, installed: Mapping[str, Model]) -> str | None:
    """Return the name of the installed model that suits an image better than the one that was named, or None.

    There is one only for a damaged image and a shipped model for clean ones.
    """
    if not inspection.damaged or not isinstance(named, Model):
        return None
    counterpart = {CLEAN.photo_real: DAMAGED.photo_real, CLEAN.faithful: DAMAGED.faithful}.get(named.card.name)
    return counterpart if counterpart in installed and installed.get(named.card.name) == named else None


def _missing(pair: ModelPair, installed: Mapping[str, Model], fidelity: float) -> list[str]:
    """Return the models of a pair that this fidelity needs and that are not installed."""
    needed = {0.0: [pair.photo_real], 1.0: [pair.faithful]}.get(fidelity, [pair.photo_real, pair.faithful])
    return [name for name in needed if name not in installed]


def _between(pair: ModelPair, installed: Mapping[str, Model], fidelity: float) -> AnyModel:
    if fidelity in (0, 1):
        return installed[pair.faithful if fidelity else pair.photo_real]
    return Interpolated(installed[pair.photo_real], installed[pair.faithful], fidelity)


class Chooser:
    """Chooses models and keeps those chosen, so that each is loaded once. Several threads may use it.

    Args: those of `Upscaler`.

    Attributes:
        scale: by which images are enlarged unless another factor is asked for.

    Raises:
        ModelError: if there is no such model, or two are of different architectures.
        UsageError: if the fidelity is not from 0 to 1, or only one of its two models is named.
    """

    def __init__(
        self,
        model: str | Path = AUTO,
        *,
        fidelity: float | None = None,
        faithful: str | Path | None = None,
        engine: EngineName = "auto",
        precision: Precision | None = None,
        ensemble: bool = False,
    ) -> None:
        self._engine, self._precision, self._ensemble = engine, precision, ensemble
        self._fidelity = 1.0 if fidelity is None else fidelity
        self._loaded: dict[str, LoadedModel] = {}
        self._lock = threading.Lock()
        self._named: LoadedModel | None = None
        if str(model) == AUTO:
            if faithful is not None:
                raise UsageError("faithful needs a model too: name both ends, or neither", parameter="faithful")
            self.scale = choose_model(Inspection(bits=8), self._installed, fidelity=self._fidelity)[0].scale
        else:
            self._named = self._load(find_network(model, fidelity=fidelity, faithful=faithful))
            self.scale = self._named.model.scale

    @cached_property
    def _installed(self) -> dict[str, Model]:
        return installed()

    def choose(
        self, source: str | Path | bytes | Pixels | ImageReader, options: UpscaleOptions | None = None
    ) -> ChosenModel:
        """Return the model that was named, or with `auto` the one that suits this image.

        Args:
            source: a file, the bytes of one, an array (H, W) or (H, W, C) of uint8 or uint16, or a file
                opened with `upright=False`, of which rows are read.
            options: size of the result, and the largest file that is opened.

        Raises:
            PictureError: if the file cannot be read, as far as that was necessary.
        """
        if self._named is not None:
            return ChosenModel(self._named)
        options = options or UpscaleOptions()
        if isinstance(source, np.ndarray):
            inspection, (height, width) = inspect_pixels(source), source.shape[:2]
        elif isinstance(source, ImageReader):
            inspection, width, height = inspect_opened(source), source.upright_info.width, source.upright_info.height
        else:
            with ImageReader(source, max_pixels=options.max_pixels, upright=False) as reader:
                return self.choose(reader, options)
        network, reason = choose_model(
            inspection,
            self._installed,
            fidelity=self._fidelity,
            pixels=width * height,
            factor=options.factor(width, height),
        )
        return ChosenModel(self._load(network), reason, inspection)

    def hint(self, opened: ImageReader) -> str | None:
        """Return a line on which model would suit a file better than the one that was named, if one would.

        Args:
            opened: with `upright=False`; rows are read.

        Raises:
            PictureError: if the file cannot be read, as far as that was necessary.
        """
        if self._named is None:
            return None
        inspection = inspect_opened(opened)
        better = better_model(self._named.model, inspection, self._installed)
        return None if better is None else f"{inspection.reason}, which the model {better} was trained for"

    def _load(self, model: AnyModel) -> LoadedModel:
        """Return the model, the same object each time."""
        with self._lock:
            if model.label not in self._loaded:
                self._loaded[model.label] = LoadedModel(
                    model, self._engine, precision=self._precision, ensemble=self._ensemble
                )
            return self._loaded[model.label]
