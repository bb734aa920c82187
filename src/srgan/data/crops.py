"""Training batches: aligned low- and high-resolution crops, each batch a pure function of (seed, update).

Nothing is remembered between batches, so a run that resumes at update n sees exactly what an uninterrupted one does,
and processes that train together each take their part of the same batch.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.data.degradations import degrade, draw
from srgan.data.mixes import shares
from srgan.data.prepare import PreparedPictures
from srgan.errors import DataError

Pixels = NDArray[np.uint8]
Integers = NDArray[np.int64]

_ORDER = 2**63
"""Added to an epoch's number: the stream of its order is none of those that place crops."""
_DAMAGE = 1
"""Block of the random stream of an update that seeds the damage of its crops; block 0 places them."""
_CONTEXT = (6, 14)
"""Low-resolution pixels around a crop that are damaged with it: the least, and one more than the most."""


@dataclass(frozen=True)
class Places:
    """Where the crops of a batch lie: one number each for every crop."""

    pictures: Integers
    top: Integers
    """First row, in low-resolution pixels; as `left`."""
    left: Integers
    turns: Integers
    """Quarter turns, counter-clockwise."""
    mirrored: NDArray[np.bool_]
    """Left and right exchanged, after turning."""
    damage: Integers
    """Seeds of what the degradation draws, one for each crop."""

    def part(self, rank: int, ranks: int) -> "Places":
        """What the process `rank` of so many takes of the batch."""
        mine = slice(rank, None, ranks)
        return Places(
            self.pictures[mine],
            self.top[mine],
            self.left[mine],
            self.turns[mine],
            self.mirrored[mine],
            self.damage[mine],
        )


class CropSampler:
    """Random crops of distinct pictures, mirrored and turned at random (Ledig et al. 2017, section 3.2).

    An epoch goes through all pictures in an order of its own, as far as they fill whole batches.

    Args:
        pictures: what to crop from; pictures smaller than a crop are left out and counted in `too_small`.
        batch: crops in a batch, from as many different pictures.
        crop: side of a high-resolution crop in pixels.
        seed: fixes every batch of the run.
        quarter_turns: whether crops are turned as well as mirrored.
        degradation: the mix of damage that low-resolution crops get (`srgan.data.mixes`).

    Raises:
        DataError: if fewer pictures than `batch` are large enough.
        UsageError: if there is no such mix.
    """

    def __init__(
        self, pictures: PreparedPictures, *, batch: int, crop: int, seed: int, quarter_turns: bool = True,
        degradation: str = "clean",
    ) -> None:  # fmt: skip
        self.pictures, self.batch, self.seed, self.quarter_turns = pictures, batch, seed, quarter_turns
        self.side = crop // pictures.scale
        sizes = np.array(pictures.low_sizes, np.int64).reshape(-1, 2)
        self.usable: Integers = np.flatnonzero(sizes.min(axis=1) >= self.side)
        self.too_small = len(sizes) - len(self.usable)
        if len(self.usable) < batch:
            raise DataError(
                f"{len(self.usable)} pictures are {crop} pixels or more on each side, but a batch needs {batch}: "
                "add pictures, or use a smaller batch or crop"
            )
        self._damage = Damage(degradation)
        self._room = sizes - self.side + 1
        self._order = lru_cache(maxsize=1)(self._make_order)

    def _make_order(self, epoch: int) -> Integers:
        random = np.random.Generator(np.random.Philox(key=[self.seed, _ORDER + epoch]))
        return random.permutation(self.usable)

    def places(self, update: int) -> Places:
        """Where the crops of this update's batch lie."""
        epoch, batch = divmod(update, len(self.usable) // self.batch)
        chosen = self._order(epoch)[batch * self.batch : (batch + 1) * self.batch]
        random = np.random.Generator(np.random.Philox(key=[self.seed, update]))
        top, left = random.integers(self._room[chosen].T)
        turns = random.integers(4 if self.quarter_turns else 1, size=self.batch)
        mirrored = random.integers(2, size=self.batch).astype(bool)
        damage = np.random.Generator(np.random.Philox(key=[self.seed, update], counter=[0, 0, 0, _DAMAGE]))
        return Places(chosen, top, left, turns, mirrored, damage.integers(2**63 - 1, size=self.batch))

    def crops(self, places: Places) -> tuple[Pixels, Pixels]:
        """low (B, h, w, 3) and high (B, scale * h, scale * w, 3), uint8."""
        scale, side, count = self.pictures.scale, self.side, len(places.pictures)
        low = np.empty((count, side, side, 3), np.uint8)
        high = np.empty((count, scale * side, scale * side, 3), np.uint8)
        columns = (places.pictures, places.top, places.left, places.turns, places.mirrored, places.damage)
        for slot, (picture, y, x, turns, mirrored, seed) in enumerate(zip(*columns, strict=True)):
            small, large = self.pictures[int(picture)]
            low[slot] = _laid(self._damage.crop(small, large, int(y), int(x), (side, side), int(seed)), turns, mirrored)
            y, x = scale * y, scale * x
            high[slot] = _laid(large[y : y + scale * side, x : x + scale * side], turns, mirrored)
        return low, high

    @property
    def is_degraded(self) -> bool:
        """Whether low-resolution crops are damaged as they are cut, and not only reduced."""
        return self._damage.is_any

    def sample(self, update: int) -> tuple[Pixels, Pixels]:
        """The batch of this update."""
        return self.crops(self.places(update))


def _laid(crop: NDArray[Any], quarter_turns: int, mirrored: bool) -> NDArray[Any]:
    """One of the eight ways to lay a square crop."""
    turned = np.rot90(crop, quarter_turns)
    return turned[:, ::-1] if mirrored else turned


class Damage:
    """Damages crops by a mix, or by one of several that is drawn for each crop."""

    def __init__(self, name: str) -> None:
        self._choices = shares(name)
        self.is_any = any(mix.rounds for mix, _ in self._choices)

    def crop(self, small: Pixels, large: Pixels, top: int, left: int, size: tuple[int, int], seed: int) -> Pixels:
        """Return a low-resolution crop, damaged together with what lies around it.

        Args:
            small: the picture's undamaged reduction, (h, w, 3).
            large: the picture, (scale * h, scale * w, 3).
            top: first row of the crop, in low-resolution pixels.
            left: first column.
            size: rows and columns of the crop.
            seed: fixes the damage.
        """
        height, width = size
        random = np.random.Generator(np.random.Philox(seed))
        mix = draw(self._choices, random) if self.is_any else None
        if mix is None or not mix.rounds:
            return small[top : top + height, left : left + width]
        above, before, below, behind = (int(margin) for margin in random.integers(*_CONTEXT, size=4))
        first_row, first_column = max(0, top - above), max(0, left - before)
        scale = large.shape[0] // small.shape[0]
        window = large[
            scale * first_row : scale * min(small.shape[0], top + height + below),
            scale * first_column : scale * min(small.shape[1], left + width + behind),
        ]
        low = degrade(window, mix, scale=scale, random=random)
        return low[top - first_row :, left - first_column :][:height, :width]
