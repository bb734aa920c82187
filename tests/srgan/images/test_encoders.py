"""Encoders: depths that formats hold, and settings."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from srgan.images.colour import DTYPES, Depth
from srgan.images.encoders import fit_depth, saver
from srgan.images.image import EncodeOptions, ImageWriter, read, write


def test_depth_is_rounded_and_not_cut() -> None:
    import pyvips

    levels = np.arange(65_536, dtype=np.uint16).reshape(256, 256, 1)
    image = pyvips.Image.new_from_memory(levels.data, 256, 256, 1, "ushort")
    eight = np.frombuffer(fit_depth(image, "jpeg").write_to_memory(), np.uint8)
    assert np.array_equal(eight, np.floor(levels.ravel() / 257 + 0.5))
    # libvips counts in float32, and one level comes within its rounding of a half.
    ten = np.frombuffer(fit_depth(image, "avif").write_to_memory(), np.uint16)
    assert np.count_nonzero(ten >> 6 != np.floor(levels.ravel() / 65_535 * 1023 + 0.5)) <= 1
    assert fit_depth(image, "png") is image


@pytest.mark.parametrize("level", [0, 32_768, 65_535])
@pytest.mark.parametrize(("depth", "most"), [(16, 1), (32, 65_535)])
def test_many_bits_into_formats_of_fewer(level: int, depth: Depth, most: int, tmp_path: Path) -> None:
    pixels = (np.full((16, 16, 3), level) / most).astype(DTYPES[depth])
    formats: list[tuple[str, Depth]] = [("jpeg", 8), ("webp", 8), ("bmp", 8), ("avif", 16), ("png", 16)]
    for name, kept in formats[: 4 if depth == 16 else 5]:
        writer = ImageWriter(tmp_path / name, size=(16, 16), channels=3, depth=depth, options=EncodeOptions(name))
        with writer:
            writer.write_rows(pixels)
        assert writer.notes[0].startswith("16 bit rounded to" if depth == 16 else "float rounded to")
        result = read(tmp_path / name)
        assert result.info.depth == kept
        top = 255 if kept == 8 else 65_535
        assert np.abs(result.pixels / top - level / 65_535).max() < 0.003
        if level in (0, 65_535):
            assert np.ptp(result.pixels) == 0


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_floats_of_a_tiff_are_kept_exactly(channels: int, tmp_path: Path) -> None:
    """More rows and columns than a piece of the pipe into the encoder; tifffile reads what is written."""
    pixels = np.random.default_rng(0).random((900, 700, channels), np.float32)
    write(tmp_path / "a.tif", pixels)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages.first
        assert np.array_equal(page.asarray().reshape(pixels.shape), pixels)
        assert page.extrasamples == (() if channels in (1, 3) else (tifffile.EXTRASAMPLE.UNASSALPHA,))
    again = read(tmp_path / "a.tif")
    assert (again.info.depth, again.info.channels, again.info.notes) == (32, channels, ())
    assert np.array_equal(again.pixels, pixels)


def test_large_tiffs_are_bigtiffs() -> None:
    for side, depth, big in ((40_000, 8, True), (30_000, 8, False), (30_000, 16, True)):
        assert saver(EncodeOptions("tiff"), (side, side), 3, 8 if depth == 8 else 16)[1]["bigtiff"] is big
