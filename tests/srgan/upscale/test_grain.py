"""Grain: its strength, where it fades, and that it depends on the place alone."""

import numpy as np
import pytest

from srgan.images.colour import Pixels
from srgan.upscale.grain import add_grain


def _plain(level: float, dtype: type, shape: tuple[int, int, int] = (64, 512, 3)) -> Pixels:
    top = 1.0 if dtype is np.float32 else np.iinfo(dtype).max / 255.0
    image: Pixels = np.full(shape, level * top / (255.0 if dtype is np.float32 else 1.0), dtype)
    return image


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_grain_has_the_strength_asked_for(dtype: type) -> None:
    image = _plain(128, dtype)
    before = image.copy()
    add_grain(image, 0, 2.0)
    levels = (image.astype(np.float64) - before) * (255.0 if dtype is np.float32 else 255.0 / np.iinfo(dtype).max)
    assert image.dtype == dtype
    assert levels.std() == pytest.approx(np.hypot(2.0, 0.29 if dtype is np.uint8 else 0.0), rel=0.03)
    assert abs(levels.mean()) < 0.05
    np.testing.assert_array_equal(levels[:, :, 0], levels[:, :, 2])
    neighbours = np.corrcoef(levels[:, 1:, 0].ravel(), levels[:, :-1, 0].ravel())[0, 1]
    below = np.corrcoef(levels[1:, :, 0].ravel(), levels[:-1, :, 0].ravel())[0, 1]
    assert max(abs(neighbours), abs(below)) < 0.03


@pytest.mark.parametrize("level", [0, 255])
def test_saturated_places_have_none(level: int) -> None:
    image = _plain(level, np.uint8)
    add_grain(image, 0, 5.0)
    assert (image == level).all()


def test_bands_agree_with_the_whole_image() -> None:
    whole = np.random.default_rng(0).integers(0, 256, (40, 70, 1), dtype=np.uint8)
    bands = [whole[:17].copy(), whole[17:].copy()]
    add_grain(whole, 100, 3.0)
    for first, band in zip((100, 117), bands, strict=True):
        add_grain(band, first, 3.0)
    np.testing.assert_array_equal(np.concatenate(bands), whole)


def test_its_numbers_stay() -> None:
    image = _plain(100, np.uint8, (1, 8, 1))
    add_grain(image, 7, 4.0)
    assert image.ravel().tolist() == [99, 101, 98, 101, 106, 99, 96, 98]
