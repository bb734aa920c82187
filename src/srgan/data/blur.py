"""Blur kernels of cameras and of bad resizing: Gaussians upright and rotated, flat-topped, heavy-tailed, ringing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_RINGING_SHARE = 0.1
"""How often the kernel is a sinc, whose edges ring (Wang et al. 2021, section 3.3)."""


def gaussian_matrix(length: int, deviation: float) -> NDArray[Any]:
    """Return the blur of a line as a matrix (length, length); rows sum to 1, outside lies the outermost pixel.

    Args:
        length: pixels of the line.
        deviation: standard deviation of the Gaussian in pixels, above 0.
    """
    reach = int(np.ceil(3.0 * deviation))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / deviation) ** 2)
    weights /= weights.sum()
    matrix = np.zeros((length, length))
    lines = np.arange(length)[:, None]
    np.add.at(matrix, (lines, np.clip(lines + offsets, 0, length - 1)), weights)
    return matrix


def blurred(image: Floats, deviation: float, random: np.random.Generator) -> Floats:
    """Return the image after a blur of a randomly drawn shape and direction.

    One in ten is a sinc; the others are rotated, of unequal width, with an exponent that makes them flat-topped,
    Gaussian or heavy-tailed (Wang et al. 2021, section 3.1; Zhang et al. 2021, section 3.1).

    Args:
        image: (H, W, 3).
        deviation: standard deviation along the longer axis, in pixels; above 0.
        random: fixes the kernel.
    """
    ringing = random.random() < _RINGING_SHARE
    angle, ratio = random.uniform(0.0, np.pi), random.uniform(0.3, 1.0)
    exponent = float(random.choice([0.5, 1.0, 1.0, 2.0, 4.0]))  # of the squared distance; 1 is a Gaussian
    reach = max(1, int(np.ceil(3.0 * deviation)))
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    height, width = padded.shape[:2]
    down = np.fft.fftfreq(height)[:, None]
    across = np.fft.rfftfreq(width)[None, :]
    if ringing:
        response: NDArray[Any] = (np.hypot(down, across) < min(0.5, 0.35 / deviation)).astype(np.float64)
    else:
        kernel = _kernel(reach, deviation, angle, ratio, exponent)
        spread = np.zeros((height, width))
        spread[: 2 * reach + 1, : 2 * reach + 1] = kernel
        response = np.fft.rfft2(np.roll(spread, (-reach, -reach), (0, 1)))
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * response[:, :, None]
    restored = np.fft.irfft2(spectrum, s=(height, width), axes=(0, 1))
    return restored[reach:-reach, reach:-reach].astype(np.float32)


def _kernel(reach: int, deviation: float, angle: float, ratio: float, exponent: float) -> NDArray[Any]:
    """A generalised Gaussian of unit sum: (2 reach + 1, 2 reach + 1)."""
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    squared = (along / deviation) ** 2 + (across / (ratio * deviation)) ** 2
    kernel: NDArray[Any] = np.exp(-0.5 * squared**exponent)
    kernel /= kernel.sum()
    return kernel
