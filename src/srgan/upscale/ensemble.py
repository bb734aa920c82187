"""Self-ensemble: the mean of a network's results for an image in its eight orientations (Lim et al. 2017, section 3.3).

A network's result for a turned or mirrored image, turned back, is another estimate of the same image; the mean of the
eight has a smaller error than any of them.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from srgan.engines.engine import Floats
from srgan.upscale.tiles import TileSpan


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to turn and mirror an image: rows and columns exchanged, then either of them reversed."""

    transposed: bool
    upside_down: bool
    mirrored: bool

    def turn(self, tile: Floats) -> Floats:
        """Return a tile in this orientation: (1, C, H, W) to (1, C, H, W) or (1, C, W, H)."""
        turned = tile.transpose(0, 1, 3, 2) if self.transposed else tile
        return np.ascontiguousarray(turned[:, :, :: -1 if self.upside_down else 1, :: -1 if self.mirrored else 1])

    def turn_back(self, result: Floats) -> Floats:
        """Return a result for a tile in this orientation as it is in the image: (h, w, C) to (h, w, C) or (w, h, C)."""
        upright = result[:: -1 if self.upside_down else 1, :: -1 if self.mirrored else 1]
        return upright.transpose(1, 0, 2) if self.transposed else upright

    def place(
        self, rows: TileSpan, columns: TileSpan, size: tuple[int, int]
    ) -> tuple[TileSpan, TileSpan, tuple[int, int]]:
        """Return where a tile lies in the image in this orientation: its rows and columns, and (height, width)."""
        if self.transposed:
            rows, columns, size = columns, rows, size[::-1]
        if self.upside_down:
            rows = rows.mirrored(size[0])
        if self.mirrored:
            columns = columns.mirrored(size[1])
        return rows, columns, size


ORIENTATIONS = tuple(Orientation(*flags) for flags in product((False, True), repeat=3))
"""All eight, the image's own first."""
