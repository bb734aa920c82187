"""A network run over a band of a picture in exact tiles: float rows in, float rows out, in bounded memory.

The trunk of a network works at low resolution, needs little memory and sees far; its tail needs sixteen times the
memory and sees a few pixels. So each large trunk tile is finished by many small tail tiles, and neither pays for the
other. Only the last stage of a network may enlarge.
"""

import logging
from collections.abc import Callable

import numpy as np

from srgan.engines.engine import Engine, Floats
from srgan.engines.memory import free_memory
from srgan.errors import EngineError, OutOfMemory
from srgan.images.tiles import Grid, Span, best_grid, spans

_MOST_MEMORY = 600 * 2**20  # of a stage: beyond it larger tiles save less than 3 % of the arithmetic
_SHARE_OF_FREE = 0.25  # of the free memory, for the tile of one stage
_TAIL_MEMORY = 100 * 2**20  # a tail tile that leaves the processor's caches is slower, not faster
_SMALLEST = 16  # pixels: a tile that does not fit at this size never will

Advance = Callable[[int], None]
"""Told how many input pixels have been done since it was last called."""

_log = logging.getLogger(__name__)


class TiledNetwork:
    """An engine with the tile sizes that fit this machine.

    Args:
        engine: the model, made ready.
        fallback: makes the engine that takes over if this one gives numbers that are not finite; None if there is none.
    """

    def __init__(self, engine: Engine, *, fallback: Callable[[], Engine] | None = None) -> None:
        self.engine = engine
        self._fallback = fallback
        free = int(free_memory() * _SHARE_OF_FREE)
        limits = [_MOST_MEMORY] + [_TAIL_MEMORY] * (len(engine.stages) - 1)
        self._areas = [
            max(min(limit, free) // (4 * stage.values), _SMALLEST**2)
            for limit, stage in zip(limits, engine.stages, strict=True)
        ]

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along one axis."""
        return int(np.prod([stage.scale for stage in self.engine.stages]))

    @property
    def halo(self) -> int:
        """Rows above and below a band that reach into its result."""
        return sum(stage.halo for stage in self.engine.stages)

    def grid(self, width: int, height: int) -> Grid:
        """The bands, and the columns in them, in which to restore a picture of this size."""
        # A band's result is held whole on its way to the file: 64 MB of it are enough to keep the encoder busy.
        most_rows = max(64 * 2**20 // (3 * width * self.scale**2), _SMALLEST)
        return best_grid(width, height, halo=self.halo, area=self._areas[0], most_rows=most_rows)

    def work(self, width: int, height: int) -> int:
        """Multiplications with addition that a picture of this size takes, halos included, about."""
        grid = self.grid(width, height)
        computed = sum(
            (band.high - band.low) * (column.high - column.low)
            for band in spans(height, grid.rows, self.halo)
            for column in spans(width, grid.columns, self.halo)
        )
        trunk, *rest = self.engine.stages
        return computed * trunk.multiply_adds + int(width * height * 1.05 * sum(stage.multiply_adds for stage in rest))

    def restore(
        self,
        window: Floats,
        band: Span,
        size: tuple[int, int],
        *,
        columns: int,
        advance: Advance = lambda pixels: None,
    ) -> Floats:
        """The enlarged rows of a band.

        Args:
            window: the picture's rows [band.low, band.high), (rows, width, 3) float32 in [0, 1].
            band: the rows to restore and those around them.
            size: the whole picture's (height, width).
            columns: the most columns of a tile.
            advance: called with the number of input pixels done since the last call.

        Returns:
            (scale * rows, scale * width, 3) float32, not clipped.

        Raises:
            OutOfMemory: if even a small tile does not fit.
            EngineError: if the engine fails, or gives numbers that are not finite in full precision too.
        """
        width = size[1]
        rows = band.stop - band.start
        result = np.empty((self.scale * rows, self.scale * width, 3), np.float32)
        planes = np.ascontiguousarray(window.transpose(2, 0, 1))[None]
        for column in spans(width, columns, self.halo):
            tile = planes[:, :, :, column.low : column.high]
            restored = self._finite(tile, (band, column), size, advance)
            result[:, self.scale * column.start : self.scale * column.stop] = restored[0].transpose(1, 2, 0)
        return result

    def _finite(self, tile: Floats, place: tuple[Span, Span], size: tuple[int, int], advance: Advance) -> Floats:
        """The kept part of a tile after all stages, computed again in full precision if it is not finite."""
        restored = self._stage(0, tile, place, size, advance)
        if np.isfinite(restored).all():
            return restored
        if self.engine.precision != "fp32" and self._fallback is not None:
            _log.warning("%s gave numbers that are not finite; going on in fp32", self.engine.precision)
            self.engine, self._fallback = self._fallback(), None
            restored = self._stage(0, tile, place, size, lambda pixels: None)
            if np.isfinite(restored).all():
                return restored
        raise EngineError("the network gave numbers that are not finite: try another --engine, and run srgan doctor")

    def _stage(
        self, stage: int, tile: Floats, place: tuple[Span, Span], size: tuple[int, int], advance: Advance
    ) -> Floats:
        """Run one stage on a tile and the following stages on what it gives; returns what is kept of the tile."""
        rows, columns = place
        try:
            values = self.engine.run(stage, tile)
        except OutOfMemory:
            return self._halves(stage, tile, place, size, advance)
        if stage + 1 == len(self.engine.stages):
            scale = self.engine.stages[stage].scale
            kept_rows, kept_columns = _scaled(rows.kept, scale), _scaled(columns.kept, scale)
            advance((rows.stop - rows.start) * (columns.stop - columns.start))
            return values[:, :, kept_rows, kept_columns]
        return self._cover(stage + 1, values, place, size, advance)

    def _cover(
        self,
        stage: int,
        values: Floats,
        place: tuple[Span, Span],
        size: tuple[int, int],
        advance: Advance,
    ) -> Floats:
        """Run a stage in its own tiles over what the stage before it made of a tile."""
        rows, columns = place
        height, width = size
        following = self.engine.stages[stage]
        kept_height, kept_width = rows.stop - rows.start, columns.stop - columns.start
        grid = best_grid(kept_width, kept_height, halo=following.halo, area=self._areas[stage])
        result = np.empty((1, 3, following.scale * kept_height, following.scale * kept_width), np.float32)
        for down in spans(height, grid.rows, following.halo, within=(rows.start, rows.stop)):
            for across in spans(width, grid.columns, following.halo, within=(columns.start, columns.stop)):
                part = values[
                    :,
                    :,
                    down.low - rows.low : down.high - rows.low,
                    across.low - columns.low : across.high - columns.low,
                ]
                kept = self._stage(stage, part, (down, across), size, advance)
                top, left = down.start - rows.start, across.start - columns.start
                result[
                    :,
                    :,
                    following.scale * top : following.scale * (top + down.stop - down.start),
                    following.scale * left : following.scale * (left + across.stop - across.start),
                ] = kept
        return result

    def _halves(
        self, stage: int, tile: Floats, place: tuple[Span, Span], size: tuple[int, int], advance: Advance
    ) -> Floats:
        """A tile that did not fit, done as two; tiles to come are made smaller too.

        Raises:
            OutOfMemory: if it is so small that the cause must lie elsewhere.
        """
        axis = 0 if place[0].stop - place[0].start >= place[1].stop - place[1].start else 1
        whole, length = place[axis], size[axis]
        if whole.stop - whole.start <= _SMALLEST:
            raise OutOfMemory("there is not even memory for a tile of 16x16 pixels: close other programs")
        self._areas[stage] = max(self._areas[stage] // 2, _SMALLEST**2)
        halo = sum(following.halo for following in self.engine.stages[stage:])
        middle = (whole.start + whole.stop) // 2
        parts = []
        for first, last in ((whole.start, middle), (middle, whole.stop)):
            half = Span(first, last, max(first - halo, 0), min(last + halo, length))
            cut = [slice(None)] * 4
            cut[2 + axis] = slice(half.low - whole.low, half.high - whole.low)
            halves = (half, place[1]) if axis == 0 else (place[0], half)
            # Copied: what one half gives may lie in memory that the other half's run will use.
            parts.append(self._stage(stage, tile[tuple(cut)], halves, size, advance).copy())
        return np.concatenate(parts, axis=2 + axis)


def _scaled(part: slice, scale: int) -> slice:
    return slice(part.start * scale, part.stop * scale)
