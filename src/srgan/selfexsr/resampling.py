"""Bicubic resampling of one channel between two sizes, prepared once: MATLAB's `imresize` with repeated borders."""

import numpy as np
from numpy.typing import NDArray

from srgan.images.resize import contributions
from srgan.selfexsr.compiling import ForRows, compiled

Floats = NDArray[np.float32]
_Taps = tuple[Floats, NDArray[np.int64]]


class Resampler:
    """Resamples images of one size to another, with antialiasing where they shrink.

    Args:
        size: (H, W) of images.
        result: (H', W') of results.
        for_rows: calls a compiled function for all rows.
    """

    def __init__(self, size: tuple[int, int], result: tuple[int, int], for_rows: ForRows) -> None:
        self._down, self._across = (_taps(*lengths) for lengths in zip(size, result, strict=True))
        self._size, self._for_rows = result, for_rows

    def __call__(self, image: Floats) -> Floats:
        """Return the image resampled; not clipped."""
        tall = np.empty((self._size[0], image.shape[1]), np.float32)
        self._for_rows(_resample_rows, len(tall), image, *self._down, tall)
        result = np.empty(self._size, np.float32)
        self._for_rows(_resample_columns, len(result), tall, *self._across, result)
        return result


def _taps(length: int, result: int) -> _Taps:
    weights, indices = contributions(length, result, result / length, "cubic", antialias=True, border="replicate")
    return weights.astype(np.float32), indices


@compiled
def _resample_rows(
    first: int, last: int, image: Floats, weights: Floats, indices: NDArray[np.int64], result: Floats
) -> None:
    for row in range(first, last):
        result[row] = 0
        for tap in range(weights.shape[1]):
            weight, source = weights[row, tap], image[indices[row, tap]]
            for column in range(image.shape[1]):
                result[row, column] += weight * source[column]


@compiled
def _resample_columns(
    first: int, last: int, image: Floats, weights: Floats, indices: NDArray[np.int64], result: Floats
) -> None:
    for row in range(first, last):
        source = image[row]
        for column in range(result.shape[1]):
            total = np.float32(0)
            for tap in range(weights.shape[1]):
                total += weights[column, tap] * source[indices[column, tap]]
            result[row, column] = total
