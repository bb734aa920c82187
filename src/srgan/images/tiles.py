"""Exact tiling: where to cut a picture so that a network's result does not show it.

A convolution at the rim of a tile sees zeros where the whole picture has pixels. If every tile carries a halo as wide
as the network sees, that error stays inside the halo and is cut away: tiled and whole agree up to rounding. This module
is geometry alone; it knows neither networks nor pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Stage:
    """A part of a network that is tiled by itself."""

    name: str
    scale: int
    """Output pixels per input pixel along one axis."""
    radius: float
    """How far an output pixel sees, in pixels of the stage's input."""

    @property
    def halo(self) -> int:
        """Whole input pixels that a tile needs around it."""
        return ceil(self.radius)


@dataclass(frozen=True)
class Span:
    """One tile along one axis: [start, stop) is kept, [low, high) is computed."""

    start: int
    stop: int
    low: int
    high: int

    @property
    def kept(self) -> slice:
        """The part to keep, counted from the tile's own first pixel."""
        return slice(self.start - self.low, self.stop - self.low)


def spans(length: int, size: int, halo: int) -> Iterator[Span]:
    """Tiles of nearly equal size, at most `size` long, that cover [0, length) once, each with its halo.

    Halos end at the picture's own border, where the network's zero padding is what the whole picture sees too.

    Raises:
        ValueError: if `length` or `size` is below 1 or `halo` below 0.
    """
    if length < 1 or size < 1 or halo < 0:
        raise ValueError(f"cannot tile {length} pixels by {size} with a halo of {halo}")
    count = ceil(length / size)
    edges = [length * i // count for i in range(count + 1)]
    for start, stop in zip(edges, edges[1:], strict=False):
        yield Span(start, stop, max(start - halo, 0), min(stop + halo, length))
