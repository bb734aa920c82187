"""Webdataset shards opened for training: tar files, on this machine or in a bucket, with an index of their pictures.

The index says where in a shard each picture begins, so that any picture is read without the ones before it, and runs of
neighbours in one piece.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.data.prepare import rgb8
from srgan.data.prepared_set import KnownTestComparison, Pixels, PreparedPictures
from srgan.errors import DataError, PictureError, UsageError
from srgan.images.resize import imresize
from srgan.storage import Place, is_address

INDEX = "index.json"
VERSION = 1
"""Of the index."""
TRAINING, VALIDATION = "train", "valid"
"""Splits: the beginning of the names of shards."""

_RUN = 16 << 20  # bytes of neighbours read at once
_MARGIN = 3  # low-resolution pixels around a part that its bicubic reduction may reach

Columns = NDArray[np.int64]


@dataclass(frozen=True)
class Shard:
    """One tar file."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    offsets: Columns
    """First byte of each picture."""
    sizes: Columns
    """Bytes of each picture."""
    heights: Columns
    """Pixels of each picture, upright; `widths` likewise."""
    widths: Columns

    @classmethod
    def from_index(cls, entry: dict[str, Any]) -> "Shard":
        """Read an entry of the index.

        Raises:
            ValueError: if pictures lie outside of the file.
        """
        names = ("offsets", "sizes", "heights", "widths")
        columns = {name: np.array(entry[name], np.int64) for name in names}
        shard = cls(str(entry["name"]), int(entry["size"]), str(entry["sha256"]), **columns)
        ends = shard.offsets + shard.sizes
        if len({len(column) for column in columns.values()}) > 1 or (ends.max(initial=0) > shard.size):
            raise ValueError(f"the entry of {shard.name} is wrong")
        return shard


class LowPixels:
    """The low-resolution image of a picture, of which only the parts that are asked for are computed.

    `low[top:bottom, left:right]` equals that part of the whole image's reduction with border replicate.

    Args:
        high: (scale * h, scale * w, 3) uint8.
        scale: factor between the two.
    """

    def __init__(self, high: Pixels, scale: int) -> None:
        self._high, self._scale = high, scale
        self.shape = (high.shape[0] // scale, high.shape[1] // scale, 3)

    def __getitem__(self, part: tuple[slice, slice]) -> Pixels:
        window, inner = [], []
        for wanted, length in zip(part, self.shape[:2], strict=True):
            start, stop, _ = wanted.indices(length)
            low, high = max(start - _MARGIN, 0), min(stop + _MARGIN, length)
            window.append(slice(self._scale * low, self._scale * high))
            inner.append(slice(start - low, stop - low))
        reduced = imresize(self._high[tuple(window)], 1 / self._scale, border="replicate")
        return reduced[tuple(inner)]


class ShardedPictures:
    """A set of shards, opened for reading; pictures are read as they are used. Several threads may use it.

    `pictures[i]` is (low, high), as of `PreparedPictures`.

    Args:
        place: a folder, or the address of one in a bucket, such as s3://bucket/shards.
        scale: factor between low and high resolution.
        reduction: JPEGs are decoded at this part of their size, 1, 2, 4 or 8, by libjpeg's scaled inverse transform.

    Attributes:
        comparison: with images of test sets.

    Raises:
        DataError: if it is incomplete or damaged.
        StorageError: if it cannot be read.
        UsageError: if the pictures are to be reduced, and are not JPEGs.
    """

    def __init__(self, place: str | Path, *, scale: int, reduction: int = 1) -> None:
        self.place, self.scale, self.reduction = Place(str(place)), scale, reduction
        contents = self.place.read(INDEX)
        if contents is None:
            raise DataError(f"{self.place} has no {INDEX}: write the shards again, which goes on")
        try:
            index = json.loads(contents)
            if index["version"] != VERSION:
                raise ValueError(f"version {index['version']} of the index")
            self.raw = index["contents"] == "pixels"
            """Whether pictures are stored as pixels, and not as the files that they were."""
            self.comparison = KnownTestComparison(**index["comparison"])
            shards = {name: [Shard.from_index(entry) for entry in index[name]] for name in (TRAINING, VALIDATION)}
            all_jpeg = bool(index["all_jpeg"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"the {INDEX} of {self.place} is damaged ({error}): write the shards again") from error
        if reduction > 1 and not all_jpeg:
            raise UsageError(f"reduced_decoding is {reduction}, but {self.place} holds other files than JPEGs: set 1")
        if self.place.is_local:  # of a bucket, asking for a thousand takes a minute, and reading shows it
            for shard in (*shards[TRAINING], *shards[VALIDATION]):
                _check(self.place.path / shard.name, shard)
        self._splits = shards
        self.shards: Sequence[Shard] = (*shards[TRAINING], *shards[VALIDATION])

    def split(self) -> tuple["ShardedPictures", "ShardedPictures"]:
        """Return the training and the validation images."""
        return self._part(TRAINING), self._part(VALIDATION)

    def _part(self, split: str) -> "ShardedPictures":
        part = copy(self)
        part.shards = self._splits[split]
        for known in ("_starts", "low_sizes"):  # of all shards
            vars(part).pop(known, None)
        return part

    @cached_property
    def _starts(self) -> Columns:
        """Number of the first picture of each shard, and of all."""
        return np.cumsum([0, *(len(shard.offsets) for shard in self.shards)])

    @cached_property
    def low_sizes(self) -> Columns:
        """(height, width) of every low-resolution image: (N, 2)."""
        sides = [np.stack([shard.heights, shard.widths], 1) for shard in self.shards] or [np.empty((0, 2), np.int64)]
        return np.concatenate(sides) // self.reduction // self.scale

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, position: int) -> tuple[LowPixels, Pixels]:
        ((_, picture),) = self.read([position])
        return picture

    def locate(self, position: int) -> tuple[int, int]:
        """Return the number of a picture's shard, and its number in it."""
        shard = int(np.searchsorted(self._starts, position, "right")) - 1
        return shard, position - int(self._starts[shard])

    def read(self, positions: Sequence[int]) -> Iterator[tuple[int, tuple[LowPixels, Pixels]]]:
        """Yield (position, (low, high)) of pictures in this order; runs of neighbours are read at once.

        Raises:
            DataError: if a shard is cut short or damaged, or can no longer be read.
        """
        places = [(position, *self.locate(position)) for position in positions]
        if self.raw and self.place.is_local:  # only the rows of crops are read
            for position, number, member in places:
                shard = self.shards[number]
                _check(self.place.path / shard.name, shard)
                mapped = np.memmap(self.place.path / shard.name, np.uint8, "r", offset=int(shard.offsets[member]))
                yield position, self._pair(mapped, shard, member)
            return
        while places:
            _, number, first = places[0]
            shard, count = self.shards[number], 1
            while count < len(places) and places[count][1:] == (number, first + count):
                if shard.offsets[first + count] + shard.sizes[first + count] > shard.offsets[first] + _RUN:
                    break
                count += 1
            start, last = int(shard.offsets[first]), first + count - 1
            stop = int(shard.offsets[last] + shard.sizes[last])
            data = memoryview(self.place.part(shard.name, start, stop))
            if len(data) < stop - start:
                raise _damaged(shard, "cut short")
            for position, _, member in places[:count]:
                begin = int(shard.offsets[member]) - start
                yield position, self._pair(data[begin : begin + int(shard.sizes[member])], shard, member)
            places = places[count:]

    def _pair(self, data: "memoryview | Pixels", shard: Shard, member: int) -> tuple[LowPixels, Pixels]:
        """Return (low, high) of a picture's bytes, cropped to a multiple of the scale at the right and bottom."""
        sides = int(shard.heights[member]), int(shard.widths[member])
        if self.raw:
            count, header = 3 * sides[0] * sides[1], len(ppm_header(*sides))
            if len(data) < header + count:
                raise _damaged(shard, f"picture {member + 1} in it is cut short")
            pixels: Pixels = np.frombuffer(data, np.uint8, count=count, offset=header).reshape(*sides, 3)
        else:
            try:
                pixels = rgb8(bytes(data), reduction=self.reduction)
            except PictureError as error:
                why = str(error).partition("(")[2].partition(")")[0] or "it is no picture"
                raise _damaged(shard, f"picture {member + 1} in it: {why}") from error
        height, width = (side // self.reduction // self.scale * self.scale for side in sides)
        if pixels.shape[0] < height or pixels.shape[1] < width:
            raise _damaged(shard, f"picture {member + 1} in it has another size")
        high = pixels[:height, :width]
        return LowPixels(high, self.scale), high


AnyPictures = PreparedPictures | ShardedPictures


def is_sharded(place: str) -> bool:
    """Return whether it is an address in a bucket, or a folder of shards, complete or not."""
    if is_address(place):
        return True
    with suppress(OSError):
        return any(Path(place).glob(f"{TRAINING}-*.tar"))
    return False


def ppm_header(height: int, width: int) -> bytes:
    """Return what precedes the pixels of a portable pixmap (P6)."""
    return b"P6\n%d %d\n255\n" % (width, height)


def _check(path: Path, shard: Shard) -> None:
    """Refuse a shard that is not there in full."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path} is not there ({error.strerror}): write the shards again") from error
    if size < shard.size:
        raise _damaged(shard, f"cut short, {size} of {shard.size} bytes")


def _damaged(shard: Shard, why: str) -> DataError:
    return DataError(f"{shard.name} is damaged ({why}): write the shards again")
