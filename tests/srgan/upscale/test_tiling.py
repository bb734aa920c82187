"""Tiled equals whole, in both engines and at every size modulo the tile; what does not fit is halved, never skipped."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from srgan.engines.engine import Engine, Floats, Precision, run_stages
from srgan.engines.memory import free_memory
from srgan.engines.openvino import OpenVinoEngine
from srgan.engines.torch import TorchEngine
from srgan.errors import EngineError, OutOfMemory
from srgan.upscale.tiles import spans
from srgan.upscale.tiling import Target, TiledNetwork
from srgan.weights.card import Stage
from srgan.weights.catalogue import find
from srgan.weights.interpolation import Interpolated

LEVEL = 1 / 255


def restore(network: TiledNetwork, picture: Floats, *, rows: int, columns: int) -> tuple[Floats, int]:
    """A whole picture band by band, and the input pixels that were reported done."""
    height, width = picture.shape[:2]
    done: list[int] = []
    result = np.full((4 * height, 4 * width, 3), np.nan, np.float32)
    for band in spans(height, rows, network.halo, step=network.step):
        target = Target(result[4 * band.start : 4 * band.stop], band.start, lambda tile: tile)
        window = picture[band.low : band.high]
        network.restore(window, band, (height, width), target, columns=columns, advance=done.append)
    return result, sum(done)


def whole(engine: Engine, picture: Floats) -> Floats:
    """The network on the picture in one piece."""
    restored: Floats = run_stages(engine, np.ascontiguousarray(picture.transpose(2, 0, 1))[None])[0].transpose(1, 2, 0)
    return restored


def picture(height: int, width: int) -> Floats:
    return np.random.default_rng(height * 1000 + width).random((height, width, 3)).astype(np.float32)


@pytest.mark.parametrize("make", [OpenVinoEngine, TorchEngine])
def test_tiled_is_whole_at_every_size_modulo_the_tile(tiny_model: Path, make: type[OpenVinoEngine]) -> None:
    engine = make(find(tiny_model), precision="fp32")
    network = TiledNetwork(engine)
    network._areas[1] = 30 * 30
    for extra in range(20):
        low = picture(41 + extra, 63 - extra)
        tiled, done = restore(network, low, rows=20, columns=20)
        assert done == low.shape[0] * low.shape[1]
        assert np.abs(tiled - whole(engine, low)).max() < 0.01 * LEVEL


@pytest.mark.parametrize("make", [OpenVinoEngine, TorchEngine])
def test_a_network_between_two_is_tiled_as_they_are(pair: tuple[Path, Path], make: type[OpenVinoEngine]) -> None:
    photo_real, faithful = map(find, pair)
    engine = make(Interpolated(photo_real, faithful, 0.6), precision="fp32")
    network, alone = TiledNetwork(engine), TiledNetwork(make(faithful, precision="fp32"))
    assert (network._areas, network.halo) == (alone._areas, alone.halo)
    network._areas[1] = 30 * 30
    low = picture(61, 53)
    tiled, done = restore(network, low, rows=20, columns=20)
    assert done == low.shape[0] * low.shape[1]
    assert np.abs(tiled - whole(engine, low)).max() < 0.01 * LEVEL


def orientations(low: Floats) -> Iterator[tuple[Floats, Callable[[Floats], Floats]]]:
    """The eight orientations of a picture, each with what turns its result back: four turns, mirrored or not."""
    for turns in range(4):
        yield np.rot90(low, turns), partial(np.rot90, k=-turns)
        yield np.rot90(low[:, ::-1], turns), lambda result, k=turns: np.rot90(result, -k)[:, ::-1]  # type: ignore[misc]


@pytest.mark.parametrize(("rows", "columns"), [(61, 53), (20, 25)])
def test_self_ensemble_is_the_mean_of_the_eight_orientations(tiny_model: Path, rows: int, columns: int) -> None:
    engine = OpenVinoEngine(find(tiny_model), precision="fp32")
    network, single = TiledNetwork(engine, ensemble=True), TiledNetwork(engine)
    low = picture(61, 53)
    tiled, done = restore(network, low, rows=rows, columns=columns)
    assert done == low.shape[0] * low.shape[1]
    expected = np.mean(
        [turn_back(whole(engine, np.ascontiguousarray(turned))) for turned, turn_back in orientations(low)], 0
    )
    assert np.abs(tiled - expected).max() < 0.01 * LEVEL
    assert np.abs(tiled - whole(engine, low)).max() > LEVEL  # the orientations differ
    assert network.work(61, 53) == 8 * single.work(61, 53)


class Grouped:
    """An engine that makes groups of 3x3 pixels their mean, the last ones filled up by repeated pixels."""

    name, device = "grouped", "test"
    precision: Precision = "fp32"
    stages: tuple[Stage, ...] = (Stage("restored", scale=4, radius=2, values=100, multiply_adds=1, step=3),)

    def run(self, stage: int, tile: Floats) -> Floats:
        height, width = tile.shape[2:]
        filled = np.pad(tile, ((0, 0), (0, 0), (0, -height % 3), (0, -width % 3)), mode="edge")
        groups = filled.reshape(1, 3, filled.shape[2] // 3, 3, -1, 3).mean(axis=(3, 5))
        result: Floats = groups.repeat(12, axis=2).repeat(12, axis=3)[:, :, : 4 * height, : 4 * width]
        return result

    def release(self, stage: int) -> None:
        raise AssertionError("nothing was short of memory")


def test_self_ensemble_begins_turned_tiles_where_groups_of_pixels_begin() -> None:
    network, low = TiledNetwork(Grouped(), ensemble=True), picture(40, 50)
    tiled, _ = restore(network, low, rows=11, columns=16)
    results = [turn_back(whole(Grouped(), np.ascontiguousarray(turned))) for turned, turn_back in orientations(low)]
    np.testing.assert_allclose(tiled, np.mean(results, axis=0), rtol=1e-5)


def test_networks_that_see_far_get_tiles_as_large_as_their_halos() -> None:
    far = Grouped()
    far.stages = (Stage("restored", scale=4, radius=300, values=200, multiply_adds=1),)
    grid = TiledNetwork(far).grid(3_000, 2_000)
    assert min(grid.rows, grid.columns) >= 150 or free_memory() < 4 * 4 * 200 * 900**2


def test_tiles_of_a_small_image_take_the_memory_that_its_rows_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.upscale.tiling.free_memory", lambda: 2**36)
    far = Grouped()
    far.stages = (Stage("restored", scale=4, radius=2, values=320, multiply_adds=1),)
    network = TiledNetwork(far)

    def largest(width: int, height: int) -> int:
        grid, halo = network.grid(width, height), network.halo
        return max(
            (rows.high - rows.low) * (columns.high - columns.low)
            for rows in spans(height, grid.rows, halo)
            for columns in spans(width, grid.columns, halo)
        )

    usual, together = (400 * 2**20 // 1280, 560 * 2**20 // 1280)
    assert usual < largest(1000, 1000) <= together - 3 * 1000 * 1000 * 16 // 1280
    assert largest(5000, 5000) <= usual
    network._areas[0] //= 2  # after a shortage
    assert largest(1000, 1000) <= usual // 2


def test_self_ensemble_goes_on_in_full_precision() -> None:
    network = TiledNetwork(Broken("bf16", broken=True), fallback=lambda: Broken("fp32", broken=False), ensemble=True)
    low = picture(30, 40)
    tiled, done = restore(network, low, rows=16, columns=16)
    np.testing.assert_allclose(tiled, low.repeat(4, 0).repeat(4, 1), rtol=1e-6)
    assert done == 30 * 40


def test_a_halo_too_narrow_would_show(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above can fail: a few pixels less of halo leave a seam."""
    network = TiledNetwork(OpenVinoEngine(find(tiny_model), precision="fp32"))
    low = picture(64, 64)
    monkeypatch.setattr(TiledNetwork, "halo", property(lambda self: 6))
    tiled, _ = restore(network, low, rows=32, columns=32)
    assert np.abs(tiled - whole(network.engine, low)).max() > 0.1 * LEVEL


class Limited:
    """An engine whose memory ends at a number of pixels a tile."""

    name, device, precision = "limited", "test", "fp32"

    def __init__(self, engine: Engine, pixels: int) -> None:
        self.engine, self.pixels, self.stages, self.refused = engine, pixels, engine.stages, 0

    def run(self, stage: int, tile: Floats) -> Floats:
        if tile.shape[2] * tile.shape[3] > self.pixels:
            self.refused += 1
            raise OutOfMemory("no")
        return self.engine.run(stage, tile)

    def release(self, stage: int) -> None:
        self.engine.release(stage)


def test_a_tile_that_does_not_fit_is_halved_and_nothing_is_skipped(tiny_model: Path) -> None:
    engine = OpenVinoEngine(find(tiny_model), precision="fp32")
    limited = Limited(engine, 60 * 60)
    network = TiledNetwork(limited)  # type: ignore[arg-type]
    low = picture(90, 110)
    tiled, done = restore(network, low, rows=90, columns=110)
    assert limited.refused >= 1
    assert done == 90 * 110
    assert np.abs(tiled - whole(engine, low)).max() < 0.01 * LEVEL


def test_halving_ends(tiny_model: Path) -> None:
    network = TiledNetwork(Limited(OpenVinoEngine(find(tiny_model)), 10))  # type: ignore[arg-type]
    with pytest.raises(OutOfMemory, match="close other programs"):
        restore(network, picture(64, 64), rows=64, columns=64)


class Broken:
    """An engine whose results are not numbers on some tiles."""

    name, device = "broken", "test"
    stages: tuple[Stage, ...] = (Stage("restored", scale=4, radius=2, values=100, multiply_adds=1),)

    def __init__(self, precision: Precision, *, broken: bool) -> None:
        self.precision: Precision = precision
        self.broken = broken

    def run(self, stage: int, tile: Floats) -> Floats:
        result = np.repeat(np.repeat(tile, 4, axis=2), 4, axis=3)
        if self.broken:
            result[0, 0, 5, 5] = np.nan
        return result

    def release(self, stage: int) -> None:
        raise AssertionError("nothing was short of memory")


def test_numbers_that_are_not_finite_are_computed_again_in_full_precision() -> None:
    network = TiledNetwork(Broken("bf16", broken=True), fallback=lambda: Broken("fp32", broken=False))
    low = picture(40, 40)
    tiled, done = restore(network, low, rows=16, columns=16)
    assert np.array_equal(tiled, low.repeat(4, 0).repeat(4, 1))
    assert network.engine.precision == "fp32"
    assert done == 40 * 40


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_numbers_that_stay_broken_are_an_error(precision: Precision) -> None:
    network = TiledNetwork(Broken(precision, broken=True), fallback=lambda: Broken("fp32", broken=True))
    with pytest.raises(EngineError, match="not finite"):
        restore(network, picture(20, 20), rows=16, columns=16)


def test_large_pictures_are_cut_and_small_ones_are_not(tiny_model: Path) -> None:
    network = TiledNetwork(OpenVinoEngine(find(tiny_model)))
    small = network.grid(200, 100)
    assert (small.columns, small.rows) == (200, 100)
    large = network.grid(30_000, 20_000)
    assert large.rows * 30_000 * 16 * 3 <= 160 * 2**20


_SHORT_OF_MEMORY = """
import resource, sys
import numpy as np
from srgan.engines.engine import open_engine
from srgan.errors import OutOfMemory
from srgan.weights.catalogue import find

engine = open_engine(find(sys.argv[1]), sys.argv[2], precision="fp32")
small, large = (np.full((1, 3, side, side), 0.5, np.float32) for side in (96, 1500))
before = engine.run(0, small).copy()
pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (pages + 128 * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1]))
try:
    engine.run(0, large)
except OutOfMemory as error:
    print(error)
engine.release(0)
assert np.array_equal(engine.run(0, small), before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_real_shortage_of_memory_is_told_and_survived(tiny_model: Path, engine: str) -> None:
    """The libraries' own words for it are understood, and the engine goes on with smaller tiles."""
    command = [sys.executable, "-c", _SHORT_OF_MEMORY, str(tiny_model), engine]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout == "a tile did not fit into memory: close other programs\n"
