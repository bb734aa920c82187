"""PSNR on planes whose error is known, and against scikit-image."""

import math

import numpy as np
import pytest

from srgan.metrics.psnr import psnr


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
