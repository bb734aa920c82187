"""Losses of images, and of their features, that the generator's training lowers.

Images, (B, 3, H, W), are RGB in [0, 1] and are compared in the range of Ledig et al. 2017, [-1, 1]; `scale` is the side
of a cell of sub-pixel convolution, and H and W are whole cells. Features are lists of (B, C, h, w), one for each depth.
Each loss is the mean over a batch, unless it says otherwise.
"""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from srgan.images.resize import contributions
from srgan.models.features.classifiers import distance
from srgan.models.features.vgg import VGG19
from srgan.models.haar import split
from srgan.models.layers import luminance

PAPER_FEATURE_SCALE = 1.0 / 12.75
"""Factor of VGG19's features in Ledig et al. 2017, section 3.2."""
WIDTH = 2.0
"""Width of [-1, 1], by which differences between images in [0, 1] grow."""


def squared_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean squared error of images taken to [-1, 1], over pixels and channels (Ledig et al. 2017, eq. 4).

    Four times the mean squared error in [0, 1]; PSNR is 10 log10(4 / this).
    """
    return WIDTH**2 * functional.mse_loss(restored, high)


def absolute_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean absolute error of images taken to [-1, 1], over pixels and channels: twice that in [0, 1]."""
    return WIDTH * functional.l1_loss(restored, high)


def luminance_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean squared error of the luminance alone, in the units of `squared_error`.

    For networks that make nothing else. That of R, G and B would draw their luminance towards (R + G + B) / 3: whatever
    bicubic interpolation missed of the colours, they would try to make up for.
    """
    return squared_error(luminance(restored), luminance(high))


def low_band_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean absolute error of the low wavelet band, in the units of `absolute_error`: of means of 2 x 2."""
    (ours, _), (theirs, _) = split(restored), split(high)
    return absolute_error(ours / 2.0, theirs / 2.0)


def vgg_error(
    restored: Tensor,
    high: Tensor,
    *,
    vgg: VGG19,
    feature_scale: float = PAPER_FEATURE_SCALE,
    absolute: bool = False,
) -> Tensor:
    """Return the mean squared difference of VGG19's features (Ledig et al. 2017, eq. 5).

    Averaged over the W_ij * H_ij positions of the layer, as the equation says, and over its channels, of which it says
    as little as equation 4 does of colours: so both are means over everything. The paper multiplies the features by
    1/12.75, and with them the loss by 1/12.75^2, about 0.006, "to obtain VGG losses of a scale that is comparable to
    the MSE loss". So it is for features normalised to a mean of 1, too (docs/decisions/0008).

    With `absolute` it is the mean absolute difference, times `feature_scale`: what ESRGAN was trained on (Wang et al.
    2018, whose paper does not say it, but whose published training options do).
    """
    with torch.no_grad():
        wanted = vgg(high)
    if absolute:
        return feature_scale * functional.l1_loss(vgg(restored), wanted)
    return feature_scale**2 * functional.mse_loss(vgg(restored), wanted)


def perception_loss(restored: Sequence[Tensor], high: Sequence[Tensor]) -> Tensor:
    """Return the mean distance of a trained classifier's features (Zhang et al. 2018, eq. 1).

    See `srgan.models.features.classifiers.distance`; all weights are equal. Features of few pixels say where an edge
    is; those of many say what it belongs to, which VGG22 is too shallow for.
    """
    return distance(_to_float32(restored), _to_float32(high)).mean()


def feature_error(restored: Sequence[Tensor], high: Sequence[Tensor]) -> Tensor:
    """Return the mean absolute difference of features, relative to the mean size of the originals'.

    The mean over depths of mean |f(restored) - f(high)| / mean |f(high)|, both over batch, channels and places. Unlike
    `perception_loss`, which compares directions, weak features of smooth places count for as little as they are, so
    that no grain is asked for in smooth places.
    """
    pairs = zip(_to_float32(restored), _to_float32(high), strict=True)
    return torch.stack([(ours - theirs).abs().mean() / theirs.abs().mean() for ours, theirs in pairs]).mean()


def _to_float32(features: Sequence[Tensor]) -> list[Tensor]:
    """Widen features that mixed precision computed in bfloat16, which is too coarse for differences."""
    return [each.float() if each.dtype is torch.bfloat16 else each for each in features]


def consistency_error(restored: Tensor, high: Tensor, *, scale: int = 4) -> Tensor:
    """Return the mean absolute error, in [-1, 1], of downscaled restored images, against the downscaled originals.

    Whatever a network invents must vanish when its result is downscaled again. The downscaling is MATLAB's bicubic one,
    away from borders.
    """
    kernel, first = _reduction(scale)
    difference = (restored.float() - high)[:, :, first:, first:]
    reduced = functional.conv2d(difference, kernel.to(difference), stride=scale, groups=3)
    return WIDTH * reduced.abs().mean()


@cache
def _reduction(scale: int) -> tuple[Tensor, int]:
    """Return the kernel of the bicubic downscaling, (3, 1, k, k), and the first row and column at which it fits."""
    weights, indices = contributions(16 * scale, 16, 1.0 / scale, "cubic", antialias=True, border="replicate")
    line = torch.from_numpy(weights[8]).float()
    return (line[:, None] * line).expand(3, 1, -1, -1), int(indices[8][0]) % scale


def total_variation(restored: Tensor) -> Tensor:
    """Return the sum of the absolute differences between neighbouring pixels, in [-1, 1], over each image.

    The paper adds it to the content loss of SRResNet-VGG22 with a weight of 2e-8, and names Aly and Dubois 2005 and
    Johnson et al. 2016. With such a weight only a sum over the image, not a mean, is felt at all. Absolute differences
    along rows and columns are the anisotropic form, whose gradient needs no small constant where an image is flat.
    """
    down = (restored[:, :, 1:] - restored[:, :, :-1]).abs().sum()
    right = (restored[:, :, :, 1:] - restored[:, :, :, :-1]).abs().sum()
    return WIDTH * (down + right) / len(restored)
