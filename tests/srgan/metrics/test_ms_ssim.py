"""MS-SSIM against its definition, computed with two-dimensional windows by SciPy."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.errors import PictureError
from srgan.metrics import MULTISCALE, multiscale_protocol
from srgan.metrics.ms_ssim import SMALLEST, ms_ssim

Plane = NDArray[np.uint8]


def _pair(height: int, width: int) -> tuple[Plane, Plane]:
    """A plane with structure at several sizes, and a noisy copy first."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    smooth = 128 + 60 * np.sin(rows / 23) * np.cos(columns / 17) + 40 * np.sin((rows + 2 * columns) / 3)
    noise = generator.normal(0, 25, smooth.shape)
    return np.clip(smooth + noise, 0, 255).astype(np.uint8), np.clip(smooth, 0, 255).astype(np.uint8)


def _by_definition(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """`msssim.m` step by step, variances apart, its `imfilter` with the 2x2 window that begins at the pixel."""
    signal = pytest.importorskip("scipy.signal")
    distance = np.arange(-5, 6)
    window = np.exp(-(distance[:, None] ** 2 + distance**2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = 6.5025, 58.5225
    x, y = restored.astype(np.float64), reference.astype(np.float64)
    result = 1.0
    for scale, weight in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
        mean_x, mean_y = (signal.correlate2d(one, window, mode="valid") for one in (x, y))
        variance_x = signal.correlate2d(x * x, window, mode="valid") - mean_x**2
        variance_y = signal.correlate2d(y * y, window, mode="valid") - mean_y**2
        covariance = signal.correlate2d(x * y, window, mode="valid") - mean_x * mean_y
        values = (2 * covariance + c2) / (variance_x + variance_y + c2)
        if scale == 4:
            values *= (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        result *= values.mean() ** weight
        quarter = np.full((2, 2), 0.25)
        mirrored = [np.pad(one, ((0, 1), (0, 1)), mode="symmetric") for one in (x, y)]
        x, y = (signal.correlate2d(one, quarter, mode="valid")[::2, ::2] for one in mirrored)
    return result


@pytest.mark.parametrize("shape", [(176, 176), (187, 201), (240, 178)])
def test_ms_ssim_is_its_definition(shape: tuple[int, int]) -> None:
    restored, reference = _pair(*shape)
    assert 0.2 < ms_ssim(restored, reference) < 0.95
    assert ms_ssim(restored, reference) == pytest.approx(_by_definition(restored, reference), abs=1e-11)


def test_identical_planes_score_exactly_one_and_order_plays_no_part() -> None:
    restored, reference = _pair(200, 190)
    assert ms_ssim(restored, restored.copy()) == 1.0
    assert ms_ssim(restored, reference) == ms_ssim(reference, restored)


def test_reversed_structure_scores_zero() -> None:
    _, reference = _pair(180, 180)
    assert ms_ssim(255 - reference, reference) == 0.0


def test_a_change_of_brightness_counts_at_the_coarsest_scale_alone() -> None:
    _, reference = _pair(180, 200)
    calm = (reference // 4 + 60).astype(np.uint8)  # 60 to 123
    brighter = calm + np.uint8(40)
    x, y = 91.5, 131.5  # the means of what the coarse windows see lie about here
    luminance = (2 * x * y + 6.5025) / (x * x + y * y + 6.5025)
    assert ms_ssim(brighter, calm) == pytest.approx(luminance**0.1333, abs=2e-3)


def test_planes_without_room_for_five_scales_are_refused() -> None:
    small = np.zeros((SMALLEST - 1, 400), np.uint8)
    with pytest.raises(ValueError, match="176x176"):
        ms_ssim(small, small)
    picture = np.zeros((183, 400, 3), np.uint8)
    with pytest.raises(PictureError, match=r"too small for the multiscale protocol, .* at least 184x184"):
        MULTISCALE.measure(picture, picture)


def test_protocol_measures_the_cropped_luma_and_says_so() -> None:
    planes = _pair(190, 190)
    restored, reference = (np.stack([plane] * 3, axis=2) for plane in planes)
    spoilt = restored.copy()
    spoilt[:4], spoilt[-4:] = 0, 255
    score = MULTISCALE.measure(restored, reference)
    assert MULTISCALE.measure(spoilt, reference) == score
    assert MULTISCALE.measure(reference, reference).psnr == math.inf
    assert multiscale_protocol(2).crop == 2
    assert "2 px cropped" in multiscale_protocol(2).description
