"""Training batches: aligned low- and high-resolution crops, each batch a pure function of (seed, update).

Nothing is remembered between batches, so a run that resumes at update n sees exactly what an uninterrupted one does.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.data.prepare import PreparedPictures
from srgan.errors import DataError

Pixels = NDArray[np.uint8]


class CropSampler:
    """Random crops of distinct pictures, flipped and turned at random (Ledig et al. 2017, section 3.2).

    Args:
        pictures: what to crop from; pictures smaller than a crop are left out and counted in `too_small`.
        batch: crops in a batch, from as many different pictures.
        crop: side of a high-resolution crop in pixels.
        seed: fixes every batch of the run.

    Raises:
        DataError: if fewer pictures than `batch` are large enough.
    """

    def __init__(self, pictures: PreparedPictures, *, batch: int, crop: int, seed: int) -> None:
        self.pictures, self.batch, self.seed = pictures, batch, seed
        self.side = crop // pictures.scale
        self.usable = [
            index for index, (height, width) in enumerate(pictures.low_sizes) if min(height, width) >= self.side
        ]
        self.too_small = len(pictures.low_sizes) - len(self.usable)
        if len(self.usable) < batch:
            raise DataError(
                f"{len(self.usable)} pictures are {crop} pixels or more on each side, but a batch needs {batch}: "
                "add pictures, or use a smaller batch or crop"
            )

    def sample(self, update: int) -> tuple[Pixels, Pixels]:
        """The batch of this update: low (batch, h, w, 3) and high (batch, scale * h, scale * w, 3), uint8."""
        random = np.random.Generator(np.random.Philox(key=[self.seed, update]))
        scale, side = self.pictures.scale, self.side
        low = np.empty((self.batch, side, side, 3), np.uint8)
        high = np.empty((self.batch, scale * side, scale * side, 3), np.uint8)
        for slot, choice in enumerate(random.choice(len(self.usable), self.batch, replace=False)):
            small, large = self.pictures[self.usable[choice]]
            y = int(random.integers(small.shape[0] - side + 1))
            x = int(random.integers(small.shape[1] - side + 1))
            turns, mirrored = int(random.integers(4)), bool(random.integers(2))
            low[slot] = _turn(small[y : y + side, x : x + side], turns, mirrored)
            y, x = scale * y, scale * x
            high[slot] = _turn(large[y : y + scale * side, x : x + scale * side], turns, mirrored)
        return low, high


def _turn(crop: NDArray[Any], quarter_turns: int, mirrored: bool) -> NDArray[Any]:
    """One of the eight ways to lay a square crop."""
    turned = np.rot90(crop, quarter_turns)
    return turned[:, ::-1] if mirrored else turned
