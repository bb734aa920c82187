"""Sub-pixel convolution (Shi et al. 2016): its initialisation, and what follows it computed before the shuffle."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def icnr_(convolution: nn.Conv2d, *, factor: int) -> None:
    """Initialise a convolution before a pixel shuffle so that it starts as nearest-neighbour upsampling.

    The `factor ** 2` filters that make one output channel start equal, so the first pictures show no checkerboard
    (Aitken et al. 2017, "Checkerboard artifact free sub-pixel convolution").
    """
    small = torch.empty(convolution.out_channels // factor**2, *convolution.weight.shape[1:])
    nn.init.kaiming_normal_(small, a=0.25)
    with torch.no_grad():
        convolution.weight.copy_(small.repeat_interleave(factor**2, dim=0))
        if convolution.bias is not None:
            convolution.bias.zero_()


def shuffled_weight(weight: Tensor, *, factor: int) -> Tensor:
    """The filters that do before a pixel shuffle what `weight` does after it.

    A convolution over a shuffled picture, where every channel is spread over `factor` x `factor` pixels, equals a
    shorter convolution over the unshuffled channels with one set of filters for each of the `factor ** 2` phases.

    Args:
        weight: (out, in, k, k), k odd.
        factor: the pixel shuffle's factor r.

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
    """`convolution(pixel_shuffle(unshuffled))`, computed without ever making the shuffled picture.

    Equal up to rounding. A 9x9 convolution to three channels leaves most of a CPU's vector lanes empty and reads 64
    full-size channels; here it is a 5x5 convolution to twelve, and only those twelve are shuffled.

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
