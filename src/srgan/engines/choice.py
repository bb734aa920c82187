"""Which engine runs a model, and why: the user's word, else what this machine is best at."""

import importlib.util
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from srgan.engines.engine import Engine, Precision
from srgan.errors import EngineError
from srgan.weights.interpolation import AnyModel

EngineName = Literal["auto", "openvino", "torch"]


@dataclass(frozen=True)
class Choice:
    """An engine's name and the reason for it, in words."""

    engine: Literal["openvino", "torch"]
    reason: str


def graphics_processor() -> str | None:
    """The graphics processor that torch could use, in words; found without importing torch, which takes seconds."""
    if Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists():
        return "an NVIDIA graphics processor"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "an Apple graphics processor"
    return None


def choose(wish: EngineName = "auto") -> Choice:
    """The engine to use.

    Raises:
        EngineError: if the engine wished for is not installed.
    """
    has_torch = importlib.util.find_spec("torch") is not None
    if wish == "torch":
        if not has_torch:
            raise EngineError("torch is not installed: pip install 'srgan[train]', or use --engine openvino")
        return Choice("torch", "asked for")
    if wish == "openvino":
        return Choice("openvino", "asked for")
    graphics = graphics_processor()
    if graphics is None:
        return Choice("openvino", "the fastest on a CPU")
    if has_torch:
        return Choice("torch", f"there is {graphics}")
    return Choice("openvino", f"torch, which would use {graphics}, is not installed")


def open_engine(model: AnyModel, wish: EngineName = "auto", *, precision: Precision | None = None) -> Engine:
    """The model made ready on the engine of `choose`, in the precision given or the engine's best.

    Raises:
        EngineError: if the engine is not installed or cannot run the model.
        ModelError: if the model's files are missing or damaged, or two that do not fit are to be interpolated.
    """
    if choose(wish).engine == "torch":
        from srgan.engines.torch import TorchEngine  # takes seconds to import

        return TorchEngine(model, precision=precision)
    from srgan.engines.openvino import OpenVinoEngine

    return OpenVinoEngine(model, precision=precision)
