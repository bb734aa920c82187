"""Lossy compression against Pillow: pixels, chroma subsampling and quality."""

import io

import numpy as np
import pytest
from PIL import Image

from srgan.data.compression import Compression, Pixels, compress, encode
from srgan.errors import PictureError


@pytest.fixture(scope="module")
def image() -> Pixels:
    """A colourful image of waves and noise with odd sides."""
    y, x = np.mgrid[0:45, 0:67]
    waves = 127 + 80 * np.sin(np.stack([x / 5, y / 9, (x + y) / 7], axis=-1))
    noisy: Pixels = np.clip(waves + np.random.default_rng(0).normal(0, 10, waves.shape), 0, 255).astype(np.uint8)
    return noisy


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    "setting",
    [Compression("jpeg", quality, chroma) for quality in (1, 30, 75, 100) for chroma in (True, False)]
    + [Compression("webp", quality) for quality in (1, 50, 100)],
    ids=str,
)
def test_pixels_are_those_that_pillow_decodes(image: Pixels, setting: Compression) -> None:
    file = opened(encode(image, setting))
    assert file.format == setting.format.upper()
    assert np.array_equal(compress(image, setting), np.asarray(file.convert("RGB")))


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_chroma_subsampling(image: Pixels, quality: int) -> None:
    for subsampled, luma in ((True, (2, 2)), (False, (1, 1))):
        components = opened(encode(image, Compression("jpeg", quality, subsampled))).layer  # type: ignore[attr-defined]
        assert [component[1:3] for component in components] == [luma, (1, 1), (1, 1)]


def test_quality_is_that_of_libjpeg(image: Pixels) -> None:
    ours = opened(encode(image, Compression("jpeg", 75)))
    theirs = io.BytesIO()
    Image.fromarray(image).save(theirs, "JPEG", quality=75)
    assert ours.quantization == opened(theirs.getvalue()).quantization  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["jpeg", "webp"])
def test_lower_quality_has_larger_errors(image: Pixels, form: str) -> None:
    errors = [
        np.abs(compress(image, Compression(form, quality)).astype(int) - image).mean()  # type: ignore[arg-type]
        for quality in (95, 75, 50, 20)
    ]
    assert errors == sorted(errors)


@pytest.mark.parametrize("quality", [0, 101, -5])
def test_qualities_out_of_range_are_errors(quality: int) -> None:
    with pytest.raises(ValueError, match=f"{quality}"):
        Compression("jpeg", quality)


def test_an_image_too_large_for_a_format_is_an_error() -> None:
    with pytest.raises(PictureError):
        compress(np.zeros((1, 20000, 3), np.uint8), Compression("webp", 50))
