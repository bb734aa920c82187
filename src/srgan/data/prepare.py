"""Folders of pictures made ready for training: decoded once, verified, and kept as one memory-mapped file.

Beside every high-resolution picture stands its low-resolution one, made by the MATLAB-exact resize from the whole
picture, so that crops of the two are aligned and know nothing of crop borders.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.errors import DataError, PictureError
from srgan.images.colour import from_float, to_float
from srgan.images.files import read
from srgan.images.resample import imresize

Pixels = NDArray[np.uint8]

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif", ".gif"}
_INDEX, _HIGH, _LOW = "index.json", "high.bin", "low.bin"


@dataclass(frozen=True)
class Entry:
    """One prepared picture: its high-resolution size and where its pixels begin."""

    name: str
    height: int
    width: int
    high_offset: int
    low_offset: int


class PreparedPictures:
    """A folder that `prepare` wrote, opened for reading; the pixels stay on disk until they are touched.

    `pictures[i]` gives (low, high), both (H, W, 3) uint8 and read-only.

    Raises:
        DataError: if the folder holds no complete set of prepared pictures.
    """

    def __init__(self, folder: Path) -> None:
        try:
            index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
            self.scale = int(index["scale"])
            self.entries = [Entry(**entry) for entry in index["pictures"]]
            self._high: Pixels = np.memmap(folder / _HIGH, np.uint8, "r")
            self._low: Pixels = np.memmap(folder / _LOW, np.uint8, "r")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{folder} holds no prepared pictures: run the preparation again ({error})") from error
        if len(self._high) != index["high_bytes"] or len(self._low) != index["low_bytes"]:
            raise DataError(f"{folder} is incomplete: delete it and run the preparation again")

    def split(self, every: int) -> tuple["PreparedPictures", "PreparedPictures"]:
        """(training, validation) pictures: every so manieth, from the first on, validates."""
        training, validation = copy(self), copy(self)
        training.entries = [entry for number, entry in enumerate(self.entries) if number % every]
        validation.entries = self.entries[::every]
        return training, validation

    @property
    def low_sizes(self) -> list[tuple[int, int]]:
        """(height, width) of every low-resolution picture."""
        return [(entry.height // self.scale, entry.width // self.scale) for entry in self.entries]

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, position: int) -> tuple[Pixels, Pixels]:
        entry = self.entries[position]
        low_shape = (entry.height // self.scale, entry.width // self.scale, 3)
        high_shape = (entry.height, entry.width, 3)
        low = self._low[entry.low_offset : entry.low_offset + int(np.prod(low_shape))].reshape(low_shape)
        high = self._high[entry.high_offset : entry.high_offset + int(np.prod(high_shape))].reshape(high_shape)
        return low, high


@dataclass(frozen=True)
class Report:
    """What a preparation took and what it left out, with the reason."""

    prepared: int
    left_out: dict[str, str]


def find_pictures(folders: Iterable[Path]) -> list[Path]:
    """Every picture file below the folders, in an order that depends on their names alone.

    Raises:
        DataError: if a folder does not exist or none holds a picture.
    """
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder: name a folder of pictures")
        found += (path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    if not found:
        raise DataError("no pictures found: name folders that hold JPEG, PNG, WebP, TIFF, AVIF or GIF files")
    return sorted(found)


def prepare(
    pictures: Sequence[Path],
    destination: Path,
    *,
    scale: int = 4,
    smallest: int = 96,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Decode, verify and index pictures into `destination`; an unreadable or too small one is left out and reported.

    Args:
        pictures: files of any format that srgan reads; converted to 8-bit RGB, transparency dropped.
        destination: a folder; its index is written last, so that an interrupted preparation is never taken for whole.
        scale: the factor between high and low resolution; each picture is cut to a multiple of it, top left.
        smallest: the least side, in pixels, for a picture to be of use.
        progress: called with the number of pictures done.

    Raises:
        DataError: if not one picture could be prepared.
    """
    destination.mkdir(parents=True, exist_ok=True)
    (destination / _INDEX).unlink(missing_ok=True)
    entries: list[Entry] = []
    left_out: dict[str, str] = {}
    with (destination / _HIGH).open("wb") as high_file, (destination / _LOW).open("wb") as low_file:
        for done, path in enumerate(pictures, start=1):
            high, reason = _usable(path, scale=scale, smallest=smallest)
            if high is None:
                left_out[str(path)] = reason
            else:
                height, width = high.shape[:2]
                entries.append(Entry(str(path), height, width, high_file.tell(), low_file.tell()))
                high_file.write(high.data)
                # With the border of the test sets' own low-resolution files.
                low_file.write(imresize(high, 1 / scale, border="replicate").data)
            progress(done)
        sizes = {"high_bytes": high_file.tell(), "low_bytes": low_file.tell()}
    if not entries:
        raise DataError("none of the pictures could be used: " + "; ".join(list(left_out.values())[:3]))
    index = {"scale": scale, **sizes, "pictures": [asdict(entry) for entry in entries]}
    temporary = destination / f".{_INDEX}.{os.getpid()}"
    temporary.write_text(json.dumps(index, indent=0), encoding="utf-8")
    temporary.replace(destination / _INDEX)
    return Report(prepared=len(entries), left_out=left_out)


def _usable(path: Path, *, scale: int, smallest: int) -> tuple[Pixels | None, str]:
    """The picture cut to a multiple of `scale`, or None and the reason for leaving it out."""
    try:
        pixels = _rgb8(path)
    except PictureError as error:
        return None, str(error)
    height, width = (side // scale * scale for side in pixels.shape[:2])
    if min(height, width) < smallest:
        return None, f"{pixels.shape[1]}x{pixels.shape[0]} is smaller than {smallest} pixels on a side"
    return np.ascontiguousarray(pixels[:height, :width]), ""


def _rgb8(path: Path) -> Pixels:
    """A picture file as (H, W, 3) uint8: gray repeated, alpha dropped, 16 bits rounded to 8."""
    picture = read(path)
    colour = picture.pixels[:, :, : picture.info.colour_channels]
    pixels = from_float(to_float(colour), 8).astype(np.uint8, copy=False)
    return pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels
