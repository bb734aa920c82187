"""The 8-bit arrays that metrics take, and their luma: MATLAB's (BT.601) and the SRGAN paper's (daala's, BT.709).

Both lumas have limited range: black is 16, white 235.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import PictureError
from srgan.metrics.dither import DitherStream, divide_rounding

Array = NDArray[Any]

_DITHER = DitherStream()

# png2y4m's integers. BT.709 weighs red, green, blue by 1063, 3576, 361 in 5000; _UNIT / _STEP is one luma code (1/219)
# on the scale of 0 to 65535; a quantised chroma code adds _RED, _GREEN, _BLUE / _UNIT to the channels.
_UNIT = 9745792000
_STEP = 2916394880000
_RED_CR, _GREEN_CB, _GREEN_CR, _BLUE_CB = 4490222169144, -534117096223, -1334761232047, 5290866304968
_WEIGHTS = (1063, 3576, 361)
_LUMA_DIVISOR = 1780026171875
_CB_WEIGHTS, _CB_DIVISOR = (-29764, -100128, 129892), 304016865
_CR_WEIGHTS, _CR_DIVISOR = (110236, -100128, -10108), 258011295


def to_rgb(image: NDArray[Any], role: str) -> NDArray[np.uint8]:
    """Return an image as (H, W, 3); grey is repeated in the three channels. Messages name it by its role.

    Raises:
        PictureError: unless it is (H, W, 3) RGB or (H, W) grey, uint8.
    """
    if image.dtype != np.uint8 or (image.ndim != 2 and (image.ndim != 3 or image.shape[2] != 3)):
        raise PictureError(
            f"the {role} picture is {image.dtype} of shape {image.shape}, but metrics take 8-bit RGB or grey: "
            "pass (H, W, 3) or (H, W) as uint8, without alpha"
        )
    return image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)


def rgb_pair(restored: NDArray[Any], reference: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a restored image and its reference as (H, W, 3).

    Raises:
        PictureError: for arrays other than those of `to_rgb`, or sizes that differ.
    """
    pair = to_rgb(restored, "restored"), to_rgb(reference, "reference")
    if pair[0].shape != pair[1].shape:
        raise PictureError(
            f"the restored picture is {size_text(restored)} but its reference is {size_text(reference)}: "
            "crop the reference to a multiple of the scale before shrinking it"
        )
    return pair


def size_text(image: NDArray[Any]) -> str:
    """Return an image's size for messages: `640x480`, width first."""
    return f"{image.shape[1]}x{image.shape[0]}"


def bt601_luma(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of ITU-R BT.601, rounded to 8 bits as MATLAB's `rgb2ycbcr` of an 8-bit image.

    Args:
        image: (H, W, 3) RGB.

    Returns:
        (H, W), 16 to 235.
    """
    red, green, blue = np.moveaxis(image.astype(np.int32), 2, 0)
    weighted = 65481 * red + 128553 * green + 24966 * blue  # luma less 16, in 1 / 255000
    return np.asarray(16 + (weighted + 127500) // 255000, np.uint8)


def png2y4m_luma(image: NDArray[np.uint8], *, dither: bool = True) -> NDArray[np.uint8]:
    """Return the luma that daala's `png2y4m` writes by default (4:2:0): BT.709, dithered, fitted to the rounded chroma.

    The dither is the same for all images of a size. Luma depends on the position in 2x2 blocks, so crop first.

    Args:
        image: (H, W, 3) RGB.
        dither: as the tool does by default; False is its `--no-dither`.

    Returns:
        (H, W), 0 to 255; 16 to 235 apart from the dither.
    """
    height, width = image.shape[:2]
    channels = _blocks(image, dither=dither)
    sums = channels.sum(axis=1, dtype=np.int64)
    cb = _chroma(sums, _CB_WEIGHTS, _CB_DIVISOR)
    cr = _chroma(sums, _CR_WEIGHTS, _CR_DIVISOR)
    tints = (_RED_CR * cr, _GREEN_CB * cb + _GREEN_CR * cr, _BLUE_CB * cb)  # of the channels, in 1 / _UNIT

    total = np.zeros(channels.shape[1:], np.int64)
    for channel, tint, weight in zip(channels, tints, _WEIGHTS, strict=True):
        total += weight * ((channel * np.int64(_UNIT) + (4096 - tint)) >> 13)
    lower = np.clip(total // _LUMA_DIVISOR, -16, 238)
    error = _reconstruction_error(lower, channels, tints)
    error_above = _reconstruction_error(lower + 1, channels, tints)
    odd = (lower & 1).astype(np.bool_)
    codes = lower + 16 + ((error_above < error) | ((error_above == error) & odd))

    rows, columns = (height + 1) // 2, (width + 1) // 2
    plane = codes.astype(np.uint8).reshape(2, 2, rows, columns).transpose(2, 0, 3, 1).reshape(2 * rows, 2 * columns)
    return np.ascontiguousarray(plane[:height, :width])


def _blocks(image: NDArray[np.uint8], *, dither: bool) -> Array:
    """Return the image on the scale of 0 to 65535 in 2x2 blocks: (3, 4, blocks) int32, each in raster order.

    Pixels of a block beyond the edge repeat their dithered neighbours.
    """
    height, width = image.shape[:2]
    rows, columns = (height + 1) // 2, (width + 1) // 2
    padded = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    channels = padded.reshape(rows, 2, columns, 2, 3).transpose(4, 1, 3, 0, 2).astype(np.int32, order="C")
    channels *= 257
    if dither:
        channels += _DITHER.first(rows * columns).reshape(channels.shape)
    if width % 2:
        channels[:, :, 1, :, -1] = channels[:, :, 0, :, -1]
    if height % 2:
        channels[:, 1, :, -1] = channels[:, 0, :, -1]
    return channels.reshape(3, 4, rows * columns)


def _chroma(sums: Array, weights: tuple[int, int, int], divisor: int) -> Array:
    """Return the 8-bit chroma of each block minus 128, from the (3, blocks) sums of its four pixels."""
    red, green, blue = sums
    weighted = weights[0] * red + weights[1] * green + weights[2] * blue
    return np.clip(divide_rounding(weighted, divisor), -128, 127)


def _reconstruction_error(codes: Array, channels: Array, tints: tuple[Array, Array, Array]) -> Array:
    """Return squared errors of RGB made from luma codes (minus 16) and chroma: (4, blocks) int32.

    The tool adds the squares in 32 bits, so large sums wrap.
    """
    error = np.zeros(codes.shape, np.int32)
    luma = codes * _STEP + _UNIT // 2
    for channel, tint in zip(channels, tints, strict=True):
        # Doubles floor these quotients exactly: each is below 2**18 and, if no integer, 1 / _UNIT > 2**-34 from any.
        remade = np.floor((luma + tint) / _UNIT)
        difference = np.clip(remade, 0, 65535).astype(np.int32) - channel
        error += difference * difference
    return error
