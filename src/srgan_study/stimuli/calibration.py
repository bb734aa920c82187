"""Images for calibration and practice, which show raters the ends of the scale and what lies between.

As in the paper, the worst version is an image shrunk four times with its pixels repeated, and the best the image
itself. Their images are never rated.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.errors import DataError
from srgan.evaluation import INTERPOLATIONS, REFERENCE, Pixels, picture_files
from srgan.images import Image, ImageReader, imresize
from srgan_study.server.rng import Rng
from srgan_study.stimuli.stimulus_images import thumbnail, to_rgb

LEVELS = (("nearest", 4), ("bicubic", 4), ("bicubic", 3), ("bicubic", 2), (REFERENCE, 1))
"""Versions from bad to good: how an image is enlarged, and how many times it was shrunk."""

_STEP = 12  # multiple of all of those
_SAME = 4.0  # levels of 255: thumbnails that differ by less in the mean are of the same image
_MOST = 100_000_000  # pixels of a photo of which a part is cut out


@dataclass(frozen=True)
class CalibrationSource:
    """Image that is not rated."""

    name: str
    pixels: Pixels  # (H, W, 3), both multiples of 12

    def at(self, level: int) -> Pixels:
        """Return the version of a level."""
        method, scale = LEVELS[level]
        if method == REFERENCE:
            return self.pixels
        low: Pixels = imresize(self.pixels, 1 / scale, border="replicate")
        return INTERPOLATIONS[method][1](low, scale)


def practice_levels(count: int) -> list[int]:
    """Return the levels of `count` practice images, spread evenly from bad to good."""
    return [round(place * (len(LEVELS) - 1) / max(count - 1, 1)) for place in range(count)]


def find_calibration_sources(
    folder: Path,
    count: int,
    *,
    rated: Sequence[tuple[str, NDArray[np.float64]]],
    largest: tuple[int, int],
    seed: int,
    advance: Callable[[], None] = lambda: None,
) -> list[CalibrationSource]:
    """Choose images of a folder at random that are not among those that are rated.

    Args:
        folder: folder of images of any size.
        count: number of images.
        rated: names and thumbnails of the images that are rated.
        largest: greatest width and height; of larger images the middle is cut out.
        seed: random seed.
        advance: called after every image.

    Raises:
        DataError: if the folder has too few.
        PictureError: if one cannot be read, or be shown as it is.
    """
    names, seen = {name for name, _ in rated}, [small for _, small in rated]
    files = Rng(str(seed), "calibration").shuffle(picture_files(folder))
    sources: list[CalibrationSource] = []
    for file in sorted(files, key=lambda file: file.stem in names):  # files named as a rated image come last
        if len(sources) == count:
            break
        whole = _read(file)
        middle = _crop_middle(whole, largest)
        small = thumbnail(whole) if middle.size else None
        if small is not None and all(np.abs(small - other).mean() > _SAME for other in seen):
            seen.append(small)
            sources.append(CalibrationSource(file.stem, middle))
            advance()
    _check_count(folder, len(sources), count)
    return sources


def check_enough(folder: Path, count: int) -> None:
    """Check, before any image is read, that a folder may have enough.

    Raises:
        DataError: if it does not exist, or has too few.
    """
    if not os.path.isdir(folder):
        raise DataError(f"the folder {folder} does not exist: name one of other pictures for the calibration")
    _check_count(folder, len(picture_files(folder)), count)


def _check_count(folder: Path, there: int, count: int) -> None:
    if there < count:
        raise DataError(
            f"{folder} has {there} of the {count} pictures that calibration and practice need, which must be usable "
            "and not rated themselves: name another folder, or ask for fewer"
        )


def _read(file: Path) -> Pixels:
    """Return an image, or no pixels if it is too small."""
    with ImageReader(file, max_pixels=sys.maxsize) as reader:
        info = reader.info
        if min(info.width, info.height) < _STEP:
            return np.empty((0, 0, 3), np.uint8)
        if info.depth != 8 or info.width * info.height > _MOST:
            raise DataError(f"{file} is deeper than 8 bits or too large: take it out of the folder of the calibration")
        return to_rgb(file, Image(reader.read_rows(info.height), info, reader.metadata))


def _crop_middle(whole: Pixels, largest: tuple[int, int]) -> Pixels:
    """Return the middle with sides that are multiples of 12, at most those given."""
    height, width = whole.shape[:2]
    across, down = (min(side, most) // _STEP * _STEP for side, most in zip((width, height), largest, strict=True))
    top, left = (height - down) // 2, (width - across) // 2
    return np.ascontiguousarray(whole[top : top + down, left : left + across])
