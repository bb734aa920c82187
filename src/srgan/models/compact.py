"""SRResNet's trunk with one sub-pixel step: the same depth at half the arithmetic.

The published tail works at twice and four times the size, where it takes 46 % of SRResNet's operations. Here one 3x3
convolution makes the scale^2 pixels of every low-resolution pixel, as a difference from that pixel (the layout of
compact networks such as Wang et al. 2021's for animated film), and the trunk can begin with SRResNet's weights. So
made, neighbouring pixels of different low-resolution pixels are independent; the optional refinement, two light
convolutions at full size, joins them.
"""

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.layers import PReLU, he_, residual_trunk
from srgan.models.srgan import ResidualBlock
from srgan.weights.card import Stage


class CompactGenerator(nn.Module):
    """Residual trunk and one sub-pixel step: (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1].

    Args:
        blocks: number of residual blocks.
        features: channels of the trunk.
        refinement: channels of the refinement at full size, 4 or more; 0 for none.

    Raises:
        ValueError: if the refinement has too few channels.
    """

    scale = 4

    def __init__(self, *, blocks: int = 16, features: int = 64, refinement: int = 0) -> None:
        super().__init__()
        if refinement and refinement < 4:
            raise ValueError(f"refinement is {refinement}, but must be 0, or 4 or more: three channels are the colours")
        self.head = nn.Sequential(nn.Conv2d(3, features, 9, padding=4), PReLU(features))
        self.blocks = nn.Sequential(*(ResidualBlock(features, normalisation=False, skip=True) for _ in range(blocks)))
        self.fusion = nn.Sequential(nn.Conv2d(features, features, 3, padding=1), nn.Identity())
        self.output = nn.Conv2d(features, 3 * self.scale**2, 3, padding=1)
        self.hints = nn.Conv2d(features, (refinement - 3) * self.scale**2, 3, padding=1) if refinement else None
        """Makes the other channels that the refinement sees, after the colours."""
        self.refinement = _refinement(refinement) if refinement else None
        self._initialise()

    def _initialise(self) -> None:
        """Initialise by He's method, blocks and output small, so that the network begins as repeated pixels.

        The refinement begins as the identity, so that weights of a network without it can be taken over.
        """
        he_(self, slope=0.25)
        for block in self.residual_blocks:
            block.convolution2.weight.data.mul_(0.1)
        self.output.weight.data.mul_(0.1)
        if self.refinement is not None:
            nn.init.zeros_(cast(nn.Conv2d, self.refinement[-1]).weight)

    @property
    def residual_blocks(self) -> list[ResidualBlock]:
        """The blocks of the trunk, in order."""
        return [cast(ResidualBlock, block) for block in self.blocks]

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """The trunk, which hands on its input after its features, and the tail, which sees little and makes much."""
        features, cell = self.output.in_channels, self.scale**2
        made, refined, radius = 3, 0, 1.0
        if self.refinement is not None:
            channels = cast(nn.Conv2d, self.refinement[0]).in_channels
            made, refined, radius = channels, 9 * channels * (channels + 3), radius + 2.0 / self.scale
        trunk = residual_trunk(len(self.blocks), features, kernel=9)
        trunk = replace(trunk, values=trunk.values + 3)
        tail = Stage(
            "restored",
            scale=self.scale,
            radius=radius,
            values=features + 3 + 2 * made * cell,
            multiply_adds=(9 * features * made + refined) * cell,
        )
        return trunk, tail

    def forward(self, low: Tensor) -> Tensor:
        return self.tail(self.trunk(low))

    def trunk(self, low: Tensor) -> Tensor:
        """Compute features at low resolution: (B, 3, H, W) in [0, 1] to (B, features + 3, H, W), the input the last."""
        first = self.head(low)
        return torch.cat([first + self.fusion(self.blocks(first)), low], dim=1)

    def tail(self, x: Tensor) -> Tensor:
        """Restore images from what the trunk hands on: (B, features + 3, H, W) to (B, 3, 4 H, 4 W)."""
        deep, low = x[:, :-3], x[:, -3:]
        repeated = low.repeat_interleave(self.scale**2, dim=1)
        colours: Tensor = functional.pixel_shuffle(self.output(deep) + repeated, self.scale)
        if self.hints is None or self.refinement is None:
            return colours
        hints = functional.pixel_shuffle(self.hints(deep), self.scale)
        return colours + cast(Tensor, self.refinement(torch.cat([colours, hints], dim=1)))


def _refinement(channels: int) -> nn.Sequential:
    """Return two 3x3 convolutions at full size, to differences of the three colours."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1), PReLU(channels), nn.Conv2d(channels, 3, 3, padding=1)
    )
