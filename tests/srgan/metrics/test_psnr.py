"""Errors and PSNR on pictures whose error is known, and against scikit-image."""

import math

import numpy as np
import pytest

from srgan.errors import PictureError
from srgan.metrics.psnr import mse, psnr, rgb_psnr


def test_identical_planes_are_infinitely_close() -> None:
    plane = np.full((3, 4), 7, np.uint8)
    assert psnr(plane, plane.copy()) == math.inf


def test_difference_of_one_everywhere_is_48_decibels() -> None:
    dark = np.zeros((5, 6), np.uint8)
    assert psnr(dark, dark + np.uint8(1)) == pytest.approx(20 * math.log10(255))


def test_black_against_white_is_zero_decibels_in_either_order() -> None:
    black, white = np.zeros((5, 6), np.uint8), np.full((5, 6), 255, np.uint8)
    assert psnr(black, white) == 0.0
    assert psnr(white, black) == 0.0


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


def test_rgb_psnr_pools_the_error_of_the_channels() -> None:
    reference = np.zeros((4, 5, 3), np.uint8)
    restored = reference.copy()
    restored[..., 2] = 30
    assert rgb_psnr(restored, reference) == pytest.approx(10 * math.log10(255**2 / (30**2 / 3)))
    assert rgb_psnr(restored, restored) == math.inf


def test_rgb_psnr_refuses_different_sizes() -> None:
    with pytest.raises(PictureError):
        rgb_psnr(np.zeros((4, 5, 3), np.uint8), np.zeros((1, 5, 3), np.uint8))
