"""Choice of the loaded model for a picture: the one that was named, or with `auto` the one that suits."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from srgan.engines.engine import EngineName, Precision
from srgan.errors import UsageError
from srgan.images.colour import Pixels
from srgan.images.inspection import Inspection, inspect_file, inspect_pixels
from srgan.images.reader import DEFAULT_MAX_PIXELS
from srgan.upscale.loaded_model import LoadedModel
from srgan.weights.catalogue import Model, installed
from srgan.weights.interpolation import AnyModel, find_network
from srgan.weights.selection import AUTO, better_model, choose_model


@dataclass(frozen=True)
class Chosen:
    """The model for a picture, and why it is that one."""

    loaded: LoadedModel
    reason: str | None = None
    """A clause, `it is a JPEG of quality 60`; None where the model was named."""
    inspection: Inspection | None = None
    """What the choice was made by; None where the model was named."""

    @property
    def label(self) -> str:
        """Name and identity of the model."""
        return self.loaded.model.label


class Chooser:
    """Chooses models, and keeps those that were chosen: each is loaded once.

    Args: those of `Upscaler`.

    Attributes:
        scale: output pixels per input pixel along one axis, of every model that may be chosen.

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
    ) -> None:
        self._engine, self._precision = engine, precision
        self._fidelity = 1.0 if fidelity is None else fidelity
        self._loaded: dict[str, LoadedModel] = {}
        self._named: LoadedModel | None = None
        if str(model) == AUTO:
            if faithful is not None:
                raise UsageError("faithful is the other end of a fidelity from model: name both models, or neither")
            self.scale = choose_model(Inspection(bits=8), self._installed, fidelity=self._fidelity).network.scale
        else:
            self._named = self._load(find_network(model, fidelity=fidelity, faithful=faithful))
            self.scale = self._named.model.scale

    @cached_property
    def _installed(self) -> dict[str, Model]:
        return installed()

    def choose(self, source: str | Path | bytes | Pixels, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Chosen:
        """Return the model that was named, or with `auto` the one that suits this picture.

        Args:
            source: a file, the bytes of one, or an array (H, W) or (H, W, C) of uint8 or uint16.
            max_pixels: the largest file, in pixels, that is opened.

        Raises:
            PictureError: if the file cannot be read, as far as that was necessary.
        """
        if self._named is not None:
            return Chosen(self._named)
        if isinstance(source, np.ndarray):
            inspection = inspect_pixels(source)
        else:
            inspection = inspect_file(source, max_pixels=max_pixels)
        choice = choose_model(inspection, self._installed, fidelity=self._fidelity)
        return Chosen(self._load(choice.network), choice.reason, inspection)

    def hint(self, source: str | Path | bytes, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> str | None:
        """Say in one line which model would suit this file better than the one that was named, if one would.

        Raises:
            PictureError: if the file cannot be read, as far as that was necessary.
        """
        if self._named is None:
            return None
        inspection = inspect_file(source, max_pixels=max_pixels)
        better = better_model(self._named.model, inspection, self._installed)
        return None if better is None else f"{inspection.reason}, which the model {better} was trained for"

    def _load(self, model: AnyModel) -> LoadedModel:
        """The model, the same each time it is asked for."""
        if model.label not in self._loaded:
            self._loaded[model.label] = LoadedModel(model, self._engine, precision=self._precision)
        return self._loaded[model.label]
