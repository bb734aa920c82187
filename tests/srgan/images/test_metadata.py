"""What a file says beside its pixels: carried from every format into every other that can hold it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, IptcImagePlugin, PngImagePlugin

from srgan.images import exif
from srgan.images.containers import jpeg_segment
from srgan.images.exif import Directory
from srgan.images.icc import SRGB_SPACE, make_profile
from srgan.images.image import FORMATS, EncodeOptions, ImageWriter, Metadata, read, write
from tests.helpers.image_files import SRGB_PROFILE, saved

PIXELS = np.random.default_rng(3).integers(0, 256, (20, 30, 3)).astype(np.uint8)
# The same profile with another text in it stands for a wide-gamut one: no program may take it for its own sRGB.
WIDE = SRGB_PROFILE.replace(b"sRGB", b"Wide")
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
    return saved(PIXELS, format, **options)


@pytest.mark.parametrize("source", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize("target", ["jpeg", "png", "webp", "tiff", "avif"])
def test_everything_is_carried(source: str, target: str, tmp_path: Path) -> None:
    image = read(_source(source))
    path = tmp_path / "result"
    write(path, image.pixels, options=EncodeOptions(target, made_by=MADE_BY), metadata=image.metadata)
    with Image.open(path) as result:
        assert result.size == (20, 30)  # turned
        assert result.info["icc_profile"] == WIDE
        tags = result.getexif()
        assert (tags[0x010E], tags[0x8298], tags[0x0131], tags[0x000B]) == (
            "A cat (black)", "(c) me", "Camera 1.0", MADE_BY,
        )  # fmt: skip
        assert tags.get(0x0112, 1) == 1
        photo = tags.get_ifd(0x8769)
        assert (photo[0x9003], photo[0xA002], 0xA001 in photo) == ("2020:01:02 03:04:05", 20, False)
        assert photo[0x829A] == pytest.approx(0.004)
        assert photo.get(0x927C) == (None if target == "tiff" else b"maker's own")
        assert tags.get_ifd(0x8825)[2] == (50.0, 30.0, 12.25)
        if source in ("jpeg", "png") and target in ("webp", "avif"):  # the others have places of their own for it
            assert (float(tags[0x011A]), float(tags[0x011B])) == pytest.approx((300, 150), rel=1e-4)
    again = read(path)
    assert again.metadata.icc == WIDE
    assert again.metadata.xmp == (None if source == "png" else XMP.replace(b'"6"', b'"1"'))
    if source in ("jpeg", "png"):
        assert again.metadata.dots_per_inch == (300.0, 150.0)


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
    options = EncodeOptions(target, keep_metadata=False, made_by=MADE_BY)
    write(path, picture.pixels, options=options, metadata=picture.metadata)
    content = path.read_bytes()
    for secret in (b"A cat", b"(c) me", b"2020:01:02", b"maker's own", b"xmpmeta", b"srgan", b"Camera 1.0"):
        assert secret not in content
    assert read(path).metadata.icc == WIDE


@pytest.mark.parametrize("source", ["jpeg", "tiff"])
@pytest.mark.parametrize("target", ["jpeg", "tiff"])
def test_iptc(source: str, target: str, tmp_path: Path) -> None:
    write(tmp_path / "source", PIXELS, options=EncodeOptions(source), metadata=Metadata(iptc=IPTC))
    metadata = read(tmp_path / "source").metadata
    assert metadata.iptc == IPTC
    write(tmp_path / "result", PIXELS, options=EncodeOptions(target), metadata=metadata)
    with Image.open(tmp_path / "result") as result:
        assert IptcImagePlugin.getiptcinfo(result) == {(2, 120): b"hello"}
    assert read(tmp_path / "result").metadata.iptc == IPTC


def test_profile_for_another_kind_is_left_out(tmp_path: Path) -> None:
    gray = WIDE[:16] + b"GRAY" + WIDE[20:]
    assert read(saved(PIXELS, "png", icc_profile=gray)).metadata.icc is None
    write(tmp_path / "gray.webp", PIXELS[:, :, :1], metadata=Metadata(icc=gray))
    assert read(tmp_path / "gray.webp").metadata.icc is None
    write(tmp_path / "gray.png", PIXELS[:, :, :1], metadata=Metadata(icc=gray))
    assert read(tmp_path / "gray.png").metadata.icc == gray


def test_damaged_profile_is_left_out_and_said() -> None:
    image = read(saved(PIXELS, "jpeg", icc_profile=WIDE[:-1]))
    assert image.metadata.icc is None
    assert image.info.notes == ("colour profile left out: it is damaged, or for another kind of image",)


@pytest.mark.parametrize("target", FORMATS)
def test_metadata_too_large_for_a_format_does_not_spoil_the_picture(target: str, tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x010E] = "A cat" * 20_000
    metadata = Metadata(exif=tags.tobytes().removeprefix(b"Exif\0\0"), xmp=b"<x>" + b" " * 100_000, iptc=IPTC * 10_000)
    write(tmp_path / "result", PIXELS, options=EncodeOptions(target, made_by=MADE_BY), metadata=metadata)
    result = read(tmp_path / "result")
    assert result.pixels.shape == PIXELS.shape
    assert result.metadata.xmp == (None if target in ("jpeg", "bmp") else metadata.xmp)


def _write(path: Path, format: str, metadata: Metadata, **options: Any) -> ImageWriter:
    """The closed writer of PIXELS, for its ledger."""
    encode = EncodeOptions(format, **options)
    with ImageWriter(path, size=(30, 20), channels=3, depth=8, options=encode, metadata=metadata) as writer:
        writer.write_rows(PIXELS)
    return writer


@pytest.mark.parametrize("size", [65_000, 65_527, 65_528])
def test_large_exif_fits_into_a_jpeg(size: int, tmp_path: Path) -> None:
    text = exif.pack_exif(Directory({0x010E: exif.text("x" * (size - 8 - 18 - 1))}))
    text = text.ljust(size, b"\0")[:size]
    writer = _write(tmp_path / "a.jpg", "jpeg", Metadata(exif=text), made_by=MADE_BY)
    kept = read(tmp_path / "a.jpg").metadata.exif
    assert kept is None if size > 65_527 else kept is not None and kept[26:60_000] == text[26:60_000]
    assert (writer.notes == ("EXIF left out: jpeg holds 64 KB",)) is (size > 65_527)


def test_a_profile_too_large_for_a_jpeg_is_left_out(tmp_path: Path) -> None:
    for length, kept in ((16_707_344, True), (16_707_348, False)):  # 255 segments hold 16,707,345 bytes
        icc = length.to_bytes(4, "big") + make_profile(SRGB_SPACE, gray=False)[4:].ljust(length - 4, b"\0")
        writer = _write(tmp_path / f"{length}.jpg", "jpeg", Metadata(icc=icc))
        assert writer.notes == (() if kept else ("colour profile left out: jpeg holds 16 MB",))
        assert ((tmp_path / f"{length}.jpg").stat().st_size > length) is kept


@pytest.mark.parametrize("target", FORMATS)
def test_nothing_is_invented(target: str, tmp_path: Path, exiftool: Callable[[Path], dict[str, Any]]) -> None:
    writer = _write(tmp_path / "result", target, Metadata())
    assert (writer.ledger, writer.notes) == ((), ())
    groups = {key.partition(":")[0] for key in exiftool(tmp_path / "result")}
    assert not groups & {"ExifIFD", "GPS", "IPTC", "Photoshop"}
    assert target == "tiff" or not any(group.startswith(("IFD", "XMP", "ICC")) for group in groups)
    assert read(tmp_path / "result").metadata.dots_per_inch is None


@pytest.mark.parametrize("target", ["jpeg", "png", "webp", "avif"])
def test_only_the_making_is_added(target: str, tmp_path: Path, exiftool: Callable[[Path], dict[str, Any]]) -> None:
    _write(tmp_path / "result", target, Metadata(), made_by=MADE_BY)
    found = {key: value for key, value in exiftool(tmp_path / "result").items() if key.startswith(("IFD", "Exif"))}
    found = {key: value for key, value in found.items() if not key.startswith("ExifTool:")}
    assert found == {"IFD0:ProcessingSoftware": MADE_BY}


@pytest.mark.parametrize("target", FORMATS)
def test_texts_of_png(target: str, tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "me")
    texts.add_itxt("parameters", "a cat, größer", zip=True)
    texts.add_text("Software", "camera", zip=True)
    metadata = read(saved(PIXELS, "png", pnginfo=texts)).metadata
    expected = {"Author": "me", "parameters": "a cat, größer", "Software": "camera"}
    assert dict(metadata.texts) == expected
    writer = _write(tmp_path / "a", target, metadata, made_by=MADE_BY)
    if target == "png":
        with Image.open(tmp_path / "a") as result:
            assert {key: result.info[key] for key in expected} == expected
        assert writer.notes == ()
    elif target == "jpeg":
        assert dict(read(tmp_path / "a").metadata.texts).keys() == {"Comment"}
        assert "größer".encode() in (tmp_path / "a").read_bytes()
    else:
        assert writer.notes == (f"text (Author, parameters, Software) left out: {target} has no place for it",)


def test_comments_of_jpeg(tmp_path: Path) -> None:
    comment = b"by me \xfc"  # not UTF-8
    metadata = read(saved(PIXELS, "jpeg", comment=comment)).metadata
    _write(tmp_path / "a", "jpeg", metadata)
    with Image.open(tmp_path / "a") as result:
        assert result.info["comment"] == comment
    _write(tmp_path / "b", "png", metadata)
    with Image.open(tmp_path / "b") as result:
        assert result.info["Comment"].startswith("by me ")


def test_what_no_result_holds_is_said_and_claimed_no_more(tmp_path: Path) -> None:
    claim = b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/>'
    data = saved(PIXELS, "jpeg", xmp=claim)
    segments = b"".join(jpeg_segment(*one) for one in ((0xE2, b"MPF\0II*\0"), (0xE1, b"FLIR\0\1"), (0xE5, b"unknown")))
    source = read(data[:2] + segments + data[2:] + data)  # a gain map is a picture of its own
    assert source.info.notes == (
        "index of further pictures (MPF) left out", "thermal data (FLIR) left out", "APP5 block left out",
        "HDR gain map left out",
    )  # fmt: skip
    writer = _write(tmp_path / "a", "jpeg", source.metadata)
    assert writer.notes == ()  # they are in the notes of the source
    content = (tmp_path / "a").read_bytes()
    assert not any(word in content for word in (b"hdrgm:", b"MPF", b"FLIR"))
    assert read(content).info.notes == ()


@pytest.mark.parametrize("profile", [WIDE[:200], WIDE])
def test_a_profile_that_a_png_cannot_use_is_told(profile: bytes) -> None:
    source = read(saved(PIXELS[:, :, 0], "png", icc_profile=profile))
    assert source.metadata.icc is None
    assert source.info.notes == ("colour profile left out: it is damaged, or for another kind of image",)


def test_photoshop_resources_that_hold_for_any_size_are_kept(tmp_path: Path) -> None:
    def resource(kind: int, data: bytes) -> bytes:
        return b"8BIM" + kind.to_bytes(2, "big") + bytes(2) + len(data).to_bytes(4, "big") + data + bytes(len(data) % 2)

    block = resource(0x0404, IPTC) + resource(0x040C, b"thumbnail") + resource(0x07D0, b"path!")
    data = saved(PIXELS, "jpeg")
    source = read(data[:2] + jpeg_segment(0xED, b"Photoshop 3.0\0" + block) + data[2:])
    assert (source.metadata.iptc, source.metadata.photoshop) == (IPTC, resource(0x07D0, b"path!"))
    for target in ("jpeg", "tiff"):
        _write(tmp_path / target, target, source.metadata)
        again = read(tmp_path / target).metadata
        assert (again.iptc, again.photoshop) == (IPTC, resource(0x07D0, b"path!"))


def test_sizes_in_the_metadata_are_those_of_the_result(
    tmp_path: Path, exiftool: Callable[[Path], dict[str, Any]]
) -> None:
    image = read(_source("jpeg"))
    write(tmp_path / "a.jpg", image.pixels.repeat(3, 0).repeat(3, 1), metadata=image.metadata)
    found = exiftool(tmp_path / "a.jpg")
    assert (found["File:ImageWidth"], found["File:ImageHeight"]) == (60, 90)
    assert found["ExifIFD:ExifImageWidth"] == 60
    assert found["IFD0:Orientation"] == 1
    assert "ExifTool:Warning" not in found


def test_the_ledger_has_a_line_for_everything(tmp_path: Path) -> None:
    image = read(_source("jpeg"))
    metadata = replace(image.metadata, iptc=IPTC, texts=(("Comment", "hello"),), chunks=((b"tIME", bytes(7)),))
    fates = {entry.what: entry.fate for entry in _write(tmp_path / "a", "jpeg", metadata).ledger}
    assert fates == {
        "colour profile": "kept", "EXIF": "corrected", "XMP": "corrected", "IPTC": "kept", "text (Comment)": "kept",
        "PNG chunk tIME": "left out", "orientation": "corrected", "resolution": "kept",
    }  # fmt: skip
