"""Lossy files: valid to another reader, as it decodes them, with the chroma that was asked for."""

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


@pytest.mark.parametrize("subsampled", [True, False])
@pytest.mark.parametrize("quality", [1, 30, 75, 95, 100])
def test_jpeg_is_decoded_as_pillow_decodes_it(image: Pixels, quality: int, subsampled: bool) -> None:
    setting = Compression("jpeg", quality, subsampled)
    file = opened(encode(image, setting))
    assert file.format == "JPEG"
    assert np.array_equal(compress(image, setting), np.asarray(file))


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_chroma_is_halved_only_if_asked(image: Pixels, quality: int) -> None:
    for subsampled, luma in ((True, (2, 2)), (False, (1, 1))):
        components = opened(encode(image, Compression("jpeg", quality, subsampled))).layer  # type: ignore[attr-defined]
        assert [component[1:3] for component in components] == [luma, (1, 1), (1, 1)]


def test_quality_is_libjpeg_s(image: Pixels) -> None:
    ours = opened(encode(image, Compression("jpeg", 75)))
    theirs = io.BytesIO()
    Image.fromarray(image).save(theirs, "JPEG", quality=75)
    assert ours.quantization == opened(theirs.getvalue()).quantization  # type: ignore[attr-defined]


@pytest.mark.parametrize("quality", [1, 50, 100])
def test_webp_is_decoded_as_pillow_decodes_it(image: Pixels, quality: int) -> None:
    setting = Compression("webp", quality)
    file = opened(encode(image, setting))
    assert file.format == "WEBP"
    assert np.array_equal(compress(image, setting), np.asarray(file.convert("RGB")))


@pytest.mark.parametrize("form", ["jpeg", "webp"])
def test_less_quality_is_farther_from_the_image(image: Pixels, form: str) -> None:
    errors = [
        np.abs(compress(image, Compression(form, quality)).astype(int) - image).mean()  # type: ignore[arg-type]
        for quality in (95, 75, 50, 20)
    ]
    assert errors == sorted(errors)


@pytest.mark.parametrize("quality", [0, 101, -5])
def test_qualities_that_there_are_not_are_refused(quality: int) -> None:
    with pytest.raises(ValueError, match=f"{quality}"):
        Compression("jpeg", quality)


def test_an_image_too_large_for_a_format_is_refused() -> None:
    with pytest.raises(PictureError, match="20000x1 pixels cannot be a webp file"):
        compress(np.zeros((1, 20000, 3), np.uint8), Compression("webp", 50))
