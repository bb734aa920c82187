"""Images enlarged band by band: rows of a file in, enlarged rows of the same kind out.

Gray is given to the network as three equal channels and comes back as one. Transparency is enlarged like a gray image;
colour under it does not bleed, and where nothing is seen it stays that of the source.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.images.alpha import REACH, fill_transparent, keep_hidden, snap_constant
from srgan.images.colour import DTYPES, Floats, Pixels, from_float, to_float
from srgan.images.image import ImageInfo
from srgan.upscale.grain import add_grain
from srgan.upscale.kept_bands import KeptBands
from srgan.upscale.tiles import TileSpan, spans
from srgan.upscale.tiling import Advance, Target, TiledNetwork

_PASSED = 64
"""Rows read at once where they are passed over."""


class _Rows:
    """A window that slides down an image read from top to bottom."""

    def __init__(self, read: Callable[[int], Pixels]) -> None:
        self._read = read
        self._kept: NDArray[Any] | None = None
        self._first = self._end = 0

    def between(self, low: int, high: int) -> Pixels:
        """Return rows [low, high); neither may be less than in the call before."""
        parts: list[NDArray[Any]] = []
        if low > self._end:
            self._kept = None
        while low > self._end:
            self._end += len(self._read(min(_PASSED, low - self._end)))
        if self._kept is not None:
            parts.append(self._kept[low - self._first :])
        if high > self._end:
            parts.append(self._read(high - self._end))
        kept: Pixels = np.concatenate(parts)
        self._kept, self._first, self._end = kept, low, max(high, self._end)
        return kept


def restore_bands(
    network: TiledNetwork,
    picture: ImageInfo,
    read: Callable[[int], Pixels],
    *,
    grain: float = 0.0,
    advance: Advance = lambda pixels: None,
    kept: KeptBands | None = None,
) -> Iterator[Pixels]:
    """Yield the enlarged image from top to bottom, as arrays of (rows, scale * width, channels).

    Args:
        picture: its size, channels and depth.
        read: returns the next rows, as many as it is asked for: (rows, width, channels), uint8, uint16 or float32.
        grain: strength of the grain that is added, in levels of 255.
        advance: called as tiles are done.
        kept: bands that an earlier run has finished, and where those of this one go.
    """
    rows = _Rows(read)
    grid = network.grid(picture.width, picture.height) if kept is None else kept.grid
    margin = REACH if picture.has_alpha else 0

    def finish(number: int, band: TileSpan) -> Pixels:
        count = band.stop - band.start
        if kept is not None:
            made = kept.load(number, network.scale * count, network.scale * picture.width, picture)
            if made is not None:
                advance(picture.width * count)
                return made
        top, bottom = max(band.low - margin, 0), min(band.high + margin, picture.height)
        window = rows.between(top, bottom)
        made = _restore_band(network, picture, window, top, band, grain, columns=grid.columns, advance=advance)
        if kept is not None:
            kept.save(number, made)
        return made

    for number, band in enumerate(spans(picture.height, grid.rows, network.halo, step=network.step)):
        yield finish(number, band)  # and keeps no band here, while the next one is made


def _restore_band(
    network: TiledNetwork,
    picture: ImageInfo,
    window: Pixels,
    top: int,
    band: TileSpan,
    grain: float,
    *,
    columns: int,
    advance: Advance,
) -> Pixels:
    """Return the enlarged rows of a band, from a window of the image that begins with row `top`."""
    size, inner = (picture.height, picture.width), slice(band.low - top, band.high - top)
    shape = (network.scale * (band.stop - band.start), network.scale * picture.width, picture.channels)
    result = np.empty(shape, DTYPES[picture.depth])
    colour = window
    if picture.has_alpha:
        values = to_float(window)
        alpha = np.ascontiguousarray(values[:, :, -1])
        colour = fill_transparent(values[:, :, : picture.colour_channels], alpha)
        enlarged = _restore_alpha(network, alpha[inner], band, size, columns=columns)
        result[:, :, -1] = from_float(enlarged, picture.depth)

    def finish(tile: Floats) -> Pixels:
        return from_float(tile if picture.colour_channels == 3 else tile.mean(axis=2, keepdims=True), picture.depth)

    target = Target(result[:, :, : picture.colour_channels], band.start, finish)
    network.restore(colour[inner], band, size, target, columns=columns, advance=advance)
    if grain:
        add_grain(result[:, :, : picture.colour_channels], network.scale * band.start, grain)
    if picture.has_alpha:
        keep_hidden(result, window[band.start - top : band.stop - top], network.scale)
    return result


def _restore_alpha(
    network: TiledNetwork, alpha: Floats, band: TileSpan, size: tuple[int, int], *, columns: int
) -> Floats:
    """Return the enlarged transparency of a band, (scale * rows, scale * width), from its rows with their halo."""
    scale, count = network.scale, band.stop - band.start
    enlarged = np.empty((scale * count, scale * size[1], 1), np.float32)
    if alpha.min() == alpha.max():
        enlarged[:] = alpha[0, 0]
        return enlarged[:, :, 0]
    target = Target(enlarged, band.start, lambda tile: tile.mean(axis=2, keepdims=True))
    network.restore(alpha[:, :, None], band, size, target, columns=columns)
    return snap_constant(enlarged[:, :, 0], alpha, band.kept, scale)
