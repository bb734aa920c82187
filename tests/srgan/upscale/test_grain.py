"""Grain: its strength, where it fades, that it depends on the place alone, and which models' results get it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan.errors import UsageError
from srgan.images.colour import Pixels
from srgan.upscale.grain import add_grain
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import find
from srgan.weights.interpolation import Interpolated
from srgan.weights.model_file import with_card


def _plain(level: float, dtype: type, shape: tuple[int, int, int] = (64, 512, 3)) -> Pixels:
    top = 1.0 if dtype is np.float32 else np.iinfo(dtype).max / 255.0
    image: Pixels = np.full(shape, level * top / (255.0 if dtype is np.float32 else 1.0), dtype)
    return image


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_grain_has_the_strength_asked_for(dtype: type) -> None:
    image = _plain(128, dtype)
    before = image.copy()
    add_grain(image, 0, 2.0)
    levels = (image.astype(np.float64) - before) * (255.0 if dtype is np.float32 else 255.0 / np.iinfo(dtype).max)
    assert image.dtype == dtype
    assert levels.std() == pytest.approx(np.hypot(2.0, 0.29 if dtype is np.uint8 else 0.0), rel=0.03)
    assert abs(levels.mean()) < 0.05
    np.testing.assert_array_equal(levels[:, :, 0], levels[:, :, 2])
    neighbours = np.corrcoef(levels[:, 1:, 0].ravel(), levels[:, :-1, 0].ravel())[0, 1]
    below = np.corrcoef(levels[1:, :, 0].ravel(), levels[:-1, :, 0].ravel())[0, 1]
    assert max(abs(neighbours), abs(below)) < 0.03


@pytest.mark.parametrize("level", [0, 255])
def test_saturated_places_have_none(level: int) -> None:
    image = _plain(level, np.uint8)
    add_grain(image, 0, 5.0)
    assert (image == level).all()


def test_bands_agree_with_the_whole_image() -> None:
    whole = np.random.default_rng(0).integers(0, 256, (40, 70, 1), dtype=np.uint8)
    bands = [whole[:17].copy(), whole[17:].copy()]
    add_grain(whole, 100, 3.0)
    for first, band in zip((100, 117), bands, strict=True):
        add_grain(band, first, 3.0)
    np.testing.assert_array_equal(np.concatenate(bands), whole)


def test_its_numbers_stay() -> None:
    image = _plain(100, np.uint8, (1, 8, 1))
    add_grain(image, 7, 4.0)
    assert image.ravel().tolist() == [99, 101, 98, 101, 106, 99, 96, 98]


@pytest.fixture
def grained(tiny_model: Path, tmp_path: Path) -> Path:
    """A model whose card asks for grain."""
    card = replace(find(tiny_model).card, name="grained", grain=3.0)
    path = tmp_path / "grained.onnx"
    path.write_bytes(with_card(tiny_model.read_bytes(), card.to_json()))
    return path


def test_results_get_the_grain_of_the_model_or_the_one_asked_for(
    grained: Path, tiny_model: Path, tmp_path: Path
) -> None:
    picture: Any = np.random.default_rng(1).integers(60, 190, (23, 31, 3), dtype=np.uint8)
    smooth = Upscaler(tiny_model).upscale(picture)
    np.testing.assert_array_equal(Upscaler(grained, grain=0).upscale(picture), smooth)
    expected = smooth.copy()
    add_grain(expected, 0, 3.0)
    np.testing.assert_array_equal(Upscaler(grained).upscale(picture), expected)
    np.testing.assert_array_equal(Upscaler(tiny_model, grain=3).upscale(picture), expected)
    Image.fromarray(picture).save(tmp_path / "small.png")
    Upscaler(grained).upscale_file(tmp_path / "small.png", tmp_path / "large.png")
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "large.png")), expected)


def test_alpha_gets_no_grain(tiny_model: Path) -> None:
    picture: Any = np.full((8, 8, 2), 128, np.uint8)
    with_grain, without = (Upscaler(tiny_model, grain=strength).upscale(picture) for strength in (5, 0))
    np.testing.assert_array_equal(with_grain[:, :, 1], without[:, :, 1])
    assert not np.array_equal(with_grain[:, :, 0], without[:, :, 0])


def test_between_two_models_there_is_some(pair: tuple[Path, Path]) -> None:
    photo_real, faithful = (find(path) for path in pair)
    photo_real = replace(photo_real, card=replace(photo_real.card, grain=2.0))
    assert Interpolated(photo_real, faithful, 0.25).grain == 1.5


@pytest.mark.parametrize("grain", [-0.1, 51, float("nan")])
def test_grain_out_of_range_is_refused(tiny_model: Path, grain: float) -> None:
    with pytest.raises(UsageError) as refused:
        Upscaler(tiny_model, grain=grain)
    assert refused.value.parameter == "grain"
