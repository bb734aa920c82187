"""Enlarged images: true to the input, sharper than bicubic, the same in any number of threads, of any size."""

import os
from pathlib import Path

import numpy as np
import pytest

from runs.releasing import small_and_large
from srgan.images.resize import imresize
from srgan.metrics.protocol import PAPER
from srgan.selfexsr.patch_search import Floats
from srgan.selfexsr.reconstruction import enlarge_rgb


def rings(side: int) -> Floats:
    """Return (3, side, side): gray rings and stripes with hard edges, in [0, 1]."""
    y, x = np.mgrid[:side, :side] / side
    waves = np.sin(40 * np.hypot(x - 0.5, y - 0.4)) + np.sin(25 * x + 8 * y)
    shade = np.clip(0.5 + 2 * waves, 0.1, 0.9)
    return np.stack([shade] * 3).astype(np.float32)


def shrunk(image: Floats, scale: int) -> Floats:
    return np.stack([imresize(channel, 1 / scale, border="replicate") for channel in image])


def rms(difference: Floats) -> float:
    return float(np.sqrt(np.mean(difference[:, 8:-8, 8:-8] ** 2)))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_is_sharper_than_bicubic_and_true_to_the_input(scale: int) -> None:
    true = rings(48 * scale)
    low = shrunk(true, scale)
    made = enlarge_rgb(low, scale)
    bicubic = np.stack([imresize(channel, scale, border="replicate") for channel in low])
    assert made.shape == true.shape
    assert made.dtype == np.float32
    assert rms(made - true) < 0.9 * rms(bicubic - true)
    assert rms(shrunk(made, scale) - low) < 0.3 * rms(shrunk(bicubic, scale) - low)


def test_threads_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    low = shrunk(rings(88), 4)
    results = []
    for count in (1, 2, 5):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid, count=count: set(range(count)), raising=False)
        results.append(enlarge_rgb(low, 4))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (5, 5), (6, 6), (7, 30), (23, 17)])
def test_images_smaller_than_a_patch_and_odd_ones(size: tuple[int, int]) -> None:
    low = np.random.default_rng(0).random((3, *size), np.float32)
    made = enlarge_rgb(low, 4)
    assert made.shape == (3, 4 * size[0], 4 * size[1])
    assert np.isfinite(made).all()
    flat = enlarge_rgb(np.full((3, *size), 0.25, np.float32), 4)
    assert np.abs(flat - 0.25).max() < 1e-4


def test_gray_stays_gray() -> None:
    low = np.repeat(np.random.default_rng(0).random((1, 20, 20), np.float32), 3, axis=0)
    red, green, blue = enlarge_rgb(low, 4)
    assert np.abs(red - green).max() < 1e-5
    assert np.abs(red - blue).max() < 1e-5


@pytest.mark.slow
def test_set5_scores_as_measured(data_folder: Path) -> None:
    """Paper protocol; Huang et al. have 30.33 dB."""
    scores = []
    for low, high in small_and_large(data_folder / "testsets" / "Set5"):
        made = enlarge_rgb((np.moveaxis(low, 2, 0) / 255).astype(np.float32), 4)
        restored = np.clip(np.floor(255 * np.moveaxis(made, 0, 2) + 0.5), 0, 255).astype(np.uint8)
        scores.append(PAPER.measure(restored, high).psnr)
    assert np.mean(scores) > 30.2
