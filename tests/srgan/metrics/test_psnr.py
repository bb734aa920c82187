"""Errors and PSNR on pictures whose error is known, and against scikit-image."""

import math

import numpy as np
import pytest

from srgan.errors import PictureError
from srgan.metrics.psnr import mse, psnr, rgb_psnr


@pytest.mark.parametrize(("difference", "decibels"), [(0, math.inf), (1, 20 * math.log10(255)), (255, 0.0)])
def test_a_difference_everywhere_has_its_decibels_in_either_order(difference: int, decibels: float) -> None:
    dark = np.zeros((5, 6), np.uint8)
    light = dark + np.uint8(difference)
    assert psnr(dark, light) == psnr(light, dark) == pytest.approx(decibels)


def test_agrees_with_scikit_image() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    restored, reference = np.random.default_rng(0).integers(0, 256, (2, 40, 30), dtype=np.uint8)
    assert psnr(restored, reference) == pytest.approx(metrics.peak_signal_noise_ratio(reference, restored), abs=1e-9)


def test_mean_squared_error_is_on_the_scale_of_one() -> None:
    dark = np.zeros((5, 6, 3), np.uint8)
    assert mse(dark, dark) == 0.0
    assert mse(dark, dark + np.uint8(255)) == 1.0
    assert mse(dark, dark + np.uint8(51)) == pytest.approx(0.04)


def test_mean_squared_error_and_psnr_are_the_same_fact() -> None:
    restored, reference = np.random.default_rng(1).integers(0, 256, (2, 9, 7, 3), dtype=np.uint8)
    assert rgb_psnr(restored, reference) == pytest.approx(-10 * math.log10(mse(restored, reference)), abs=1e-9)


def test_rgb_psnr_pools_the_error_of_the_channels_of_equal_sizes() -> None:
    reference = np.zeros((4, 5, 3), np.uint8)
    restored = reference.copy()
    restored[..., 2] = 30
    assert rgb_psnr(restored, reference) == pytest.approx(10 * math.log10(255**2 / (30**2 / 3)))
    assert rgb_psnr(restored, restored) == math.inf
    with pytest.raises(PictureError):
        rgb_psnr(reference, np.zeros((1, 5, 3), np.uint8))
