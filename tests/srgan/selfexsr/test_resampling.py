"""Prepared resampling is MATLAB's imresize with repeated borders."""

import numpy as np
import pytest

from srgan.images.resize import imresize
from srgan.selfexsr.compiling import row_threads
from srgan.selfexsr.resampling import Resampler


@pytest.mark.parametrize(
    ("size", "result"),
    [((13, 21), (52, 84)), ((52, 84), (13, 21)), ((40, 33), (50, 42)), ((1, 5), (4, 20)), ((30, 20), (1, 40))],
)
def test_is_imresize(size: tuple[int, int], result: tuple[int, int]) -> None:
    image = (255 * np.random.default_rng(0).random(size)).astype(np.float32)
    with row_threads() as for_rows:
        resampled = Resampler(size, result, for_rows)(image)
    assert resampled.dtype == np.float32
    assert np.abs(resampled - imresize(image, size=result, border="replicate")).max() < 1e-3
