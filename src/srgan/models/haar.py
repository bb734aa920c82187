"""The Haar wavelet transform of images, orthonormal, and its inverse: one level each.

Named as by PyWavelets, whose numbers these are: the low band, and three high ones, of horizontal, vertical and diagonal
details. Mallat 1989, "A theory for multiresolution signal decomposition", describes the transform.
"""

import torch
from torch import Tensor
from torch.nn import functional


def split(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return the low band, (B, C, h, w), and the high bands, (B, 3 C, h, w), of images (B, C, H, W).

    h and w are half of H and W, rounded up: the last row or column of an odd number is repeated, as PyWavelets does it
    in its mode "symmetric". The high bands are those of horizontal, of vertical, and of diagonal details, C channels
    each.
    """
    height, width = images.shape[-2:]
    even = functional.pad(images, (0, width % 2, 0, height % 2), mode="replicate")
    return _bands(*(even[..., row::2, column::2] for row in (0, 1) for column in (0, 1)))


def split_everywhere(images: Tensor) -> Tensor:
    """Return the four bands of the undecimated transform, (B, 4 C, H, W): those of `split`, at every pixel.

    Moving the image moves the bands along with it, by any number of pixels. Beyond the lower and the right border the
    last pixels are repeated.
    """
    height, width = images.shape[-2:]
    padded = functional.pad(images, (0, 1, 0, 1), mode="replicate")
    corners = (padded[..., row : row + height, column : column + width] for row in (0, 1) for column in (0, 1))
    return torch.cat(_bands(*corners), dim=1)


def _bands(here: Tensor, right: Tensor, below: Tensor, across: Tensor) -> tuple[Tensor, Tensor]:
    """Return low and high bands from the four corners of squares of 2 x 2 pixels."""
    upper, lower, slope, twist = here + right, below + across, here - right, below - across
    high = torch.cat([upper - lower, slope + twist, slope - twist], dim=1)
    return (upper + lower) / 2.0, high / 2.0


def join(low: Tensor, high: Tensor) -> Tensor:
    """Return images (B, C, 2 h, 2 w) from their bands: the inverse of `split`, of which rounded sides are cut.

    Args:
        low: (B, C, h, w).
        high: (B, 3 C, h, w), horizontal, vertical and diagonal details.
    """
    horizontal, vertical, diagonal = high.chunk(3, dim=1)
    upper, lower, slope, twist = low + horizontal, low - horizontal, vertical + diagonal, vertical - diagonal
    corners = torch.stack([upper + slope, upper - slope, lower + twist, lower - twist], dim=2) / 2.0
    return functional.pixel_shuffle(corners.flatten(1, 2), 2)
