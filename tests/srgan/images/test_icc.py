"""Colour profiles: made ones against LittleCMS and the published matrices."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from srgan.errors import OutputError
from srgan.images.icc import (
    Cicp,
    colour_from_gray,
    fits,
    is_cmyk,
    is_intact,
    make_profile,
    space_of_cicp,
    space_of_png,
)
from srgan.images.image import Metadata, read, write
from tests.helpers.image_files import SRGB_PROFILE

PIXELS = np.random.default_rng(3).integers(0, 256, (20, 30, 3)).astype(np.uint8)
# Display P3 to sRGB, linear light (both D65), rounded as in CSS Color 4.
P3_TO_SRGB = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])


def _to_srgb(profile: bytes, colour: tuple[int, int, int]) -> list[int]:
    image = Image.new("RGB", (1, 1), colour)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None
    return np.asarray(converted)[0, 0].tolist()  # type: ignore[no-any-return]


def _decoded(level: int) -> float:
    value = level / 255
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("colour", [(200, 100, 50), (90, 120, 200), (255, 255, 255), (30, 30, 30)])
def test_display_p3(colour: tuple[int, int, int]) -> None:
    space = space_of_cicp((12, 13))
    assert space is not None
    linear = np.clip(P3_TO_SRGB @ [_decoded(level) for level in colour], 0, 1)
    expected = 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(np.subtract(_to_srgb(make_profile(space, gray=False), colour), expected)).max() <= 1.5


@pytest.mark.parametrize("code", [(1, 13), (2, 13), (1, 2)])
def test_srgb_is_srgb(code: Cicp) -> None:
    space = space_of_cicp(code)
    assert space is not None
    assert np.abs(np.subtract(_to_srgb(make_profile(space, gray=False), (200, 100, 50)), (200, 100, 50))).max() <= 1


def test_hdr_has_no_profile() -> None:
    assert space_of_cicp((9, 16)) is space_of_cicp((9, 18)) is space_of_cicp((99, 13)) is None


def test_gamma_of_png() -> None:
    usual = (45_455).to_bytes(4, "big")
    chromaticities = b"".join(
        value.to_bytes(4, "big") for value in (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    )
    assert (
        space_of_png(usual, None) is space_of_png(usual, chromaticities) is space_of_png(None, chromaticities) is None
    )
    space = space_of_png((100_000).to_bytes(4, "big"), None)
    assert space is not None
    assert space.curve == (1.0,)
    expected = [255 * (1.055 * (level / 255) ** (1 / 2.4) - 0.055) for level in (201, 188, 164)]
    assert np.abs(np.subtract(_to_srgb(make_profile(space, gray=False), (201, 188, 164)), expected)).max() <= 1


@pytest.mark.parametrize("format", ["webp", "avif", "bmp"])
def test_a_gray_profile_is_kept_where_gray_becomes_rgb(format: str, tmp_path: Path) -> None:
    space = space_of_cicp((1, 8))  # linear, where (55, 55, 55) is a middle gray
    assert space is not None
    gray = np.full((16, 16, 1), 55, np.uint8)
    write(tmp_path / f"a.{format}", gray, metadata=Metadata(icc=make_profile(space, gray=True)))
    again = read(tmp_path / f"a.{format}")
    assert again.metadata.icc is not None
    expected = 255 * (1.055 * (55 / 255) ** (1 / 2.4) - 0.055)
    assert np.abs(np.subtract(_to_srgb(again.metadata.icc, (55, 55, 55)), expected)).max() <= 1
    assert again.info.notes == ()


def test_a_gray_profile_without_a_curve_is_left_out() -> None:
    space = space_of_cicp((1, 8))
    assert space is not None
    profile = make_profile(space, gray=True).replace(b"kTRC", b"kkkk")
    assert colour_from_gray(profile) is colour_from_gray(SRGB_PROFILE) is colour_from_gray(b"") is None


def test_kinds_of_profiles() -> None:
    space = space_of_cicp((1, 8))
    assert space is not None
    gray, colour = (make_profile(space, gray=gray) for gray in (True, False))
    assert is_intact(gray)
    assert is_intact(colour)
    assert [fits(gray, channels) for channels in (1, 2, 3, 4)] == [True, True, False, False]
    assert [fits(colour, channels) for channels in (1, 2, 3, 4)] == [False, False, True, True]
    assert not is_cmyk(colour)
    bad_table = SRGB_PROFILE[:132] + b"\xff" * 40 + SRGB_PROFILE[172:]
    for damaged in (SRGB_PROFILE[:-1], SRGB_PROFILE[:100], SRGB_PROFILE.replace(b"acsp", b"acsq"), bad_table):
        assert not is_intact(damaged)
    assert is_intact(SRGB_PROFILE)


def _rendered(path: Path) -> Any:
    """Colours as a colour-managed viewer shows them: through the profile, to sRGB."""
    with Image.open(path) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        return np.asarray(ImageCms.profileToProfile(image.convert("RGB"), profile, ImageCms.createProfile("sRGB")))


LINEAR = ((b"gAMA", (100_000).to_bytes(4, "big")),)


def test_gamma_of_png_is_kept_or_becomes_a_profile(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), [136, 114, 84], np.uint8)
    write(tmp_path / "a.png", pixels, metadata=Metadata(chunks=LINEAR))
    source = read(tmp_path / "a.png")
    assert source.metadata.chunks == LINEAR
    expected = 255 * (1.055 * (pixels[0, 0] / 255) ** (1 / 2.4) - 0.055)
    for name in ("b.jpg", "b.webp", "b.tif", "b.avif"):
        write(tmp_path / name, source.pixels, metadata=source.metadata)
        assert np.abs(_rendered(tmp_path / name)[8, 8] - expected).max() <= 3, name


@pytest.mark.parametrize("code", [(9, 16), (12, 13)])
def test_colour_codes_are_kept_converted_or_refused(code: tuple[int, int], tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), [200, 100, 50], np.uint8)
    write(tmp_path / "a.png", pixels, metadata=Metadata(cicp=code))
    source = read(tmp_path / "a.png")
    for name in ("b.avif", "b.png"):
        write(tmp_path / name, source.pixels, metadata=source.metadata)
        again = read(tmp_path / name)
        assert again.metadata.cicp == code
        assert np.abs(again.pixels[8, 8].astype(int) - (200, 100, 50)).max() <= 2
    if code == (9, 16):
        with pytest.raises(OutputError):
            write(tmp_path / "b.jpg", source.pixels, metadata=source.metadata)
    else:
        write(tmp_path / "b.jpg", source.pixels, metadata=source.metadata)
        assert np.abs(_rendered(tmp_path / "b.jpg")[8, 8].astype(int) - (215, 93, 31)).max() <= 3


def test_colour_codes_of_avif_are_those_that_exiftool_reads(
    tmp_path: Path, exiftool: Callable[[Path], dict[str, Any]]
) -> None:
    write(tmp_path / "a.avif", PIXELS, metadata=Metadata(cicp=(12, 13)))
    found = exiftool(tmp_path / "a.avif")
    assert (found["QuickTime:ColorPrimaries"], found["QuickTime:TransferCharacteristics"]) == (12, 13)
    assert found["QuickTime:MatrixCoefficients"] == 6
