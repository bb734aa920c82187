"""The generator of ESRGAN (Wang et al. 2018): residual in residual dense blocks.

"ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", ECCV workshops 2018, section 3.1 and figure 4;
trained on pixels alone it is the paper's PSNR-oriented network.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.layers import he_
from srgan.weights.card import Stage

_SCALING = 0.2
"""Factor of what dense blocks, and the blocks of them, add (beta in figure 4)."""
_BEGINNING = 0.1
"""Factor of initial weights of dense blocks, "smaller initialization" (section 3.1), and of the output."""
_SLOPE = 0.2


class DenseBlock(nn.Module):
    """Five convolutions k3, each of all that came before it in the block; 0.2 times the last's is added to the input.

    Args:
        features: channels in and out.
        growth: channels that each of the first four convolutions adds; after them is LeakyReLU(0.2).
    """

    def __init__(self, features: int, *, growth: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(features + number * growth, growth if number < 4 else features, 3, padding=1)
            for number in range(5)
        )
        self.activation = nn.LeakyReLU(_SLOPE)

    def forward(self, x: Tensor) -> Tensor:  # (B, features, H, W), unchanged in shape
        *growing, last = self.convolutions
        made = x
        for convolution in growing:
            made = torch.cat([made, self.activation(convolution(made))], dim=1)
        return torch.add(x, last(made), alpha=_SCALING)


class Rrdb(nn.Module):
    """Residual in residual dense block: three dense blocks; 0.2 times their result is added to the input."""

    def __init__(self, features: int, *, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(DenseBlock(features, growth=growth) for _ in range(3)))

    def forward(self, x: Tensor) -> Tensor:  # (B, features, H, W), unchanged in shape
        return torch.add(x, self.body(x), alpha=_SCALING)


class RrdbGenerator(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, scale * H, scale * W), both nominally in [0, 1].

    With its defaults the paper's, 16,697,987 parameters: a convolution, 23 blocks, a convolution and the long skip;
    then twice repeated pixels and a convolution, and two convolutions at full size. Real-ESRGAN (Wang et al. 2021) has
    the same network for smaller scales, on squares of pixels that were made channels.

    Args:
        blocks: number of residual in residual dense blocks.
        features: channels of the trunk.
        growth: channels that convolutions in dense blocks add.
        scale: a power of two.
        unshuffle: side of the squares of pixels that become channels, a power of two; 1 for none. Images whose sides
            are no multiples of it are filled up by repeating the last row and column.
    """

    def __init__(
        self, *, blocks: int = 23, features: int = 64, growth: int = 32, scale: int = 4, unshuffle: int = 1
    ) -> None:
        super().__init__()
        self.scale, self.unshuffle = scale, int(unshuffle)
        self.growth = growth
        self.head = nn.Conv2d(3 * unshuffle**2, features, 3, padding=1)
        self.blocks = nn.Sequential(*(Rrdb(features, growth=growth) for _ in range(blocks)))
        self.fusion = nn.Conv2d(features, features, 3, padding=1)
        output = nn.Conv2d(features, 3, 3, padding=1)
        steps = (scale * unshuffle).bit_length() - 1
        enlarging = [(nn.UpsamplingNearest2d(scale_factor=2), *_activated(features)) for _ in range(steps)]
        self.tail = nn.Sequential(*(layer for step in enlarging for layer in step), *_activated(features), output)
        """Restores images from the trunk's features."""
        self.returning = 3 * (unshuffle.bit_length() - 2) + 1 if unshuffle > 1 else 0
        """How many layers of the tail bring back the size of the image; the trunk runs them."""
        he_(self, slope=_SLOPE)
        for module in self.blocks.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.data.mul_(_BEGINNING)
        nn.init.normal_(output.weight, std=_BEGINNING * output.weight[0].numel() ** -0.5)
        nn.init.constant_(output.bias, 0.5)  # type: ignore[arg-type]  # results begin near mid-gray

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """The trunk at low resolution, and the tail that enlarges: see `srgan.Generator`, whose parts they match."""
        features, growth, blocks = self.head.out_channels, self.growth, len(self.blocks)
        wide, side = features + 4 * growth, self.unshuffle
        dense = sum((features + number * growth) * growth for number in range(4)) + wide * features
        sizes = [2.0 ** (number + 1) / side for number in range((self.scale * side).bit_length() - 1)]
        early = [size for size in sizes if size < 1.0]  # of the trunk, after the first enlargements
        late = [*sizes[len(early) :], self.scale, self.scale]  # a 3x3 at each size, and two at the last
        returned = len(early) + 1 if side > 1 else 0
        trunk = Stage(
            "features",
            scale=1,
            # a 3x3, three times five a block, a 3x3; and the other end of a square of pixels
            radius=side * (1.0 + 15.0 * blocks + 1.0) + sum(1.0 / size for size in early) + side - 1.0,
            # inputs of the three skips, and of a convolution with a copy that grows
            values=(4 * features + 2 * wide) // side**2 + (2 * features if returned else 0),
            multiply_adds=(9 * 3 * side**2 * features + 9 * features**2 + 3 * blocks * 9 * dense) // side**2
            + round(sum(9 * features**2 * size**2 for size in early)),
            step=side,
        )
        tail = Stage(
            "restored",
            scale=self.scale,
            radius=sum(1.0 / size for size in late),
            values=2 * self.scale**2 * features + 3 * self.scale**2,
            multiply_adds=round(sum(9 * features**2 * size**2 for size in late[:-1]))
            + 9 * features * 3 * self.scale**2,
        )
        return trunk, tail

    def trunk(self, low: Tensor) -> Tensor:
        """Compute features of the image's size: (B, 3, H, W) in [0, 1] to (B, features, H, W)."""
        return on_squares(self._deep, low, side=self.unshuffle)

    def _deep(self, low: Tensor) -> Tensor:
        first = self.head(low)
        features: Tensor = self.tail[: self.returning](first + self.fusion(self.blocks(first)))
        return features

    def forward(self, low: Tensor) -> Tensor:
        restored: Tensor = self.tail[self.returning :](self.trunk(low))
        return restored


def on_squares(network: Callable[[Tensor], Tensor], images: Tensor, *, side: int) -> Tensor:
    """Return what a network makes of images (B, C, H, W) whose squares of pixels became channels: (B, C', H, W).

    Args:
        network: brings back the size, `side` times that of what it gets.
        images: those whose sides are no multiples are filled up by repeating the last row and column.
        side: of the squares in pixels; 1 for none.
    """
    if side == 1:
        return network(images)
    height, width = images.shape[-2:]
    filled = functional.pad(images, (0, -width % side, 0, -height % side), mode="replicate")
    return network(functional.pixel_unshuffle(filled, side))[:, :, :height, :width]


def _activated(features: int) -> tuple[nn.Module, nn.Module]:
    """Return a convolution k3 and its activation."""
    return nn.Conv2d(features, features, 3, padding=1), nn.LeakyReLU(_SLOPE)
