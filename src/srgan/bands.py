"""A picture enlarged band by band: rows of the file's own integers in, enlarged rows of the same kind out.

It knows what the channels mean: gray is given to the network as three equal channels and comes back as one,
colour under transparency does not bleed, and transparency is enlarged like a gray picture. It does not know where rows
come from or go.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from srgan.images.alpha import REACH, fill_transparent, snap_constant
from srgan.images.colour import from_float, to_float
from srgan.images.files import PictureInfo
from srgan.images.tiles import Span, spans
from srgan.tiling import TiledNetwork

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Floats = NDArray[np.float32]


class _Rows:
    """A window that slides down a picture read from top to bottom."""

    def __init__(self, read: Callable[[int], Pixels]) -> None:
        self._read = read
        self._kept: Pixels | None = None
        self._first = self._end = 0

    def between(self, low: int, high: int) -> Pixels:
        """Rows [low, high); neither may ever be less than in the call before."""
        parts: list[Pixels] = []
        if self._kept is not None:
            parts.append(self._kept[low - self._first :])
        if high > self._end:
            parts.append(self._read(high - self._end))
        kept: Pixels = np.concatenate(parts)
        self._kept, self._first, self._end = kept, low, max(high, self._end)
        return kept


def restore_bands(
    network: TiledNetwork,
    picture: PictureInfo,
    read: Callable[[int], Pixels],
    *,
    advance: Callable[[int], None] = lambda pixels: None,
) -> Iterator[Pixels]:
    """Yield the enlarged picture from top to bottom, as arrays of (rows, scale * width, channels).

    Args:
        network: the model.
        picture: its size, channels and depth.
        read: gives the next so many rows of the picture, (rows, width, channels), uint8 or uint16.
        advance: called with the number of input pixels done since the last call.
    """
    rows = _Rows(read)
    grid = network.grid(picture.width, picture.height)
    margin = REACH if picture.has_alpha else 0
    for band in spans(picture.height, grid.rows, network.halo):
        top, bottom = max(band.low - margin, 0), min(band.high + margin, picture.height)
        integers = rows.between(top, bottom)
        window = to_float(integers)
        colour = window[:, :, :-1] if picture.has_alpha else window
        colour = np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour
        inner = slice(band.low - top, band.high - top)
        size = (picture.height, picture.width)
        restored: list[Floats] = []
        if picture.has_alpha:
            alpha = window[:, :, -1]
            colour = fill_transparent(colour, alpha)
            transparency = _restore_alpha(network, alpha[inner], band, size, columns=grid.columns)
            restored = [transparency[:, :, None]]
        enlarged = network.restore(colour[inner], band, size, columns=grid.columns, advance=advance)
        if picture.channels <= 2:
            enlarged = enlarged.mean(axis=2, keepdims=True)
        yield from_float(np.concatenate([enlarged, *restored], axis=2), picture.depth)


def _restore_alpha(network: TiledNetwork, alpha: Floats, band: Span, size: tuple[int, int], *, columns: int) -> Floats:
    """Enlarged transparency of a band: (scale * rows, scale * width)."""
    kept = alpha[band.kept]
    scale = network.scale
    if alpha.min() == alpha.max():
        return np.full((scale * kept.shape[0], scale * kept.shape[1]), alpha[0, 0], np.float32)
    gray = np.repeat(alpha[:, :, None], 3, axis=2)
    enlarged = network.restore(gray, band, size, columns=columns).mean(axis=2)
    around = slice(max(band.start - 2 - band.low, 0), band.stop + 2 - band.low)
    context = alpha[around]
    before = band.start - band.low - around.start
    padded = np.pad(enlarged, ((scale * before, scale * (len(context) - before - len(kept))), (0, 0)))
    return snap_constant(padded, context, scale)[scale * before : scale * (before + len(kept))]
