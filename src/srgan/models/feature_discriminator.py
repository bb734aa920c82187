"""A discriminator of the features of a trained network, which itself stays as it is."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.layers import he_


class FeatureDiscriminator(nn.Module):
    """Logits of features at several depths, above 0 for what looks real.

    Small heads on features that are never trained keep up with a generator from the first updates (Sauer et al. 2021,
    "Projected GANs Converge Faster"), where a discriminator of the same cost that begins at random does not. Each
    depth is judged in every neighbourhood by a head of its own, and counts as much as any other.

    Args:
        channels: of the features, at each depth.
        features: channels of the heads.
    """

    def __init__(self, channels: Sequence[int], *, features: int = 64) -> None:
        super().__init__()
        self.heads = nn.ModuleList(_head(inputs, features) for inputs in channels)
        he_(self, slope=0.2)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Judge features, (B, C, h, w) at each depth and about 1 in size: (B, depths, h / 2, w / 2) of the largest."""
        logits: list[Tensor] = [head(each) for head, each in zip(self.heads, features, strict=True)]
        largest = max((each.shape[-2:] for each in logits), key=lambda size: int(size[0]))
        return torch.cat([functional.interpolate(each, largest, mode="nearest") for each in logits], dim=1)


def _head(inputs: int, features: int) -> nn.Sequential:
    """Return a head of which each logit sees 8 x 8 places of the features."""
    return nn.Sequential(
        nn.Conv2d(inputs, features, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(features, features, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(features, features, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(features, 1, 1),
    )
