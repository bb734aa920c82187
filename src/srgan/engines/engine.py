"""Engines run the stages of a model on tiles of floats; `open_engine` takes the one named, or the machine's best."""

import importlib.util
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from srgan.errors import EngineError
from srgan.images.colour import Floats as Floats
from srgan.weights.card import Stage
from srgan.weights.catalogue import FOREIGN, SELFEXSR, Model
from srgan.weights.interpolation import AnyModel

Precision = Literal["fp32", "bf16", "int8"]
EngineName = Literal["auto", "openvino", "torch"]

_SHORTAGES = ("memory", "alloc", "could not create a primitive")
"""Parts of messages that mean a shortage of memory, where libraries have one error for all; the last is oneDNN's."""


class Engine(Protocol):
    """A model made ready on a device. Several threads may run it at once."""

    name: str
    device: str
    """Name of the processor."""
    precision: Precision
    stages: tuple[Stage, ...]

    def run(self, stage: int, tile: Floats) -> Floats:
        """Run a stage of the network: (1, C, H, W) to (1, C', scale * H, scale * W), all float32.

        Images are RGB in [0, 1]. The next call of the same thread may overwrite the result.

        Raises:
            OutOfMemory: if the tile did not fit.
            EngineError: if the network could not be run.
        """

    def release(self, stage: int) -> None:
        """Free the memory of this stage and the later ones; what they returned is no longer valid."""


@dataclass(frozen=True)
class EngineChoice:
    """An engine's name and the reason for it, in words."""

    engine: Literal["openvino", "torch"]
    reason: str


def graphics_processor() -> str | None:
    """Return the graphics processor that torch could use, in words, without importing torch, which takes seconds."""
    if Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists():
        return "an NVIDIA graphics processor"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "an Apple graphics processor"
    return None


def choose(name: EngineName = "auto") -> EngineChoice:
    """Choose the engine to use.

    Raises:
        EngineError: if the engine named is not installed.
    """
    has_torch = importlib.util.find_spec("torch") is not None
    if name == "torch":
        if not has_torch:
            raise EngineError("torch is not installed: pip install 'srgan[train]', or use the engine openvino")
        return EngineChoice("torch", "asked for")
    if name == "openvino":
        return EngineChoice("openvino", "asked for")
    graphics = graphics_processor()
    if graphics is None:
        return EngineChoice("openvino", "the fastest on a CPU")
    if has_torch:
        return EngineChoice("torch", f"there is {graphics}")
    return EngineChoice("openvino", f"torch, which would use {graphics}, is not installed")


def open_engine(model: AnyModel, name: EngineName = "auto", *, precision: Precision | None = None) -> Engine:
    """Make a model ready on the engine of `choose`, in the precision given or the engine's best.

    The best of openvino is bf16 where the processor has it; else int8, if the model and the processor have that.

    SelfExSR, which is no network, has an engine and a precision of its own.

    Raises:
        EngineError: if the engine is not installed or cannot run the model.
        ModelError: if the model's files are missing or damaged, or two models to interpolate do not fit.
    """
    if isinstance(model, Model) and model.card.architecture == SELFEXSR:
        from srgan.engines.self_exemplars import SelfExemplarEngine  # compiles

        return SelfExemplarEngine(model)
    foreign = isinstance(model, Model) and model.card.architecture == FOREIGN
    if foreign and name == "torch":
        raise EngineError(f"{model.name} is known by its ONNX graph alone, which torch cannot run: use openvino")
    if choose(name).engine == "torch" and not foreign:
        if precision == "int8":
            raise EngineError("torch has no int8: use openvino, or another precision")
        from srgan.engines.torch import TorchEngine  # takes seconds to import

        return TorchEngine(model, precision=precision)
    from srgan.engines.openvino import OpenVinoEngine

    engine = OpenVinoEngine(model, precision=precision)
    if precision is None and engine.precision == "int8" and not engine.has_fast_integers():
        return OpenVinoEngine(model, precision="fp32")
    return engine


def run_stages(engine: Engine, tile: Floats) -> Floats:
    """Run all stages of a network on a whole image or tile; the result is the caller's own."""
    for stage in range(len(engine.stages)):
        tile = engine.run(stage, tile).copy()
    return tile


def is_shortage(error: BaseException) -> bool:
    """Return whether a library's error means that memory ran out."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(word in text for word in _SHORTAGES)
