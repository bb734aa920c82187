"""Known test pictures: found whatever was done to them, and nothing else taken for them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from srgan.data.compression import Compression, compress
from srgan.data.known_tests import KnownTests, known_tests, read_known_tests, write_known_tests
from srgan.data.prepare import find_pictures, rgb8
from srgan.images.resize import resize
from tests.helpers.fractal import fractal

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> KnownTests:
    """A list of three."""
    path = tmp_path_factory.mktemp("list") / "known.npz"
    write_known_tests(path, {f"Rough/{seed}": fractal(seed) for seed in range(3)})
    return read_known_tests(path)


def resized(pixels: Pixels, factor: float) -> Pixels:
    height, width = pixels.shape[:2]
    factor = max(factor, 64 / min(height, width))
    return resize(pixels, (round(width * factor), round(height * factor))).astype(np.uint8)


def cut(pixels: Pixels, share: float, right: float, down: float) -> Pixels:
    """What is left of a picture: a share of its sides, so far to the right and down, from 0 to 1."""
    height, width = (round(side * share) for side in pixels.shape[:2])
    y, x = round(down * (pixels.shape[0] - height)), round(right * (pixels.shape[1] - width))
    return pixels[y : y + height, x : x + width]


UNIT = st.floats(0, 1)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2), share=st.floats(0.5, 1), right=UNIT, down=UNIT, octaves=st.floats(-1.0, 2.0),
    mirrored=st.booleans(), light=st.floats(-20, 20), contrast=st.floats(0.8, 1.2),
)  # fmt: skip
def test_parts_of_any_size_are_found(
    known: KnownTests, seed: int, share: float, right: float, down: float, octaves: float, mirrored: bool,
    light: float, contrast: float,
) -> None:  # fmt: skip
    pixels = resized(cut(fractal(seed), share, right, down), 2**octaves)[:, :: -1 if mirrored else 1]
    toned = ((pixels.astype(float) - 127) * contrast + 127 + light).clip(0, 255).astype(np.uint8)
    assert known.find(compress(toned, Compression("jpeg", 70))) == f"Rough/{seed}"


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2), share=st.floats(0.5, 1), right=UNIT, down=UNIT, mirrored=st.booleans())
def test_a_part_of_a_larger_picture_is_found(
    known: KnownTests, seed: int, share: float, right: float, down: float, mirrored: bool
) -> None:
    around = fractal(99, round(160 / share), round(200 / share)).copy()
    cut(around, share, right, down)[:160, :200] = fractal(seed)[: round(160 / share), : round(200 / share)]
    assert known.find(around[:, :: -1 if mirrored else 1]) == f"Rough/{seed}"


def test_others_are_not_found(known: KnownTests) -> None:
    assert [known.find(fractal(seed)) for seed in range(100, 120)] == [None] * 20
    # A corner that the two have in common is not enough.
    around = fractal(99, 300, 300).copy()
    around[:60, :60] = fractal(0)[-60:, -60:]
    assert known.find(around) is None


def test_the_order_of_the_list_is_that_of_the_names(known: KnownTests) -> None:
    assert known.names == ("Rough/0", "Rough/1", "Rough/2")
    assert len(known.identity) == 8
    assert known.starts[0] == 0
    assert known.starts[-1] == len(known.landmarks)


@pytest.mark.parametrize("name", ["Set5", "Set14", "BSD100"])
def test_the_list_that_is_shipped_knows_the_test_sets(data_folder: Path, name: str) -> None:
    files = find_pictures([data_folder / "testsets" / name])
    assert {f"{name}/{file.stem}" for file in files} <= set(known_tests().names)
    same = {"Set5/head": "Set14/face", "Set14/face": "Set5/head"}  # one and the same
    for file in files[:: max(1, len(files) // 4)]:
        pixels, expected = rgb8(file), f"{name}/{file.stem}"
        for made in (pixels, resized(pixels, 0.5)[:, ::-1], resized(cut(pixels, 0.6, 0.3, 0.6), 1.7)):
            assert known_tests().find(made) in (expected, same.get(expected))
