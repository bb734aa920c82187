"""Blur: SciPy's Gaussian, every kernel of unit sum and centred, the same for the same random generator."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from srgan.data.blur import blurred, gaussian_matrix


@pytest.mark.parametrize("deviation", [0.2, 0.5, 1.0, 2.35, 4.0])
@pytest.mark.parametrize("length", [5, 60])
def test_the_gaussian_is_scipy_s(deviation: float, length: int) -> None:
    matrix = gaussian_matrix(length, deviation)
    assert matrix.shape == (length, length)
    assert np.allclose(matrix.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    line = np.random.default_rng(1).random(length)
    radius = int(np.ceil(3.0 * deviation))
    expected = gaussian_filter1d(line, deviation, mode="nearest", radius=radius)
    assert np.abs(matrix @ line - expected).max() < 1e-9
    assert np.abs(matrix @ line - gaussian_filter1d(line, deviation, mode="nearest", truncate=4.0)).max() < 1e-3


def test_kernels_of_every_shape_keep_brightness_and_place() -> None:
    dot = np.zeros((61, 61, 3), np.float32)
    dot[30, 30] = 1.0
    flat = np.full((20, 24, 3), 77.0, np.float32)
    y, x = np.mgrid[-30:31, -30:31]
    for seed in range(60):
        spread = blurred(dot, 3.0, np.random.default_rng(seed))[..., 0].astype(np.float64)
        assert spread.sum() == pytest.approx(1.0, abs=0.1)  # the rings of a sinc reach beyond the image
        assert abs((spread * y).sum()) < 1e-3
        assert abs((spread * x).sum()) < 1e-3
        assert np.abs(blurred(flat, 3.0, np.random.default_rng(seed)) - 77.0).max() < 1e-3


def test_kernels_differ_by_the_generator_alone() -> None:
    image = np.random.default_rng(0).random((30, 40, 3), np.float32)
    one, same, other = (blurred(image, 2.0, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one.shape == image.shape
    assert one.dtype == np.float32
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
