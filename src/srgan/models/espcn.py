"""ESPCN, the efficient sub-pixel convolutional network (Shi et al. 2016).

"Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", CVPR
2016. A published baseline of Ledig et al. 2017, table 2.
"""

import torch
from torch import Tensor, nn

from srgan.models.layers import enlarge, icnr_, luminance, with_luminance
from srgan.weights.card import Stage

_FEATURES1, _FEATURES2 = 64, 32  # n1 and n2 of the paper


class Espcn(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1].

    On the luminance at low resolution, convolutions of 5, 3 and 3 pixels with 64, 32 and 16 channels, of which the
    last are shuffled into pixels. Between them is tanh, which the paper prefers to the ReLU it also tries (section
    3.2).
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale = 4
        last = nn.Conv2d(_FEATURES2, self.scale**2, 3, padding=1)
        self.network = nn.Sequential(
            nn.Conv2d(1, _FEATURES1, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(_FEATURES1, _FEATURES2, 3, padding=1),
            nn.Tanh(),
            last,
            nn.PixelShuffle(self.scale),
        )
        for module in self.network:
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                assert module.bias is not None
                nn.init.zeros_(module.bias)
        icnr_(last, factor=self.scale)

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: all of it is at low resolution."""
        phases = self.scale**2
        weights = 5**2 * _FEATURES1 + 3**2 * _FEATURES1 * _FEATURES2 + 3**2 * _FEATURES2 * phases
        stage = Stage(
            "restored",
            self.scale,
            radius=2.0 + 1.0 + 1.0,  # 5x5, 3x3, 3x3; the colours' cubic reads less than 2 far
            values=_FEATURES1 + _FEATURES2 + 3 * 3 * phases,
            multiply_adds=weights + 2 * 5**2 * 3 * 3 * phases,  # the colours' enlargement is two 5x5
        )
        return (stage,)

    def forward(self, low: Tensor) -> Tensor:
        # In mixed precision images come in bfloat16; the colours, which the network only adds to, should be exact.
        low = low.float() if low.dtype is torch.bfloat16 else low
        return with_luminance(enlarge(low, self.scale), self.network(luminance(low)))
