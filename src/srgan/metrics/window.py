"""Weighted sums under a separable window, wherever it fits inside a plane."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[Any]


def gaussian_taps(count: int, sigma: float) -> Array:
    """Return (count,) taps of MATLAB's `fspecial("gaussian", count, sigma)` along one axis; they sum to 1."""
    distance = np.arange(count) - (count - 1) / 2
    taps = np.exp(-0.5 * (distance / sigma) ** 2)
    return np.asarray(taps / taps.sum())


def filter_where_it_fits(planes: Array, taps: Array) -> Array:
    """Return sums of (..., H, W) planes under `taps` along both axes: (..., H - taps + 1, W - taps + 1)."""
    for axis in (-2, -1):
        planes = sliding_window_view(planes, len(taps), axis=axis) @ taps
    return planes
