"""How much fine detail a generator makes."""

import torch
from torch import Tensor
from torch.nn import functional

_FLAT = 1e-6  # a quarter of a level of 255, squared: less detail than this is none


@torch.no_grad()
def detail(restored: Tensor, high: Tensor) -> Tensor:
    """Return the fine detail of restored images relative to that of real ones, 1 for as much: a number without shape.

    The ratio of the energies that luma loses in a blur over 3x3 pixels. In the paper's own images of Set5 and Set14 it
    is 0.3 to 0.4 for SRResNet and 0.9 for SRGAN, against 0.03 for bicubic interpolation; wider blurs distinguish them
    less. Detail is not truth: noise has it too.

    Args:
        restored: (B, 3, H, W) in [0, 1].
        high: the real images, of the same shape.
    """
    return (_measure_fine_energy(restored) + _FLAT) / (_measure_fine_energy(high) + _FLAT)


def _measure_fine_energy(images: Tensor) -> Tensor:
    """Return the mean square of what a 3x3 box blur removes from the luma of (B, 3, H, W)."""
    red, green, blue = images.float().unbind(1)
    luma = (0.299 * red + 0.587 * green + 0.114 * blue)[:, None]
    return (luma[:, :, 1:-1, 1:-1] - functional.avg_pool2d(luma, 3, stride=1)).square().mean()
