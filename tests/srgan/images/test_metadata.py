"""What a file says beside its pixels: carried from every format into every other that can hold it."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, IptcImagePlugin

from srgan.images import profile
from srgan.images.image import FORMATS, Metadata, SaveOptions, read, write

PIXELS = np.random.default_rng(3).integers(0, 256, (20, 30, 3)).astype(np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# The same profile with another text in it stands for a wide-gamut one: no program may take it for its own sRGB.
WIDE = SRGB.replace(b"sRGB", b"Wide")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF tiff:Orientation="6"/></x:xmpmeta>'
MADE_BY = "srgan 0.1.0 (test), model srresnet 1a2b3c4d, x4"
IPTC = b"\x1c\x02\x78\x00\x05hello"


def _tags() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010E], tags[0x0112], tags[0x0131], tags[0x8298] = "A cat (black)", 6, "Camera 1.0", "(c) me"
    photo = tags.get_ifd(0x8769)
    photo[0x9003], photo[0x829A], photo[0xA002], photo[0x927C] = "2020:01:02 03:04:05", 0.004, 99, b"maker's own"
    tags.get_ifd(0x8825).update({1: "N", 2: (50.0, 30.0, 12.25)})
    return tags


def _source(format: str) -> bytes:
    options: dict[str, Any] = {"exif": _tags(), "icc_profile": WIDE, "dpi": (300, 150)}
    if format in ("jpeg", "webp", "avif"):
        options["xmp"] = XMP
    with io.BytesIO() as file:
        Image.fromarray(PIXELS).save(file, format, **options)
        return file.getvalue()


@pytest.mark.parametrize("source", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize("target", FORMATS)
def test_everything_is_carried(source: str, target: str, tmp_path: Path) -> None:
    picture = read(_source(source))
    path = tmp_path / "result"
    write(path, picture.pixels, options=SaveOptions(target, made_by=MADE_BY), metadata=picture.metadata)
    with Image.open(path) as result:
        assert result.size == (20, 30)  # turned
        assert result.info["icc_profile"] == WIDE
        tags = result.getexif()
        assert tags[0x010E] == "A cat (black)"
        assert tags[0x8298] == "(c) me"
        assert tags.get(0x0112, 1) == 1
        assert tags[0x0131] == MADE_BY
        photo = tags.get_ifd(0x8769)
        assert photo[0x9003] == "2020:01:02 03:04:05"
        assert photo[0x829A] == pytest.approx(0.004)
        assert photo[0x927C] == b"maker's own"
        assert photo[0xA002] == 20
        assert tags.get_ifd(0x8825)[2] == (50.0, 30.0, 12.25)
        assert target != "png" or result.info["Software"] == MADE_BY
        if source in ("jpeg", "png"):
            assert (float(tags[0x011A]), float(tags[0x011B])) == pytest.approx((300, 150), rel=1e-4)
    again = read(path)
    assert again.metadata.icc == WIDE
    assert again.metadata.xmp == (None if source == "png" else XMP.replace(b'"6"', b'"1"'))
    if source in ("jpeg", "png"):
        assert again.metadata.dots_per_inch == (300.0, 150.0)
    # And once more, from every format.
    write(tmp_path / "second.png", again.pixels, metadata=again.metadata)
    with Image.open(tmp_path / "second.png") as second:
        assert second.getexif()[0x010E] == "A cat (black)"
        assert second.getexif().get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
        assert second.getexif().get_ifd(0x8825)[1] == "N"


def test_tiff_of_others_gives_its_tags(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x010E], tags[0x010F], tags[0x0132] = "A cat", "Maker", "2020:01:02 03:04:05"
    Image.fromarray(PIXELS).save(tmp_path / "other.tif", exif=tags, dpi=(300, 300), icc_profile=WIDE)
    picture = read(tmp_path / "other.tif")
    write(tmp_path / "result.jpg", picture.pixels, metadata=picture.metadata)
    with Image.open(tmp_path / "result.jpg") as result:
        found = result.getexif()
        assert (found[0x010E], found[0x010F], found[0x0132]) == ("A cat", "Maker", "2020:01:02 03:04:05")
        assert result.info["dpi"] == (300, 300)
        assert result.info["icc_profile"] == WIDE


@pytest.mark.parametrize("target", FORMATS)
def test_stripped_but_for_the_profile(target: str, tmp_path: Path) -> None:
    picture = read(_source("jpeg"))
    path = tmp_path / "result"
    options = SaveOptions(target, keep_metadata=False, made_by=MADE_BY)
    write(path, picture.pixels, options=options, metadata=picture.metadata)
    content = path.read_bytes()
    for secret in (b"A cat", b"(c) me", b"2020:01:02", b"maker's own", b"xmpmeta", b"srgan", b"Camera 1.0"):
        assert secret not in content
    assert read(path).metadata.icc == WIDE


@pytest.mark.parametrize("source", ["jpeg", "tiff"])
@pytest.mark.parametrize("target", ["jpeg", "tiff"])
def test_iptc(source: str, target: str, tmp_path: Path) -> None:
    write(tmp_path / "source", PIXELS, options=SaveOptions(source), metadata=Metadata(iptc=IPTC))
    metadata = read(tmp_path / "source").metadata
    assert metadata.iptc == IPTC
    write(tmp_path / "result", PIXELS, options=SaveOptions(target), metadata=metadata)
    with Image.open(tmp_path / "result") as result:
        assert IptcImagePlugin.getiptcinfo(result) == {(2, 120): b"hello"}
    assert read(tmp_path / "result").metadata.iptc == IPTC


def test_thumbnail_is_dropped(tmp_path: Path) -> None:
    with io.BytesIO() as file:
        Image.fromarray(255 - PIXELS[:8, :8]).save(file, "jpeg")
        thumbnail = file.getvalue()
    # Pillow does not write thumbnails: a second directory by hand, with the offset and length of one.
    block = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + (26).to_bytes(4, "little")
    block += b"\x02\0" + b"\x01\x02\x04\0\x01\0\0\0" + (56).to_bytes(4, "little")
    block += b"\x02\x02\x04\0\x01\0\0\0" + len(thumbnail).to_bytes(4, "little") + bytes(4)
    with io.BytesIO() as file:
        Image.fromarray(PIXELS).save(file, "jpeg", exif=b"Exif\0\0" + block + thumbnail)
        data = file.getvalue()
    assert thumbnail in data
    picture = read(data)
    assert picture.pixels.shape == (30, 20, 3)
    for name in ("a.jpg", "a.png", "a.tif", "a.webp"):
        write(tmp_path / name, picture.pixels, metadata=picture.metadata)
        assert thumbnail not in (tmp_path / name).read_bytes()


def test_profile_for_another_kind_is_left_out(tmp_path: Path) -> None:
    gray = WIDE[:16] + b"GRAY" + WIDE[20:]
    with io.BytesIO() as file:
        Image.fromarray(PIXELS).save(file, "png", icc_profile=gray)
        picture = read(file.getvalue())
    assert picture.metadata.icc is None
    write(tmp_path / "gray.webp", PIXELS[:, :, :1], metadata=Metadata(icc=gray))
    assert read(tmp_path / "gray.webp").metadata.icc is None
    write(tmp_path / "gray.png", PIXELS[:, :, :1], metadata=Metadata(icc=gray))
    assert read(tmp_path / "gray.png").metadata.icc == gray


def test_damaged_profile_is_left_out_and_said() -> None:
    assert profile.is_intact(WIDE)
    for damaged in (WIDE[:-1], WIDE[:100], WIDE.replace(b"acsp", b"acsq"), WIDE[:132] + b"\xff" * 40 + WIDE[172:]):
        assert not profile.is_intact(damaged)
        with io.BytesIO() as file:
            Image.fromarray(PIXELS).save(file, "jpeg", icc_profile=damaged)
            picture = read(file.getvalue())
        assert picture.metadata.icc is None
        assert picture.info.notes == ("colour profile left out: it is damaged, or for another kind of picture",)


@pytest.mark.parametrize("target", FORMATS)
def test_metadata_too_large_for_a_format_does_not_spoil_the_picture(target: str, tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x010E] = "A cat" * 20_000
    metadata = Metadata(exif=tags.tobytes().removeprefix(b"Exif\0\0"), xmp=b"<x>" + b" " * 100_000, iptc=IPTC * 10_000)
    write(tmp_path / "result", PIXELS, options=SaveOptions(target, made_by=MADE_BY), metadata=metadata)
    result = read(tmp_path / "result")
    assert result.pixels.shape == PIXELS.shape
    if target != "jpeg":
        assert result.metadata.xmp == metadata.xmp
