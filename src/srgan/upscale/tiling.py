"""A network run over a band of an image in tiles, in bounded memory.

The trunk of a network works at low resolution, needs little memory and sees far; its tail needs sixteen times the
memory and sees a few pixels. So each large trunk tile is finished by many small tail tiles. Only the last stage may
enlarge.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Semaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.engines.engine import Engine, Floats
from srgan.engines.memory import free_memory
from srgan.errors import EngineError, OutOfMemory
from srgan.images.colour import Pixels, to_float
from srgan.upscale.ensemble import ORIENTATIONS
from srgan.upscale.tiles import Grid, TileSpan, best_grid, spans

# Larger tiles save arithmetic in halos and lose it in memory traffic: around these limits a megapixel takes the same
# time within 3 %, with half or twice the first a tenth more (docs/log.md).
_TRUNK_MEMORY = 400 * 2**20  # for a tile of the first stage
_TAIL_MEMORY = 60 * 2**20  # for one of a later stage
_BAND_MEMORY = 160 * 2**20  # for the finished rows of a band, as 8-bit RGB, on their way to the file
_WIDE = 50_000  # pixels of a result's row: encoders hold a thousand rows, so tiles are given a quarter
_SHARE_OF_FREE = 0.25  # of the free memory, for the tile of one stage
_SMALLEST = 16  # pixels: a tile that does not fit at this size never will
_BYTES = {"bf16": 3}  # a number of a stage, else 4: of `srresnet` 224 of 320 are held, each in four bytes, or half
_MOST_ASIDE = 8 * 2**20  # bytes of a finished tile that another thread converts, and so many tiles at most:
_TILES_ASIDE = 2

Advance = Callable[[int], None]
"""Receives the number of input pixels done since its last call."""

_log = logging.getLogger(__name__)


class _NotFinite(Exception):
    """The result of a tile holds NaN or infinity."""


@dataclass(frozen=True)
class Target:
    """The place where finished tiles of a band go."""

    rows: NDArray[Any]
    """(scale * kept rows, scale * width, C), filled tile by tile."""
    top: int
    """First row of the band in the image."""
    finish: Callable[[Floats], NDArray[Any]]
    """Turns a tile, (h, w, 3) float32 and not clipped, into rows of the target, (h, w, C)."""
    left: int = 0
    """First column of the target in the image."""


class TiledNetwork:
    """An engine with the tile sizes that fit this machine. Several threads may use it.

    Args:
        engine: the model, made ready.
        fallback: makes the engine that takes over if this one gives numbers that are not finite; None for none.
        ensemble: restore each tile in its eight orientations, and take the mean.
    """

    def __init__(self, engine: Engine, *, fallback: Callable[[], Engine] | None = None, ensemble: bool = False) -> None:
        self.engine = engine
        self._fallback, self._ensemble, self._told = fallback, ensemble, False
        free = int(free_memory() * _SHARE_OF_FREE)
        # Of networks that see far, a tile keeps as much as its halo is wide, or nearly all work would be in halos.
        size = _BYTES.get(engine.precision, 4)
        far = size * engine.stages[0].values * (3 * self.halo) ** 2
        limits = [max(_TRUNK_MEMORY, far)] + [_TAIL_MEMORY] * (len(engine.stages) - 1)
        self._first_areas = tuple(
            max(min(limit, free) // (size * stage.values), _SMALLEST**2)
            for limit, stage in zip(limits, engine.stages, strict=True)
        )
        self._areas = list(self._first_areas)
        more = max(min(limits[0] + _BAND_MEMORY, free) - limits[0], 0)
        self._more_area = more // (size * engine.stages[0].values)  # for images whose rows leave their memory empty

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along one axis."""
        return self.engine.stages[-1].scale

    @property
    def halo(self) -> int:
        """Rows above and below a band that reach into its result."""
        halo = sum(stage.halo for stage in self.engine.stages)
        return halo + self.step - 1 if self._ensemble else halo  # turned tiles begin elsewhere: see `_mean`

    @property
    def step(self) -> int:
        """Tiles begin at rows and columns that are multiples of this."""
        return self.engine.stages[0].step

    def grid(self, width: int, height: int) -> Grid:
        """Return the bands, and the columns in them, in which to restore an image of this size."""
        most_rows = max(_BAND_MEMORY // (3 * width * self.scale**2), _SMALLEST)
        area = self._areas[0]
        if area == self._first_areas[0]:  # there was no shortage so far
            finished = min(3 * width * height * self.scale**2, _BAND_MEMORY)
            area += self._more_area * (_BAND_MEMORY - finished) // _BAND_MEMORY
        area //= 4 if width * self.scale > _WIDE else 1
        return best_grid(width, height, halo=self.halo, area=area, most_rows=most_rows)

    def work(self, width: int, height: int) -> int:
        """Return the multiplications with addition for an image of this size, halos included, about."""
        grid = self.grid(width, height)
        computed = sum(
            (band.high - band.low) * (column.high - column.low)
            for band in spans(height, grid.rows, self.halo, step=self.step)
            for column in spans(width, grid.columns, self.halo, step=self.step)
        )
        trunk, *rest = self.engine.stages
        tails = int(1.05 * width * height) * sum(stage.multiply_adds for stage in rest)
        return (len(ORIENTATIONS) if self._ensemble else 1) * (computed * trunk.multiply_adds + tails)

    def restore(
        self,
        window: Pixels,
        band: TileSpan,
        size: tuple[int, int],
        target: Target,
        *,
        columns: int,
        advance: Advance = lambda pixels: None,
    ) -> None:
        """Enlarge a band into `target`.

        Args:
            window: rows [band.low, band.high) of a file's numbers, (rows, width, 3), or (rows, width, 1) of gray, which
                is given to the network as three equal channels. They become floats tile by tile.
            band: the rows to restore and those around them.
            size: (height, width) of the whole image.
            target: where the result goes.
            columns: the most columns of a tile.
            advance: called as tiles are done.

        Raises:
            OutOfMemory: if even a small tile does not fit.
            EngineError: if the engine fails, or gives numbers that are not finite in full precision too.
        """
        for column in spans(size[1], columns, self.halo, step=self.step):
            part: Any = window[:, column.low : column.high].transpose(2, 0, 1)
            tile = to_float(np.ascontiguousarray(part))[None]
            tile = np.repeat(tile, 3, axis=1) if tile.shape[1] == 1 else tile
            self._tell_of_tiles(whole=tile.shape[2:] == size)
            if self._ensemble:
                _keep(self._mean(tile, band, column, size, advance), target, band, column, self.scale)
            else:
                self._restore_tile(tile, band, column, size, target, advance)

    def _tell_of_tiles(self, *, whole: bool) -> None:
        """Warn once that tiles of a network that sees the whole image are not exact."""
        if not (whole or self._told) and any(stage.whole for stage in self.engine.stages):
            self._told = True
            _log.warning("the network sees the whole image: enlarged in overlapping tiles, it may differ slightly")

    def _mean(self, tile: Floats, rows: TileSpan, columns: TileSpan, size: tuple[int, int], advance: Advance) -> Floats:
        """Return the mean of the results for a tile in its eight orientations: (h, w, 3), not clipped."""
        passes = len(ORIENTATIONS)
        mean, done = np.zeros((), np.float32), 0

        def advance_by_share(pixels: int) -> None:
            nonlocal done
            before, done = done, done + pixels
            advance(done // passes - before // passes)

        for orientation in ORIENTATIONS:
            down, across, turned_size = orientation.place(rows, columns, size)
            turned = orientation.turn(tile)[:, :, -down.low % self.step :, -across.low % self.step :]
            down, across = down.from_multiple(self.step), across.from_multiple(self.step)
            shape = self.scale * (down.stop - down.start), self.scale * (across.stop - across.start), 3
            part = Target(np.empty(shape, np.float32), down.start, lambda values: values, left=across.start)
            self._restore_tile(turned, down, across, turned_size, part, advance_by_share)
            mean = mean + orientation.turn_back(part.rows) / np.float32(passes)
        return mean

    def _restore_tile(
        self, tile: Floats, rows: TileSpan, columns: TileSpan, size: tuple[int, int], target: Target, advance: Advance
    ) -> None:
        """Enlarge one tile, in full precision if the numbers are not finite otherwise."""
        counter = _Counter(advance)
        for second in (False, True):
            counter.done = 0
            try:
                with ThreadPoolExecutor(1, "srgan-tiles") as aside:
                    run = _Run(self.engine, self._first_areas, self._areas, size, target, counter, aside)
                    run.stage(0, tile, rows, columns)
                run.check()
                break
            except _NotFinite:
                if second:
                    why = "the network gives numbers that are not finite"
                    raise EngineError(f"{why}: try another engine, and run srgan doctor") from None
            if self._fallback is not None:
                _log.warning("%s gave numbers that are not finite: going on in fp32", self.engine.precision)
                self.engine, self._fallback = self._fallback(), None


class _Counter:
    """Reports pixels once, though a tile may be begun twice."""

    def __init__(self, advance: Advance) -> None:
        self.done = self._told = 0
        self._advance = advance

    def add(self, pixels: int) -> None:
        self.done += pixels
        if self.done > self._told:
            self._advance(self.done - self._told)
            self._told = self.done


@dataclass(frozen=True)
class _Run:
    """A tile on its way through the stages."""

    engine: Engine
    first_areas: tuple[int, ...]
    """The most pixels of a tile, by stage, before any shortage of memory."""
    areas: list[int]
    """The same after shortages."""
    size: tuple[int, int]
    target: Target
    counter: _Counter
    aside: ThreadPoolExecutor
    """Converts finished tiles while the next ones are computed."""
    room: Semaphore = field(default_factory=partial(Semaphore, _TILES_ASIDE))
    tasks: list[Future[None]] = field(default_factory=list)
    unfinished: list[tuple[Floats, TileSpan, TileSpan]] = field(default_factory=list)
    """Tiles that are not finite, or for which memory was short."""

    def check(self) -> None:
        """Finish what is unfinished, after all else.

        Raises:
            _NotFinite: if a tile is not finite.
        """
        for task in self.tasks:
            task.result()
        for tile in self.unfinished:
            self._finish(*tile)

    def stage(self, number: int, tile: Floats, rows: TileSpan, columns: TileSpan) -> None:
        """Run stage `number` on a tile, (1, C, high - low, high - low), and the later ones on its result.

        A tile that does not fit, or leaves no memory for what follows, is done as two.

        Raises:
            OutOfMemory: if it is so small that the cause must lie elsewhere.
        """
        # Halved outside of the attempt: an exception that is being handled keeps what its frames hold.
        if not self._fits(number, tile, rows, columns):
            self.engine.release(number)
            self._halves(number, tile, rows, columns)

    def _fits(self, number: int, tile: Floats, rows: TileSpan, columns: TileSpan) -> bool:
        """Do a tile, unless memory runs out on the way."""
        done = self.counter.done
        try:
            values = self.engine.run(number, tile)
            if number + 1 < len(self.engine.stages):
                self._cover(number + 1, values, rows, columns)
            else:
                self._keep(values, rows, columns)
        except (OutOfMemory, MemoryError):  # the second is of our own arrays
            self.counter.done = done
            return False
        return True

    def _keep(self, values: Floats, rows: TileSpan, columns: TileSpan) -> None:
        """Cut the halo from a finished tile and store the rest, a small one in another thread."""
        scale = self.engine.stages[-1].scale
        kept = values[0, :, _scaled(rows.kept, scale), _scaled(columns.kept, scale)]
        if kept.nbytes > _MOST_ASIDE:
            self._finish(kept, rows, columns)
        else:
            self.room.acquire()
            own = kept.copy()  # the next run overwrites the values
            self.tasks.append(self.aside.submit(self._finish_aside, own, rows, columns))
        self.counter.add((rows.stop - rows.start) * (columns.stop - columns.start))

    def _finish_aside(self, kept: Floats, rows: TileSpan, columns: TileSpan) -> None:
        try:
            self._finish(kept, rows, columns)
        except (_NotFinite, MemoryError):
            self.unfinished.append((kept, rows, columns))
        finally:
            self.room.release()

    def _finish(self, kept: Floats, rows: TileSpan, columns: TileSpan) -> None:
        """Convert and store a finished tile without its halo, (3, h, w)."""
        if not np.isfinite(kept).all():
            raise _NotFinite
        _keep(kept.transpose(1, 2, 0), self.target, rows, columns, self.engine.stages[-1].scale)

    def _cover(self, number: int, values: Floats, rows: TileSpan, columns: TileSpan) -> None:
        """Run a stage in its own tiles over the result of the stage before."""
        halo, step = self.engine.stages[number].halo, self.engine.stages[number].step
        height, width = rows.stop - rows.start, columns.stop - columns.start
        grid = best_grid(width, height, halo=halo, area=self.areas[number])
        for down in spans(self.size[0], grid.rows, halo, within=(rows.start, rows.stop), step=step):
            for across in spans(self.size[1], grid.columns, halo, within=(columns.start, columns.stop), step=step):
                part_rows = slice(down.low - rows.low, down.high - rows.low)
                part_columns = slice(across.low - columns.low, across.high - columns.low)
                self.stage(number, values[:, :, part_rows, part_columns], down, across)

    def _halves(self, number: int, tile: Floats, rows: TileSpan, columns: TileSpan) -> None:
        """Do a tile as two; later tiles are smaller too, and those of later stages may grow again.

        Raises:
            OutOfMemory: if it is too small for that.
        """
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if max(height, width) <= _SMALLEST:
            raise OutOfMemory(f"there is not even memory for a tile of {width}x{height} pixels: close other programs")
        self.areas[number] = max(min(self.areas[number], tile.shape[2] * tile.shape[3]) // 2, _SMALLEST**2)
        self.areas[number + 1 :] = self.first_areas[number + 1 :]
        halo, step = sum(stage.halo for stage in self.engine.stages[number:]), self.engine.stages[number].step
        if height >= width:
            for half in spans(self.size[0], -(-height // 2), halo, within=(rows.start, rows.stop), step=step):
                self.stage(number, tile[:, :, half.low - rows.low : half.high - rows.low], half, columns)
        else:
            for half in spans(self.size[1], -(-width // 2), halo, within=(columns.start, columns.stop), step=step):
                self.stage(number, tile[:, :, :, half.low - columns.low : half.high - columns.low], rows, half)


def _keep(kept: Floats, target: Target, rows: TileSpan, columns: TileSpan, scale: int) -> None:
    """Store a finished tile without its halo, (h, w, 3), in its place."""
    down = _scaled(slice(rows.start - target.top, rows.stop - target.top), scale)
    across = _scaled(slice(columns.start - target.left, columns.stop - target.left), scale)
    target.rows[down, across] = target.finish(kept)


def _scaled(part: slice, scale: int) -> slice:
    return slice(part.start * scale, part.stop * scale)
