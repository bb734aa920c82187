"""The generator of ESRGAN (Wang et al. 2018): residual in residual dense blocks.

"ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", ECCV workshops 2018, section 3.1 and figure 4;
trained on pixels alone it is the paper's PSNR-oriented network.
"""

import torch
from torch import Tensor, nn

from srgan.models.layers import he_
from srgan.weights.card import Stage

_SCALING = 0.2
"""Factor of what dense blocks, and the blocks of them, add (beta in figure 4)."""
_BEGINNING = 0.1
"""Factor of the dense blocks' initial weights: "smaller initialization" (section 3.1)."""
_SLOPE = 0.2


class DenseBlock(nn.Module):
    """Five convolutions k3, each of all that came before it in the block; 0.2 times the last's is added to the input.

    Args:
        features: channels in and out.
        growth: channels that each of the first four convolutions adds; after them is LeakyReLU(0.2).
    """

    def __init__(self, features: int, *, growth: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(features + number * growth, growth if number < 4 else features, 3, padding=1)
            for number in range(5)
        )
        self.activation = nn.LeakyReLU(_SLOPE)

    def forward(self, x: Tensor) -> Tensor:  # (B, features, H, W), unchanged in shape
        *growing, last = self.convolutions
        made = x
        for convolution in growing:
            made = torch.cat([made, self.activation(convolution(made))], dim=1)
        return torch.add(x, last(made), alpha=_SCALING)


class Rrdb(nn.Module):
    """Residual in residual dense block: three dense blocks; 0.2 times their result is added to the input."""

    def __init__(self, features: int, *, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(DenseBlock(features, growth=growth) for _ in range(3)))

    def forward(self, x: Tensor) -> Tensor:  # (B, features, H, W), unchanged in shape
        return torch.add(x, self.body(x), alpha=_SCALING)


class RrdbGenerator(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1].

    With its defaults the paper's, 16,697,987 parameters: a convolution, 23 blocks, a convolution and the long skip;
    then twice repeated pixels and a convolution, and two convolutions at full size.

    Args:
        blocks: number of residual in residual dense blocks.
        features: channels of the trunk.
        growth: channels that convolutions in dense blocks add.
    """

    def __init__(self, *, blocks: int = 23, features: int = 64, growth: int = 32) -> None:
        super().__init__()
        self.scale = 4
        self.growth = growth
        self.head = nn.Conv2d(3, features, 3, padding=1)
        self.blocks = nn.Sequential(*(Rrdb(features, growth=growth) for _ in range(blocks)))
        self.fusion = nn.Conv2d(features, features, 3, padding=1)
        output = nn.Conv2d(features, 3, 3, padding=1)
        self.tail = nn.Sequential(
            *(nn.UpsamplingNearest2d(scale_factor=2), *_activated(features)),
            *(nn.UpsamplingNearest2d(scale_factor=2), *_activated(features)),
            *(*_activated(features), output),
        )
        """Restores images from the trunk's features: (B, features, H, W) to (B, 3, 4 H, 4 W)."""
        he_(self, slope=_SLOPE)
        for module in self.blocks.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.data.mul_(_BEGINNING)
        nn.init.normal_(output.weight, std=output.weight[0].numel() ** -0.5)

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """The trunk at low resolution, and the tail that enlarges: see `srgan.Generator`, whose parts they match."""
        features, growth, blocks = self.head.out_channels, self.growth, len(self.blocks)
        wide = features + 4 * growth
        dense = sum((features + number * growth) * growth for number in range(4)) + wide * features
        trunk = Stage(
            "features",
            scale=1,
            radius=1.0 + 15.0 * blocks + 1.0,  # a 3x3, three times five a block, a 3x3
            values=4 * features + 2 * wide,  # inputs of the three skips, and of a convolution with a copy that grows
            multiply_adds=9 * 3 * features + 9 * features**2 + 3 * blocks * 9 * dense,
        )
        tail = Stage(
            "restored",
            scale=self.scale,
            radius=1.0 / 2 + 3.0 / 4,  # a 3x3 at twice the size, three at four times
            values=2 * 16 * features + 3 * 16,
            multiply_adds=9 * features**2 * (4 + 16 + 16) + 9 * features * 3 * 16,
        )
        return trunk, tail

    def trunk(self, low: Tensor) -> Tensor:
        """Compute features at low resolution: (B, 3, H, W) in [0, 1] to (B, features, H, W)."""
        first: Tensor = self.head(low)
        deep: Tensor = self.fusion(self.blocks(first))
        return first + deep

    def forward(self, low: Tensor) -> Tensor:
        restored: Tensor = self.tail(self.trunk(low))
        return restored


def _activated(features: int) -> tuple[nn.Module, nn.Module]:
    """Return a convolution k3 and its activation."""
    return nn.Conv2d(features, features, 3, padding=1), nn.LeakyReLU(_SLOPE)
