"""The door of pictures: written and read again, they are the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from skimage.io import imread

from srgan.errors import OutputError
from srgan.images.image import FORMATS, EncodeOptions, Metadata, read, write
from tests.helpers.image_files import SRGB_PROFILE

RNG = np.random.default_rng(9)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pixels=st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 4)).flatmap(
            lambda shape: arrays(dtype, shape)
        )
    ),
    format=st.sampled_from(["png", "tiff"]),
    with_profile=st.booleans(),
)
def test_what_is_written_is_read(pixels: Any, format: str, with_profile: bool, tmp_path: Path) -> None:
    colour = pixels.shape[2] > 2
    metadata = Metadata(icc=SRGB_PROFILE if with_profile and colour else None, dots_per_inch=(240.0, 120.0))
    path = tmp_path / "picture"
    write(path, pixels, options=EncodeOptions(format), metadata=metadata, overwrite=True)
    result = read(path)
    assert result.pixels.dtype == pixels.dtype
    assert np.array_equal(result.pixels, pixels)
    assert (result.info.height, result.info.width, result.info.channels) == pixels.shape
    assert result.info.depth == 8 * pixels.itemsize
    assert result.info.format == format
    assert (result.metadata.icc, result.metadata.dots_per_inch) == (metadata.icc, metadata.dots_per_inch)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_others_read_what_is_written(dtype: Any, channels: int, suffix: str, tmp_path: Path) -> None:
    pixels = RNG.integers(0, np.iinfo(dtype).max + 1, (13, 17, channels)).astype(dtype)
    path = tmp_path / f"picture{suffix}"
    write(path, pixels)
    if dtype == np.uint8 or channels == 1 or suffix == ".tif":
        other = imread(path)
        assert np.array_equal(other.reshape(pixels.shape), pixels)
    else:
        with Image.open(path) as picture:  # Pillow keeps only the upper 8 of 16 bits when there are several channels
            assert np.array_equal(np.asarray(picture.convert("RGBA"))[:, :, 0], pixels[:, :, 0] >> 8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("format", ["jpeg", "webp", "avif"])
def test_lossy_formats_stay_near(dtype: Any, channels: int, format: str, tmp_path: Path) -> None:
    top = np.iinfo(dtype).max
    ramp = np.add.outer(np.linspace(0, 0.5, 40), np.linspace(0, 0.5, 50))
    pixels = (np.stack([ramp, 1 - ramp, ramp[::-1], ramp], axis=2)[:, :, :channels] * top).astype(dtype)
    path = tmp_path / f"picture{FORMATS[format].suffixes[0]}"
    if channels in (2, 4) and format == "jpeg":
        with pytest.raises(OutputError, match="transparency"):
            write(path, pixels)
        return
    write(path, pixels)
    result = read(path)
    kept = channels if FORMATS[format].gray or channels > 2 else channels + 2
    assert result.info.channels == kept
    assert result.info.depth == (16 if format == "avif" and dtype == np.uint16 else 8)
    values = result.pixels / (255 if result.info.depth == 8 else 65_535)
    if kept != channels:
        values = values[:, :, 2:] if channels == 2 else values[:, :, :1]
    assert np.abs(values - pixels / top).mean() < 0.01


@pytest.mark.parametrize("shape", [(1, 1, 3), (5000, 3, 3), (3, 5000, 4), (1, 5000, 1)])
@pytest.mark.parametrize("format", FORMATS)
def test_odd_sizes(shape: tuple[int, int, int], format: str, tmp_path: Path) -> None:
    if format == "jpeg" and shape[2] == 4:
        shape = (*shape[:2], 3)
    pixels = RNG.integers(0, 256, shape).astype(np.uint8)
    write(tmp_path / "picture", pixels, options=EncodeOptions(format))
    result = read(tmp_path / "picture")
    assert result.pixels.shape[:2] == shape[:2]
    if not FORMATS[format].lossy and (FORMATS[format].gray or shape[2] > 2):
        assert np.array_equal(result.pixels, pixels)


def test_gray_without_a_channel_axis(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (5, 6)).astype(np.uint8)
    write(tmp_path / "gray.png", pixels)
    assert np.array_equal(read(tmp_path / "gray.png").pixels[:, :, 0], pixels)


def test_bytes_are_a_source(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (5, 6, 3)).astype(np.uint8)
    write(tmp_path / "a.png", pixels)
    assert np.array_equal(read((tmp_path / "a.png").read_bytes()).pixels, pixels)


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    for level in (10, 200):
        write(tmp_path / "a.png", np.full((4, 4, 3), level, np.uint8), overwrite=True)
        assert (read(tmp_path / "a.png").pixels == level).all()


def test_a_picture_replaces_itself(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (50, 60, 3)).astype(np.uint8)
    write(tmp_path / "a.png", pixels)
    write(tmp_path / "a.png", 255 - read(tmp_path / "a.png").pixels, overwrite=True)
    assert np.array_equal(read(tmp_path / "a.png").pixels, 255 - pixels)


def test_names_and_arrays_that_say_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not name a format"):
        write(tmp_path / "picture.xyz", np.zeros((4, 4, 3), np.uint8))
    for wrong in (np.zeros((4, 4, 3), np.float64), np.zeros((4,), np.uint8)):
        with pytest.raises(ValueError, match=r"float64|an image is"):
            write(tmp_path / "picture.png", wrong)  # type: ignore[arg-type]
    with pytest.raises(OutputError, match="is empty: choose a larger size"):
        write(tmp_path / "picture.png", np.zeros((0, 4, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []
