"""The pictures that teach raters the scale, before they rate: its two ends, and some of what lies between for practice.

As in the paper the worst is a picture shrunk four times whose pixels are repeated, and the best the picture itself.
They are made of other pictures than those that are rated.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from srgan.errors import DataError
from srgan.evaluation.methods import INTERPOLATIONS, REFERENCE
from srgan.evaluation.test_sets import Pixels, picture_files
from srgan.images.image import Picture, PictureReader
from srgan.images.resample import imresize
from srgan_study.server.rng import Rng
from srgan_study.stimuli.stimulus_images import colours, outline

LEVELS = (("nearest", 4), ("bicubic", 4), ("bicubic", 3), ("bicubic", 2), (REFERENCE, 1))
"""Versions from bad to good: how a picture is enlarged, and how many times it was shrunk."""

_STEP = 12  # what all of those divide
_SAME = 4.0  # levels of 255: outlines that differ by less in the mean are of the same picture
_MOST = 100_000_000  # pixels of a photo of which a part is cut out


@dataclass(frozen=True)
class Sample:
    """A picture that nobody rates."""

    name: str
    pixels: Pixels
    """Of a size that all levels can be made of."""

    def at(self, level: int) -> Pixels:
        """Its version of a level."""
        method, scale = LEVELS[level]
        if method == REFERENCE:
            return self.pixels
        low: Pixels = imresize(self.pixels, 1 / scale, border="replicate")
        return INTERPOLATIONS[method][1](low, scale)


def practice_levels(count: int) -> list[int]:
    """Which levels so many pictures of the practice have: from bad to good, evenly."""
    return [round(place * (len(LEVELS) - 1) / max(count - 1, 1)) for place in range(count)]


def find_samples(
    folder: Path,
    count: int,
    *,
    rated: Sequence[tuple[str, NDArray[np.float64]]],
    largest: tuple[int, int],
    seed: int,
    advance: Callable[[], None] = lambda: None,
) -> list[Sample]:
    """Pictures of a folder, chosen by chance, that are not among those that are rated.

    Args:
        folder: of pictures of any size.
        count: how many.
        rated: names and outlines of the pictures that are.
        largest: width and height of these at most; of larger ones the middle is cut out.
        seed: of the choice.
        advance: called after every picture.

    Raises:
        DataError: if the folder has too few.
        PictureError: if one cannot be read, or be shown as it is.
    """
    names, outlines = {name for name, _ in rated}, [outlined for _, outlined in rated]
    files = Rng(str(seed), "calibration").shuffle(picture_files(folder))
    found: list[Sample] = []
    for file in sorted(files, key=lambda file: file.stem in names):  # those that are called as one is rated come last
        if len(found) == count:
            break
        whole = _read(file)
        middle = None if whole is None else _middle(whole, largest)
        if whole is None or middle is None:
            continue
        seen = outline(whole)
        if all(np.abs(seen - other).mean() > _SAME for other in outlines):
            outlines.append(seen)
            found.append(Sample(file.stem, middle))
            advance()
    if len(found) < count:
        _refuse(folder, len(found), count)
    return found


def check_enough(folder: Path, count: int) -> None:
    """See to it, before any is read, that a folder may have so many pictures.

    Raises:
        DataError: if it does not exist, or has too few.
    """
    if not os.path.isdir(folder):
        raise DataError(f"the folder {folder} does not exist: name one of pictures with --calibration")
    files = picture_files(folder)
    if len(files) < count:
        _refuse(folder, len(files), count)


def _refuse(folder: Path, there: int, count: int) -> NoReturn:
    raise DataError(
        f"{folder} has {there} pictures that can be used and are not rated themselves, and calibration and practice "
        f"need {count}: name another folder with --calibration, or fewer with --pairs and --practice"
    )


def _read(file: Path) -> Pixels | None:
    """The picture, unless it is too small."""
    with PictureReader(file, max_pixels=sys.maxsize) as reader:
        info = reader.info
        if min(info.width, info.height) < _STEP:
            return None
        if info.depth != 8 or info.width * info.height > _MOST:
            raise DataError(f"{file} has 16 bits or is too large: take it out of the folder of the calibration")
        return colours(file, Picture(reader.read_rows(info.height), info, reader.metadata))


def _middle(whole: Pixels, largest: tuple[int, int]) -> Pixels | None:
    """The middle of a picture, of a size that all levels can be made of."""
    height, width = whole.shape[:2]
    across, down = (min(side, most) // _STEP * _STEP for side, most in zip((width, height), largest, strict=True))
    if not across or not down:
        return None
    top, left = (height - down) // 2, (width - across) // 2
    return np.ascontiguousarray(whole[top : top + down, left : left + across])
