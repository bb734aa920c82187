"""Renderings of uploads and results that the page shows: thumbnails, and images to compare."""

from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np

import srgan
from srgan.errors import PictureError
from srgan.images import ImageReader, imresize
from srgan_web.job_options import JobOptions

THUMBNAIL, LARGEST = 512 * 512, 24_000_000
"""Most pixels of a thumbnail, and of an image to compare."""
LARGEST_MAP = 12_000_000
"""Most pixels of a result that is mapped."""
VIEWS = ("thumbnail", "source", "bicubic", "result", "invented")
RESULT_VIEWS = ("result", "invented")
"""Those that need the result."""

_CLEAR = 0.06  # mean difference, of 1, that is marked in full


def write_view(
    view: str, upload: Path, result: Path, options: JobOptions, size: tuple[int, int], path: Path,
    against: Path | None = None,
) -> None:  # fmt: skip
    """Write one of VIEWS as JPEG, whatever the format and depth of the original.

    Args:
        view: `thumbnail` and `source` show the upload; `result` the result; `bicubic` the upload, cropped and resized
            to the size of `result`; `invented` marks detail of the result that the upload does not determine: what is
            finer than its pixels, or where another result differs.
        upload: the client's image.
        result: the enlarged image, if there is one.
        options: of the job.
        size: width and height of the result.
        path: of the JPEG.
        against: another result of that size, for `invented`.

    Raises:
        PictureError: if the image cannot be read, or the result is too large for a map.
        OutputError: if the view cannot be written.
    """
    if view == "bicubic":
        factor = ceil(sqrt(max(1.0, size[0] * size[1] / LARGEST)))
        pixels, metadata = _read_shrunk(upload, LARGEST, options.crop)
        pixels = imresize(pixels, size=(ceil(size[1] / factor), ceil(size[0] / factor)))
    elif view == "invented":
        if size[0] * size[1] > LARGEST_MAP:
            raise PictureError(f"a map of {size[0]}x{size[1]} pixels is not made: enlarge a part of the photo")
        pixels, metadata = _read_shrunk(result, LARGEST)[0], None
        if against is not None:
            amount = _local_mean(np.abs(_gray(pixels) - _gray(_read_shrunk(against, LARGEST)[0])))
        else:
            with ImageReader(upload) as reader:
                small = options.crop[2:] if options.crop else (reader.info.width, reader.info.height)
            amount = _detail_beyond(_gray(pixels), small)
        pixels = _marked(pixels, amount)
    else:
        most = THUMBNAIL if view == "thumbnail" else LARGEST
        pixels, metadata = _read_shrunk(result if view == "result" else upload, most)
    srgan.write(path, pixels, metadata=metadata, overwrite=True)


def _read_shrunk(path: Path, most_pixels: int, crop: tuple[int, int, int, int] | None = None) -> tuple[Any, Any]:
    """Read an image without transparency, shrunk by a whole factor to at most so many pixels, in bounded memory."""
    with ImageReader(path) as reader:
        left, top, width, height = crop or (0, 0, reader.info.width, reader.info.height)
        reader.skip_rows(top)
        factor = ceil(sqrt(max(1.0, width * height / most_pixels)))
        edges = np.arange(0, width, factor)
        widths = np.diff(np.append(edges, width))[:, None]
        strips, at_once = [], factor if factor > 1 else 256
        for start in range(0, height, at_once):
            strip = _opaque(reader.read_rows(min(at_once, height - start))[:, left : left + width])
            if factor > 1:
                sums = np.add.reduceat(strip.sum(axis=0, dtype=np.float64), edges, axis=0)
                strip = np.rint(sums / (widths * len(strip))).astype(strip.dtype)[None]
            strips.append(strip)
        return np.concatenate(strips), reader.metadata


def _gray(pixels: Any) -> Any:
    """Return the mean of the channels, (H, W) in [0, 1]."""
    return pixels.mean(axis=2, dtype=np.float32) / np.float32(np.iinfo(pixels.dtype).max)


def _detail_beyond(gray: Any, small: tuple[int, int]) -> Any:
    """Return the difference between an image and what a small image holds of it, as `_local_mean`.

    Args:
        gray: (H, W) in [0, 1].
        small: width and height of the small image.
    """
    held = imresize(imresize(gray, size=(small[1], small[0])), size=gray.shape)
    return _local_mean(np.abs(gray - held))


def _local_mean(difference: Any) -> Any:
    """Return means over blocks of 8 x 8 pixels, at full size, (H, W) in [0, 1]."""
    height, width = difference.shape
    blocks = ceil(height / 8), ceil(width / 8)
    return np.clip(imresize(imresize(difference, size=blocks, kernel="linear"), size=(height, width)), 0, 1)


def _marked(pixels: Any, amount: Any) -> Any:
    """Return an image in dark gray, (H, W, 3) of uint8, with amounts from 0 to _CLEAR marked in yellow."""
    gray = pixels.mean(axis=2, dtype=np.float32)[:, :, None] * np.float32(0.5 / np.iinfo(pixels.dtype).max)
    share = np.minimum(amount / np.float32(_CLEAR), 1)[:, :, None]
    yellow = np.array([1.0, 0.85, 0.2], np.float32)
    return np.rint(255 * (gray * (1 - share) + yellow * share)).astype(np.uint8)


def _opaque(rows: Any) -> Any:
    """Return rows of integers on a white ground, without their transparency; floats in [0, 1] get 16 bits."""
    if rows.dtype == np.float32:
        rows = np.rint(65_535 * rows.clip(0, 1)).astype(np.uint16)
    if rows.shape[2] not in (2, 4):
        return rows
    top = np.iinfo(rows.dtype).max
    alpha = rows[:, :, -1:].astype(np.float64) / top
    return np.rint(rows[:, :, :-1] * alpha + top * (1 - alpha)).astype(rows.dtype)
