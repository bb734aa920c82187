"""MSRResNet, SRResNet as ESRGAN's authors changed it (Wang et al. 2018): no batch normalisation, and no 9x9 kernels.

What it makes is added to the image enlarged bilinearly.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from srgan.models.edsr import EdsrBlock
from srgan.models.layers import he_
from srgan.weights.card import Stage

_SLOPE = 0.1


class Msrresnet(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, scale * H, scale * W), both nominally in [0, 1].

    Args:
        blocks: number of residual blocks.
        features: channels of the trunk.
        scale: 2, 3 or 4; the last in two steps.
    """

    def __init__(self, *, blocks: int = 16, features: int = 64, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, features, 3, padding=1)
        self.blocks = nn.Sequential(*(EdsrBlock(features, scaling=1.0) for _ in range(blocks)))
        self.factors = (2, 2) if scale == 4 else (scale,)
        layers: list[nn.Module] = []
        for factor in self.factors:
            convolution = nn.Conv2d(features, features * factor**2, 3, padding=1)
            layers += [convolution, nn.PixelShuffle(factor), nn.LeakyReLU(_SLOPE)]
        layers += [nn.Conv2d(features, features, 3, padding=1), nn.LeakyReLU(_SLOPE)]
        self.tail = nn.Sequential(*layers, nn.Conv2d(features, 3, 3, padding=1))
        he_(self, slope=_SLOPE)
        for block in self.blocks:
            cast(EdsrBlock, block).convolution2.weight.data.mul_(0.1)

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: the sum with the enlarged image joins its beginning and its end."""
        features, cell, size, radius, work = self.head.out_channels, self.scale**2, 1, 2.0 + 2.0 * len(self.blocks), 0
        for factor in self.factors:
            work += 9 * features**2 * factor**2 * size**2
            size *= factor
            radius += 1.0 / size
        return (
            Stage(
                "restored",
                scale=self.scale,
                radius=radius + 1.0 / self.scale,
                values=2 * features * cell + 6 * cell,
                multiply_adds=27 * features
                + 18 * features**2 * len(self.blocks)
                + work
                + 9 * features * (features + 3) * cell,
            ),
        )

    def forward(self, low: Tensor) -> Tensor:
        x: Tensor = self.blocks(functional.leaky_relu(self.head(low), _SLOPE))
        enlarged = functional.interpolate(low, scale_factor=self.scale, mode="bilinear", align_corners=False)
        restored: Tensor = self.tail(x) + enlarged
        return restored
