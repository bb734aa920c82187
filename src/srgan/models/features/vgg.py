"""VGG19 (Simonyan and Zisserman 2015) up to one of its convolutions, for content losses; it is never trained."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.errors import UsageError

CONVOLUTIONS = (2, 2, 4, 4, 4)
"""Convolutions before the first, second, ... max-pool."""
_CHANNELS = (64, 128, 256, 512, 512)


@dataclass(frozen=True)
class ContentLayer:
    """phi_i,j of Ledig et al. 2017: the j-th convolution before the i-th max-pool, counted from 1."""

    group: int
    """i, 1 to 5."""
    position: int
    """j, 1 or 2 in the first two groups, 1 to 4 after them."""

    def __post_init__(self) -> None:
        if not 1 <= self.group <= len(CONVOLUTIONS) or not 1 <= self.position <= CONVOLUTIONS[self.group - 1]:
            raise UsageError(
                f"VGG19 has no layer {self.group},{self.position}: it has 1,1 to 2,2 and 3,1 to 5,4 (as in VGG54), "
                "with two layers in groups 1 and 2, four in groups 3, 4 and 5"
            )

    @classmethod
    def parse(cls, name: str) -> "ContentLayer":
        """Return the layer that the paper calls `VGG22` or `VGG54`; case is free.

        Raises:
            UsageError: if VGG19 has no such layer.
        """
        match = re.fullmatch(r"vgg([0-9])([0-9])", name.strip().lower(), flags=re.ASCII)
        if match is None:
            raise UsageError(f"'{name}' is no layer of VGG19: write VGG22 or VGG54, for instance")
        return cls(int(match[1]), int(match[2]))

    @property
    def name(self) -> str:
        """Name in the paper: VGG54."""
        return f"VGG{self.group}{self.position}"

    def convolutions(self) -> Iterator["ContentLayer"]:
        """Yield all convolutions from the image up to this one."""
        for group, count in enumerate(CONVOLUTIONS[: self.group], start=1):
            last = self.position if group == self.group else count
            yield from (ContentLayer(group, position) for position in range(1, last + 1))

    @property
    def key(self) -> str:
        """Name of the convolution by its authors: conv5_4."""
        return f"conv{self.group}_{self.position}"

    @property
    def channels(self) -> tuple[int, int]:
        """Numbers of input and output channels."""
        if self.position > 1:
            return _CHANNELS[self.group - 1], _CHANNELS[self.group - 1]
        return (_CHANNELS[self.group - 2] if self.group > 1 else 3), _CHANNELS[self.group - 1]


class VGG19(nn.Module):
    """Features of images in [0, 1]: (B, 3, H, W) to (B, C, H / 2^(i-1), W / 2^(i-1)), rounded down at every pool.

    Its weights are frozen; gradients pass through it to the image. Nothing beyond the layer is built.

    Args:
        layer: the one whose features are returned.
        before_activation: the features before ReLU (Wang et al. 2018, section 3.3), not as published after.
    """

    def __init__(self, *, layer: ContentLayer, before_activation: bool = False) -> None:
        super().__init__()
        self.layer = layer
        self.before_activation = before_activation
        # From [0, 1] to what the first filters were trained on: means subtracted, and deviations or order of the
        # colours, which differ from one set of weights to the next.
        self.preprocess = nn.Conv2d(3, 3, 1)
        self.convolutions = nn.ModuleDict(
            {each.key: nn.Conv2d(*each.channels, kernel_size=3, padding=1) for each in layer.convolutions()}
        )
        self.requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        *_, last = self.depths(images)
        return last

    def depths(self, images: Tensor) -> Iterator[Tensor]:
        """Yield the features of the last convolution of each group, up to the layer."""
        x: Tensor = self.preprocess(images)
        seen = x
        for each in self.layer.convolutions():
            if each.position == 1 and each.group > 1:
                yield seen
                x = functional.max_pool2d(x, 2)
            convolved = self.convolutions[each.key](x)
            x = functional.relu(convolved)
            seen = convolved if self.before_activation else x
        yield seen

    def train(self, mode: bool = True) -> "VGG19":
        """Stay in evaluation mode, also within a module that is switched to training."""
        return super().train(False)


IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of RGB in [0, 1]: subtracted and divided by for torchvision's weights."""
CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Of BGR in [0, 255]: subtracted for the original weights, as their authors released them for Caffe."""


def caffe_preprocess() -> tuple[Tensor, Tensor]:
    """Return weight and bias of `VGG19.preprocess` for the original weights: BGR in [0, 255], minus the mean."""
    return 255.0 * torch.eye(3).flip(0)[:, :, None, None], -torch.tensor(CAFFE_MEAN)


def imagenet_preprocess() -> tuple[Tensor, Tensor]:
    """Return weight and bias of `VGG19.preprocess` for torchvision's weights: (x - mean) / deviation."""
    mean, deviation = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_DEVIATION)
    return torch.diag(1.0 / deviation)[:, :, None, None], -mean / deviation
