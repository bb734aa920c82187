"""Networks trained to classify images, for the features that they compute at several depths; they stay as they are.

Distances between such features follow human judgement better than distances between pixels (Zhang et al. 2018).
"""

from collections.abc import Sequence
from typing import Protocol, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.features.vgg import IMAGENET_DEVIATION, IMAGENET_MEAN, VGG19

SMALLEST = 32  # pixels along a side: below it nothing is left for the last features of SqueezeNet


class FeatureNetwork(Protocol):
    """Network that computes features of images, (B, 3, H, W) in [0, 1], both sides at least `SMALLEST`."""

    name: str
    """Which network, and up to where."""

    def __call__(self, images: Tensor) -> list[Tensor]:
        """Compute features at several depths, each (B, C, h, w), shallow ones first."""

    def to(self, device: torch.device) -> Self:
        """Move the network to a device, and return it."""


def _normalise(images: Tensor) -> Tensor:
    """Map images in [0, 1] to what networks trained on ImageNet expect."""
    mean, deviation = (images.new_tensor(one).view(3, 1, 1) for one in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    return (images - mean) / deviation


class Fire(nn.Module):
    """SqueezeNet's module (Iandola et al. 2016, section 3.2): 1x1 to few channels, then 1x1 beside 3x3 to many."""

    def __init__(self, *, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.squeeze(x))
        return functional.relu(torch.cat([self.expand1(x), self.expand3(x)], dim=1))


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 without its classifier, at the seven depths that Zhang et al. 2018 look at.

    After the first convolution, and after each Fire module but the first and the third.
    """

    SIZES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
    """Channels squeezed to and, in each half, expanded to."""

    name = "squeezenet1.1"

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 64, 3, stride=2)
        inputs = [64, *(2 * expanded for _, expanded in self.SIZES)]
        self.fires = nn.ModuleList(
            Fire(inputs=before, squeezed=squeezed, expanded=expanded)
            for before, (squeezed, expanded) in zip(inputs, self.SIZES, strict=False)
        )
        self.requires_grad_(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        x = functional.relu(self.first(_normalise(images)))
        features = [x]
        for place, fire in enumerate(self.fires):
            if place in (0, 2, 4):
                x = functional.max_pool2d(x, 3, stride=2, ceil_mode=True)
            x = fire(x)
            if place not in (0, 2):
                features.append(x)
        return features


class Bottleneck(nn.Module):
    """A residual block with normalisation and activation before each convolution (He et al. 2016b).

    The first of a stage, `widens`, takes its shortcut from the activated input through a 1x1 convolution.
    """

    def __init__(self, *, inputs: int, outputs: int, stride: int, widens: bool) -> None:
        super().__init__()
        narrow = outputs // 4
        self.normalisations = nn.ModuleList(nn.BatchNorm2d(channels) for channels in (inputs, narrow, narrow))
        self.convolutions = nn.ModuleList(
            [
                nn.Conv2d(inputs, narrow, 1, bias=False),
                nn.Conv2d(narrow, narrow, 3, stride=stride, padding=1, bias=False),
                nn.Conv2d(narrow, outputs, 1, bias=False),
            ]
        )
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False) if widens else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the result of the block, and its activated input."""
        activated = y = functional.relu(self.normalisations[0](x))
        y = self.convolutions[0](y)
        for normalisation, convolution in zip(self.normalisations[1:], self.convolutions[1:], strict=True):
            y = convolution(functional.relu(normalisation(y)))
        return y + (x if self.shortcut is None else self.shortcut(activated)), activated


class ResNet(nn.Module):
    """The first three stages of ResNet-50 v2, at four depths.

    After the first convolution, and the activated inputs of the second stage, the third, and the third's last block: a
    stage's own result is normalised and activated only where it is used.
    """

    STAGES = ((3, 256, 1), (4, 512, 2), (6, 1024, 2))
    """Blocks of each stage, channels it gives, stride of its first block."""
    _SEEN = (3, 7, 12)  # blocks whose activated input is a feature

    name = "resnet50v2"

    def __init__(self) -> None:
        super().__init__()
        self.input = nn.BatchNorm2d(3)  # of the images, on top of ImageNet's mean and deviation
        self.first = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.normalisation = nn.BatchNorm2d(64)
        self.blocks = nn.ModuleList()
        inputs = 64
        for blocks, outputs, stride in self.STAGES:
            self.blocks.append(Bottleneck(inputs=inputs, outputs=outputs, stride=stride, widens=True))
            for _ in range(blocks - 1):
                self.blocks.append(Bottleneck(inputs=outputs, outputs=outputs, stride=1, widens=False))
            inputs = outputs
        self.requires_grad_(False)
        self.train(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        x = functional.relu(self.normalisation(self.first(self.input(_normalise(images)))))
        features = [x]
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        for place, block in enumerate(self.blocks):
            x, activated = block(x)
            if place in self._SEEN:
                features.append(activated)
        return features

    def train(self, mode: bool = True) -> "ResNet":
        """Stay in evaluation mode: the normalisation is that of ImageNet."""
        return super().train(False)


class VggFeatures(nn.Module):
    """VGG19 after the last convolution of each group, up to the last that it was built with."""

    def __init__(self, vgg: VGG19, *, name: str) -> None:
        super().__init__()
        self.vgg = vgg
        self.name = name

    def forward(self, images: Tensor) -> list[Tensor]:
        return list(self.vgg.depths(images))


def distance(restored: Sequence[Tensor], reference: Sequence[Tensor]) -> Tensor:
    """Return the distance between features: 0 where they are the same, at most 2, (B,).

    At each position the channels of either image are scaled to the length of 1; the squared distance of the two is
    averaged over positions, then over layers (Zhang et al. 2018, eq. 1, with all its weights equal).

    Args:
        restored: features of (B, C, h, w) at several depths.
        reference: as many, of the same shapes.
    """
    layers = [
        torch.sum((_unit(a) - _unit(b)) ** 2, dim=1).mean(dim=(1, 2)) for a, b in zip(restored, reference, strict=True)
    ]
    return torch.stack(layers).mean(dim=0)


def _unit(features: Tensor) -> Tensor:
    return functional.normalize(features, dim=1, eps=1e-10)  # zero stays zero
