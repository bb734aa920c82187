"""Formats: recognised by their first bytes, and refused before any work when an image does not fit."""

from typing import Any

import pytest

from srgan.errors import OutputError, UsageError
from srgan.images.formats import FORMATS, EncodeOptions, check_format, format_of, losses, sniff


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF89a", "gif"),
        (b"II*\0", "tiff"),
        (b"MM\0+", "tiff"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf", "avif"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0avifmiaf", "avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"<svg xmlns", None),
        (b"%PDF-1.7", None),
        (b"\x08\xf2\xa6\xb6", None),  # libvips' own format
        (b"", None),
    ],
)
def test_sniff(start: bytes, expected: str | None) -> None:
    assert sniff(start) == expected


def test_names_ask_for_formats() -> None:
    asked = {name: format_of(name) for name in ("a.JPG", "a.jpeg", "b.png", "d.tif", "e.avif", "f.bmp", "f.gif", "g")}
    assert list(asked.values()) == ["jpeg", "jpeg", "png", "tiff", "avif", "bmp", None, None]


@pytest.mark.parametrize(
    ("format", "width", "height", "channels"),
    [
        ("jpeg", 65_536, 1, 3), ("webp", 1, 16_384, 3), ("avif", 16_385, 1, 3), ("png", 100_000_001, 1, 3),
        ("jpeg", 10, 10, 4), ("jpeg", 10, 10, 2), ("gif", 10, 10, 3), ("png", 0, 10, 3), ("png", 10, 10, 5),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(format: str, width: int, height: int, channels: int) -> None:
    with pytest.raises(OutputError) as caught:
        check_format(format, width, height, channels, 8)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"format": "gif"}, "format"),
        ({"format": "jpeg", "quality": 0}, "quality"),
        ({"format": "jpeg", "quality": 101}, "quality"),
        ({"format": "jpeg", "lossless": True}, "lossless"),
    ],
)
def test_options_are_checked(options: dict[str, Any], parameter: str) -> None:
    with pytest.raises(UsageError) as caught:
        EncodeOptions(**options)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(("format", "side"), [("jpeg", 65_535), ("webp", 16_383), ("avif", 16_384), ("tiff", 10**8)])
def test_the_longest_side_fits(format: str, side: int) -> None:
    check_format(format, side, 1, 3, 8)
    check_format(format, 1, side, 1, 16)


def test_losses() -> None:
    assert losses("png", 2, 16) == losses("tiff", 1, 16) == losses("jpeg", 1, 8) == losses("webp", 4, 8) == ()
    assert losses("webp", 1, 16) == (
        "16 bit rounded to 8, the most that webp holds",
        "gray written as RGB, for webp has no gray",
    )
    assert all(form.suffixes[0] for form in FORMATS.values())
