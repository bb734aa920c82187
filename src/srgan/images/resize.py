"""Resizing: `imresize`, exact to MATLAB, for measurements, and libvips' way, which is fast and streams, for results."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from srgan.images.colour import Pixels, depth_of

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
    """Return weights and input indices of every output pixel along one axis.

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


def _resize_rows(image: Array, weights: Array, indices: Array) -> Array:
    """Weighted sums of rows: (H, N) float64 to (len(weights), N), as banded matrix products."""
    result = np.empty((len(weights), image.shape[1]))
    for start in range(0, len(weights), _ROWS_PER_BLOCK):
        block, where = weights[start : start + _ROWS_PER_BLOCK], indices[start : start + _ROWS_PER_BLOCK]
        low, high = int(where.min()), int(where.max()) + 1
        band = np.zeros((len(block), high - low))
        np.add.at(band, (np.arange(len(block))[:, None], where - low), block)
        result[start : start + len(block)] = band @ image[low:high]
    return result


def imresize(
    image: Array,
    factor: float | None = None,
    *,
    size: tuple[int, int] | None = None,
    kernel: Kernel = "cubic",
    antialias: bool = True,
    border: Border = "symmetric",
    round_passes: bool = True,
) -> Array:
    """Return the image resized as MATLAB's `imresize` does it.

    Args:
        image: (H, W) or (H, W, C); uint8, uint16 or floating.
        factor: output size over input size; the output is `ceil(factor * size)` pixels.
        size: (height, width) of the output, in place of `factor`.
        kernel: the interpolation kernel; stretched by 1 / factor when shrinking with `antialias`.
        antialias: suppress frequencies that the smaller grid cannot hold.
        border: what lies outside the image: its mirror image (MATLAB today) or its outermost pixel
            (MATLAB to about 2015, which made the LR files of Set5 and Set14 in circulation).
        round_passes: integers only: round and clip after each of the two passes, as MATLAB does, not once at the end.

    Returns:
        An array of the input's dtype; integers are rounded half up and clipped, floats are not clipped.

    Raises:
        ValueError: on an empty image, both or neither of `factor` and `size`, or one that is not positive.
    """
    if (factor is None) == (size is None):
        raise ValueError("imresize takes either a factor or a size")
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ValueError(f"imresize takes (H, W) or (H, W, C) with at least one pixel, not shape {image.shape}")
    if not (np.issubdtype(image.dtype, np.floating) or image.dtype in (np.uint8, np.uint16)):
        raise ValueError(f"imresize takes uint8, uint16 or floating images, not {image.dtype}")
    height, width = image.shape[:2]
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

    integral = np.issubdtype(image.dtype, np.integer)
    top = np.iinfo(image.dtype).max if integral else None
    result = image.astype(np.float64).reshape(height, width, -1)
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
    return np.ascontiguousarray(result.reshape(*size, *image.shape[2:])).astype(image.dtype)


def resize_image(image: Any, size: tuple[int, int]) -> Any:
    """Return a libvips image at exactly this width and height, of its own depth.

    Lanczos (3 lobes, widened to the coarser grid) along an axis that shrinks, bicubic along one that grows. Where there
    is transparency, colours are weighted by it, so that hidden ones do not show; under alpha 0 they are resized as they
    are.
    """
    if (image.width, image.height) == size:
        return image
    format, alpha = image.format, image.bands in (2, 4)
    top = {"uchar": 255, "ushort": 65_535}.get(format, 1)
    if not alpha:
        # libvips' own way with 16 bits makes 65530 of white.
        resized = _enlarge(_shrink(image.cast("float") if format == "ushort" else image, size), size)
    else:
        hidden = _enlarge(_shrink(image.cast("float"), size), size)
        seen = _enlarge(_shrink(image.premultiply(max_alpha=top), size), size).unpremultiply(max_alpha=top)
        opacity = seen[image.bands - 1]
        resized = ((opacity if format == "float" else opacity.rint()) > 0).ifthenelse(seen, hidden)
    if format == "float":
        return resized.clamp(min=0, max=1)
    return resized if resized.format == format else resized.rint().cast(format)


def _shrink(image: Any, size: tuple[int, int]) -> Any:
    across, down = image.width / size[0], image.height / size[1]
    if across > 1:
        image = image.reduceh(across, kernel="lanczos3")
        # Else each thread would reduce all rows under the tall kernel anew: 400 MB for rows of 40,000 pixels.
        image = image.linecache(tile_height=16, access="sequential", threaded=True)
    if down > 1:
        image = image.reducev(down, kernel="lanczos3")
    return image


def _enlarge(image: Any, size: tuple[int, int]) -> Any:
    across, down = size[0] / image.width, size[1] / image.height
    if across == 1 and down == 1:
        return image
    from srgan.images.vips import pyvips

    # libvips' own `resize` enlarges about corners, half an output pixel off; here the centres of pixels are kept.
    return image.affine(
        [across, 0, 0, down],
        interpolate=pyvips.Interpolate.new("bicubic"),
        idx=0.5 - 0.5 / across,
        idy=0.5 - 0.5 / down,
        oarea=[0, 0, *size],
        extend="copy",
        premultiplied=True,
    )


def resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Return an image in memory at exactly this width and height.

    Args:
        pixels: (H, W, C) with C of 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; uint8, uint16, or float32
            from 0 to 1.
        size: (width, height) of the result.

    Returns:
        (height, width, C) of the same dtype.

    Raises:
        ValueError: if the array is no such picture, or the size is less than 1x1.
    """
    depth_of(pixels)  # or it is refused
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4):
        raise ValueError(f"resize takes (H, W, 1 to 4), not {pixels.shape}")
    if 0 in pixels.shape or min(size) < 1:
        raise ValueError(f"resize cannot make {size} of {pixels.shape}")
    from srgan.images.vips import pyvips

    resized = resize_image(pyvips.Image.new_from_array(pixels), size)
    result: Pixels = resized.numpy().reshape(size[1], size[0], pixels.shape[2])
    return result
