"""EDSR, MDSR and MSRResNet as others published them: see `published_networks`."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.helpers.published_networks import RGB_MEAN, conv, lrelu


class ResBlock(nn.Module):
    """Of EDSR's authors: `body.0` and `body.2`."""

    def __init__(self, nf: int, kernel: int, res_scale: float) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(nf, nf, kernel), nn.ReLU(), conv(nf, nf, kernel))
        self.res_scale = res_scale

    def forward(self, x: Tensor) -> Tensor:
        return x + self.res_scale * cast(Tensor, self.body(x))


def mean_shift(sign: int, levels: float) -> nn.Conv2d:
    shift = nn.Conv2d(3, 3, 1)
    shift.weight.data = torch.eye(3).reshape(3, 3, 1, 1)
    shift.bias.data = sign * levels * RGB_MEAN.flatten()  # type: ignore[union-attr]
    return shift


def upsampler(scale: int, nf: int) -> nn.Sequential:
    factors = {2: (2,), 3: (3,), 4: (2, 2)}[scale]
    return nn.Sequential(*(layer for f in factors for layer in (conv(nf, nf * f * f), nn.PixelShuffle(f))))


class AuthorsEdsr(nn.Module):
    """EDSR of its authors, on values up to 255 or 1."""

    def __init__(self, scale: int = 4, nf: int = 8, nb: int = 2, res_scale: float = 1.0, levels: float = 255.0) -> None:
        super().__init__()
        self.levels = levels
        self.sub_mean, self.add_mean = mean_shift(-1, levels), mean_shift(1, levels)
        self.head = nn.Sequential(conv(3, nf))
        self.body = nn.Sequential(*(ResBlock(nf, 3, res_scale) for _ in range(nb)), conv(nf, nf))
        self.tail = nn.Sequential(upsampler(scale, nf), conv(nf, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(self.sub_mean(self.levels * x))
        restored: Tensor = self.add_mean(self.tail(x + self.body(x))) / self.levels
        return restored


class AuthorsMdsr(nn.Module):
    """MDSR of EDSR's authors: three scales in one."""

    def __init__(self, nf: int = 8, nb: int = 2) -> None:
        super().__init__()
        self.sub_mean, self.add_mean = mean_shift(-1, 255.0), mean_shift(1, 255.0)
        self.head = nn.Sequential(conv(3, nf))
        self.pre_process = nn.ModuleList(nn.Sequential(ResBlock(nf, 5, 1), ResBlock(nf, 5, 1)) for _ in range(3))
        self.body = nn.Sequential(*(ResBlock(nf, 3, 1) for _ in range(nb)), conv(nf, nf))
        self.upsample = nn.ModuleList(upsampler(scale, nf) for scale in (2, 3, 4))
        self.tail = nn.Sequential(conv(nf, 3))

    def restore(self, x: Tensor, scale: int) -> Tensor:
        x = self.pre_process[scale - 2](self.head(self.sub_mean(255 * x)))
        restored: Tensor = self.add_mean(self.tail(self.upsample[scale - 2](x + self.body(x)))) / 255
        return restored


class PlainBlock(nn.Module):
    """BasicSR's residual block without normalisation."""

    def __init__(self, nf: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv(nf, nf), conv(nf, nf)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.conv2(torch.relu(self.conv1(x))))


class BasicsrEdsr(nn.Module):
    def __init__(self, scale: int = 4, nf: int = 8, nb: int = 2) -> None:
        super().__init__()
        self.conv_first, self.body = conv(3, nf), nn.Sequential(*(PlainBlock(nf) for _ in range(nb)))
        self.conv_after_body, self.upsample, self.conv_last = conv(nf, nf), upsampler(scale, nf), conv(nf, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_first((x - RGB_MEAN) * 255)
        restored: Tensor = self.conv_last(self.upsample(x + self.conv_after_body(self.body(x)))) / 255 + RGB_MEAN
        return restored


class BasicsrMsrresnet(nn.Module):
    def __init__(self, scale: int = 4, nf: int = 8, nb: int = 2) -> None:
        super().__init__()
        self.scale = scale
        self.conv_first, self.body = conv(3, nf), nn.Sequential(*(PlainBlock(nf) for _ in range(nb)))
        self.upconv1 = conv(nf, nf * (9 if scale == 3 else 4))
        if scale == 4:
            self.upconv2 = conv(nf, nf * 4)
        self.conv_hr, self.conv_last = conv(nf, nf), conv(nf, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(lrelu(self.conv_first(x), 0.1))
        if self.scale == 4:
            y = lrelu(functional.pixel_shuffle(self.upconv1(y), 2), 0.1)
            y = lrelu(functional.pixel_shuffle(self.upconv2(y), 2), 0.1)
        else:
            y = lrelu(functional.pixel_shuffle(self.upconv1(y), self.scale), 0.1)
        y = self.conv_last(lrelu(self.conv_hr(y), 0.1))
        base = functional.interpolate(x, scale_factor=self.scale, mode="bilinear", align_corners=False)
        return cast(Tensor, y) + base
