"""Landmarks: found again where they went, and their prints against scipy's transform."""

import numpy as np
import pytest
from scipy.fft import dctn

from srgan.data.landmarks import BITS, Landmarks, ScaleSpace
from srgan.images.resize import resize
from tests.helpers.fractal import fractal


def found_again(expected: Landmarks, found: Landmarks) -> float:
    """The share of those expected that are found near their place, of about their size and of the same print."""
    near = np.abs(expected.places[:, None] - found.places).max(2) < 0.5 * expected.sizes[:, None]
    near &= np.abs(np.log2(expected.sizes[:, None] / found.sizes)) < 0.3
    alike = np.sign(expected.prints) @ np.sign(found.prints).T / BITS
    return float((near & (alike > 0.6)).any(1).mean())


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.6])
def test_resized_pictures_have_the_same_landmarks(factor: float) -> None:
    picture = fractal(1)
    small = resize(picture, (round(200 * factor), round(160 * factor))).astype(np.uint8)
    before, after = (ScaleSpace(pixels).landmarks(100) for pixels in (picture, small))
    assert len(before) > 50
    assert before.prints.shape == (len(before), BITS)
    assert found_again(before, after) > 0.5


def test_mirrored_pictures_have_mirrored_landmarks() -> None:
    picture = fractal(2)
    space, mirrored = ScaleSpace(picture), ScaleSpace(picture[:, ::-1])
    assert space.width == mirrored.width == pytest.approx((200 / 160) ** 0.5)
    before, after = space.landmarks(100), mirrored.landmarks(100)
    assert found_again(before.mirrored(space.width), after) > 0.8
    assert found_again(before, after) < 0.1


def test_a_print_is_the_lowest_frequencies_of_what_is_around() -> None:
    y, x = np.mgrid[0:384, 0:384]  # the size at which pictures are compared: nothing is resized
    gray = 127 + 60 * np.sin(x / 19) * np.cos(y / 31)
    size, centre, reach = 12 / 384, np.array([200.0, 180.0]), 4.5 * 12  # pixels
    prints, inside = ScaleSpace(gray.repeat(3).reshape(384, 384, 3).astype(np.uint8)).prints(
        np.array([(centre + 0.5) / 384, [0.01, 0.5]]), np.array([size, size])
    )
    assert inside.tolist() == [0]  # around the other, there is no picture
    samples = (np.arange(16) + 0.5) / 16 * 2 - 1
    columns, rows = centre[0] + reach * samples, centre[1] + reach * samples
    spectrum = dctn(np.sin(columns / 19) * np.cos(rows[:, None] / 31))
    down, across = np.mgrid[0:16, 0:16]
    order = np.lexsort((across.ravel(), down.ravel(), (down**2 + across**2).ravel()))[1 : BITS + 1]
    expected = (spectrum * np.hypot(down, across)).ravel()[order]
    assert np.corrcoef(prints[0], expected)[0, 1] > 0.99


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 3000, 3), (96, 96, 3)])
def test_nothing_stands_out_where_nothing_is(shape: tuple[int, int, int]) -> None:
    assert len(ScaleSpace(np.full(shape, 200, np.uint8)).landmarks(100)) == 0
