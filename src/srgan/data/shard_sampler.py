"""Training batches from shards: each crop a pure function of (seed, update, place), read in runs of neighbours.

Place p of every batch has its own way through the shards: it takes a chunk of neighbouring pictures, decodes each once,
cuts several crops of each, and gives them in random order in the updates that follow, until the next chunk. Places
change their chunks in turn, so that the work is even, and at any time hold as many chunks in succession as a batch has
places: the pictures of a batch are distinct, save at the turn of an epoch. Processes share the places out, so which
process reads a crop says nothing about which crop it is.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np

from srgan.data.crops import CropSampler, Integers, Places
from srgan.data.prepared_set import Pixels
from srgan.data.shards import ShardedPictures

_PICTURES = 64
"""Most neighbouring pictures of a chunk; for small JPEGs, a read of some megabytes."""
_CROPS = 4
"""Most crops of a picture while it is decoded."""
_BUFFER = 256 << 20
"""Bytes that the crops of all places may take."""
_THREADS = 2
_CHUNKS = 2**62
"""Added to the number of a chunk: its order has a random stream of its own."""
_EPOCHS = 3 * 2**62
"""The same of an epoch."""


class ShardSampler(CropSampler):
    """Random crops of pictures in shards; see `CropSampler`, whose arguments it takes.

    Each epoch cuts the pictures, from a random one on, into chunks, and takes those in random order.
    """

    pictures: ShardedPictures

    def __init__(self, pictures: ShardedPictures, **settings: Any) -> None:
        super().__init__(pictures, **settings)
        pair = 3 * self.side**2 * (1 + pictures.scale**2)  # bytes
        most = max(1, _BUFFER // (self.batch * pair))
        each = min(_CROPS, most)
        self._size = min(_PICTURES, most // each, len(self.usable) // self.batch)
        self._period = each * self._size
        """Updates for which a chunk lasts."""
        self._epoch = lru_cache(maxsize=2)(self._make_epoch)
        self._chunk = lru_cache(maxsize=4 * self.batch)(self._make_chunk)
        self._places = lru_cache(maxsize=3 * self._period)(super().places)

    def _make_epoch(self, epoch: int) -> tuple[Integers, int]:
        """Return the order of the chunks, and the number of the picture that the first begins with."""
        random = np.random.Generator(np.random.Philox(key=[self.seed, _EPOCHS + epoch]))
        count = len(self.usable)
        return random.permutation(count // self._size), int(random.integers(count))

    def _make_chunk(self, number: int) -> Integers:
        """Return the pictures of a chunk in the order of its crops."""
        epoch, position = divmod(number, len(self.usable) // self._size)
        order, first = self._epoch(epoch)
        members = first + order[position] * self._size + np.arange(self._size)
        random = np.random.Generator(np.random.Philox(key=[self.seed, _CHUNKS + number]))
        chosen: Integers = self.usable[members[random.permutation(self._period) % self._size] % len(self.usable)]
        return chosen

    def _turn(self, update: int, place: int) -> tuple[int, int]:
        """Return the number of the chunk from which a place of an update is filled, and that of the crop in it."""
        round, crop = divmod(update + self._phase(place), self._period)
        return round * self.batch + place, crop

    def _phase(self, place: int) -> int:
        return (self.batch - 1 - place) * self._period // self.batch

    def _choose(self, update: int) -> Integers:
        turns = (self._turn(update, place) for place in range(self.batch))
        return np.array([self._chunk(number)[crop] for number, crop in turns])

    def places(self, update: int) -> Places:
        """Return the positions of the crops of this update's batch."""
        return self._places(update)

    def stream(self, updates: range, *, rank: int = 0, ranks: int = 1) -> Iterator[tuple[Pixels, Pixels]]:
        """Yield process `rank`'s part of the batches of these updates; chunks are read ahead."""
        mine, ahead = range(rank, self.batch, ranks), self._period // 4
        held: dict[int, Future[tuple[Pixels, Pixels]]] = {}
        pool = ThreadPoolExecutor(_THREADS, "srgan-shards")
        try:
            for update in updates:
                turns = [self._turn(update, place) for place in mine]
                later = [self._turn(min(update + ahead, updates.stop - 1), place) for place in mine]
                wanted = dict.fromkeys(number for number, _ in (*turns, *later))
                held = {
                    number: held[number] if number in held else pool.submit(self._fill, number, updates)
                    for number in wanted
                }
                pairs = [(held[number].result(), crop) for number, crop in turns]
                yield (
                    np.stack([low[crop] for (low, _), crop in pairs]),
                    np.stack([high[crop] for (_, high), crop in pairs]),
                )
        finally:
            pool.shutdown(cancel_futures=True)

    def _fill(self, number: int, updates: range) -> tuple[Pixels, Pixels]:
        """Return the crops of a chunk that these updates use, each at its number in the chunk."""
        round, place = divmod(number, self.batch)
        first = round * self._period - self._phase(place)
        wanted: dict[int, list[int]] = {}
        chunk = self._chunk(number)
        for crop in range(max(0, updates.start - first), min(self._period, updates.stop - first)):
            wanted.setdefault(int(chunk[crop]), []).append(crop)
        large = self.side * self.pictures.scale
        low = np.zeros((self._period, self.side, self.side, 3), np.uint8)
        high = np.zeros((self._period, large, large, 3), np.uint8)
        for picture, pair in self.pictures.read(sorted(wanted)):
            for crop in wanted[picture]:
                low[crop], high[crop] = self._cut(pair, self.places(first + crop), place)
        return low, high
