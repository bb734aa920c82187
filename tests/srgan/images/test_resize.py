"""Resampling for the eye: near MATLAB's, which rests on other code, and never of another size."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srgan.images.colour import Pixels
from srgan.images.resample import imresize
from srgan.images.resize import resize


def _smooth(height: int, width: int, channels: int, dtype: Any) -> Pixels:
    down, across = np.mgrid[:height, :width]
    waves = [0.5 + 0.4 * np.sin(across / (3 + c) + c) * np.cos(down / (4 + c)) for c in range(channels)]
    result: Pixels = (np.stack(waves, axis=2) * np.iinfo(dtype).max).astype(dtype)
    return result


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("size", "kernel"),
    [((32, 25), "lanczos3"), ((63, 17), "lanczos3"), ((128, 100), "cubic"), ((80, 63), "cubic"), ((65, 50), "cubic")],
)
def test_agrees_with_imresize(dtype: Any, channels: int, size: tuple[int, int], kernel: Any) -> None:
    picture = _smooth(50, 64, channels, dtype)
    expected = imresize(picture, size=size[::-1], kernel=kernel, border="replicate").astype(float)
    difference = np.abs(resize(picture, size).astype(float) - expected) / np.iinfo(dtype).max * 255
    # The rim differs, for libvips rounds positions and repeats edges a little differently.
    assert difference[3:-3, 3:-3].max() <= (2 if dtype == np.uint8 else 1)  # 8 bits are rounded after each axis
    assert difference.mean() < 0.3


@settings(max_examples=40)
@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 4),
    st.tuples(st.integers(1, 90), st.integers(1, 90)), st.sampled_from([np.uint8, np.uint16]),
)  # fmt: skip
def test_size_is_exact_and_a_flat_picture_stays_flat(
    height: int, width: int, channels: int, size: tuple[int, int], dtype: Any
) -> None:
    top = np.iinfo(dtype).max
    picture = np.empty((height, width, channels), dtype)
    picture[:] = [top // 3, top, top // 7, top][:channels]
    result = resize(picture, size)
    assert result.shape == (size[1], size[0], channels)
    assert result.dtype == dtype
    assert np.abs(result.astype(int) - picture[0, 0].astype(int)).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [(20, 20), (70, 70)])
def test_colours_that_nobody_sees_do_not_show(dtype: Any, size: tuple[int, int]) -> None:
    top = np.iinfo(dtype).max
    picture = np.zeros((40, 40, 4), dtype)
    picture[:, :20] = [top, 0, 0, top]
    picture[:, 20:] = [0, top, 0, 0]  # green, and invisible
    result = resize(picture, size)
    seen = result[result[:, :, 3] > top // 50].astype(float) / top
    assert seen[:, 0].min() > 0.98
    assert seen[:, 1].max() < 0.02


def test_refuses_what_is_no_picture() -> None:
    for pixels, size in ((np.zeros((4, 4), np.uint8), (2, 2)), (np.zeros((4, 4, 3), np.float32), (2, 2)),
                         (np.zeros((4, 4, 5), np.uint8), (2, 2)), (np.zeros((4, 4, 3), np.uint8), (0, 2))):  # fmt: skip
        with pytest.raises(ValueError, match="resize"):
            resize(pixels, size)  # type: ignore[arg-type]
