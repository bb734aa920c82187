"""Transparency: the colour under it, and how it is enlarged."""

from typing import Any

import numpy as np

from srgan.images.colour import Floats, Pixels

REACH = 8
"""Pixels that colour is carried into transparency; further in it has no effect on what is seen."""


def fill_transparent(colour: Floats, alpha: Floats) -> Floats:
    """Return the colours with those of fully transparent pixels replaced by those of visible ones nearby.

    What a program left under transparency, often black, would bleed into the visible rim when the image is enlarged.
    Pixels that can be seen at all are kept to the bit.

    Args:
        colour: (H, W, 3).
        alpha: (H, W), 0 where nothing is seen.
    """
    known = alpha > 0
    if known.all() or not known.any():
        return colour
    filled = np.where(known[:, :, None], colour, np.float32(0.0))
    for _ in range(REACH):
        weight = _neighbours(known.astype(np.float32)[:, :, None])
        reached = (weight[:, :, 0] > 0) & ~known
        if not reached.any():
            break
        spread = _neighbours(filled)
        filled[reached] = spread[reached] / weight[reached]
        known = known | reached
    return filled


def snap_constant(enlarged: Floats, alpha: Floats, kept: slice, scale: int) -> Floats:
    """Return enlarged alpha that is exactly constant wherever its source is constant around a pixel.

    A network gives almost 1 for a field of ones; an opaque image must stay opaque.

    Args:
        enlarged: (scale * rows, W') of the rows `kept`.
        alpha: those rows of the image and others around them, (H, W).
        kept: which rows of `alpha` were enlarged.
        scale: output pixels per input pixel along one axis.
    """
    least, most = (_extreme(alpha, choose)[kept] for choose in (np.minimum, np.maximum))
    constant, value = (plane.repeat(scale, axis=0).repeat(scale, axis=1) for plane in (least == most, alpha[kept]))
    return np.where(constant, value, enlarged)


def keep_hidden(enlarged: Pixels, source: Pixels, scale: int) -> None:
    """Give fully transparent pixels the colour that the source has there, in place: game textures mean something by it.

    Args:
        enlarged: (scale * H, scale * W, C), C of 2 or 4.
        source: (H, W, C) of the same type.
        scale: output pixels per input pixel along one axis.
    """
    for row in range(scale):
        for column in range(scale):
            part = enlarged[row::scale, column::scale]
            np.copyto(part[:, :, :-1], source[:, :, :-1], where=part[:, :, -1:] == 0)


def _neighbours(values: Floats) -> Floats:
    """Return sums over 3x3 pixels, of the same shape (H, W, C)."""
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    down = padded[:-2] + padded[1:-1] + padded[2:]
    result: Floats = down[:, :-2] + down[:, 1:-1] + down[:, 2:]
    return result


def _extreme(values: Floats, choose: Any) -> Floats:
    """Return the least or greatest of 5x5 pixels, as `choose` says; pixels outside do not count."""
    padded = np.pad(values, 2, mode="edge")
    height, width = values.shape
    for axis, length in ((0, height), (1, width)):
        parts = [np.take(padded, range(shift, shift + length), axis=axis) for shift in range(5)]
        padded = choose.reduce(parts)
    return padded
