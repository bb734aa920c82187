"""Luminance apart from colour, for networks that enlarge one channel alone: SRCNN, ESPCN and DRCN.

In their papers the picture is taken to Y, Cb and Cr; the network makes the new Y, bicubic interpolation the new Cb and
Cr, and the three are taken back. That way there and back is linear, and so is the interpolation: all of it comes to the
bicubic picture with, in each of its three channels, as much more light as the network's Y is above the bicubic one.
"""

import torch
from torch import Tensor

WEIGHTS = (65.481 / 255.0, 128.553 / 255.0, 24.966 / 255.0)
"""Of red, green and blue in luminance."""
BLACK = 16.0 / 255.0
"""Luminance of black."""
GAIN = 1.0 / sum(WEIGHTS)
"""By how much R, G and B rise with luminance while Cb and Cr stay: 255 / 219."""


def at_least_float32(low: Tensor) -> Tensor:
    """The picture, widened if it comes in bfloat16: Fabric's mixed precision hands it over so.

    The rest of a picture that its network only adds to should be exact, and on CPUs torch interpolates no bfloat16.
    """
    return low.float() if low.dtype is torch.bfloat16 else low


def luminance(picture: Tensor) -> Tensor:
    """The luminance of ITU-R BT.601 as MATLAB's `rgb2ycbcr` has it: (B, 3, H, W) in [0, 1] to (B, 1, H, W).

    Black is 16 / 255 and white 235 / 255, as the networks of the literature see them. Nothing is rounded.
    """
    red, green, blue = (weight * picture[:, number : number + 1] for number, weight in enumerate(WEIGHTS))
    return BLACK + red + green + blue


def with_luminance(picture: Tensor, wanted: Tensor) -> Tensor:
    """The picture, (B, 3, H, W), with the wanted luminance, (..., B, 1, H, W), and its own Cb and Cr; not clipped."""
    return picture + GAIN * (wanted - luminance(picture))


def radius_through_enlargement(reach: int, scale: int) -> float:
    """How far an output pixel sees, in low-resolution pixels, if its network works on a bicubic enlargement.

    From the middle of the low-resolution pixel that it belongs to, the output pixel lies at most (1 - 1 / scale) / 2
    away; from there the farthest enlarged pixel that the network reads, reach / scale; and from that what the cubic
    reads, less than 2. A pixel whose middle is just as far as the sum of the three is not read: hence 1 less, which
    rounded up is the number of the last that is.

    Args:
        reach: enlarged pixels that the network sees on each side.
        scale: the factor of the enlargement.
    """
    return (1.0 - 1.0 / scale) / 2.0 + reach / scale + 2.0 - 1.0
