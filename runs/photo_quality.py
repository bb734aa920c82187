"""What is measured of a photo, to take only those that are sharp, clean and photos at all.

Arrays in, numbers out: which numbers are good enough, `photos` decides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_WHITE = 248
_STANDARD_TABLE = 3688
"""The sum of the luma table of JPEG's annex K, of quality 50."""


@dataclass(frozen=True)
class Quality:
    """A photo in numbers."""

    sharpness: float
    """Energy of second differences of luma between neighbours, to that at twice the distance: 1/16 where all is smooth,
    about 0.36 in Set14 and BSD100, and above 1/2 in noise."""
    detail: float
    """Root mean square of those second differences of neighbours, in levels; 3 in a plain sky, 30 in a wood."""
    even: float
    """The share of pixels whose right neighbour is the same: few in photos, most in drawings and screenshots."""
    white: float
    """The share of white pixels."""
    gutters: float
    """The share of rows or columns, whichever is more, that are white, the outer twentieths aside."""
    chroma: float
    """The mean distance of the largest and the smallest channel, in levels."""
    blocks: float
    """How much larger steps are at the borders of JPEG's blocks than elsewhere; 1 where there is no trace of them."""


def measure(pixels: Pixels, factor: int = 1) -> Quality:
    """Measure an (H, W, 3) picture that was made so many times smaller; borders of blocks then lie nearer together."""
    luma = pixels.astype(np.float32) @ _LUMA
    near, far = _curvature(luma, 1), _curvature(luma, 2)
    red, green, blue = (pixels[:, :, channel] for channel in range(3))
    darkest = np.minimum(np.minimum(red, green), blue)
    brightest = np.maximum(np.maximum(red, green), blue)
    white = darkest >= _WHITE
    same = [(channel[:, 1:] == channel[:, :-1]) for channel in (red, green, blue)]
    return Quality(
        sharpness=near / max(far, 1e-6),
        detail=near**0.5,
        even=float((same[0] & same[1] & same[2]).mean()),
        white=float(white.mean()),
        gutters=max(_lines(white), _lines(white.T)),
        chroma=float((brightest - darkest).mean()),
        blocks=max(_blocks(luma, 8 // factor), _blocks(luma.T, 8 // factor)) if factor <= 2 else 1.0,
    )


def jpeg_quality(picture: Image.Image) -> int:
    """The quality, 1 to 100, that a JPEG file's tables stand for; 100 for lossless PNG and 80 for other formats."""
    if not isinstance(picture, JpegImagePlugin.JpegImageFile):
        return 100 if picture.format == "PNG" else 80
    scale = 100 * sum(picture.quantization[0]) / _STANDARD_TABLE
    return round(100 - scale / 2 if scale <= 100 else 5000 / scale)


def fingerprint(picture: Image.Image) -> int:
    """64 bits that tell whether a picture gets lighter to the right, at 8 by 8 places; copies differ in few of them."""
    small = np.asarray(picture.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    return int.from_bytes(np.packbits(small[:, 1:] > small[:, :-1]).tobytes(), "big")


def _curvature(luma: Floats, distance: int) -> float:
    """The mean squared second difference at a distance, along both axes."""
    return float(
        sum(
            np.square(lines[:, : -2 * distance] - 2 * lines[:, distance:-distance] + lines[:, 2 * distance :]).mean()
            for lines in (luma, luma.T)
        )
    )


def _lines(white: NDArray[np.bool_]) -> float:
    share = white.mean(axis=0)
    margin = len(share) // 20
    return float((share[margin : len(share) - margin] > 0.97).mean())


def _blocks(luma: Floats, period: int) -> float:
    """The largest mean step of the columns of one phase, to the median of all phases; steps count up to 8 levels."""
    steps = np.minimum(np.abs(np.diff(luma, axis=1)), 8).mean(axis=0)[1:-1]
    phases = steps[: len(steps) // period * period].reshape(-1, period).mean(axis=0)
    usual = float(np.median(phases))
    return float(phases.max()) / usual if usual > 0 else float("inf")
