"""Parts that several networks share: initialisation, PReLU, sub-pixel convolution, bicubic enlargement, luminance."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from srgan.weights.card import Stage


def he_(network: nn.Module, *, slope: float = 0.0) -> None:
    """Initialise all convolutions and dense layers by He's method, with biases of 0.

    Args:
        network: changed in place.
        slope: of the activations below zero.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=slope)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def check_crops(crops: Tensor, side: int) -> None:
    """Check that a discriminator with a dense layer gets crops of the size that it was built for.

    Raises:
        ValueError: if they have another.
    """
    if crops.shape[-2:] != (side, side):
        raise ValueError(f"the discriminator is made for crops of {side} pixels, not {list(crops.shape)}")


class PReLU(nn.PReLU):
    """`nn.PReLU` with gradients that take a CPU a fifth of the time or less: torch's are computed number by number."""

    def forward(self, input: Tensor) -> Tensor:  # (B, C, ...), unchanged in shape
        if not self.training or input.device.type != "cpu":
            return super().forward(input)
        bent: Tensor = _PReLU.apply(input, self.weight)  # type: ignore[no-untyped-call]
        return bent


class _PReLU(Function):
    """PReLU whose gradients are made of operations that torch vectorises."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(input, weight)
        return functional.prelu(input, weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        input, weight = ctx.saved_tensors
        slope = weight.to(input.dtype).view(-1, *(1,) * (input.ndim - 2))
        above: Tensor = torch.ops.aten.threshold_backward(gradient, input, 0)
        below = gradient - above
        of_slopes = (below * input).sum(dim=(0, *range(2, input.ndim)), dtype=weight.dtype)
        return above.addcmul_(below, slope), of_slopes if len(weight) > 1 else of_slopes.sum(dim=0, keepdim=True)


def icnr_(convolution: nn.Conv2d, *, factor: int) -> None:
    """Initialise a convolution before a pixel shuffle so that it starts as nearest-neighbour upsampling.

    The `factor ** 2` filters that make one output channel start equal, so the first results show no checkerboard
    (Aitken et al. 2017, "Checkerboard artifact free sub-pixel convolution").
    """
    small = torch.empty(convolution.out_channels // factor**2, *convolution.weight.shape[1:])
    nn.init.kaiming_normal_(small, a=0.25)
    with torch.no_grad():
        convolution.weight.copy_(small.repeat_interleave(factor**2, dim=0))
        if convolution.bias is not None:
            convolution.bias.zero_()


def shuffled_weight(weight: Tensor, *, factor: int) -> Tensor:
    """Return the filters that do before a pixel shuffle what `weight` does after it.

    A convolution over a shuffled image, where every channel is spread over `factor` x `factor` pixels, equals a
    shorter convolution over the unshuffled channels with one set of filters for each of the `factor ** 2` phases.

    Args:
        weight: (out, in, k, k), k odd.
        factor: the pixel shuffle's factor r (Shi et al. 2016).

    Returns:
        (out * r * r, in * r * r, k', k') with k' odd; pads with k' // 2 where the original pads with k // 2.
    """
    radius = weight.shape[-1] // 2
    reach = -(-radius // factor)  # ceil: whole low-resolution pixels on each side
    taps = (2 * reach + 1) * factor
    phases = []
    for row in range(factor):
        for column in range(factor):
            top, left = reach * factor + row - radius, reach * factor + column - radius
            bottom, right = taps - top - weight.shape[-2], taps - left - weight.shape[-1]
            padded = functional.pad(weight, (left, right, top, bottom))
            phases.append(functional.pixel_unshuffle(padded, factor))
    return torch.stack(phases, dim=1).flatten(0, 1)


def convolve_shuffled(unshuffled: Tensor, convolution: nn.Conv2d, *, factor: int) -> Tensor:
    """Compute `convolution(pixel_shuffle(unshuffled))` without making the shuffled image; equal up to rounding.

    A 9x9 convolution to three channels leaves most of a CPU's vector lanes empty and reads 64 full-size channels; here
    it is a 5x5 convolution to twelve, and only those twelve are shuffled.

    Args:
        unshuffled: (B, in * r * r, H, W).
        convolution: odd kernel, stride 1, zero padding of k // 2, (in -> out) channels.
        factor: r.

    Returns:
        (B, out, r * H, r * W).
    """
    weight = shuffled_weight(convolution.weight, factor=factor)
    bias = None if convolution.bias is None else convolution.bias.repeat_interleave(factor**2)
    phases = functional.conv2d(unshuffled, weight, bias, padding=weight.shape[-1] // 2)
    return functional.pixel_shuffle(phases, factor)


def residual_trunk(blocks: int, features: int, *, kernel: int) -> Stage:
    """Return the stage of a trunk at low resolution: a convolution, blocks of two 3x3, a 3x3, and a skip around them.

    Args:
        blocks: number of blocks.
        features: channels.
        kernel: side of the first convolution, which sees three channels.
    """
    return Stage(
        "features",
        scale=1,
        radius=kernel // 2 + 2.0 * blocks + 1.0,
        values=5 * features,  # the long skip's, a block's input and output, and two between
        multiply_adds=3 * kernel**2 * features + 9 * features**2 * (2 * blocks + 1),
    )


def enlarge(low: Tensor, scale: int) -> Tensor:
    """Enlarge by bicubic interpolation: (B, C, H, W) to (B, C, scale * H, scale * W), in float32 at least."""
    # With `antialias` torch has the kernel of MATLAB and Pillow, a = -0.5, without it -0.75; when enlarging that is all
    # the difference. In bfloat16 torch has none.
    low = low.to(torch.promote_types(low.dtype, torch.float32))
    return functional.interpolate(low, scale_factor=float(scale), mode="bicubic", antialias=True)


def radius_through_enlargement(reach: int, scale: int) -> float:
    """Return how far an output pixel of a network on a bicubic enlargement sees, in low-resolution pixels.

    From the middle of the low-resolution pixel that it belongs to, the output pixel lies at most (1 - 1 / scale) / 2
    away; from there the farthest enlarged pixel that the network reads, reach / scale; and from that what the cubic
    reads, less than 2. A pixel whose middle is just as far as the sum of the three is not read: hence 1 less, which
    rounded up is the number of the last that is.

    Args:
        reach: enlarged pixels that the network sees on each side.
        scale: the factor of the enlargement.
    """
    return (1.0 - 1.0 / scale) / 2.0 + reach / scale + 2.0 - 1.0


# SRCNN, ESPCN and DRCN enlarge luminance alone. In their papers the image is taken to Y, Cb and Cr; the network makes
# the new Y, bicubic interpolation the new Cb and Cr, and the three are taken back. That way there and back is linear,
# and so is the interpolation: all of it comes to the bicubic image with, in each of its three channels, as much more
# light as the network's Y is above the bicubic one.

WEIGHTS = (65.481 / 255.0, 128.553 / 255.0, 24.966 / 255.0)
"""Of red, green and blue in luminance."""
BLACK = 16.0 / 255.0
"""Luminance of black."""
GAIN = 1.0 / sum(WEIGHTS)
"""By how much R, G and B rise with luminance while Cb and Cr stay: 255 / 219."""


def luminance(image: Tensor) -> Tensor:
    """Return the luminance of ITU-R BT.601 as MATLAB's `rgb2ycbcr` has it: (B, 3, H, W) in [0, 1] to (B, 1, H, W).

    Black is 16 / 255 and white 235 / 255, as the networks of the literature see them. Nothing is rounded.
    """
    red, green, blue = (weight * image[:, number : number + 1] for number, weight in enumerate(WEIGHTS))
    return BLACK + red + green + blue


def with_luminance(image: Tensor, wanted: Tensor) -> Tensor:
    """Return the image, (B, 3, H, W), with another luminance, (..., B, 1, H, W), and its own Cb and Cr; not clipped."""
    return image + GAIN * (wanted - luminance(image))
