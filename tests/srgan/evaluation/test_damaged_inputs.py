"""Inputs: read from words, damaged as they say, the same for the same names; what makes no image is refused."""

import io

import numpy as np
import pytest
from PIL import Image

from srgan.data.mixes import MIXES
from srgan.errors import UsageError
from srgan.evaluation.damaged_inputs import CLEAN, Damage, Pixels, reduced
from srgan.images.resize import imresize


@pytest.fixture(scope="module")
def high() -> Pixels:
    """An image of waves, 160x192."""
    y, x = np.mgrid[0:160, 0:192]
    waves: Pixels = (127 + 80 * np.sin(np.stack([x / 15, y / 19, (x + y) / 27], axis=-1))).astype(np.uint8)
    return waves


WORDS = {
    "clean": ("clean", None, "clean"),
    "jpeg:75": ("jpeg", 75.0, "jpeg75"),
    "webp:1": ("webp", 1.0, "webp1"),
    "noise:2.5": ("noise", 2.5, "noise2.5"),
    "noise:10": ("noise", 10.0, "noise10"),
    **{name: (name, None, name) for name in (*MIXES, "everyday")},
}


@pytest.mark.parametrize(("text", "parts"), WORDS.items(), ids=WORDS)
def test_words_are_read_and_written(text: str, parts: tuple[str, float | None, str]) -> None:
    damage = Damage.parse(text)
    assert (damage.kind, damage.level, damage.slug) == parts
    assert damage.text == text
    assert Damage.parse(damage.text) == damage
    assert damage.description


def test_one_damage_has_one_spelling() -> None:
    assert Damage.parse("jpeg:075") == Damage.parse("jpeg:75.0") == Damage("jpeg", 75)
    assert Damage.parse("clean") == CLEAN


@pytest.mark.parametrize(
    "text",
    [
        *("jpeg", "jpeg:", "jpeg:0", "jpeg:101", "jpeg:-5", "jpeg:7.5", "jpeg:x", "jpeg:75:50", "webp:0", "webp:nan"),
        *("noise", "noise:0", "noise:-1", "noise:256", "noise:nan", "noise:inf", "messenger:3", "clean:1"),
    ],
)
def test_what_makes_no_image_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(UsageError, match=f"the input {text} makes no image: write {text.partition(':')[0]}"):
        Damage.parse(text)


@pytest.mark.parametrize("text", ["foo", "foo:3", "JPEG:75", "mesenger", ""])
def test_an_unknown_input_lists_those_that_there_are(text: str) -> None:
    with pytest.raises(UsageError, match=r"choose of clean, jpeg:QUALITY, .*, web, resaved, noisy, hard, everyday$"):
        Damage.parse(text)


@pytest.mark.parametrize("text", WORDS)
def test_the_seed_and_the_kind_fix_the_image(high: Pixels, text: str) -> None:
    damage = Damage.parse(text)
    first, same, other = (damage.apply(high, scale=4, seed=seed) for seed in ("Set5/baby", "Set5/baby", "Set5/bird"))
    assert first.shape == (40, 48, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, same)
    if damage.kind in ("clean", "jpeg", "webp"):
        assert np.array_equal(first, other)
    elif text != "everyday":
        assert not np.array_equal(first, other)


def test_clean_is_matlab_s_reduction(high: Pixels) -> None:
    clean = imresize(high, 0.25, border="replicate")
    assert np.array_equal(reduced(high, 4), clean)
    assert np.array_equal(CLEAN.apply(high, scale=4, seed=""), clean)


def test_a_jpeg_is_that_of_another_encoder_with_half_the_colours(high: Pixels) -> None:
    file = io.BytesIO()
    Image.fromarray(reduced(high, 4)).save(file, "JPEG", quality=60, subsampling="4:2:0")
    difference = np.asarray(Image.open(file)).astype(int) - Damage("jpeg", 60).apply(high, scale=4, seed="")
    assert np.abs(difference).max() <= 3  # encoders round transforms otherwise


def test_noise_has_the_deviation_in_each_colour(high: Pixels) -> None:
    noisy = Damage("noise", 10).apply(np.tile(high, (4, 4, 1)), scale=4, seed="").astype(int)
    noise = noisy - reduced(np.tile(high, (4, 4, 1)), 4)
    assert noise.std(axis=(0, 1)) == pytest.approx([10, 10, 10], rel=0.03)
    assert np.abs(np.corrcoef(noise.reshape(-1, 3).T) - np.eye(3)).max() < 0.03
