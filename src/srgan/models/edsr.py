"""EDSR, the enhanced deep super-resolution network (Lim et al. 2017).

"Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR workshops 2017, section 3.2: SRResNet without
batch normalisation, and without activations outside of its blocks.
"""

from typing import cast

import torch
from torch import Tensor, nn

from srgan.models.layers import he_, icnr_
from srgan.weights.card import Stage

MEAN = (0.4488, 0.4371, 0.4040)
"""Mean colour of DIV2K's training images in [0, 1], which the network subtracts and adds again."""
_BEGINNING = 0.1
"""What a block adds at first, relative to its input."""


class EdsrBlock(nn.Module):
    """conv - ReLU - conv - times `scaling` - sum (Lim et al. 2017, figure 2c); of 3x3, or of another kernel."""

    def __init__(self, features: int, *, scaling: float, kernel: int = 3) -> None:
        super().__init__()
        self.scaling = scaling
        self.convolution1 = nn.Conv2d(features, features, kernel, padding=kernel // 2)
        self.convolution2 = nn.Conv2d(features, features, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:  # (B, features, H, W), unchanged in shape
        return torch.add(x, self.convolution2(torch.relu(self.convolution1(x))), alpha=self.scaling)


class Edsr(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, scale * H, scale * W), both nominally in [0, 1].

    With its defaults the paper's baseline, 1,517,571 parameters; with 32 blocks of 256 features and residuals scaled by
    0.1 the paper's EDSR, 43,089,923.

    Args:
        blocks: number of residual blocks.
        features: channels of the trunk.
        residual_scaling: factor of what each block adds, above 0.
        scale: 2, 3, 4 or 8; the even ones in steps of two.
        preprocessing: two blocks of 5x5 convolutions before the trunk, which the paper's MDSR has for each scale
            (section 3.3).
    """

    mean: Tensor

    def __init__(
        self,
        *,
        blocks: int = 16,
        features: int = 64,
        residual_scaling: float = 1.0,
        scale: int = 4,
        preprocessing: bool = False,
    ) -> None:
        super().__init__()
        self.scale, self.factor = scale, 3 if scale == 3 else 2
        self.head = nn.Conv2d(3, features, 3, padding=1)
        before = (EdsrBlock(features, scaling=1.0, kernel=5) for _ in range(2 if preprocessing else 0))
        self.preprocessing = nn.Sequential(*before)
        self.blocks = nn.Sequential(*(EdsrBlock(features, scaling=residual_scaling) for _ in range(blocks)))
        self.fusion = nn.Conv2d(features, features, 3, padding=1)
        count = 1 if scale == 3 else scale.bit_length() - 1
        steps = [nn.Conv2d(features, self.factor**2 * features, 3, padding=1) for _ in range(count)]
        self.upsampling = nn.Sequential(*(layer for step in steps for layer in (step, nn.PixelShuffle(self.factor))))
        self.output = nn.Conv2d(features, 3, 3, padding=1)
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1), persistent=False)
        he_(self)
        for block in self.blocks:
            cast(EdsrBlock, block).convolution2.weight.data.mul_(_BEGINNING / residual_scaling)
        for step in steps:
            icnr_(step, factor=self.factor)
        # Without normalisation and activations, features have grown by then: results begin near the mean colour.
        nn.init.normal_(self.output.weight, std=_BEGINNING * self.output.weight[0].numel() ** -0.5)

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """The trunk at low resolution, and the tail that enlarges: see `srgan.Generator`, whose parts they match."""
        features, blocks, cell = self.output.in_channels, len(self.blocks), self.factor**2
        before, sizes = len(self.preprocessing), [self.factor**step for step in range(len(self.upsampling) // 2)]
        trunk = Stage(
            "features",
            scale=1,
            radius=1.0 + 4.0 * before + 2.0 * blocks + 1.0,  # a 3x3, two a block, a 3x3
            values=5 * features,
            multiply_adds=9 * 3 * features + 9 * features**2 * (2 * blocks + 1) + 50 * features**2 * before,
        )
        tail = Stage(
            "restored",
            scale=self.scale,
            radius=sum(1.0 / size for size in sizes) + 1.0 / self.scale,  # a 3x3 at every size
            values=sum(features * cell * size**2 for size in sizes) + 3 * self.scale**2,
            multiply_adds=sum(9 * cell * features**2 * size**2 for size in sizes)
            + 9 * (cell * features) * (3 * cell) * sizes[-1] ** 2,  # the last before the shuffle
        )
        return trunk, tail

    def trunk(self, low: Tensor) -> Tensor:
        """Compute features at low resolution: (B, 3, H, W) in [0, 1] to (B, features, H, W)."""
        first: Tensor = self.preprocessing(self.head(low - self.mean))
        deep: Tensor = self.fusion(self.blocks(first))
        return first + deep

    def tail(self, x: Tensor) -> Tensor:
        """Restore images from the trunk's features: (B, features, H, W) to (B, 3, scale * H, scale * W)."""
        restored: Tensor = self.output(self.upsampling(x)) + self.mean
        return restored

    def forward(self, low: Tensor) -> Tensor:
        return self.tail(self.trunk(low))
