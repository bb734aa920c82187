"""DRCN, the deeply-recursive convolutional network (Kim et al. 2016).

"Deeply-Recursive Convolutional Network for Image Super-Resolution", CVPR 2016. A published baseline of Ledig et al.
2017, table 2. Its recursions are supervised by a loss of their own: see `srgan.training.loss_terms`.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.layers import enlarge, he_, luminance, radius_through_enlargement, with_luminance
from srgan.weights.card import Stage


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class RecursiveNetwork(nn.Module):
    """Sharpening of one channel: (B, 1, H, W), unchanged in shape.

    Two convolutions embed the image; one convolution is applied to their result, again and again; after each time the
    same two make a correction of the image. The sum of all corrected images with learned weights is the result.

    Args:
        recursions: times that the shared convolution is applied, D in the paper.
        features: channels.
    """

    def __init__(self, *, recursions: int, features: int) -> None:
        super().__init__()
        self.recursions = recursions
        self.embedding = nn.Sequential(
            _convolution(1, features), nn.ReLU(), _convolution(features, features), nn.ReLU()
        )
        self.recursion = _convolution(features, features)
        # No ReLU at its end: a correction may darken.
        self.reconstruction = nn.Sequential(_convolution(features, features), nn.ReLU(), _convolution(features, 1))
        self.weights = nn.Parameter(torch.full((recursions,), 1.0 / recursions))
        he_(self)
        nn.init.dirac_(self.recursion.weight)  # every recursion begins by passing on what it is given

    def attempts(self, x: Tensor) -> Tensor:
        """Reconstruct after each recursion: (B, 1, H, W) to (recursions, B, 1, H, W)."""
        state: Tensor = self.embedding(x)
        attempts = []
        for _ in range(self.recursions):
            state = functional.relu(self.recursion(state))
            attempts.append(x + self.reconstruction(state))
        return torch.stack(attempts)

    def combine(self, attempts: Tensor) -> Tensor:
        """Add up attempts with the learned weights: (recursions, B, 1, H, W) to (B, 1, H, W)."""
        return (self.weights[:, None, None, None, None] * attempts).sum(dim=0)

    def forward(self, x: Tensor) -> Tensor:
        return self.combine(self.attempts(x))


class Drcn(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1].

    A bicubic enlargement, whose luminance a `RecursiveNetwork` sharpens. However many its recursions, it has the same
    convolutions: 1.8 million parameters, and twenty convolutions deep, with its defaults, the paper's.

    Args:
        recursions: times that the shared convolution is applied.
        features: channels.
    """

    def __init__(self, *, recursions: int = 16, features: int = 256) -> None:
        super().__init__()
        self.scale = 4
        self.features = features
        self.network = RecursiveNetwork(recursions=recursions, features=features)

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: everything happens at high resolution."""
        features, recursions = self.features, self.network.recursions
        square, edge = 9 * features**2, 9 * features  # multiplications of a 3x3 inside, and to or from one channel
        stage = Stage(
            "restored",
            self.scale,
            radius=radius_through_enlargement(2 + recursions + 2, self.scale),
            values=self.scale**2 * (3 * features + recursions + 2 * 3),
            multiply_adds=self.scale**2 * (edge + square + recursions * (2 * square + edge)),
        )
        return (stage,)

    def forward(self, low: Tensor, *, every: bool = False) -> Tensor:
        """Restore images: (B, 3, 4 H, 4 W).

        Args:
            low: (B, 3, H, W) in [0, 1].
            every: return (1 + recursions, B, 3, 4 H, 4 W): the result, then those of each recursion alone.
        """
        enlarged = enlarge(low, self.scale)
        attempts = self.network.attempts(luminance(enlarged))
        restored = with_luminance(enlarged, self.network.combine(attempts))
        return torch.cat([restored[None], with_luminance(enlarged, attempts)]) if every else restored
