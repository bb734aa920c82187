"""SPAN, the swift parameter-free attention network (Wan et al. 2024).

"Swift Parameter-free Attention Network for Efficient Super-Resolution", CVPR workshops 2024, section 3: blocks whose
result is weighted by a function of itself that has no parameters. It is written down here as it is used: the three
convolutions of each layer in training are one.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.edsr import MEAN
from srgan.models.layers import he_
from srgan.weights.card import Stage

_BLOCKS = 6


class SpanBlock(nn.Module):
    """Three convolutions; the sum with the input is weighted by sigmoid - 1/2 of the last one's result.

    Wan et al. 2024, equations 3 to 7.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(features, features, 3, padding=1)
        self.convolution2 = nn.Conv2d(features, features, 3, padding=1)
        self.convolution3 = nn.Conv2d(features, features, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the block's result and that of its first convolution, both (B, features, H, W)."""
        first = self.convolution1(x)
        last = self.convolution3(functional.silu(self.convolution2(functional.silu(first))))
        return (last + x) * (torch.sigmoid(last) - 0.5), first


class Span(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, scale * H, scale * W), both nominally in [0, 1].

    Args:
        features: channels; 48 in the published networks, 52 in some.
        scale: 1 to 4.
        centred: whether the mean colour of DIV2K is subtracted first, as published.
    """

    mean: Tensor

    def __init__(self, *, features: int = 48, scale: int = 4, centred: bool = True) -> None:
        super().__init__()
        self.scale, self.centred = scale, centred
        self.head = nn.Conv2d(3, features, 3, padding=1)
        self.blocks = nn.ModuleList(SpanBlock(features) for _ in range(_BLOCKS))
        self.fusion = nn.Conv2d(features, features, 3, padding=1)
        self.selection = nn.Conv2d(4 * features, features, 1)
        self.output = nn.Conv2d(features, 3 * scale**2, 3, padding=1)
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1), persistent=False)
        he_(self)

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: all of it is at low resolution."""
        features = self.head.out_channels
        return (
            Stage(
                "restored",
                scale=self.scale,
                radius=1.0 + 3.0 * _BLOCKS + 2.0,
                values=9 * features + 6 * self.scale**2,
                multiply_adds=sum(layer.weight.numel() for layer in self.modules() if isinstance(layer, nn.Conv2d)),
            ),
        )

    def forward(self, low: Tensor) -> Tensor:
        first: Tensor = self.head(low - self.mean if self.centred else low)
        x, made, inner = first, list[Tensor](), first
        for block in self.blocks:
            x, inner = cast(SpanBlock, block)(x)
            made.append(x)
        selected = self.selection(torch.cat([first, self.fusion(x), made[0], inner], dim=1))
        return functional.pixel_shuffle(self.output(selected), self.scale)
