"""The noise of an image, separated from its texture.

White noise is as strong at the finest scale as at the next coarser one; texture of photos is about twice as strong at
the coarser. And noise differs from channel to channel, where texture is much the same in all. So noise is measured by
the diagonal details of Haar's wavelets at two scales, in the flattest blocks, of green and of colour differences.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.images.sample import Window

_BLOCK = 8  # values along a side, of 2x2 pixels each
_FLATTEST = 0.1  # share of the blocks that is looked at
_DARKEST, _BRIGHTEST = 8, 247  # mean levels beyond which noise is clipped away
_GAUSSIAN = (np.pi / 2) ** 0.5  # standard deviation over mean of absolute values
_HALF = np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK)) % 2 == 0
"""By one half of a block's values the flattest blocks are chosen, by the other they are measured: else the choice would
prefer blocks whose noise happens to be low."""


def noise_level(windows: Sequence[Window]) -> float:
    """Estimate the standard deviation of white noise a channel, in levels of 255, from windows of one image.

    It is 0 for images too small to measure.
    """
    blocks = [_blocks(window) for window in windows if min(window.shape[:2]) >= 2 * _BLOCK]
    if not blocks:
        return 0.0
    values = np.concatenate(blocks)
    green = values[:, min(1, values.shape[1] - 1)]
    means = green[..., 0].mean(axis=(1, 2))
    exposed = (means > _DARKEST) & (means < _BRIGHTEST)
    if not exposed.any():
        return 0.0
    values, green = values[exposed], green[exposed]
    level = _white(green)
    if values.shape[1] == 3:
        differences = [(values[:, other] - green) / np.float32(2**0.5) for other in (0, 2)]
        level = max(level, min(_white(difference) for difference in differences))
    return round(level, 2)


def _blocks(window: Window) -> NDArray[np.float32]:
    """(N, C, 8, 8, 2): mean and diagonal detail of each 2x2 pixels, in blocks."""
    side = 2 * _BLOCK
    height, width, channels = (window.shape[0] // side, window.shape[1] // side, window.shape[2])
    whole: Any = window[: height * side, : width * side]
    first, second, third, fourth = whole[::2, ::2], whole[::2, 1::2], whole[1::2, ::2], whole[1::2, 1::2]
    pairs: Any = np.stack([(first + second + third + fourth) / 4, (first - second - third + fourth) / 2], axis=-1)
    parts = pairs.reshape(height, _BLOCK, width, _BLOCK, channels, 2)
    blocks: NDArray[np.float32] = parts.transpose(0, 2, 4, 1, 3, 5).reshape(-1, channels, _BLOCK, _BLOCK, 2)
    return blocks


def _white(blocks: Any) -> float:
    """Return the standard deviation of white noise in blocks (N, 8, 8, 2) of means and details, texture taken out.

    Texture has standard deviation t at the finest scale and 2 t at the next, noise s at both: the variances are
    s^2 + t^2 and s^2 + 4 t^2, from which s follows.
    """
    fine = np.abs(blocks[..., 1])
    count = max(2, int(np.ceil(_FLATTEST * len(blocks))))
    flattest = np.argsort(fine[:, _HALF].mean(axis=1))[:count]
    means = blocks[flattest][..., 0]
    coarse = means[:, ::2, ::2] - means[:, ::2, 1::2] - means[:, 1::2, ::2] + means[:, 1::2, 1::2]
    finest = _GAUSSIAN * float(fine[flattest][:, ~_HALF].mean())
    coarser = _GAUSSIAN * float(np.abs(coarse).mean())
    return float(max(0.0, (4 * finest**2 - coarser**2) / 3) ** 0.5)
