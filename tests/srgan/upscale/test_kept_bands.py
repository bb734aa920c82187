"""Large results go on after an interruption, to the same file, in tiles with smaller copies where that is asked for."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from srgan.errors import OutputError, UsageError
from srgan.upscale import bands, tiling
from srgan.upscale.kept_bands import kept_folder
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.upscaler import Cancelled, Upscaler
from tests.helpers.fractal import fractal
from tests.helpers.recorded_progress import RecordedProgress

OPTIONS = UpscaleOptions(resume=True, pyramid=True)


@pytest.fixture
def upscaler(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Upscaler:
    """One that cuts the picture into bands of sixteen rows or a little more."""
    monkeypatch.setattr(tiling, "_BAND_MEMORY", 1)
    return Upscaler(tiny_model, engine="openvino", precision="fp32", grain=2.0)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A tiled BigTIFF."""
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, fractal(0, 300, 280), tile=(64, 64), bigtiff=True, photometric="rgb")
    return path


@pytest.fixture
def made(upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by the first row of every band that the network restores."""
    first_rows: list[int] = []
    restore = bands._restore_band

    def count(*arguments: Any, **options: Any) -> Any:
        first_rows.append(arguments[4].start)
        return restore(*arguments, **options)

    monkeypatch.setattr(bands, "_restore_band", count)
    return first_rows


def pages(path: Path) -> Iterator[np.ndarray]:
    with tifffile.TiffFile(path) as file:
        yield from (page.asarray() for page in file.pages)


@pytest.mark.parametrize("name", [b"resumed.tif", b"caf\xe9.tif"])
def test_a_resumed_result_is_the_uninterrupted_one(
    upscaler: Upscaler, picture: Path, tmp_path: Path, made: list[int], name: bytes
) -> None:
    upscaler.upscale_file(picture, tmp_path / "plain.tif", UpscaleOptions(pyramid=True))
    every = made.copy()
    assert len(every) > 10
    made.clear()
    output = tmp_path / os.fsdecode(name)
    for _ in range(3):
        with pytest.raises(Cancelled):
            upscaler.upscale_file(picture, output, OPTIONS, progress=RecordedProgress(most=len(every) * 16 * 280 // 3))
        assert not output.exists()
    upscaler.upscale_file(picture, output, OPTIONS)
    assert set(made) == set(every)
    assert len(made) <= len(every) + 3  # that which each interruption met
    assert output.read_bytes() == (tmp_path / "plain.tif").read_bytes()
    assert not kept_folder(output).exists()


def test_the_first_page_is_the_result_and_each_next_one_half_of_it(
    upscaler: Upscaler, picture: Path, tmp_path: Path
) -> None:
    upscaler.upscale_file(picture, tmp_path / "plain.tif")
    upscaler.upscale_file(picture, tmp_path / "pyramid.tif", UpscaleOptions(pyramid=True))
    (plain,), levels = pages(tmp_path / "plain.tif"), list(pages(tmp_path / "pyramid.tif"))
    assert np.array_equal(levels[0], plain)
    assert [level.shape[0] for level in levels] == [1200, 600, 300, 150, 75]
    for large, small in pairwise(levels):
        assert small.shape == (large.shape[0] // 2, large.shape[1] // 2, 3)
        means = large[: 2 * small.shape[0], : 2 * small.shape[1]].astype(float)
        means = means.reshape(small.shape[0], 2, small.shape[1], 2, 3).mean((1, 3))
        assert (means + 0.5).astype(np.uint8).tolist() == small.tolist()
    with tifffile.TiffFile(tmp_path / "pyramid.tif") as file:
        kinds = [(page.is_tiled, page.is_reduced) for page in file.pages if isinstance(page, tifffile.TiffPage)]
    assert kinds == [(True, False), *[(True, True)] * 4]


def begun(upscaler: Upscaler, picture: Path) -> Path:
    """Return the path of a result whose first bands are kept."""
    output = picture.with_name("large.tif")
    with pytest.raises(Cancelled):
        upscaler.upscale_file(picture, output, OPTIONS, progress=RecordedProgress(most=200 * 280))
    return output


def test_bands_made_otherwise_are_not_taken(upscaler: Upscaler, picture: Path, tmp_path: Path, made: list[int]) -> None:
    output = begun(upscaler, picture)
    tifffile.imwrite(picture, fractal(1, 300, 280), photometric="rgb")
    made.clear()
    upscaler.upscale_file(picture, output, OPTIONS)
    assert made[0] == 0
    upscaler.upscale_file(picture, tmp_path / "plain.tif", UpscaleOptions(pyramid=True))
    assert output.read_bytes() == (tmp_path / "plain.tif").read_bytes()


def test_a_damaged_band_is_made_again(upscaler: Upscaler, picture: Path, made: list[int]) -> None:
    output = begun(upscaler, picture)
    kept = sorted(kept_folder(output).glob("*.tif"))
    os.truncate(kept[1], 100)
    again = made[1]
    made.clear()
    upscaler.upscale_file(picture, output, OPTIONS)
    assert made[0] == again
    assert 0 not in made


def test_only_tiff_has_smaller_copies(upscaler: Upscaler, picture: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        upscaler.upscale_file(picture, tmp_path / "large.png", OPTIONS)
    with pytest.raises(UsageError):
        UpscaleOptions(pyramid=True, format="png")
    assert not list(tmp_path.glob("*large*"))


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_killed_runs_go_on(tiny_model: Path, upscaler: Upscaler, picture: Path, tmp_path: Path) -> None:
    upscaler.upscale_file(picture, tmp_path / "plain.tif", UpscaleOptions(pyramid=True))
    script = f"""
import os, signal, sys
from pathlib import Path
from srgan.progress import NoProgress
from srgan.upscale import tiling
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.upscaler import Upscaler

class Progress(NoProgress):
    done = 0
    def advance(self, count=1):
        self.done += count
        if self.done > int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

tiling._BAND_MEMORY = 1
upscaler = Upscaler({str(tiny_model)!r}, engine="openvino", precision="fp32", grain=2.0)
upscaler.upscale_file({str(picture)!r}, sys.argv[1], UpscaleOptions(resume=True, pyramid=True), progress=Progress())
"""
    output, codes = tmp_path / "killed.tif", []
    for most in (100 * 280, 200 * 280, 10**9):
        assert not output.exists()
        codes.append(subprocess.run([sys.executable, "-c", script, str(output), str(most)]).returncode)
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert output.read_bytes() == (tmp_path / "plain.tif").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["killed.tif", "picture.tif", "plain.tif"]


def test_a_disk_that_is_full_says_so(
    upscaler: Upscaler, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError):
        upscaler.upscale_file(picture, tmp_path / "large.tif", OPTIONS)
    assert not (tmp_path / "large.tif").exists()
