"""Losses of texture: patterns that repeat in the cells of sub-pixel convolution, and how strong texture is.

Images, (B, 3, H, W), are RGB in [0, 1]; `scale` is the side of a cell, and H and W are whole cells.
"""

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from srgan.training.losses import WIDTH

_VISIBLE = 1.0 / 255.0
"""Strength of texture below which differences count for less and less."""


def grid_error(restored: Tensor, high: Tensor, *, scale: int = 4) -> Tensor:
    """Return the mean squared error, in [-1, 1], of local means at each place of the cells of sub-pixel convolution.

    A pattern that is the same in every cell of scale x scale pixels looks like texture to feature losses, and costs
    next to nothing in squared errors of pixels. Averaged at each of its places over 4 x 4 neighbouring cells, it stands
    out from everything that does not repeat; so does a colour that is off.
    """
    places = functional.pixel_unshuffle(restored - high, scale)
    means = functional.avg_pool2d(places, min(4, *places.shape[-2:]))
    return WIDTH**2 * means.square().mean()


def grid_texture_error(restored: Tensor, high: Tensor, *, scale: int = 4) -> Tensor:
    """Return how unevenly texture lies in the cells of sub-pixel convolution, compared with real images.

    A crosshatch whose sign changes from cell to cell vanishes in the mean, which is what `grid_error` sees; but it
    makes pixels differ more at some places of the cells than at others, and in real images no place is special. The
    loss is the mean squared difference of `texture_shares` of the two batches. The strength of texture does not count,
    except where it is too weak to be seen.
    """
    return functional.mse_loss(texture_shares(restored, scale=scale), texture_shares(high, scale=scale))


def texture_shares(images: Tensor, *, scale: int) -> Tensor:
    """Return the strength of texture at each place of a cell relative to the mean over all places: (8, scale^2).

    The strength is the mean absolute difference over steps of one and two pixels in four directions, over the batch and
    over 8 x 8 neighbouring cells, five cells from one such square to the next. With steps of one pixel alone, the
    crosshatch moves to every other pixel.

    Args:
        images: (B, C, H, W).
        scale: side of a cell in pixels.
    """
    steps = torch.cat([_steps(images, length, scale) for length in (1, 2)])
    places = functional.pixel_unshuffle(steps, scale)  # (8, B * scale^2, rows of cells, columns)
    side = min(8, *places.shape[-2:])
    strength = functional.avg_pool2d(places, side, stride=5).reshape(len(steps), len(images), scale**2, -1)
    shares = (strength + _VISIBLE) / (strength.mean(2, keepdim=True) + _VISIBLE)
    return shares.mean((1, 3))


def _steps(images: Tensor, length: int, scale: int) -> Tensor:
    """Return mean absolute differences over colours to the right, down, and along both diagonals: (4, B, H', W')."""
    rows, columns = (side - scale for side in images.shape[-2:])
    here, right = images[:, :, :rows, :columns], images[:, :, :rows, length : columns + length]
    down = images[:, :, length : rows + length, :columns]
    across = images[:, :, length : rows + length, length : columns + length]
    return torch.stack([here - right, here - down, here - across, right - down]).abs().mean(2)


_SPECTRUM_WINDOW = 16  # side in pixels; windows are half as much apart


def spectrum_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean |log ratio| of the strengths of texture, by place and frequency, in nepers.

    Feature losses and young discriminators take a regular grain, the same few frequencies everywhere, for texture of
    any kind. Power spectra of windows tell the two apart, and ask for no pixel to be where it was: only that about as
    much varies, as finely, about there. Spectra of the gray value in tapered windows of 16 pixels are averaged over 3 x
    3 neighbouring windows; too much counts as too little does. What a level of 255 would hide is no texture.
    """
    with torch.no_grad():
        wanted = _log_amplitudes(high)
    return functional.l1_loss(_log_amplitudes(restored), wanted)


def _log_amplitudes(images: Tensor) -> Tensor:
    """Return logarithms of amplitudes: (B, 144, windows down, windows across)."""
    side, apart = _SPECTRUM_WINDOW, _SPECTRUM_WINDOW // 2
    windows = images.mean(1).unfold(1, side, apart).unfold(2, side, apart)
    taper = _taper().to(windows)
    spectra = torch.fft.rfft2((windows - windows.mean((3, 4), keepdim=True)) * taper)
    power = (spectra.real.square() + spectra.imag.square()).flatten(3).permute(0, 3, 1, 2)
    neighbours = min(3, *power.shape[-2:])
    power = functional.avg_pool2d(power, neighbours, stride=max(1, neighbours - 1))
    return 0.5 * torch.log(power + _VISIBLE**2 * taper.square().sum())


@cache
def _taper() -> Tensor:
    line = torch.hann_window(_SPECTRUM_WINDOW, periodic=False, dtype=torch.float64)
    return line[:, None] * line
