"""The quality of a WebP is read from its quantisers, and no header breaks the reading."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from srgan.images.exif import from_bytes
from srgan.images.webp_header import WebpHeader, read_webp_header
from tests.helpers.image_files import saved
from tests.helpers.images_made_up import drawing, photo, webp

COARSE = webp(photo(0, 40, 30), quality=60)


def header_of(contents: bytes) -> WebpHeader:
    return read_webp_header(from_bytes(contents))


@pytest.mark.parametrize(
    ("quality", "off"), [(100, 0), (98, 1), (97, 1), (95, 2), (90, 2), (85, 3), (80, 3), (75, 10), (60, 10), (40, 12)]
)
def test_the_quality_of_libwebp_is_found_again(quality: int, off: int) -> None:
    for pixels in (photo(1), photo(2, 330, 210), drawing(3)):
        found = header_of(webp(pixels, quality=quality))
        assert found.lossy
        assert found.quality == pytest.approx(quality, abs=off)


def test_what_lies_around_the_frame_is_passed_over() -> None:
    pixels = photo(0, 40, 30)
    image = Image.fromarray(pixels).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    assert header_of(saved(image, "WEBP", quality=60, exif=b"Exif\0\0" + bytes(99))) == header_of(COARSE)


def test_of_an_animation_the_first_frame_counts() -> None:
    still = photo(0, 40, 30)
    moving = webp(still, quality=90, save_all=True, append_images=[Image.fromarray(255 - still)])
    assert header_of(moving).quality == pytest.approx(90, abs=3)


def test_lossless_is_told() -> None:
    assert header_of(webp(photo(0, 40, 30), lossless=True)) == WebpHeader(lossy=False, quality=None)


@pytest.mark.parametrize("contents", [b"", COARSE[:12], COARSE[:20], COARSE[:24], COARSE[:12] + bytes(8) * 999])
def test_what_is_cut_short_counts_as_lossy(contents: bytes) -> None:
    assert header_of(contents) == WebpHeader(lossy=True, quality=None)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(COARSE) - 1), st.binary(max_size=40))
def test_no_header_breaks_the_reading(at: int, junk: bytes) -> None:
    found = header_of(COARSE[:at] + junk + COARSE[at + len(junk) :])
    assert found.quality is None or 1 <= found.quality <= 100
