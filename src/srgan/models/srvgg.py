"""SRVGGNetCompact, the small network of Real-ESRGAN for animated film (Wang et al. 2021).

A chain of convolutions at low resolution, and one sub-pixel step whose result is added to the repeated pixels: the
layout of the weights that are published as realesr-animevideov3 and realesr-general-x4v3.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.layers import he_
from srgan.weights.card import Stage


class Srvgg(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, scale * H, scale * W), both nominally in [0, 1].

    Args:
        convolutions: number of convolutions between the first and the last; 16 in animevideov3, 32 in general-x4v3.
        features: channels of the chain.
        scale: 1 to 4.
    """

    def __init__(self, *, convolutions: int = 16, features: int = 64, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale
        layers: list[nn.Module] = []
        for inputs in (3, *[features] * convolutions):
            layers += [nn.Conv2d(inputs, features, 3, padding=1), nn.PReLU(features)]
        self.body = nn.Sequential(*layers, nn.Conv2d(features, 3 * scale**2, 3, padding=1))
        he_(self, slope=0.25)
        last = self.body[-1]
        assert isinstance(last, nn.Conv2d)
        last.weight.data.mul_(0.1)  # so that it begins near repeated pixels

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: all of it is at low resolution."""
        convolutions = [layer for layer in self.body if isinstance(layer, nn.Conv2d)]
        return (
            Stage(
                "restored",
                scale=self.scale,
                radius=float(len(convolutions)),
                values=2 * convolutions[0].out_channels + 6 * self.scale**2,
                multiply_adds=sum(layer.weight.numel() for layer in convolutions),
            ),
        )

    def forward(self, low: Tensor) -> Tensor:
        repeated = low.repeat_interleave(self.scale**2, dim=1)
        made: Tensor = self.body(low)
        return functional.pixel_shuffle(torch.add(made, repeated), self.scale)
