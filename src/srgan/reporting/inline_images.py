"""The pictures of an evaluation as text to be put into a page, within a stated number of bytes.

It knows neither the page nor how anything was measured.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from srgan.errors import PictureError
from srgan.evaluation.results import Results, Row
from srgan.images.image import read  # sets libvips up, too

LIMIT = 30_000_000
"""Bytes of all pictures of a page, as encoded; base64 adds a third."""

_LARGEST = 16_383  # pixels, side of a WebP
_SIDES = (1024, 512, 384, 256, 192, 128)  # of centre crops, where whole pictures are too much
_SAVING = 0.8  # what lossless WebP makes of a PNG; 0.7 of photos and of pictures made from them
_CROP = 96  # pixels, side of the crop in which methods are compared

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Choice:
    """One way a picture can be seen."""

    name: str
    method: str | None
    """None of the true picture and of the small one."""
    width: int
    """Pixels: less than the picture's where each is to be shown as a square of several."""
    height: int
    source: str
    """A `data:` address, lossless WebP."""


@dataclass(frozen=True)
class Shown:
    """One picture of a set, in all ways."""

    data: str
    picture: str
    width: int
    height: int
    step: int
    """Pixels of the true picture to a pixel of the small one."""
    crop: tuple[int, int, int, int]
    """Left, top, width and height of where the methods differ most."""
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Album:
    """What is embedded of an evaluation."""

    side: int | None
    """The largest side of the centre crops that stand for the pictures; None for whole pictures."""
    shown: tuple[Shown, ...]
    missing: int
    """Pictures that no longer fitted, or that are not in the folder."""


def embed(results: Results, folder: Path, *, limit: int = LIMIT) -> Album:
    """The pictures of the evaluation in a folder, whole if they fit and as centre crops otherwise.

    Args:
        results: names the pictures.
        folder: holds `reference/<set>/<picture>.png`, `low/<set>/<picture>.png` and the restored ones of each row.
        limit: bytes of all encoded pictures together; what does not fit even as small crops is left out.

    Raises:
        PictureError: if a picture is there and cannot be read.
    """
    sources = [_Source(results, folder, data, picture) for data, names in results.sets.items() for picture in names]
    side = _side(sources, limit)
    shown: list[Shown] = []
    left = limit
    for source in sources:
        one = source.show(side)
        if one is not None:
            left -= sum(len(choice.source) * 3 // 4 for choice in one.choices)
            if left < 0:
                break
            shown.append(one)
    return Album(side, tuple(shown), len(sources) - len(shown))


def _side(sources: Sequence["_Source"], limit: int) -> int | None:
    """The side of the largest crops that fit, by the sizes of the files; None if whole pictures do."""
    sizes = [(width, height, length) for source in sources for width, height, length in source.sizes()]
    for side in (None, *_SIDES):
        expected = sum(
            _SAVING * length * (min(side, width) * min(side, height) / (width * height) if side else 1.0)
            for width, height, length in sizes
        )
        largest = max((max(width, height) for width, height, _ in sizes), default=0)
        if expected <= limit and (side is not None or largest <= _LARGEST):
            return side
    return _SIDES[-1]


class _Source:
    """The files of one picture of a set, those that there are."""

    def __init__(self, results: Results, folder: Path, data: str, picture: str) -> None:
        self._data, self._picture, self._folder = data, picture, folder.resolve()
        self._high = self._inside(f"reference/{data}/{picture}.png")
        self._low = self._inside(f"low/{data}/{picture}.png")
        rows = {row.method: row for row in results.rows if (row.data, row.picture) == (data, picture)}
        kinds = {method.name: method.kind for method in results.methods}
        self._restored = {
            name: path for name, kind in kinds.items() if kind != "reference" and (path := self._path(rows.get(name)))
        }

    def _path(self, row: Row | None) -> Path | None:
        return self._inside(row.path) if row else None

    def _inside(self, relative: str) -> Path | None:
        """The file, unless there is none, or it is not in the folder."""
        path = (self._folder / relative).resolve()
        return path if path.is_relative_to(self._folder) and path.is_file() else None

    def sizes(self) -> list[tuple[int, int, int]]:
        """Width, height and bytes of each file of full size."""
        if self._high is None:
            return []
        with Path(self._high).open("rb") as file:
            head = file.read(24)
        width, height = (int.from_bytes(head[start : start + 4], "big") for start in (16, 20))
        files = [self._high, *self._restored.values()]
        return [(max(width, 1), max(height, 1), path.stat().st_size) for path in files]

    def show(self, side: int | None) -> Shown | None:
        """The picture, or the middle of it, in all ways; None where there is no true picture."""
        if self._high is None:
            return None
        high = _pixels(self._high)
        low = _pixels(self._low) if self._low else None
        step = max(1, high.shape[1] // low.shape[1]) if low is not None else 1
        left, top, width, height = _middle(high.shape[1], high.shape[0], side, step)
        window = (slice(top, top + height), slice(left, left + width))
        restored = {name: _pixels(path) for name, path in self._restored.items()}
        for name, pixels in restored.items():
            if pixels.shape != high.shape:
                raise PictureError(
                    f"{self._picture} of {self._data} by {name} is not as large as its reference: evaluate it again"
                )
        seen = {name: pixels[window] for name, pixels in restored.items()}
        choices = [_choice("HR", None, high[window])]
        if low is not None:
            small = (slice(top // step, (top + height) // step), slice(left // step, (left + width) // step))
            choices.append(_choice("LR", None, low[small]))
        choices += [_choice(name, name, pixels) for name, pixels in seen.items()]
        compared = list(seen.values()) if len(seen) > 1 else [high[window], *seen.values()]
        crop = busiest(compared, _CROP, step)
        return Shown(self._data, self._picture, width, height, step, crop, tuple(choices))


def _middle(width: int, height: int, side: int | None, step: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of the centre crop, on the grid of the small picture."""

    def span(length: int) -> tuple[int, int]:
        kept = min(length, side or length) // step * step
        return (length - kept) // 2 // step * step, kept

    (left, across), (top, down) = span(width), span(height)
    return left, top, across, down


def busiest(pictures: Sequence[Pixels], side: int, step: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of the square in which pictures differ most, on a grid of `step` pixels."""
    stack = np.stack([picture.mean(axis=2, dtype=np.float32) for picture in pictures])
    spread = stack.std(axis=0, dtype=np.float64)
    height, width = spread.shape
    across, down = (min(side, length) // step * step or length for length in (width, height))
    sums = np.pad(spread.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    rows, columns = (np.arange(0, room + 1, step) for room in (height - down, width - across))
    ends = sums[np.ix_(rows + down, columns + across)] + sums[np.ix_(rows, columns)]
    totals = ends - sums[np.ix_(rows + down, columns)] - sums[np.ix_(rows, columns + across)]
    row, column = np.unravel_index(int(totals.argmax()), totals.shape)
    return int(columns[column]), int(rows[row]), across, down


def _pixels(path: Path) -> Pixels:
    """(H, W, 3) uint8, whatever the file holds."""
    pixels = read(path).pixels
    if pixels.dtype == np.uint16:
        pixels = np.round(pixels / 257).astype(np.uint8)
    colours = pixels[:, :, :3] if pixels.shape[2] > 2 else np.repeat(pixels[:, :, :1], 3, axis=2)
    return colours.astype(np.uint8, copy=False)


def _choice(name: str, method: str | None, pixels: Pixels) -> Choice:
    height, width, channels = pixels.shape
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, channels, "uchar")
    # Effort 1 takes four times as long and saves one or two percent.
    data = image.copy(interpretation="srgb").webpsave_buffer(lossless=True, effort=0, keep="none")
    return Choice(name, method, width, height, "data:image/webp;base64," + base64.b64encode(data).decode("ascii"))
