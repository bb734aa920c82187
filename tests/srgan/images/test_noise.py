"""Noise is measured as it was put in, and texture is not taken for it."""

from typing import Any

import numpy as np
import pytest

from srgan.images.noise import noise_level
from tests.helpers.images_made_up import drawing, noisy, photo


def level(pixels: Any) -> float:
    return noise_level([pixels.astype(np.float32)])


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("added", [1.0, 3.0, 5.0, 10.0, 25.0])
def test_noise_of_a_plain_picture_is_measured(added: float, gray: bool) -> None:
    plain = np.full((200, 200, 3), 120, np.uint8)
    assert level(noisy(plain, added, gray=gray)) == pytest.approx(added, rel=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_noise_over_texture_is_measured(seed: int) -> None:
    assert level(noisy(photo(seed, 300, 300), 10)) == pytest.approx(10, rel=0.25)


@pytest.mark.parametrize("seed", range(5))
def test_texture_is_no_noise(seed: int) -> None:
    assert level(photo(seed)) < 1
    assert level(drawing(seed)) < 1


def test_windows_are_measured_together() -> None:
    plain = np.full((128, 256, 3), 120, np.uint8)
    whole = noisy(plain, 6).astype(np.float32)
    assert noise_level([whole[:, :128], whole[:, 128:]]) == noise_level([whole])


def test_noise_that_is_clipped_away_does_not_count() -> None:
    sky = np.full((200, 200, 3), 255, np.uint8)
    sky[150:] = 120
    assert level(noisy(sky, 6)) == pytest.approx(6, rel=0.2)
    assert level(noisy(sky[:150], 6)) == 0


def test_gray_pictures_have_noise_too() -> None:
    assert level(noisy(np.full((160, 160, 1), 120, np.uint8), 6)) == pytest.approx(6, rel=0.2)


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
def test_the_smallest_pictures_have_none(size: tuple[int, int]) -> None:
    assert level(noisy(np.full((*size, 3), 120, np.uint8), 20)) == 0.0
