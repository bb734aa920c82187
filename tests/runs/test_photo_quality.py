"""What is measured of photos: sharpness, traces of JPEG, drawings, copies."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from runs.photo_quality import fingerprint, jpeg_quality, measure


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """Noise with more power in its low frequencies, as photos have it."""
    random = np.random.default_rng(0)
    sides = [
        np.fft.fftfreq(side)[:, None] if axis == 0 else np.fft.fftfreq(side) for axis, side in enumerate((256, 320))
    ]
    distance = np.maximum(np.hypot(*sides), 1 / 320)[:, :, None]
    waves = np.fft.fft2(random.normal(size=(256, 320, 3)), axes=(0, 1)) / distance
    levels = np.fft.ifft2(waves, axes=(0, 1)).real
    return Image.fromarray((128 + 40 * levels / levels.std()).clip(0, 255).astype(np.uint8))


def test_noise_is_sharper_than_a_photo_and_a_photo_than_its_blur(photo: Image.Image) -> None:
    random = np.random.default_rng(1)
    noise = measure(random.integers(0, 256, (256, 320, 3), dtype=np.uint8)).sharpness
    sharp = measure(np.asarray(photo)).sharpness
    soft = measure(np.asarray(photo.filter(ImageFilter.GaussianBlur(2)))).sharpness
    assert noise == pytest.approx(1, abs=0.02)  # white: the same energy at every distance
    assert 1 / 16 < soft < 0.15 < 0.3 < sharp < 0.6


def test_a_long_wave_is_as_smooth_as_can_be() -> None:
    wave = 128 + 127 * np.cos(np.arange(256) * np.pi / 16)
    found = measure(np.repeat(np.tile(wave, (64, 1))[:, :, None], 3, axis=2).round().astype(np.uint8))
    assert found.sharpness == pytest.approx(1 / 16, rel=0.1)
    assert measure(np.full((64, 64, 3), 9, np.uint8)).detail == 0


@pytest.mark.parametrize("quality", [30, 50, 75, 90, 97])
def test_jpeg_quality_is_the_one_it_was_written_with(photo: Image.Image, quality: int, tmp_path: Path) -> None:
    photo.save(tmp_path / "a.jpg", quality=quality)
    with Image.open(tmp_path / "a.jpg") as written:
        assert abs(jpeg_quality(written) - quality) <= 1


def test_png_is_lossless_and_others_are_unknown(photo: Image.Image, tmp_path: Path) -> None:
    for name, expected in (("a.png", 100), ("a.webp", 80)):
        photo.save(tmp_path / name)
        with Image.open(tmp_path / name) as written:
            assert jpeg_quality(written) == expected


def test_blocks_of_jpeg_are_seen_at_half_their_size_as_well(photo: Image.Image, tmp_path: Path) -> None:
    photo.filter(ImageFilter.GaussianBlur(1)).save(tmp_path / "a.jpg", quality=8)
    with Image.open(tmp_path / "a.jpg") as written:
        whole = written.convert("RGB")
    assert measure(np.asarray(photo)).blocks < 1.05
    assert measure(np.asarray(whole)).blocks > 1.2
    half = np.asarray(whole)[::2, ::2]
    assert measure(half, 2).blocks > 1.2
    assert measure(half[:, ::2], 3).blocks == 1


def test_white_gray_and_drawn_are_counted() -> None:
    page = np.full((100, 200, 3), 255, np.uint8)
    page[:, :90] = (200, 100, 50)
    page[:, 110:] = (10, 20, 30)
    found = measure(page)
    assert found.white == pytest.approx(0.1)
    assert found.gutters == pytest.approx(20 / 180)
    assert found.even == pytest.approx(197 / 199)
    assert found.chroma == pytest.approx(0.45 * 150 + 0.45 * 20, rel=1e-5)


def test_a_copy_at_another_size_has_nearly_the_same_fingerprint_and_another_photo_has_not(photo: Image.Image) -> None:
    own = fingerprint(photo)
    assert 0 <= own < 2**64
    assert (own ^ fingerprint(photo.resize((160, 128)))).bit_count() <= 4
    assert (own ^ fingerprint(photo.transpose(Image.Transpose.FLIP_TOP_BOTTOM))).bit_count() > 12
