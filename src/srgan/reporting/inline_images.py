"""Images as `data:` URLs for a page, several versions of each scene, within a budget of bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from srgan.errors import PictureError
from srgan.images.image import read  # sets libvips up, too
from srgan.reporting.page import data_url

LIMIT = 30_000_000
"""Bytes of all images of a page as encoded; base64 adds a third."""

_LARGEST = 16_383  # pixels, side of a WebP
_SIDES = (1024, 512, 384, 256, 192, 128)  # of centre crops, where whole images exceed the budget
_SAVING = 0.8  # size of lossless WebP relative to PNG; 0.7 for photos
_CROP = 96  # pixels, side of the crop in which versions are compared

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """The files of one image and of its versions."""

    name: str
    high: Path
    """A PNG."""
    low: Path | None
    """The image at a smaller size."""
    restored: dict[str, Path]
    """Versions of the size of `high`, by name."""


@dataclass(frozen=True)
class InlineImage:
    """One version of a scene."""

    name: str
    restored: bool
    """False for the high-resolution and the low-resolution image."""
    width: int
    """Pixels; fewer than the scene's for the low-resolution image."""
    height: int
    source: str
    """A `data:` URL of lossless WebP."""


@dataclass(frozen=True)
class InlineScene:
    """One image, whole or as a centre crop, in all versions: "HR", "LR" if there is one, then the restored ones."""

    place: int
    """Index of the scene among those given."""
    width: int
    height: int
    scale: int
    """High-resolution pixels per low-resolution pixel."""
    crop: tuple[int, int, int, int]
    """Left, top, width and height of the square in which versions differ most."""
    versions: tuple[InlineImage, ...]


@dataclass(frozen=True)
class Album:
    """The scenes that fit into a page."""

    side: int | None
    """Side of the centre crops shown, in pixels; None for whole images."""
    scenes: tuple[InlineScene, ...]


def inline_images(scenes: Sequence[Scene], *, limit: int = LIMIT) -> Album:
    """Encode scenes whole if they fit into the budget, otherwise as centre crops.

    Those beyond the budget of `limit` bytes are left out.

    Raises:
        PictureError: if a file cannot be read, or a version has another size than its scene.
    """
    side = _choose_side(scenes, limit)
    shown: list[InlineScene] = []
    for place, scene in enumerate(scenes):
        one = _encode_scene(place, scene, side)
        limit -= sum(len(version.source) * 3 // 4 for version in one.versions)
        if limit < 0:
            break
        shown.append(one)
    return Album(side, tuple(shown))


def find_crop(images: Sequence[Pixels], side: int, step: int) -> tuple[int, int, int, int]:
    """Return the square in which images differ most, by the standard deviation of their grey levels.

    Args:
        images: (H, W, C), all of one size.
        side: of the square in pixels; less where the images are smaller.
        step: left, top, width and height returned are multiples of it, where the images allow.
    """
    stack = np.stack([image.mean(axis=2, dtype=np.float32) for image in images])
    spread = stack.std(axis=0, dtype=np.float64)
    height, width = spread.shape
    across, down = (min(side, length) // step * step or length for length in (width, height))
    sums = np.pad(spread.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    rows, columns = (np.arange(0, room + 1, step) for room in (height - down, width - across))
    ends = sums[np.ix_(rows + down, columns + across)] + sums[np.ix_(rows, columns)]
    totals = ends - sums[np.ix_(rows + down, columns)] - sums[np.ix_(rows, columns + across)]
    row, column = np.unravel_index(int(totals.argmax()), totals.shape)
    return int(columns[column]), int(rows[row]), across, down


def _choose_side(scenes: Iterable[Scene], limit: int) -> int | None:
    """Return the side of the largest crops expected to fit, judged by file sizes; None if whole images fit."""
    files = []
    for scene in scenes:
        with scene.high.open("rb") as file:
            head = file.read(24)  # of a PNG: its size comes last
        width, height = (max(int.from_bytes(head[start : start + 4], "big"), 1) for start in (16, 20))
        files += [(width, height, path.stat().st_size) for path in (scene.high, *scene.restored.values())]
    for side in (None, *_SIDES):
        expected = sum(
            _SAVING * length * (min(side, width) * min(side, height) / (width * height) if side else 1.0)
            for width, height, length in files
        )
        largest = max((max(width, height) for width, height, _ in files), default=0)
        if expected <= limit and (side is not None or largest <= _LARGEST):
            return side
    return _SIDES[-1]


def _encode_scene(place: int, scene: Scene, side: int | None) -> InlineScene:
    high = _read_rgb(scene.high)
    low = _read_rgb(scene.low) if scene.low else None
    scale = max(1, high.shape[1] // low.shape[1]) if low is not None else 1
    (left, width), (top, height) = (_centre(high.shape[axis], side, scale) for axis in (1, 0))
    window = (slice(top, top + height), slice(left, left + width))
    versions = [_encode("HR", False, high[window])]
    if low is not None:
        small = (slice(top // scale, (top + height) // scale), slice(left // scale, (left + width) // scale))
        versions.append(_encode("LR", False, low[small]))
    restored = []
    for name, path in scene.restored.items():
        pixels = _read_rgb(path)
        if pixels.shape != high.shape:
            raise PictureError(f"{scene.name} by {name} is not as large as its reference: evaluate it again")
        restored.append(pixels[window])
        versions.append(_encode(name, True, restored[-1]))
    crop = find_crop(restored if len(restored) > 1 else [high[window], *restored], _CROP, scale)
    return InlineScene(place, width, height, scale, crop, tuple(versions))


def _centre(length: int, side: int | None, scale: int) -> tuple[int, int]:
    """Return start and length of a centre crop along one axis, on the grid of low-resolution pixels."""
    kept = min(length, side or length) // scale * scale
    return (length - kept) // 2 // scale * scale, kept


def _read_rgb(path: Path) -> Pixels:
    """Return an image as (H, W, 3) uint8, without alpha."""
    pixels = read(path).pixels
    if pixels.dtype == np.uint16:
        pixels = np.round(pixels / 257).astype(np.uint8)
    colours = pixels[:, :, :3] if pixels.shape[2] > 2 else np.repeat(pixels[:, :, :1], 3, axis=2)
    return colours.astype(np.uint8, copy=False)


def _encode(name: str, restored: bool, pixels: Pixels) -> InlineImage:
    height, width, channels = pixels.shape
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, channels, "uchar")
    # Effort 1 takes four times as long and saves one or two percent.
    data = image.copy(interpretation="srgb").webpsave_buffer(lossless=True, effort=0, keep="none")
    return InlineImage(name, restored, width, height, data_url("image/webp", data))
