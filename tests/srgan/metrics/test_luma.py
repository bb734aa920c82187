"""Both lumas on colours whose luma is known, and the exactness that png2y4m's rules need."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.errors import PictureError
from srgan.metrics.luma import bt601_luma, png2y4m_luma, rgb_pair, to_rgb


def _noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


PRIMARIES = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255)]


@pytest.mark.parametrize(("colour", "code"), [*zip(PRIMARIES, (16, 235, 81, 145, 41), strict=True)])
def test_bt601_luma_of_the_primaries(colour: tuple[int, int, int], code: int) -> None:
    assert bt601_luma(np.full((2, 3, 3), colour, np.uint8)).tolist() == [[code] * 3] * 2


def test_bt601_luma_is_the_rounded_luma_of_scikit_image() -> None:
    color = pytest.importorskip("skimage.color")
    picture = _noise(64, 48)
    assert np.array_equal(bt601_luma(picture), np.floor(color.rgb2ycbcr(picture)[..., 0] + 0.5))


@pytest.mark.parametrize(("colour", "code"), [*zip(PRIMARIES, (16, 235, 63, 172, 32), strict=True)])
def test_png2y4m_luma_of_the_primaries_is_that_of_bt709(colour: tuple[int, int, int], code: int) -> None:
    # Green is 172.63, but with its chroma rounded and red and blue cut off at 0, RGB made from 172 is nearer to it.
    flat = np.full((4, 6, 3), colour, np.uint8)
    assert np.all(png2y4m_luma(flat, dither=False) == code)


def test_png2y4m_luma_of_grey_is_rounded_without_dither_and_near_with_it() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    exact = 16 + 219 * grey[..., 0].astype(np.float64) / 255
    assert np.array_equal(png2y4m_luma(grey, dither=False), np.floor(exact + 0.5))
    assert np.max(np.abs(png2y4m_luma(grey) - exact)) < 1.5 + 0.5  # at most a quantum of dither in Y, and rounding


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (3, 5), (7, 4)])
def test_png2y4m_luma_of_odd_sizes_repeats_the_last_pixels(shape: tuple[int, int]) -> None:
    picture = _noise(*shape)
    padded = np.pad(picture, ((0, shape[0] % 2), (0, shape[1] % 2), (0, 0)), mode="edge")
    plane = png2y4m_luma(picture, dither=False)
    assert plane.shape == shape
    assert plane.dtype == np.uint8
    assert np.array_equal(plane, png2y4m_luma(padded, dither=False)[: shape[0], : shape[1]])
    assert png2y4m_luma(picture).shape == shape


def test_png2y4m_luma_is_the_same_every_time() -> None:
    picture = _noise(30, 40)
    first = png2y4m_luma(picture)
    png2y4m_luma(_noise(200, 300))  # lengthens the dither
    assert np.array_equal(first, png2y4m_luma(picture))


def test_png2y4m_reconstruction_divides_as_integers_do() -> None:
    unit, step = 9745792000, 2916394880000
    generator = np.random.default_rng(0)
    near = generator.integers(-10, 70000, 20000) * unit + generator.integers(-1, 2, 20000)
    far = generator.integers(-(10**15), 10**15, 20000)
    for dividends in (near, far, np.arange(-16, 240) * step + unit // 2):
        assert np.array_equal(np.floor(dividends / unit), dividends // unit)


def test_grey_becomes_rgb_of_three_equal_channels() -> None:
    grey = _noise(4, 5)[..., 0]
    assert np.array_equal(to_rgb(grey, "restored"), np.stack([grey] * 3, axis=2))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((40, 52, 3)),
        np.zeros((40, 52), np.uint16),
        np.zeros((40, 52, 4), np.uint8),
        np.zeros((40, 52, 1), np.uint8),
        np.zeros(40, np.uint8),
    ],
)
def test_other_arrays_than_eight_bit_rgb_or_grey_are_refused(image: NDArray[Any]) -> None:
    with pytest.raises(PictureError, match=r"restored picture .* pass \(H, W, 3\) or \(H, W\) as uint8, without alpha"):
        to_rgb(image, "restored")


def test_a_pair_has_one_size() -> None:
    with pytest.raises(PictureError, match=r"52x40 .* 52x41: crop"):
        rgb_pair(np.zeros((40, 52, 3), np.uint8), np.zeros((41, 52, 3), np.uint8))
