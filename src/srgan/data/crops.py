"""Training batches of aligned low- and high-resolution crops, each a pure function of (seed, update).

So a run that resumes at update n gets the same batches as an uninterrupted one, and processes that train together take
their parts of the same batch.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.data.degradations import degrade, draw
from srgan.data.mixes import shares
from srgan.data.prepared_set import Pixels
from srgan.data.shards import AnyPictures, LowPixels
from srgan.errors import DataError

Integers = NDArray[np.int64]

_ORDER = 2**63
"""Added to the epoch: its order has a random stream of its own, apart from those that place crops."""
_DAMAGE = 1
"""Block of an update's random stream that seeds the degradation of its crops; block 0 places them."""
_CONTEXT = (6, 14)
"""Low-resolution pixels around a crop that are degraded with it: minimum, and maximum plus one."""
_AHEAD = 4
"""Batches that are cropped while the networks compute."""


@dataclass(frozen=True)
class Places:
    """Positions of the crops of a batch: one number each for every crop."""

    pictures: Integers
    top: Integers
    """First row in low-resolution pixels; `left` likewise the first column."""
    left: Integers
    turns: Integers
    """Quarter turns, counter-clockwise."""
    mirrored: NDArray[np.bool_]
    """Flipped left to right, after turning."""
    damage: Integers
    """Random seeds of the degradation."""

    def part(self, rank: int, ranks: int) -> "Places":
        """Return the part of the batch that process `rank` of `ranks` takes."""
        mine = slice(rank, None, ranks)
        return Places(*(getattr(self, field.name)[mine] for field in fields(self)))


class CropSampler:
    """Random crops of distinct images, mirrored and turned at random (Ledig et al. 2017, section 3.2).

    Each epoch goes through all images in a random order, as far as they fill whole batches.

    Args:
        pictures: images to crop; those smaller than a crop are left out.
        batch: number of crops, each from another image.
        crop: width and height of a high-resolution crop in pixels.
        seed: random seed of all batches.
        quarter_turns: whether crops are turned as well as mirrored.
        degradation: name of the mix of degradations of low-resolution crops (`srgan.data.mixes`).

    Raises:
        DataError: if fewer images than `batch` are large enough.
        UsageError: if there is no such mix.
    """

    def __init__(
        self, pictures: AnyPictures, *, batch: int, crop: int, seed: int, quarter_turns: bool = True,
        degradation: str = "clean",
    ) -> None:  # fmt: skip
        self.pictures, self.batch, self.seed, self.quarter_turns = pictures, batch, seed, quarter_turns
        self.side = crop // pictures.scale
        sizes = np.array(pictures.low_sizes, np.int64).reshape(-1, 2)
        self.usable: Integers = np.flatnonzero(sizes.min(axis=1) >= self.side)
        if len(self.usable) < batch:
            raise DataError(
                f"only {len(self.usable)} of {len(sizes)} pictures have {crop} pixels or more a side, but a batch "
                f"needs {batch}: add pictures, or use a smaller batch or crop"
            )
        self._degradation = CropDegradation(degradation)
        self._room = sizes - self.side + 1
        self._order = lru_cache(maxsize=1)(self._make_order)

    def _make_order(self, epoch: int) -> Integers:
        random = np.random.Generator(np.random.Philox(key=[self.seed, _ORDER + epoch]))
        return random.permutation(self.usable)

    def _choose(self, update: int) -> Integers:
        """Return the pictures of this update's batch."""
        epoch, batch = divmod(update, len(self.usable) // self.batch)
        return self._order(epoch)[batch * self.batch : (batch + 1) * self.batch]

    def places(self, update: int) -> Places:
        """Return the positions of the crops of this update's batch."""
        chosen = self._choose(update)
        random = np.random.Generator(np.random.Philox(key=[self.seed, update]))
        top, left = random.integers(self._room[chosen].T)
        turns = random.integers(4 if self.quarter_turns else 1, size=self.batch)
        mirrored = random.integers(2, size=self.batch).astype(bool)
        damage = np.random.Generator(np.random.Philox(key=[self.seed, update], counter=[0, 0, 0, _DAMAGE]))
        return Places(chosen, top, left, turns, mirrored, damage.integers(2**63 - 1, size=self.batch))

    def crops(self, places: Places) -> tuple[Pixels, Pixels]:
        """Return low (B, h, w, 3) and high (B, scale * h, scale * w, 3), uint8."""
        scale, side, count = self.pictures.scale, self.side, len(places.pictures)
        low = np.empty((count, side, side, 3), np.uint8)
        high = np.empty((count, scale * side, scale * side, 3), np.uint8)
        for slot, picture in enumerate(places.pictures):
            low[slot], high[slot] = self._cut(self.pictures[int(picture)], places, slot)
        return low, high

    def _cut(self, pair: tuple[Pixels | LowPixels, Pixels], places: Places, slot: int) -> tuple[Pixels, Pixels]:
        """Return the low and high crop of one place, from its picture."""
        (small, large), side = pair, self.side
        y, x, turns, mirrored, seed = (
            int(column[slot]) for column in (places.top, places.left, places.turns, places.mirrored, places.damage)
        )
        degraded = self._degradation.crop(small, large, y, x, (side, side), seed)
        y, x, side = (self.pictures.scale * each for each in (y, x, side))
        whole = large[y : y + side, x : x + side]
        return _orient(degraded, turns, bool(mirrored)), _orient(whole, turns, bool(mirrored))

    def stream(self, updates: range, *, rank: int = 0, ranks: int = 1) -> Iterator[tuple[Pixels, Pixels]]:
        """Yield process `rank`'s part of the batches of these updates; they are cropped ahead, by other threads."""
        with ThreadPoolExecutor(2 if self.is_degraded else 1) as pool:
            waiting = [pool.submit(self.sample, update, rank=rank, ranks=ranks) for update in updates[:_AHEAD]]
            for update in updates:
                ready = waiting.pop(0).result()
                if update + _AHEAD < updates.stop:
                    waiting.append(pool.submit(self.sample, update + _AHEAD, rank=rank, ranks=ranks))
                yield ready

    @property
    def is_degraded(self) -> bool:
        """Whether low-resolution crops are degraded, and not only downscaled."""
        return self._degradation.is_any

    def sample(self, update: int, *, rank: int = 0, ranks: int = 1) -> tuple[Pixels, Pixels]:
        """Return process `rank`'s part of the batch of this update."""
        return self.crops(self.places(update).part(rank, ranks))


def _orient(crop: NDArray[Any], quarter_turns: int, mirrored: bool) -> NDArray[Any]:
    """Return a square crop in one of its eight orientations."""
    turned = np.rot90(crop, quarter_turns)
    return turned[:, ::-1] if mirrored else turned


class CropDegradation:
    """Degrades crops by a mix, or by one of several drawn for each crop."""

    def __init__(self, name: str) -> None:
        self._choices = shares(name)
        self.is_any = any(mix.rounds for mix, _ in self._choices)

    def crop(
        self, small: Pixels | LowPixels, large: Pixels, top: int, left: int, size: tuple[int, int], seed: int
    ) -> Pixels:
        """Return a low-resolution crop, degraded together with its surroundings.

        Args:
            small: the downscaled image, (h, w, 3).
            large: the image, (scale * h, scale * w, 3).
            top: first row of the crop in low-resolution pixels.
            left: first column.
            size: rows and columns of the crop.
            seed: random seed.
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
