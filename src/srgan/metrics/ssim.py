"""Structural similarity (Wang et al. 2004) of 8-bit planes, in the two variants that super-resolution tables use.

`wang_ssim` is the original: a window of 11x11, standard deviation 1.5, only where it fits. `daala_ssim` is that of the
SRGAN paper: a window that grows with the image and is truncated at its borders. On the same images they differ by 0.01
to 0.05, so their numbers must never share a table.
"""

from math import exp, floor, log, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

WANG_WINDOW = 11  # pixels, side of the window
_WANG_SIGMA = 1.5

C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # Wang et al. 2004, section III.B: K1 = 0.01, K2 = 0.03, L = 255

# Sums are matrix products of few rows, as most of a banded matrix is zero, and of at most 2**18 multiplications: above
# that OpenBLAS starts threads, which on a busy machine wait for each other up to a second per image.
_ROWS_PER_PRODUCT = 16
_MULTIPLICATIONS = 1 << 18


def wang_ssim(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the mean SSIM over all positions of an 11x11 Gaussian window inside the image; 1 for identical planes.

    Args:
        restored: (H, W) uint8, both sides at least 11.
        reference: (H, W) uint8.

    Raises:
        ValueError: for planes smaller than the window.
    """
    if min(reference.shape) < WANG_WINDOW:
        raise ValueError(f"wang_ssim takes planes of at least {WANG_WINDOW}x{WANG_WINDOW}, not {reference.shape}")
    half = WANG_WINDOW // 2
    taps = np.exp(-0.5 * (np.arange(half + 1) / _WANG_SIGMA) ** 2)
    taps /= 2 * taps.sum() - taps[0]
    sums = _window_sums(_moments(restored, reference), taps)
    return float(np.mean(_similarity(sums[:, half:-half, half:-half], np.ones((1, 1)))))


def daala_ssim(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the SSIM that `dump_ssim -r` of xiph/daala prints for one plane; 1 for identical planes.

    The window is Gaussian with a standard deviation of 1.5 pixels per 256 rows of the image, truncated at the borders;
    each position is weighted by the part of the window inside.

    Args:
        restored: (H, W) uint8.
        reference: (H, W) uint8.
    """
    height, width = reference.shape
    taps = daala_taps(height, min(height, width) - 1)
    sums = _window_sums(_moments(restored, reference), taps)
    mass = _sum_rows(np.ones((height, 1)), taps) * _sum_rows(np.ones((width, 1)), taps).T
    return float(np.sum(mass * _similarity(sums, mass)) / np.sum(mass))


def daala_taps(height: int, longest: int) -> Array:
    """Return the centre and one side of daala's window for images of this height.

    Args:
        height: rows of the image.
        longest: most taps of a side.

    Returns:
        (1 + side,) integers as float64; the whole window sums to 256. The centre takes the remainder of rounding, so it
        can be smaller than its neighbours.
    """
    sigma = height * 1.5 / 256
    cutoff = sqrt(pi / 2) * sigma / 256
    side = 0 if cutoff >= 1 else min(floor(sigma * sqrt(-2 * log(cutoff))), longest)
    peak = 256 / (sqrt(2 * pi) * sigma)
    taps = [floor(peak * exp(-(k**2) / (2 * sigma**2)) + 0.5) for k in range(1, side + 1)]
    return np.array([256 - 2 * sum(taps), *taps], np.float64)


def _moments(restored: Array, reference: Array) -> Array:
    """Return x, y, x * x + y * y and x * y, (4, H, W) float64; SSIM needs the two squares only as a sum."""
    x, y = restored.astype(np.float64), reference.astype(np.float64)
    return np.stack([x, y, x * x + y * y, x * y])


def _window_sums(planes: Array, taps: Array) -> Array:
    """Return sums of (N, H, W) planes under the window at every pixel, with zeros outside the image.

    Exact for daala's taps: integers below 2**53 throughout.
    """
    vertical = _sum_rows(planes, taps)
    return _sum_rows(np.ascontiguousarray(vertical.swapaxes(-1, -2)), taps).swapaxes(-1, -2)


def _sum_rows(planes: Array, taps: Array) -> Array:
    """Return sums of (..., H, W) planes along H, weighted by taps (centre and one side), by banded matrix products."""
    side, (height, width) = len(taps) - 1, planes.shape[-2:]
    rows, span = _ROWS_PER_PRODUCT, _ROWS_PER_PRODUCT + 2 * side
    columns = max(_MULTIPLICATIONS // (rows * span), 1)
    distance = np.abs(np.arange(rows)[:, None] + side - np.arange(span))
    band = np.where(distance <= side, taps[np.minimum(distance, side)], 0.0)
    result = np.empty(planes.shape)
    for start in range(0, height, rows):
        stop = min(start + rows, height)
        first, last = max(start - side, 0), min(stop + side, height)
        weights = band[: stop - start, first - start + side : last - start + side]
        for left in range(0, width, columns):
            across = slice(left, left + columns)
            np.matmul(weights, planes[..., first:last, across], out=result[..., start:stop, across])
    return result


def _similarity(sums: Array, mass: Array) -> Array:
    """Return the SSIM of every window (Wang et al. 2004, eq. 13), (H, W).

    Args:
        sums: (4, H, W) window sums of the moments.
        mass: sum of each window's weights, broadcast against (H, W).
    """
    x, y, squares, product = sums
    c1, c2 = C1 * mass * mass, C2 * mass * mass
    means = 2 * x * y
    powers = x * x + y * y
    return np.asarray(
        (means + c1) * (2 * product * mass - means + c2) / ((powers + c1) * (squares * mass - powers + c2))
    )
