"""Enlarging in small steps, each rebuilt from smaller copies of the image and held to the input.

Blurred twins of the examples after Freedman and Fattal 2011, back-projection after Irani and Peleg 1991, both as in
Huang et al. Their planes are left out (docs/decisions/0027-selfexsr-without-planes.md).
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from srgan.selfexsr.compiling import ForRows, compiled, row_threads
from srgan.selfexsr.patch_search import RADIUS, Examples, collect_examples, find_matches, vote
from srgan.selfexsr.resampling import Resampler

Floats = NDArray[np.float32]

_STEPS = 3  # for each doubling
_GAP = 3  # levels at least between an enlarged image and its examples: half its size
_LEVELS = 8  # of examples, at most
_LEAST_SIDE = 2 * RADIUS + 2  # pixels of an example
_BACK_PROJECTIONS = 20
_SIGMA = 0.5  # pixels, of the Gaussian that smooths what is projected back
_BLACK, _WHITE = np.float32(16), np.float32(235)
_LUMA_WEIGHTS = np.array([65.481, 128.553, 24.966], np.float32)

_GAUSSIAN = np.exp(-(np.arange(-2, 3) ** 2) / (2 * _SIGMA**2))
_KERNEL = (_GAUSSIAN / _GAUSSIAN.sum()).astype(np.float32)


def enlarge_rgb(image: Floats, scale: int) -> Floats:
    """Return an image enlarged: luma by SelfExSR, colours by bicubic interpolation.

    Args:
        image: (3, H, W), RGB in [0, 1].
        scale: output pixels per input pixel along one axis, 2 or more.

    Returns:
        (3, scale * H, scale * W); luma is within range, the channels are not clipped.
    """
    height, width = image.shape[1:]
    with row_threads() as for_rows:
        enlarge = Resampler((height, width), (scale * height, scale * width), for_rows)
        colours = np.stack([enlarge(np.ascontiguousarray(channel)) for channel in image])
        restored = _enlarge_luma(_luma(image), scale, for_rows)
    result: Floats = colours + (restored - _luma(colours)) / (_WHITE - _BLACK)
    return result


def _luma(image: Floats) -> Floats:
    """Return the luma of ITU-R BT.601, 16 to 235, of RGB in [0, 1]: (3, H, W) to (H, W)."""
    luma: Floats = _BLACK + np.tensordot(_LUMA_WEIGHTS, image, 1)
    return luma


def _enlarge_luma(low: Floats, scale: int, for_rows: ForRows) -> Floats:
    pyramid = _Pyramid(low, scale, for_rows)
    current = low
    for level in range(1, pyramid.steps + 1):
        target = pyramid.resampled(current, level)
        examples = pyramid.examples(level)
        if examples is not None:
            target = vote(examples, find_matches(target, examples, for_rows, seed=level), for_rows)
        current = _back_project(target, low, for_rows)
        pyramid.images[level] = current
    return current


class _Pyramid:
    """Images by level, from small copies of the input, at level 0, to what it has been enlarged to."""

    def __init__(self, low: Floats, scale: int, for_rows: ForRows) -> None:
        self.steps = max(1, round(_STEPS * math.log2(scale)))
        self._low, self._scale, self._for_rows = low, scale, for_rows
        self.images = {0: low}
        self._blurred = cache(self._blur)
        for level in range(-1, -_LEVELS, -1):
            self.images[level] = self.resampled(low, level)

    def size(self, level: int) -> tuple[int, int]:
        """Return height and width at a level."""
        factor = self._scale ** (level / self.steps)
        height, width = (max(1, round(side * factor)) for side in self._low.shape)
        return height, width

    def resampled(self, image: Floats, level: int) -> Floats:
        """Return an image at the size of a level."""
        size = (image.shape[0], image.shape[1])
        return Resampler(size, self.size(level), self._for_rows)(image)

    def examples(self, level: int) -> Examples | None:
        """Return the examples for the image of a level; None if it is too small to have any."""
        largest = max(level - _GAP, 0)
        chosen = [one for one in range(largest, level - _LEVELS - 1, -1) if min(self.size(one)) >= _LEAST_SIDE]
        chosen = [one for one in chosen if one in self.images]
        if not chosen:
            return None
        return collect_examples([self.images[one] for one in chosen], [self._blurred(one) for one in chosen])

    def _blur(self, level: int) -> Floats:
        """Return the image of a level as it would be if it had been enlarged from the level below."""
        return self.resampled(self.resampled(self.images[level], level - 1), level)


def _back_project(image: Floats, low: Floats, for_rows: ForRows) -> Floats:
    """Return the image changed until it becomes the input when it is made small."""
    sizes = (image.shape[0], image.shape[1]), (low.shape[0], low.shape[1])
    shrink, enlarge = Resampler(*sizes, for_rows), Resampler(*sizes[::-1], for_rows)
    for _ in range(_BACK_PROJECTIONS):
        missing = np.pad(enlarge(low - shrink(image)), 2, mode="edge")
        result = np.empty_like(image)
        for_rows(_add_smoothed, len(image), image, missing, result)
        image = result
    return image


@compiled
def _add_smoothed(first: int, last: int, image: Floats, missing: Floats, result: Floats) -> None:
    """Add a difference, padded by 2 and smoothed, to the rows of an image, and keep them in range."""
    width = image.shape[1]
    column_sums = np.empty(width + 4, np.float32)
    for row in range(first, last):
        for column in range(width + 4):
            total = np.float32(0)
            for tap in range(5):
                total += _KERNEL[tap] * missing[row + tap, column]
            column_sums[column] = total
        for column in range(width):
            total = image[row, column]
            for tap in range(5):
                total += _KERNEL[tap] * column_sums[column + tap]
            result[row, column] = min(max(total, _BLACK), _WHITE)
