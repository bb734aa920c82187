"""Renderings of uploads and results that the page shows: thumbnails, and images to compare."""

from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np

import srgan
from srgan.images import ImageReader, imresize
from srgan_web.job_options import JobOptions

THUMBNAIL, LARGEST = 512 * 512, 24_000_000
"""Most pixels of a thumbnail, and of an image to compare."""
VIEWS = ("thumbnail", "source", "bicubic", "result")


def write_view(view: str, upload: Path, result: Path, options: JobOptions, size: tuple[int, int], path: Path) -> None:
    """Write one of VIEWS as JPEG, whatever the format and depth of the original.

    Args:
        view: `thumbnail` and `source` show the upload; `result` the result; `bicubic` the upload, cropped and resized
            to the size of `result`.
        upload: the client's image.
        result: the enlarged image, if there is one.
        options: of the job.
        size: width and height of the result.
        path: of the JPEG.

    Raises:
        PictureError: if the image cannot be read.
        OutputError: if the view cannot be written.
    """
    if view == "bicubic":
        factor = ceil(sqrt(max(1.0, size[0] * size[1] / LARGEST)))
        pixels, metadata = _read_shrunk(upload, LARGEST, options.crop)
        pixels = imresize(pixels, size=(ceil(size[1] / factor), ceil(size[0] / factor)))
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


def _opaque(rows: Any) -> Any:
    """Return rows on a white ground, without their transparency."""
    if rows.shape[2] not in (2, 4):
        return rows
    top = np.iinfo(rows.dtype).max
    alpha = rows[:, :, -1:].astype(np.float64) / top
    return np.rint(rows[:, :, :-1] * alpha + top * (1 - alpha)).astype(rows.dtype)
