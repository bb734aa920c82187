"""A small network for large photos: a residual trunk of few channels, and one sub-pixel step.

All of it is 3x3 convolutions at low resolution in multiples of 16 channels, which is what engines on a CPU run fastest.
Its form is that of EDSR's baseline (Lim et al. 2017, section 3) with the sub-pixel step of Shi et al. 2016 at once.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from srgan.models.edsr import EdsrBlock
from srgan.models.layers import he_
from srgan.weights.card import Stage


class Swift(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, scale * H, scale * W), both nominally in [0, 1].

    Args:
        blocks: number of residual blocks.
        features: channels; engines like multiples of 16.
        scale: 2, 4 or 8.
    """

    def __init__(self, *, blocks: int = 10, features: int = 48, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, features, 3, padding=1)
        self.blocks = nn.Sequential(*(EdsrBlock(features, scaling=1.0) for _ in range(blocks)))
        self.fusion = nn.Conv2d(features, features, 3, padding=1)
        self.output = nn.Conv2d(features, 3 * scale**2, 3, padding=1)
        he_(self)
        for block in self.blocks:  # so that the network begins near repeated pixels
            cast(EdsrBlock, block).convolution2.weight.data.mul_(0.1)
        self.output.weight.data.mul_(0.1)

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: all of it is at low resolution."""
        features, blocks, cell = self.head.out_channels, len(self.blocks), self.scale**2
        return (
            Stage(
                "restored",
                scale=self.scale,
                radius=1.0 + 2.0 * blocks + 2.0,
                values=5 * features + 6 * cell,
                multiply_adds=9 * features * (3 + (2 * blocks + 1) * features + 3 * cell),
            ),
        )

    def forward(self, low: Tensor) -> Tensor:
        first = self.head(low)
        deep = first + self.fusion(self.blocks(first))
        repeated = low.repeat_interleave(self.scale**2, dim=1)
        return functional.pixel_shuffle(self.output(deep) + repeated, self.scale)
