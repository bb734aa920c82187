"""Tile geometry: where to cut an image so that the network's result is that of the whole image, up to rounding.

A convolution at the rim of a tile sees zeros where the whole image has pixels. Every tile carries a halo as wide as the
network sees; the error stays inside the halo, which is cut away.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil


@dataclass(frozen=True)
class TileSpan:
    """One tile along one axis: [start, stop) is kept, [low, high) is computed."""

    start: int
    stop: int
    low: int
    high: int

    @property
    def kept(self) -> slice:
        """The part to keep, relative to the first pixel computed."""
        return slice(self.start - self.low, self.stop - self.low)

    def mirrored(self, length: int) -> "TileSpan":
        """Return the same tile of an axis of this length that runs the other way."""
        return TileSpan(length - self.stop, length - self.start, length - self.high, length - self.low)

    def from_multiple(self, step: int) -> "TileSpan":
        """Return the same tile with a halo that begins at the next multiple of `step`."""
        return replace(self, low=self.low + -self.low % step)


def spans(
    length: int, size: int, halo: int, *, within: tuple[int, int] | None = None, step: int = 1
) -> Iterator[TileSpan]:
    """Yield tiles of nearly equal size that cover an axis once, each with its halo; halos end at the image's border.

    Args:
        length: extent of the image along the axis.
        size: the most pixels a tile keeps.
        halo: pixels computed around what is kept.
        within: the part [first, last) to cover; all of [0, length) without it.
        step: pixels are computed from a multiple of this on, which costs up to `step - 1` of the halo.

    Raises:
        ValueError: if `size` is below 1, `halo` below 0, or there is nothing to cover.
    """
    first, last = within or (0, length)
    if not 0 <= first < last <= length or size < 1 or halo < 0:
        raise ValueError(f"cannot tile [{first}, {last}) of {length} pixels by {size} with a halo of {halo}")
    count = ceil((last - first) / size)
    edges = [first + (last - first) * i // count for i in range(count + 1)]
    for start, stop in pairwise(edges):
        yield TileSpan(start, stop, -(-max(start - halo, 0) // step) * step, min(stop + halo, length))


@dataclass(frozen=True)
class Grid:
    """The cuts through an image for a stage: bands of rows, each cut into columns."""

    rows: int
    """The most rows a tile keeps."""
    columns: int
    """The most columns a tile keeps."""


def best_grid(width: int, height: int, *, halo: int, area: int, most_rows: int | None = None) -> Grid:
    """Return the tile size for which the fewest pixels are computed, halos included, `area` at most in a tile.

    Args:
        halo: pixels computed around what a tile keeps.
        area: the most pixels a tile computes; where even a tile that keeps 16x16 needs more, it is that tile.
        most_rows: the most rows a tile may keep.
    """
    best, least = Grid(min(16, height), min(16, width)), float("inf")
    for count in range(1, ceil(width / 16) + 1):
        columns = ceil(width / count)
        computed = min(columns + min(count - 1, 2) * halo, width)  # none beyond the image
        rows = area // computed - 2 * halo
        if area // computed >= height:
            rows = height
        rows = min(rows, height, most_rows or height)
        if rows < min(16, height):
            continue
        bands = ceil(height / rows)
        rows = ceil(height / bands)
        cost = (width + 2 * halo * (count - 1)) * (height + 2 * halo * (bands - 1))
        if cost < least:
            best, least = Grid(rows, columns), cost
    return best
