"""The networks of James Cheung's "Single Image SRGAN", a student's SRGAN in Keras, as its listing has them.

The generator enlarges by repeating pixels where the paper shuffles channels. Images are in [0, 1], and the last
convolution is linear: the listing has neither `tanh` nor a rescaling.

Keras says by `momentum` how much of the past batch normalisation keeps, torch how much of the new it takes: one is 1
minus the other.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.layers import PReLU, check_crops, residual_trunk
from srgan.weights.card import Stage

_EPSILON = 1e-3
"""Keras' default for batch normalisation; torch's is 1e-5."""


def _normalisation(channels: int, *, keras_momentum: float) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON, momentum=1.0 - keras_momentum)


def _initialise(network: nn.Module) -> None:
    """Keras' defaults: Glorot's uniform weights, zero biases."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _prelu(channels: int) -> PReLU:
    """One slope a channel, shared over space; Keras starts it as a ReLU."""
    return PReLU(channels, init=0.0)


class CheungBlock(nn.Module):
    """conv k3 - BN - PReLU - conv k3 - BN - sum, convolutions with biases."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(features, features, 3, padding=1),
            _normalisation(features, keras_momentum=0.5),
            _prelu(features),
            nn.Conv2d(features, features, 3, padding=1),
            _normalisation(features, keras_momentum=0.5),
        )

    def forward(self, x: Tensor) -> Tensor:  # (B, features, H, W), unchanged in shape
        y: Tensor = x + self.body(x)
        return y


class CheungUpsampling(nn.Module):
    """conv k3 - every pixel twice along rows and columns - PReLU, in that order."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.activation = _prelu(outputs)

    def forward(self, x: Tensor) -> Tensor:  # (B, inputs, H, W) to (B, outputs, 2 H, 2 W)
        # PReLU acts on each number alone: before the repetition it gives the same in a quarter of the work.
        return functional.interpolate(self.activation(self.convolution(x)), scale_factor=2.0, mode="nearest")


class CheungGenerator(nn.Module):
    """Low resolution in, four times as large out: (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1].

    With its defaults 2,044,291 parameters, batch normalisation's moving statistics counted as Keras does.

    Args:
        blocks: number of residual blocks.
        features: channels of the trunk; the upsampling has four times as many.
    """

    def __init__(self, *, blocks: int = 16, features: int = 64) -> None:
        super().__init__()
        self.scale = 4
        wide = 4 * features
        self.head = nn.Sequential(nn.Conv2d(3, features, 9, padding=4), _prelu(features))
        self.blocks = nn.Sequential(*(CheungBlock(features) for _ in range(blocks)))
        self.fusion = nn.Sequential(
            nn.Conv2d(features, features, 3, padding=1), _normalisation(features, keras_momentum=0.5)
        )
        self.upsampling = nn.Sequential(CheungUpsampling(features, wide), CheungUpsampling(wide, wide))
        self.output = nn.Conv2d(wide, 3, 9, padding=4)
        _initialise(self)

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """The trunk at low resolution, and the tail that enlarges: see `srgan.Generator`, whose parts they match."""
        wide = self.output.in_channels
        features = wide // 4
        trunk = residual_trunk(len(self.blocks), features, kernel=9)
        tail = Stage(
            "restored",
            scale=self.scale,
            radius=1.0 + 1.0 / 2 + 4.0 / 4,  # a 3x3, one at twice the size, a 9x9 at four times
            values=wide * (1 + 4 + 4) + 3 * 16,
            multiply_adds=9 * features * wide
            + 4 * 9 * wide**2
            + 4 * 25 * wide * 12,  # the 9x9 as 5x5 before the last repetition
        )
        return trunk, tail

    def trunk(self, low: Tensor) -> Tensor:
        """Compute features at low resolution: (B, 3, H, W) in [0, 1] to (B, features, H, W)."""
        first: Tensor = self.head(low)
        deep: Tensor = self.fusion(self.blocks(first))
        return first + deep

    def tail(self, x: Tensor) -> Tensor:
        """Restore images from the trunk's features: (B, features, H, W) to (B, 3, 4 H, 4 W)."""
        restored: Tensor = self.output(self.upsampling(x))
        return restored

    def forward(self, low: Tensor) -> Tensor:
        return self.tail(self.trunk(low))


class CheungDiscriminator(nn.Module):
    """Logits of crops in [0, 1]: (B, 3, crop, crop) to (B, 1). The listing's sigmoid is part of the losses.

    With its defaults 38,249,281 parameters, moving statistics counted.

    Args:
        crop: side of the crops in pixels, a multiple of 16; 128 in the listing.
        features: channels of the first convolution.
    """

    def __init__(self, *, crop: int = 128, features: int = 64) -> None:
        super().__init__()
        if crop < 16 or crop % 16:
            raise ValueError(f"the discriminator sees crops of a multiple of 16 pixels, not {crop}")
        self.crop = crop
        layers: list[nn.Module] = []
        inputs = 3
        for group, outputs in enumerate(features * 2**power for power in range(4)):
            for stride in (1, 2):
                layers += _keras_convolution(inputs, outputs, stride)
                if group or stride == 2:
                    layers.append(_normalisation(outputs, keras_momentum=0.8))
                layers.append(nn.LeakyReLU(0.2))
                inputs = outputs
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Linear(inputs * (crop // 16) ** 2, 16 * features), nn.LeakyReLU(0.2), nn.Linear(16 * features, 1)
        )
        _initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        check_crops(images, self.crop)
        logits: Tensor = self.dense(torch.flatten(self.convolutions(images), start_dim=1))
        return logits


def _keras_convolution(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    """conv k3 padded as Keras' "same": with stride 2 and an even side, only below and to the right."""
    if stride == 1:
        return [nn.Conv2d(inputs, outputs, 3, padding=1)]
    return [nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(inputs, outputs, 3, stride=2)]
