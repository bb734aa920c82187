"""The networks of Ledig et al. 2017: the generator, which trained on pixels alone is SRResNet, and the discriminator.

Everywhere in srgan images are RGB in [0, 1]; the paper's range, [-1, 1], is private to this file.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.layers import PReLU, check_crops, convolve_shuffled, he_, icnr_, residual_trunk
from srgan.weights.card import Stage

_DISCRIMINATOR_LAYERS = ((64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2))
"""(channels, stride) of the discriminator's convolutions after the first, as published for 64 features."""


def _convolution(inputs: int, outputs: int, kernel: int, *, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)


class ResidualBlock(nn.Module):
    """conv k3 - BN - PReLU - conv k3 - BN - sum (Ledig et al. 2017, figure 4; the layout of Gross and Wilber)."""

    def __init__(self, features: int, *, normalisation: bool, skip: bool) -> None:
        super().__init__()
        self.skip = skip
        self.convolution1 = _convolution(features, features, 3, bias=not normalisation)
        self.normalisation1 = nn.BatchNorm2d(features) if normalisation else nn.Identity()
        self.activation = PReLU(features)
        self.convolution2 = _convolution(features, features, 3, bias=not normalisation)
        self.normalisation2 = nn.BatchNorm2d(features) if normalisation else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:  # (B, features, H, W), unchanged in shape
        y: Tensor = self.activation(self.normalisation1(self.convolution1(x)))
        y = self.normalisation2(self.convolution2(y))
        return x + y if self.skip else y


class UpsamplingStep(nn.Module):
    """conv k3 - pixel shuffle - PReLU: twice the height and width (Ledig et al. 2017, figure 4)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.convolution = _convolution(features, 4 * features, 3)
        self.activation = PReLU(features)

    def forward(self, x: Tensor) -> Tensor:  # (B, features, H, W) to (B, features, 2 H, 2 W)
        y: Tensor = self.activation(functional.pixel_shuffle(self.convolution(x), 2))
        return y


class Generator(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, scale * H, scale * W), both nominally in [0, 1].

    With its defaults, the generator of Ledig et al. 2017 (figure 4): 16 residual blocks of 64 features between a 9x9
    convolution and two sub-pixel steps. The paper's supplement also studies it with other numbers of blocks and
    without skip connections. It is fully convolutional: any height and width.

    Args:
        blocks: number of residual blocks (B in the paper).
        features: channels of the trunk.
        scale: 2, 4 or 8; one sub-pixel step for each doubling.
        normalisation: batch normalisation, as published; without it the convolutions get biases.
        skips: the skip connection of every block and the long one around them all.
    """

    def __init__(
        self, *, blocks: int = 16, features: int = 64, scale: int = 4, normalisation: bool = True, skips: bool = True
    ) -> None:
        super().__init__()
        if scale not in (2, 4, 8):
            raise ValueError(f"the generator enlarges by 2, 4 or 8, not {scale}")
        self.scale = scale
        self.skips = skips
        self.head = nn.Sequential(_convolution(3, features, 9), PReLU(features))
        self.blocks = nn.Sequential(
            *(ResidualBlock(features, normalisation=normalisation, skip=skips) for _ in range(blocks))
        )
        self.fusion = nn.Sequential(
            _convolution(features, features, 3, bias=not normalisation),
            nn.BatchNorm2d(features) if normalisation else nn.Identity(),
        )
        self.upsampling = nn.ModuleList(UpsamplingStep(features) for _ in range(scale.bit_length() - 1))
        self.output = _convolution(features, 3, 9)
        self._initialise(normalisation=normalisation)

    def _initialise(self, *, normalisation: bool) -> None:
        """Initialise by He's method for PReLU, by ICNR before pixel shuffles, and the output near mid-gray."""
        he_(self, slope=0.25)
        for step in self.steps:
            icnr_(step.convolution, factor=2)
        nn.init.normal_(self.output.weight, std=self.output.weight[0].numel() ** -0.5)
        if not normalisation:
            # Nothing else keeps sixteen residual sums from growing (Wang et al. 2018, section 3.1).
            for block in self.residual_blocks:
                block.convolution2.weight.data.mul_(0.1)

    @property
    def residual_blocks(self) -> list[ResidualBlock]:
        """The blocks of the trunk, in order."""
        return [cast(ResidualBlock, block) for block in self.blocks]

    @property
    def steps(self) -> list[UpsamplingStep]:
        """The sub-pixel steps, in order."""
        return [cast(UpsamplingStep, step) for step in self.upsampling]

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """The two parts that are tiled apart: the trunk sees far and is light, the tail sees little and is heavy.

        All convolutions of the trunk work at low resolution; each sub-pixel step halves the size of a pixel.
        """
        features, blocks, steps = self.output.in_channels, len(self.blocks), len(self.upsampling)
        trunk = residual_trunk(blocks, features, kernel=9)
        tail = Stage(
            "restored",
            scale=self.scale,
            radius=sum(1.0 / 2**step for step in range(steps)) + 4.0 / 2**steps,  # a 3x3 a step, 9x9
            values=sum(4 * features * 4**step for step in range(steps)) + 3 * self.scale**2,
            multiply_adds=sum(36 * features**2 * 4**step for step in range(steps))
            + 25 * 4 * features * 12 * 4 ** (steps - 1),  # the 9x9 as 5x5 before the last shuffle
        )
        return trunk, tail

    def trunk(self, low: Tensor) -> Tensor:
        """Compute features at low resolution: (B, 3, H, W) in [0, 1] to (B, features, H, W)."""
        first = self.head(low)
        deep: Tensor = self.fusion(self.blocks(first))
        return first + deep if self.skips else deep

    def tail(self, x: Tensor) -> Tensor:
        """Restore images from the trunk's features: (B, features, H, W) to (B, 3, scale * H, scale * W)."""
        *earlier, last = self.steps
        for step in earlier:
            x = step(x)
        # The last shuffle is put off until after the output convolution. PReLU acts on each channel alone, so it may
        # come before the shuffle if the four channels that become one share their slope.
        x = functional.prelu(last.convolution(x), last.activation.weight.repeat_interleave(4))
        signed = convolve_shuffled(x, self.output, factor=2)  # the paper's range, [-1, 1]
        return (signed + 1.0) / 2.0

    def forward(self, low: Tensor) -> Tensor:
        return self.tail(self.trunk(low))


class Discriminator(nn.Module):
    """Logits of crops in [0, 1]: (B, 3, crop, crop) to (B, 1), above 0 for what looks real.

    conv k3n64s1 - LeakyReLU(0.2), seven times conv k3 - BN - LeakyReLU(0.2), dense 1024 - LeakyReLU(0.2), dense 1. The
    sigmoid that the paper ends with is part of the losses, where it costs no precision.

    Args:
        crop: side of the crops in pixels, a multiple of 16; 96 in the paper. It decides the size of the dense layer.
        features: channels of the first convolution; the others keep the paper's proportions.
    """

    def __init__(self, *, crop: int = 96, features: int = 64) -> None:
        super().__init__()
        if crop < 16 or crop % 16:
            raise ValueError(f"the discriminator sees crops of a multiple of 16 pixels, not {crop}")
        self.crop = crop
        layers: list[nn.Module] = [nn.Conv2d(3, features, 3, padding=1), nn.LeakyReLU(0.2)]
        inputs = features
        for channels, stride in _DISCRIMINATOR_LAYERS:
            outputs = channels * features // 64
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(0.2),
            ]
            inputs = outputs
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Linear(inputs * (crop // 16) ** 2, 16 * features), nn.LeakyReLU(0.2), nn.Linear(16 * features, 1)
        )
        he_(self, slope=0.2)

    def forward(self, images: Tensor) -> Tensor:
        check_crops(images, self.crop)
        signed = 2.0 * images - 1.0  # the paper's range
        seen = torch.flatten(self.convolutions(signed), start_dim=1)
        # In mixed precision, casting 19 million weights to and fro costs more than multiplying a few rows by them.
        with torch.autocast(seen.device.type, enabled=False):
            logits: Tensor = self.dense(seen.to(next(self.dense.parameters()).dtype))
        return logits
