"""Wang's SSIM against scikit-image, daala's against its definition, written out pixel by pixel."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.metrics.ssim import daala_ssim, daala_taps, wang_ssim

Plane = NDArray[np.uint8]


def _pair(height: int, width: int) -> tuple[Plane, Plane]:
    """A smooth plane and a noisy copy."""
    rows, columns = np.mgrid[:height, :width]
    smooth = 128 + 100 * np.sin(rows / 9) * np.cos(columns / 7)
    noise = np.random.default_rng(0).normal(0, 12, smooth.shape)
    return np.clip(smooth + noise, 0, 255).astype(np.uint8), smooth.astype(np.uint8)


@pytest.mark.parametrize("shape", [(11, 11), (11, 40), (75, 60), (200, 131)])
def test_wang_ssim_is_that_of_scikit_image_where_the_window_fits(shape: tuple[int, int]) -> None:
    metrics = pytest.importorskip("skimage.metrics")
    restored, reference = _pair(*shape)
    options = {"data_range": 255, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    _, values = metrics.structural_similarity(reference, restored, full=True, **options)
    assert wang_ssim(restored, reference) == pytest.approx(np.mean(values[5:-5, 5:-5]), abs=1e-9)


def test_wang_ssim_needs_room_for_its_window() -> None:
    small = np.zeros((10, 40), np.uint8)
    with pytest.raises(ValueError, match="11x11"):
        wang_ssim(small, small)


def _daala_by_definition(x: NDArray[np.int64], y: NDArray[np.int64], taps: NDArray[np.int64]) -> float:
    """The sums over the part of the window that lies inside the picture, one pixel after the other."""
    height, width = x.shape
    side = len(taps) - 1
    total = mass = 0.0
    for row in range(height):
        for column in range(width):
            rows = np.arange(max(row - side, 0), min(row + side + 1, height))
            columns = np.arange(max(column - side, 0), min(column + side + 1, width))
            weights = np.outer(taps[np.abs(rows - row)], taps[np.abs(columns - column)])
            a, b = x[np.ix_(rows, columns)], y[np.ix_(rows, columns)]
            w = weights.sum()
            mx, my = (weights * a).sum(), (weights * b).sum()
            xx, xy, yy = (weights * a * a).sum(), (weights * a * b).sum(), (weights * b * b).sum()
            c1, c2 = (0.01 * 255 * w) ** 2, (0.03 * 255 * w) ** 2
            similarity = (2 * mx * my + c1) * (2 * (xy * w - mx * my) + c2)
            similarity /= (mx**2 + my**2 + c1) * (xx * w - mx**2 + yy * w - my**2 + c2)
            total += w * similarity
            mass += w
    return total / mass


@pytest.mark.parametrize("shape", [(70, 33), (90, 5), (6, 40), (1, 1), (150, 2), (200, 1)])
def test_daala_ssim_is_its_definition(shape: tuple[int, int]) -> None:
    restored, reference = _pair(*shape)
    taps = daala_taps(shape[0], min(shape) - 1).astype(np.int64)
    expected = _daala_by_definition(restored.astype(np.int64), reference.astype(np.int64), taps)
    assert daala_ssim(restored, reference) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("height", [1, 6, 64, 255, 472, 1000, 2048])
def test_daala_window_adds_up_to_256(height: int) -> None:
    taps = daala_taps(height, 10**6)
    assert 2 * taps.sum() - taps[0] == 256
    assert len(daala_taps(height, 2)) <= 3


def test_daala_window_follows_the_height_alone() -> None:
    portrait, landscape = daala_taps(480, 319), daala_taps(320, 319)
    assert len(portrait) > len(landscape)


@pytest.mark.parametrize("ssim", [wang_ssim, daala_ssim])
def test_identical_planes_score_exactly_one(ssim: Callable[[Plane, Plane], float]) -> None:
    restored, _ = _pair(100, 70)
    assert ssim(restored, restored.copy()) == 1.0
