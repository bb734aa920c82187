"""Methods to evaluate: interpolations, models, folders of results made elsewhere, and the true images themselves."""

import hashlib
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from srgan.engines.engine import EngineName, Precision, choose
from srgan.errors import DataError, ModelError, UsageError
from srgan.evaluation.result_files import checksum, find_results
from srgan.evaluation.results import MethodInfo
from srgan.evaluation.test_sets import Pair, Pixels, check_name, read_rgb
from srgan.images import imresize
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import find, installed, methods_without_weights, shipped

Enlarge = Callable[[Pixels, int], Pixels]

REFERENCE = "HR"
_WARM = np.full((64, 64, 3), 128, np.uint8)


class Method(ABC):
    """A way to make large images of small ones.

    Attributes:
        info: what it is.
        work: computing time of an image, in multiples of the time that measuring it takes.
    """

    info: MethodInfo
    work: float = 0.0

    def covers(self, pairs: Sequence[Pair]) -> bool:
        """Return whether the method can be run on the images of one set.

        Raises:
            DataError: if it can be run on some of them only.
            PictureError: if one of its results has the wrong size.
        """
        return True

    def identity(self, pair: Pair) -> str:
        """Return a text that changes whenever the result for this image may."""
        return self.info.identity

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Load and warm up the method, so that timing excludes start-up."""
        yield

    @abstractmethod
    def restore(self, pair: Pair) -> tuple[Pixels, float | None]:
        """Return the large image, (H, W, 3), and the seconds it took, or None where the image was made elsewhere."""


class Interpolation(Method):
    """A fixed formula."""

    def __init__(self, name: str, what: str, enlarge: Enlarge, scale: int) -> None:
        self.info = MethodInfo(name, "interpolation", what, f"{what}, x{scale}")
        self._enlarge, self._scale = enlarge, scale

    def restore(self, pair: Pair) -> tuple[Pixels, float | None]:
        low = pair.low
        started = time.perf_counter()
        restored = self._enlarge(low, self._scale)
        return restored, time.perf_counter() - started


def _nearest(low: Pixels, scale: int) -> Pixels:
    return np.repeat(np.repeat(low, scale, axis=0), scale, axis=1)


def _bicubic(low: Pixels, scale: int) -> Pixels:
    return imresize(low, scale, border="replicate")


def _lanczos(low: Pixels, scale: int) -> Pixels:
    return imresize(low, scale, kernel="lanczos3", border="replicate")


INTERPOLATIONS: dict[str, tuple[str, Enlarge]] = {
    "nearest": ("each pixel repeated", _nearest),
    "bicubic": ("MATLAB's imresize, cubic with a = -0.5, border repeated", _bicubic),
    "lanczos": ("MATLAB's imresize, lanczos3, border repeated", _lanczos),
}
"""By name: the definition in words, and the function."""


class ModelMethod(Method):
    """A model of srgan.

    Args:
        name: of the method; None for that of the model.
        model: its name or file.
        scale: the factor; results of a model that enlarges more are made smaller, as `srgan upscale` does it.
        engine: what runs it.
        precision: of its numbers.
        ensemble: take the mean of its results for the eight orientations, and add + to the name.

    Raises:
        ModelError: if there is no such model, or it enlarges less.
    """

    def __init__(
        self,
        name: str | None,
        model: str,
        scale: int,
        engine: EngineName,
        precision: Precision,
        *,
        ensemble: bool = False,
    ) -> None:
        self._arguments, self._scale = (name, model, scale, engine, precision), scale
        card = find(model).card
        if card.scale < scale:
            raise ModelError(
                f"{card.name} enlarges {card.scale} times and not {scale}: leave it out, or choose scale {card.scale}"
            )
        identity, summary = f"{card.identity} {choose(engine).engine} {precision}", card.summary
        name, self.work = name or check_name(card.name, "method"), card.multiply_adds / 1e6
        if card.scale > scale:
            summary = f"{summary}; enlarged {card.scale} times and made smaller"
        if ensemble:
            name, identity, self.work = f"{name}+", f"{identity} ensemble", 8 * self.work
            summary = f"{summary}; the mean of eight orientations"
        self.info = MethodInfo(name, "model", identity, summary)
        self._open = partial(Upscaler, model, engine=engine, precision=precision, ensemble=ensemble)
        self._upscaler: Upscaler | None = None

    def ensembled(self) -> "ModelMethod":
        """Return the same model by self-ensemble."""
        return ModelMethod(*self._arguments, ensemble=True)

    @contextmanager
    def ready(self) -> Iterator[None]:
        self._upscaler = self._open()
        self._upscaler.upscale(_WARM)
        try:
            yield
        finally:  # one network at a time is enough in memory
            self._upscaler = None

    def restore(self, pair: Pair) -> tuple[Pixels, float | None]:
        low = pair.low
        assert self._upscaler is not None
        started = time.perf_counter()
        restored = self._upscaler.upscale(low, scale=self._scale)
        return restored.astype(np.uint8, copy=False), time.perf_counter() - started


class FolderMethod(Method):
    """Results made elsewhere, in a folder as `find_results` reads it.

    Raises:
        DataError: if there is no such folder.
    """

    def __init__(self, name: str, folder: Path) -> None:
        if not os.path.isdir(folder):
            raise DataError(f"the folder {folder} of {name} does not exist: check the path")
        self._folder = folder
        self._files: dict[str, Path] = {}
        self._digests: dict[str, str] = {}
        self.info = MethodInfo(name, "folder", "", f"pictures of {folder.resolve().name}")

    def covers(self, pairs: Sequence[Pair]) -> bool:
        found = find_results(self._folder, pairs, self.info.name)
        if not found:
            return False
        for pair, file in found.items():
            self._files[pair.label], self._digests[pair.label] = file, checksum(file)
        whole = hashlib.sha256("".join(digest for _, digest in sorted(self._digests.items())).encode())
        self.info = replace(self.info, identity=whole.hexdigest()[:16])
        return True

    def identity(self, pair: Pair) -> str:
        return self._digests[pair.label]

    def restore(self, pair: Pair) -> tuple[Pixels, float | None]:
        return read_rgb(self._files[pair.label]), None


class Reference(Method):
    """The true images: the bound of every score."""

    def __init__(self, name: str) -> None:
        self.info = MethodInfo(name, "reference", "reference", "the true pictures")

    def restore(self, pair: Pair) -> tuple[Pixels, float | None]:
        return pair.high, None


def add_ensembles(methods: Iterable[Method]) -> list[Method]:
    """Return the methods, each model followed by itself by self-ensemble.

    Raises:
        UsageError: if there is no model among them.
    """
    found: list[Method] = []
    for method in methods:
        found += [method, method.ensembled()] if isinstance(method, ModelMethod) else [method]
    if not any(isinstance(method, ModelMethod) for method in found):
        raise UsageError("ensemble is for models, and none is named: name one, or leave it out", parameter="ensemble")
    return found


def default_methods(scale: int = 4) -> list[str]:
    """Return the methods evaluated by default: interpolations, and the shipped models that enlarge enough."""
    return [*INTERPOLATIONS, *(name for name, model in shipped().items() if model.scale >= scale)]


def find_method(word: str, *, scale: int = 4, engine: EngineName = "auto", precision: Precision = "fp32") -> Method:
    """Return the method that a word names.

    It is `nearest`, `bicubic`, `lanczos`, `HR`, the name of an installed model, a model's file or a folder of results;
    NAME= before it gives it another name.

    Raises:
        UsageError: if there is no such method.
        ModelError: if a model is unknown, damaged, or enlarges less.
        DataError: if a folder does not exist.
    """
    before, equals, what = word.partition("=")
    named = bool(equals) and not os.path.exists(word)
    name = check_name(before, "method") if named else None
    what = what if named else word
    if not what:
        raise UsageError(f"{word} names no method: write NAME=FOLDER, or the name of a method")
    if what in INTERPOLATIONS:
        return Interpolation(name or what, *INTERPOLATIONS[what], scale)
    if what == REFERENCE:
        return Reference(name or what)
    if Path(what).suffix in (".json", ".onnx", ".safetensors") or what in (*installed(), *methods_without_weights()):
        return ModelMethod(name, what, scale, engine, precision)
    if os.path.isdir(what):
        return FolderMethod(name or check_name(Path(what).resolve().name, "method"), Path(what))
    if named:
        raise DataError(f"the folder {what} of {name} does not exist: check the path")
    known = ", ".join([*INTERPOLATIONS, REFERENCE, *installed(), *methods_without_weights()])
    raise UsageError(f"there is no method {word}: choose of {known}, or name a model's file or a folder of pictures")
