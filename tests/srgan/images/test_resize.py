"""imresize against MATLAB's own files and Pillow; libvips' way near it, and never of another size."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import zoom

from srgan.images.colour import Pixels
from srgan.images.resize import imresize, resize


def golden(data_folder: Path) -> list[Path]:
    files = sorted((data_folder / "golden" / "matlab_imresize_x4").rglob("*_HR.png"))
    assert len(files) == 19
    return files


def test_makes_the_low_resolution_files_that_matlab_made(data_folder: Path) -> None:
    for path in golden(data_folder):
        high = np.asarray(Image.open(path))
        low = np.asarray(Image.open(str(path).replace("_HR", "_LR")))
        assert np.array_equal(imresize(high, 0.25, border="replicate"), low), path


def test_symmetric_border_changes_only_the_rim(data_folder: Path) -> None:
    high = np.asarray(Image.open(golden(data_folder)[0]))
    replicate, symmetric = (imresize(high, 0.25, border=border) for border in ("replicate", "symmetric"))
    assert np.array_equal(replicate[2:-2, 2:-2], symmetric[2:-2, 2:-2])
    assert not np.array_equal(replicate, symmetric)


@pytest.mark.parametrize(("kernel", "pillow"), [("cubic", 3), ("linear", 2), ("lanczos3", 1)])
@pytest.mark.parametrize("size", [(20, 31), (13, 17), (90, 120)])
def test_agrees_with_pillow_inside(kernel: str, pillow: int, size: tuple[int, int]) -> None:
    """Pillow's filters are the same kernels (a = -0.5, antialiased), with another border."""
    picture = np.random.default_rng(0).random((60, 80)).astype(np.float32)
    expected = np.asarray(Image.fromarray(picture).resize(size[::-1], pillow))
    result = imresize(picture, size=size, kernel=kernel)  # type: ignore[arg-type]
    rim = 1 + max(size[0] // 6, size[1] // 6)
    inside = (slice(rim, -rim), slice(rim, -rim))
    assert np.abs(result - expected)[inside].max() < 2e-5


def test_constant_pictures_stay_constant() -> None:
    for value in (0, 77, 255):
        for factor in (0.25, 0.3, 1, 2.7):
            assert (imresize(np.full((17, 23), value, np.uint8), factor) == value).all()


def test_nearest_enlarging_repeats_pixels() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    assert np.array_equal(imresize(picture, 3, kernel="nearest"), picture.repeat(3, 0).repeat(3, 1))


def test_linear_without_antialias_is_interpolation() -> None:
    picture = np.random.default_rng(2).random((9, 9))
    expected = zoom(picture, 3, order=1, grid_mode=True, mode="nearest")
    assert np.allclose(imresize(picture, 3, kernel="linear", border="replicate"), expected)


def test_size_is_rounded_up() -> None:
    assert imresize(np.zeros((10, 11), np.uint8), 0.25).shape == (3, 3)
    assert imresize(np.zeros((1, 1, 3), np.uint8), 4).shape == (4, 4, 3)


def test_sixteen_bits_are_clipped_to_sixteen_bits() -> None:
    edge = np.zeros((8, 8), np.uint16)
    edge[:, 4:] = 65535
    result = imresize(edge, 4)  # a cubic overshoots on both sides of an edge
    assert result.dtype == np.uint16
    assert (result.min(), result.max()) == (0, 65535)
    assert (np.diff(result[0].astype(int))[1:-1] >= 0).sum() >= 16


def test_rounding_once_differs_from_rounding_each_pass() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (64, 64), np.uint8)
    twice, once = (imresize(picture, 0.25, round_passes=choice) for choice in (True, False))
    exact = imresize(picture.astype(np.float64), 0.25)
    assert np.abs(once - exact).max() <= 0.5
    assert 0 < np.abs(twice.astype(int) - once).max() <= 2


def test_the_picture_given_is_left_alone() -> None:
    picture = np.random.default_rng(4).random((8, 8))
    before = picture.copy()
    imresize(picture, 0.5)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize(
    ("picture", "arguments"),
    [
        (np.zeros((4, 4)), {}),
        (np.zeros((4, 4)), {"factor": 2.0, "size": (8, 8)}),
        (np.zeros((4, 4)), {"factor": 0.0}),
        (np.zeros((4, 4)), {"factor": float("nan")}),
        (np.zeros((4, 4)), {"size": (0, 4)}),
        (np.zeros((0, 4)), {"factor": 2.0}),
        (np.zeros(4), {"factor": 2.0}),
        (np.zeros((4, 4), np.int32), {"factor": 2.0}),
    ],
)
def test_refuses_what_cannot_be_meant(picture: np.ndarray, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="imresize"):
        imresize(picture, **arguments)  # type: ignore[arg-type]


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
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.sampled_from([(np.uint8, 255), (np.uint16, 65_535), (np.float32, 1)]),
)  # fmt: skip
def test_size_is_exact_and_a_flat_picture_stays_flat(
    height: int, width: int, channels: int, size: tuple[int, int], kind: tuple[Any, int]
) -> None:
    dtype, top = kind
    picture = np.empty((height, width, channels), dtype)
    picture[:] = [top / 3, top, top / 7, top][:channels]
    result = resize(picture, size)
    assert result.shape == (size[1], size[0], channels)
    assert result.dtype == dtype
    most = {255: 2, 65_535: 1, 1: 1e-6}[top]  # 8 bits are rounded after each axis
    assert np.abs(result.astype(float) - picture[0, 0]).max() <= most


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65_535), (np.float32, 1)])
@pytest.mark.parametrize("size", [(20, 20), (70, 70)])
def test_colours_that_nobody_sees_do_not_show(dtype: Any, top: int, size: tuple[int, int]) -> None:
    picture = np.zeros((40, 40, 4), dtype)
    picture[:, :20] = [top, 0, 0, top]
    picture[:, 20:] = [0, top, 0, 0]  # green, and invisible
    result = resize(picture, size)
    seen = result[result[:, :, 3] > top / 50].astype(float) / top
    assert seen[:, 0].min() > 0.98
    assert seen[:, 1].max() < 0.02


@pytest.mark.parametrize("size", [(20, 20), (90, 70)])
def test_colour_under_alpha_0_survives(size: tuple[int, int]) -> None:
    picture = np.full((40, 40, 4), [10, 200, 30, 0], np.uint8)
    picture[:, :20] = 255
    result = resize(picture, size)
    assert (result[:, -5:] == [10, 200, 30, 0]).all()


def test_refuses_what_is_no_picture() -> None:
    for pixels, size in ((np.zeros((4, 4), np.uint8), (2, 2)), (np.zeros((4, 4, 3), np.float64), (2, 2)),
                         (np.zeros((4, 4, 5), np.uint8), (2, 2)), (np.zeros((4, 4, 3), np.uint8), (0, 2))):  # fmt: skip
        with pytest.raises(ValueError, match=r"resize|float64"):
            resize(pixels, size)  # type: ignore[arg-type]
