"""A sample is bounded, and the same of a file as of its pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srgan.images.image import ImageReader, write
from srgan.images.sample import sample_file, sample_pixels

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (40, 300), (256, 768), (700, 900), (2000, 30), (1500, 1203)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_of_a_file_it_is_that_of_its_pixels(height: int, width: int, channels: int, tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (height, width, channels), np.uint8)
    write(tmp_path / "a.png", pixels)
    with ImageReader(tmp_path / "a.png", upright=False) as reader:
        windows = sample_file(reader)
    expected = sample_pixels(pixels)
    assert len(windows) == len(expected) <= 9
    for window, other in zip(windows, expected, strict=True):
        assert window.dtype == np.float32
        assert window.shape[0] <= 256
        assert window.shape[1] <= 256
        assert np.array_equal(window, other)


def test_small_pictures_are_taken_whole() -> None:
    pixels: Any = RNG.integers(0, 256, (300, 520, 1), np.uint8)
    assert sum(window.size for window in sample_pixels(pixels)) == pixels.size


def test_windows_of_large_ones_keep_the_grid_of_blocks() -> None:
    y, x = np.mgrid[0:2011, 0:3037]
    pixels = ((y % 8) * 8 + x % 8).astype(np.uint8)[:, :, None]
    windows = sample_pixels(pixels)
    assert len(windows) == 9
    assert all(window[0, 0, 0] == 0 and window.shape == (256, 256, 1) for window in windows)


def test_sixteen_bits_are_levels_of_255() -> None:
    (window,) = sample_pixels(np.array([[[0], [257], [65_535], [128]]], np.uint16))
    assert window[0, :, 0] == pytest.approx([0, 1, 255, 128 / 257])


def test_what_is_transparent_is_black() -> None:
    (window,) = sample_pixels(np.array([[[9, 8, 7, 0], [9, 8, 7, 1]]], np.uint8))
    assert window.tolist() == [[[0, 0, 0], [9, 8, 7]]]
