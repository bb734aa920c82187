"""MATLAB-exact `imresize` in NumPy: the resampling every published super-resolution number rests on.

This module does not know about files, colour or networks: arrays in, arrays out.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Border = Literal["symmetric", "replicate"]
Kernel = Literal["nearest", "linear", "cubic", "lanczos2", "lanczos3"]

_ROWS_PER_BLOCK = 64  # output rows per matrix product: wide enough for BLAS, narrow enough to waste little


def _nearest(x: Array) -> Array:
    return ((x >= -0.5) & (x < 0.5)).astype(np.float64)


def _linear(x: Array) -> Array:
    return np.maximum(1.0 - np.abs(x), 0.0)


def _cubic(x: Array) -> Array:
    """Keys' cubic convolution kernel with a = -0.5 (Keys 1981, eq. 15)."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x <= 1.0, near, np.where(x <= 2.0, far, 0.0))


def _lanczos(lobes: int) -> Callable[[Array], Array]:
    def kernel(x: Array) -> Array:
        return np.where(np.abs(x) < lobes, np.sinc(x) * np.sinc(x / lobes), 0.0)

    return kernel


_KERNELS: dict[str, tuple[Callable[[Array], Array], float]] = {
    # name: (function, width of its support in input pixels at factor 1)
    "nearest": (_nearest, 1.0),
    "linear": (_linear, 2.0),
    "cubic": (_cubic, 4.0),
    "lanczos2": (_lanczos(2), 4.0),
    "lanczos3": (_lanczos(3), 6.0),
}


def contributions(
    input_length: int, output_length: int, factor: float, kernel: Kernel, *, antialias: bool, border: Border
) -> tuple[Array, Array]:
    """Weights and input indices of every output pixel along one axis.

    Returns:
        `(weights, indices)`, each of shape (output_length, taps); every row of weights sums to 1.
    """
    function, width = _KERNELS[kernel]
    stretch = min(factor, 1.0) if antialias else 1.0
    width = width / stretch
    # Pixel centres: output u (1-based) lies at u / factor + (1 - 1 / factor) / 2 in the input.
    centres = np.arange(1, output_length + 1) / factor + 0.5 * (1.0 - 1.0 / factor)
    first = np.floor(centres - width / 2)
    positions = first[:, None] + np.arange(int(np.ceil(width)) + 2)[None, :]
    weights = stretch * function(stretch * (centres[:, None] - positions))
    weights /= weights.sum(axis=1, keepdims=True)
    indices = positions.astype(np.int64) - 1
    if border == "replicate":
        indices = np.clip(indices, 0, input_length - 1)
    else:
        period = np.mod(indices, 2 * input_length)
        indices = np.where(period < input_length, period, 2 * input_length - 1 - period)
    used = np.any(weights != 0.0, axis=0)
    return weights[:, used], indices[:, used]


def _resize_rows(picture: Array, weights: Array, indices: Array) -> Array:
    """Weighted sums of rows: (H, N) float64 to (len(weights), N), as banded matrix products."""
    result = np.empty((len(weights), picture.shape[1]))
    for start in range(0, len(weights), _ROWS_PER_BLOCK):
        block, where = weights[start : start + _ROWS_PER_BLOCK], indices[start : start + _ROWS_PER_BLOCK]
        low, high = int(where.min()), int(where.max()) + 1
        band = np.zeros((len(block), high - low))
        np.add.at(band, (np.arange(len(block))[:, None], where - low), block)
        result[start : start + len(block)] = band @ picture[low:high]
    return result


def imresize(
    picture: Array,
    factor: float | None = None,
    *,
    size: tuple[int, int] | None = None,
    kernel: Kernel = "cubic",
    antialias: bool = True,
    border: Border = "symmetric",
    round_passes: bool = True,
) -> Array:
    """The picture resized as MATLAB's `imresize` does it.

    Args:
        picture: (H, W) or (H, W, C); uint8, uint16 or floating.
        factor: output size over input size; the output is `ceil(factor * size)` pixels.
        size: (height, width) of the output, in place of `factor`.
        kernel: the interpolation kernel; stretched by 1 / factor when shrinking with `antialias`.
        antialias: suppress frequencies that the smaller grid cannot hold.
        border: what lies outside the picture: its mirror image (MATLAB today) or its outermost pixel
            (MATLAB to about 2015, which made the LR files of Set5 and Set14 in circulation).
        round_passes: integers only: round and clip after each of the two passes, as MATLAB does, not once at the end.

    Returns:
        An array of the input's dtype; integers are rounded half up and clipped, floats are not clipped.

    Raises:
        ValueError: on an empty picture, both or neither of `factor` and `size`, or one that is not positive.
    """
    if (factor is None) == (size is None):
        raise ValueError("imresize takes either a factor or a size")
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise ValueError(f"imresize takes (H, W) or (H, W, C) with at least one pixel, not shape {picture.shape}")
    if not (np.issubdtype(picture.dtype, np.floating) or picture.dtype in (np.uint8, np.uint16)):
        raise ValueError(f"imresize takes uint8, uint16 or floating pictures, not {picture.dtype}")
    height, width = picture.shape[:2]
    if factor is not None:
        if not (np.isfinite(factor) and factor > 0):
            raise ValueError(f"the factor of imresize must be above zero, not {factor}")
        size = (int(np.ceil(factor * height)), int(np.ceil(factor * width)))
        factors = (factor, factor)
    else:
        assert size is not None
        if min(size) < 1:
            raise ValueError(f"the size of imresize must be at least 1x1, not {size}")
        factors = (size[0] / height, size[1] / width)

    integral = np.issubdtype(picture.dtype, np.integer)
    top = np.iinfo(picture.dtype).max if integral else None
    result = picture.astype(np.float64).reshape(height, width, -1)
    # MATLAB works along the axis with the smaller factor first, rows first on a tie.
    for axis in sorted((0, 1), key=lambda one: factors[one]):
        weights, indices = contributions(
            result.shape[axis], size[axis], factors[axis], kernel, antialias=antialias, border=border
        )
        lines = np.ascontiguousarray(np.moveaxis(result, axis, 0))
        resized = _resize_rows(lines.reshape(len(lines), -1), weights, indices)
        result = np.moveaxis(resized.reshape(-1, *lines.shape[1:]), 0, axis)
        if top is not None and round_passes:
            result = np.clip(np.floor(result + 0.5), 0, top)
    if top is not None and not round_passes:
        result = np.clip(np.floor(result + 0.5), 0, top)
    return np.ascontiguousarray(result.reshape(*size, *picture.shape[2:])).astype(picture.dtype)
