"""Webdataset shards opened for training: tar files, on this machine or behind a URL, with an index of their pictures.

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
        place: a folder, or the URL of one for fsspec, such as s3://bucket/shards.
        scale: factor between low and high resolution.
        reduction: JPEGs are decoded at this part of their size, 1, 2, 4 or 8, by libjpeg's scaled inverse transform.

    Attributes:
        comparison: with images of test sets.

    Raises:
        DataError: if it cannot be read, or is incomplete.
        UsageError: if the pictures are to be reduced, and are not JPEGs.
    """

    def __init__(self, place: str | Path, *, scale: int, reduction: int = 1) -> None:
        self.place, self.scale, self.reduction = str(place), scale, reduction
        self._storage = _Remote(self.place) if is_remote(self.place) else _Local(self.place)
        try:
            index = json.loads(self._storage.read(INDEX))
            if index["version"] != VERSION:
                raise ValueError(f"version {index['version']} of the index")
            self.raw = index["contents"] == "pixels"
            """Whether pictures are stored as pixels, and not as the files that they were."""
            self.comparison = KnownTestComparison(**index["comparison"])
            shards = {name: [Shard.from_index(entry) for entry in index[name]] for name in (TRAINING, VALIDATION)}
            all_jpeg = bool(index["all_jpeg"])
        except FileNotFoundError as error:
            raise DataError(f"{self.place} has no {INDEX}: write the shards again, which goes on") from error
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"the {INDEX} of {self.place} is damaged ({error}): write the shards again") from error
        if reduction > 1 and not all_jpeg:
            raise UsageError(f"reduced_decoding is {reduction}, but {self.place} holds other files than JPEGs: set 1")
        for shard in (*shards[TRAINING], *shards[VALIDATION]):
            self._storage.check(shard)
        self._splits = shards
        self.shards: Sequence[Shard] = (*shards[TRAINING], *shards[VALIDATION])

    def split(self) -> tuple["ShardedPictures", "ShardedPictures"]:
        """Return the training and the validation images."""
        training, validation = copy(self), copy(self)
        training.shards, validation.shards = self._splits[TRAINING], self._splits[VALIDATION]
        return training, validation

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
        if self.raw and isinstance(self._storage, _Local):  # only the rows of crops are read
            for position, number, member in places:
                shard = self.shards[number]
                yield position, self._pair(self._storage.map(shard, int(shard.offsets[member])), shard, member)
            return
        while places:
            _, number, first = places[0]
            shard, count = self.shards[number], 1
            while count < len(places) and places[count][1:] == (number, first + count):
                if shard.offsets[first + count] + shard.sizes[first + count] > shard.offsets[first] + _RUN:
                    break
                count += 1
            start, last = int(shard.offsets[first]), first + count - 1
            data = memoryview(self._storage.part(shard, start, int(shard.offsets[last] + shard.sizes[last])))
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


def is_remote(place: str) -> bool:
    """Return whether it is a URL, and not a path."""
    return "://" in place


def is_sharded(place: str) -> bool:
    """Return whether it is a URL, or a folder of shards, complete or not."""
    if is_remote(place):
        return True
    with suppress(OSError):
        return any(Path(place).glob(f"{TRAINING}-*.tar"))
    return False


def ppm_header(height: int, width: int) -> bytes:
    """Return what precedes the pixels of a portable pixmap (P6)."""
    return b"P6\n%d %d\n255\n" % (width, height)


def _damaged(shard: Shard, why: str) -> DataError:
    return DataError(f"{shard.name} is damaged ({why}): write the shards again")


class _Local:
    """Shards in a folder."""

    def __init__(self, place: str) -> None:
        self._folder = Path(place)

    def read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise DataError(f"{error.filename} cannot be read ({error.strerror}): check the disk") from error

    def check(self, shard: Shard) -> None:
        """Refuse a shard that is not there in full."""
        try:
            size = (self._folder / shard.name).stat().st_size
        except OSError as error:
            raise DataError(f"{error.filename} is not there ({error.strerror}): write the shards again") from error
        if size < shard.size:
            raise _damaged(shard, f"cut short, {size} of {shard.size} bytes")

    def part(self, shard: Shard, start: int, stop: int) -> bytes:
        try:
            with open(self._folder / shard.name, "rb") as file:
                file.seek(start)
                data = file.read(stop - start)
        except OSError as error:
            raise DataError(f"{error.filename} cannot be read ({error.strerror}): check the disk") from error
        if len(data) < stop - start:
            raise _damaged(shard, "cut short")
        return data

    def map(self, shard: Shard, offset: int) -> Pixels:
        """Return the bytes from an offset, mapped into memory."""
        try:
            return np.memmap(self._folder / shard.name, np.uint8, "r", offset=offset)
        except (OSError, ValueError) as error:
            raise _damaged(shard, "cut short or gone") from error


class _Remote:
    """Shards behind a URL, of whatever fsspec opens."""

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise DataError(f"{url} needs fsspec, which is not installed: pip install 'srgan[shards]'") from error
        self._url = url
        try:
            self._files, self._root = url_to_fs(url)
        except (ImportError, ValueError) as error:  # it names the package that is missing
            raise DataError(f"{url} cannot be opened: {error}") from error

    def read(self, name: str) -> bytes:
        return self._fetch(name, None, None)

    def check(self, shard: Shard) -> None:
        """Trust that it is there: asking for a thousand takes a minute, and reading shows it."""

    def part(self, shard: Shard, start: int, stop: int) -> bytes:
        try:
            data = self._fetch(shard.name, start, stop)
        except FileNotFoundError as error:
            raise DataError(f"{shard.name} is not in {self._url}: write the shards again") from error
        if len(data) != stop - start:
            raise _damaged(shard, "cut short")
        return data

    def _fetch(self, name: str, start: int | None, stop: int | None) -> bytes:
        try:
            data: bytes = self._files.cat_file(f"{self._root.rstrip('/')}/{name}", start=start, end=stop)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, RuntimeError) as error:
            why = str(error) or type(error).__name__
            raise DataError(f"{name} of {self._url} cannot be fetched ({why}): check the network and rights") from error
        return data
