"""What every engine does: it runs a model's stages on tiles of floats. Engines know nothing of pictures or files."""

from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from srgan.weights.card import Stage

Floats = NDArray[np.float32]
Precision = Literal["fp32", "bf16"]

_COMPLAINTS = ("memory", "alloc", "could not create a primitive")
"""Words by which libraries that raise one error for everything say that it did not fit; the last are oneDNN's."""


class Engine(Protocol):
    """A model made ready on a device."""

    name: str
    device: str
    """The processor, as people call it."""
    precision: Precision
    stages: tuple[Stage, ...]

    def run(self, stage: int, tile: Floats) -> Floats:
        """Stage number `stage` of the network: (1, C, H, W) to (1, C', scale * H, scale * W), all float32.

        Pictures are RGB in [0, 1]. The result may be overwritten by the next call.

        Raises:
            OutOfMemory: if the tile did not fit.
            EngineError: if the network could not be run.
        """

    def release(self, stage: int) -> None:
        """Give back the memory that this stage and the later ones hold; what they returned is no longer valid."""


def speaks_of_memory(error: BaseException) -> bool:
    """Whether a library's error means that memory ran out."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(word in text for word in _COMPLAINTS)


def check_tile(tile: NDArray[Any]) -> Floats:
    """The tile as contiguous float32."""
    return np.ascontiguousarray(tile, dtype=np.float32)
