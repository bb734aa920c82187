"""The networks of Yu, Zhang and Zhong's "Super-Resolution Image Recovery Using GAN", a report of UC San Diego.

Its table I draws the generator and the discriminator. What it leaves open is taken from the paper it follows (Ledig et
al. 2017), and for the discriminator from TensorLayer's SRGAN (https://github.com/tensorlayer/SRGAN), whose layers these
are: normalisation after every convolution but the first, no activation before the sum. Of its SRCNN it says "4-layer"
and no more.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.layers import PReLU, check_crops, enlarge, he_, icnr_, residual_trunk
from srgan.models.srgan import ResidualBlock, UpsamplingStep
from srgan.weights.card import Stage


class UcsdSrcnn(nn.Module):
    """SRCNN in four layers: (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1].

    A bicubic enlargement, then convolutions 9-1-1-5 of 64, 32, 16 and 3 channels with ReLU between them: the deeper
    network that Dong et al. study in "Image Super-Resolution Using Deep Convolutional Networks" (2016, section 4.3.3),
    on three colours (section 5). Unlike theirs it pads.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale = 4
        self.convolutions = nn.Sequential(
            nn.Conv2d(3, 64, 9, padding=4),
            nn.ReLU(),
            nn.Conv2d(64, 32, 1),
            nn.ReLU(),
            nn.Conv2d(32, 16, 1),
            nn.ReLU(),
            nn.Conv2d(16, 3, 5, padding=2),
        )
        he_(self)

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: everything happens at high resolution."""
        weights = 81 * 3 * 64 + 64 * 32 + 32 * 16 + 25 * 16 * 3
        # 9x9 and 5x5 reach six enlarged pixels, at most 1.875 low ones from the middle of the output pixel's own; a
        # cubic there reads less than 2 farther, which is three whole pixels.
        return (Stage("restored", self.scale, radius=3.0, values=16 * (64 + 32), multiply_adds=16 * weights),)

    def forward(self, low: Tensor) -> Tensor:
        restored: Tensor = self.convolutions(enlarge(low, self.scale))
        return restored


class UcsdGenerator(nn.Module):
    """The report's SRResNet, (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1]: the paper's with 3x3 ends.

    Args:
        blocks: number of residual blocks; 16 in the report.
        features: channels of the trunk.
    """

    def __init__(self, *, blocks: int = 16, features: int = 64) -> None:
        super().__init__()
        self.scale = 4
        self.head = nn.Sequential(nn.Conv2d(3, features, 3, padding=1), PReLU(features))
        self.blocks = nn.Sequential(*(ResidualBlock(features, normalisation=True, skip=True) for _ in range(blocks)))
        self.fusion = nn.Sequential(nn.Conv2d(features, features, 3, padding=1, bias=False), nn.BatchNorm2d(features))
        steps = [UpsamplingStep(features), UpsamplingStep(features)]
        self.upsampling = nn.Sequential(*steps)
        self.output = nn.Conv2d(features, 3, 3, padding=1)
        he_(self, slope=0.25)
        for step in steps:
            icnr_(step.convolution, factor=2)
        nn.init.normal_(self.output.weight, std=self.output.weight[0].numel() ** -0.5)

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """The trunk at low resolution, and the tail that enlarges: see `srgan.Generator`, whose parts they match."""
        features = self.output.in_channels
        trunk = residual_trunk(len(self.blocks), features, kernel=3)
        tail = Stage(
            "restored",
            scale=self.scale,
            radius=1.0 + 1.0 / 2 + 1.0 / 4,  # a 3x3 at every size
            values=features * (4 + 16) + 3 * 16,
            multiply_adds=36 * features**2 * (1 + 4) + 4 * 9 * 4 * features * 12,  # the last before the shuffle
        )
        return trunk, tail

    def trunk(self, low: Tensor) -> Tensor:
        """Compute features at low resolution: (B, 3, H, W) in [0, 1] to (B, features, H, W)."""
        first: Tensor = self.head(low)
        deep: Tensor = self.fusion(self.blocks(first))
        return first + deep

    def tail(self, x: Tensor) -> Tensor:
        """Restore images from the trunk's features: (B, features, H, W) to (B, 3, 4 H, 4 W)."""
        signed: Tensor = self.output(self.upsampling(x))  # the paper's range, [-1, 1]
        return (signed + 1.0) / 2.0

    def forward(self, low: Tensor) -> Tensor:
        return self.tail(self.trunk(low))


def _convolution(inputs: int, outputs: int, kernel: int, *, stride: int = 1, activation: bool = True) -> nn.Sequential:
    """Convolution, normalisation and LeakyReLU(0.2); an even kernel halves the size."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=(kernel - 1) // 2, bias=False)
    layers: list[nn.Module] = [convolution, nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.LeakyReLU(0.2)) if activation else nn.Sequential(*layers)


class UcsdDiscriminator(nn.Module):
    """Logits of crops in [0, 1]: (B, 3, crop, crop) to (B, 1), above 0 for what looks real.

    Six convolutions k4s2 of 64 to 2,048 channels, k1 to 1,024 and 512, a residual block of k1 128, k3 128 and k3 512,
    dense. The table's "Dense 18,432" is what goes into the dense layer from crops of 384: 6 * 6 * 512.

    Args:
        crop: side of the crops in pixels, a multiple of 64; 384 in the report.
        features: channels of the first convolution; the others keep the report's proportions.
    """

    def __init__(self, *, crop: int = 384, features: int = 64) -> None:
        super().__init__()
        if crop < 64 or crop % 64:
            raise ValueError(f"the discriminator sees crops of a multiple of 64 pixels, not {crop}")
        self.crop = crop
        self.convolutions = nn.Sequential(
            nn.Conv2d(3, features, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            *(_convolution(features * 2**power, features * 2 ** (power + 1), 4, stride=2) for power in range(5)),
            _convolution(32 * features, 16 * features, 1),
            _convolution(16 * features, 8 * features, 1, activation=False),
        )
        self.residual = nn.Sequential(
            _convolution(8 * features, 2 * features, 1),
            _convolution(2 * features, 2 * features, 3),
            _convolution(2 * features, 8 * features, 3, activation=False),
        )
        self.dense = nn.Linear(8 * features * (crop // 64) ** 2, 1)
        he_(self, slope=0.2)

    def forward(self, images: Tensor) -> Tensor:
        check_crops(images, self.crop)
        x: Tensor = self.convolutions(2.0 * images - 1.0)  # the paper's range
        x = functional.leaky_relu(x + self.residual(x), 0.2)
        logits: Tensor = self.dense(torch.flatten(x, start_dim=1))
        return logits
