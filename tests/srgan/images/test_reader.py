"""Reading: against Pillow, scikit-image and tifffile, and one clear line for everything that cannot be read.

Longer than 300 lines, since there are that many ways for a file to be unlike any other; each test is a few lines.
"""

import io
import os
import resource
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from srgan.errors import PictureError
from srgan.images.image import ImageReader, read

RNG = np.random.default_rng(7)
COLOUR = RNG.integers(0, 256, (24, 30, 3)).astype(np.uint8)
SMOOTH = np.asarray(Image.fromarray(COLOUR[:6, :8]).resize((64, 48), Image.Resampling.BICUBIC))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _saved(picture: Image.Image | NDArray[Any], format: str, **options: Any) -> bytes:
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    with io.BytesIO() as file:
        picture.save(file, format, **options)
        return file.getvalue()


def _tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    with io.BytesIO() as file:
        tifffile.imwrite(file, pixels, metadata=None, **options)
        return file.getvalue()


def _png(width: int, height: int, depth: int, kind: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P"])
@pytest.mark.parametrize(("format", "options"), [("png", {}), ("tiff", {}), ("tiff", {"compression": "tiff_lzw"})])
def test_pixels_are_pillows(mode: str, format: str, options: dict[str, str]) -> None:
    alpha = np.linspace(0, 255, 720).astype(np.uint8).reshape(24, 30, 1)
    whole = Image.fromarray(COLOUR if mode == "P" else np.concatenate([COLOUR, alpha], axis=2))
    picture = whole.convert(mode)
    expected = picture.convert({"1": "L", "P": "RGB"}.get(mode, mode))
    result = read(_saved(picture, format, **options))
    assert np.array_equal(result.pixels, np.asarray(expected).reshape(result.pixels.shape))
    assert (result.info.channels, result.info.depth) == (len(expected.getbands()), 8)
    assert result.info.has_alpha is (mode in ("LA", "RGBA"))
    assert result.info.colour_channels == (3 if mode in ("RGB", "RGBA", "P") else 1)
    assert (result.info.format, result.info.output_format, result.info.notes) == (format, format, ())


def test_transparent_palette_and_gray() -> None:
    palette = Image.fromarray(COLOUR).convert("P")
    result = read(_saved(palette, "png", transparency=palette.getpixel((0, 0))))
    assert result.info.channels == 4
    assert result.pixels[0, 0, 3] == 0
    assert read(_saved(Image.fromarray(COLOUR).convert("L"), "png", transparency=3)).info.channels == 2


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_few_bits_are_spread_to_eight(depth: int) -> None:
    rows = b"".join(b"\0" + bytes([0b00011011] * 3) for _ in range(5))
    expected = {1: [0, 0, 0, 255, 255, 0, 255, 255], 2: [0, 85, 170, 255], 4: [17, 187]}[depth]
    pixels = read(_png(24 // depth, 5, depth, 0, rows)).pixels
    assert pixels[0, : len(expected), 0].tolist() == expected


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_of_tiff_and_png(channels: int, order: Any) -> None:
    # Dim on purpose: the depth is the file's, however dark its brightest pixel.
    pixels = RNG.integers(0, 200, (9, 11, channels)).astype(np.uint16)
    photometric = "rgb" if channels > 2 else "minisblack"
    extra: dict[str, Any] = {"extrasamples": ["unassalpha"]} if channels in (2, 4) else {}
    # tifffile takes two channels for two pages unless told that they lie together.
    tiff = _tiff(pixels if channels > 1 else pixels[:, :, 0], byteorder=order, photometric=photometric,
                 planarconfig="contig" if channels > 1 else None, **extra)  # fmt: skip
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    for data in (tiff, _png(11, 9, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows)):
        result = read(data)
        assert result.info.depth == 16
        assert result.pixels.dtype == np.uint16
        assert np.array_equal(result.pixels, pixels)


@pytest.mark.parametrize("options", [{"progressive": True}, {}, {"subsampling": 0, "quality": 100}])
def test_jpeg_is_pillows_up_to_rounding(options: dict[str, Any]) -> None:
    data = _saved(SMOOTH, "jpeg", **options)
    expected = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert np.abs(read(data).pixels - expected).mean() < 1


@pytest.mark.parametrize(
    ("format", "options"), [("webp", {}), ("webp", {"lossless": True}), ("avif", {"subsampling": "4:4:4"})]
)
def test_webp_and_avif_are_pillows_up_to_rounding(format: str, options: dict[str, Any]) -> None:
    data = _saved(SMOOTH, format, **options)
    expected = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert np.abs(read(data).pixels - expected).mean() < 1


def test_first_of_several_is_read_and_said() -> None:
    frames = [Image.fromarray(COLOUR).quantize(64), Image.fromarray(255 - COLOUR).quantize(64)]
    gif = _saved(frames[0], "gif", save_all=True, append_images=frames[1:])
    result = read(gif)
    assert np.array_equal(result.pixels[:, :, :3], np.asarray(frames[0].convert("RGB")))
    assert (result.info.format, result.info.output_format) == ("gif", "png")
    assert result.info.notes == ("first of 2 frames",)
    animated = [Image.fromarray(COLOUR), Image.fromarray(255 - COLOUR)]
    apng = read(_saved(animated[0], "png", save_all=True, append_images=animated[1:]))
    assert np.array_equal(apng.pixels, COLOUR)
    assert apng.info.notes == ("first of 2 frames",)
    pages = read(_tiff(np.stack([COLOUR, 255 - COLOUR, COLOUR]), photometric="rgb"))
    assert np.array_equal(pages.pixels, COLOUR)
    assert pages.info.notes == ("first of 3 pages",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["png", "tiff", "jpeg", "webp"])
def test_orientation_is_applied_once(orientation: int, format: str) -> None:
    tag = Image.Exif()
    tag[0x0112] = orientation
    data = _saved(SMOOTH, format, exif=tag, **({"lossless": True} if format == "webp" else {}))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    with ImageReader(data) as reader:
        assert (reader.info.height, reader.info.width) == expected.shape[:2]
        rows = np.concatenate([reader.read_rows(5) for _ in range(0, reader.info.height, 5)])
        assert reader.metadata.orientation == orientation
    assert np.abs(rows.astype(int) - expected).mean() < (1 if format == "jpeg" else 1e-9)


def test_rows_come_in_order_and_end() -> None:
    with ImageReader(_saved(COLOUR, "png")) as reader:
        parts = [reader.read_rows(count) for count in (1, 0, 10, 100, 5)]
    assert [len(part) for part in parts] == [1, 0, 10, 13, 0]
    assert np.array_equal(np.concatenate(parts), COLOUR)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_goes_through_its_profile(suffix: str, deep: bool) -> None:
    picture = pyvips.Image.new_from_array(SMOOTH).copy(interpretation="srgb")
    inks = picture.icc_transform("cmyk", input_profile="srgb")
    if deep and suffix == ".tif":
        inks = (inks.cast("ushort") * 257).cast("ushort").copy(interpretation="cmyk")
    data = inks.write_to_buffer(suffix, **({"Q": 100} if suffix == ".jpg" else {}))
    result = read(data)
    assert result.info.channels == 3
    assert result.info.notes == ("CMYK converted to sRGB through its profile",)
    assert result.metadata.icc is not None
    assert result.metadata.icc[16:20] == b"RGB "
    # Independent: Pillow's LittleCMS, with the profile out of the file.
    if suffix == ".jpg":
        opened = Image.open(io.BytesIO(data))
        profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"]))
        expected = ImageCms.profileToProfile(
            opened, profile, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB"
        )
        assert expected is not None
        assert np.abs(result.pixels.astype(int) - np.asarray(expected)).mean() < 4


def test_cmyk_without_profile_goes_through_a_general_one() -> None:
    inks = Image.fromarray(np.full((4, 4, 4), [0, 0, 0, 0], np.uint8), "CMYK")
    result = read(_saved(inks, "tiff"))
    assert result.info.notes == ("CMYK converted to sRGB through a general CMYK profile, for it has none",)
    assert result.pixels.min() > 245  # no ink is paper
    assert read(_saved(Image.fromarray(COLOUR).convert("CMYK"), "jpeg")).info.channels == 3


def test_lab_becomes_srgb() -> None:
    lab = _tiff(np.full((4, 5, 3), [60_000, 0, 0], np.uint16), photometric="cielab")
    result = read(lab)
    assert result.info.notes == ("labs converted to sRGB",)
    assert np.ptp(result.pixels[0, 0]) <= 2
    assert result.pixels.min() > 200


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_float_becomes_sixteen_bits(dtype: Any) -> None:
    values = RNG.random((6, 7, 3)).astype(dtype)
    result = read(_tiff(values, photometric="rgb"))
    assert result.info.notes == ("float converted to 16 bit",)
    assert np.abs(result.pixels / 65535 - values).max() < 0.6 / 65535


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (1.001, "outside 0 to 1"), (-0.001, "outside 0 to 1")],
)
def test_float_that_is_no_picture_is_refused_where_it_stands(value: float, message: str) -> None:
    values = np.full((600, 7, 3), 0.5, np.float32)
    values[550, 3, 1] = value
    with ImageReader(_tiff(values, photometric="rgb")) as reader:
        assert reader.read_rows(540).max() == 32768
        with pytest.raises(PictureError, match=f"{message}.* first"):
            reader.read_rows(60)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.uint32, np.float64])
def test_other_samples_are_refused(dtype: Any) -> None:
    with pytest.raises(PictureError, match=r"convert it to 8 or 16 bits first|save it as PNG first"):
        read(_tiff(np.ones((4, 5, 3), dtype), photometric="rgb"))


def test_old_style_jpeg_in_tiff_is_refused() -> None:
    data, compression = _saved(COLOUR, "tiff"), struct.pack("<HHI", 259, 3, 1)
    assert compression + b"\1\0" in data
    with pytest.raises(PictureError, match="old-style JPEG"):
        read(data.replace(compression + b"\1\0", compression + b"\6\0"))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_only_declared_alpha_is_alpha(dtype: Any) -> None:
    pixels = RNG.integers(0, np.iinfo(dtype).max, (9, 11, 4)).astype(dtype)
    pixels[0, 0, 3], pixels[1] = 0, np.iinfo(dtype).max
    straight = read(_tiff(pixels, photometric="rgb", extrasamples=["unassalpha"]))
    assert np.array_equal(straight.pixels, pixels)
    associated = read(_tiff(pixels, photometric="rgb", extrasamples=["assocalpha"])).pixels
    assert np.array_equal(associated[..., 3], pixels[..., 3])
    assert np.array_equal(associated[1], pixels[1])
    half = pixels[..., 3:] > 50
    top = np.iinfo(dtype).max
    expected = np.minimum(pixels[..., :3] * float(top) / np.maximum(pixels[..., 3:], 1), top)
    assert (np.abs(associated[..., :3] - expected) * half).max() <= 1
    with pytest.raises(PictureError, match="neither colour nor transparency"):
        read(_tiff(pixels, photometric="rgb", extrasamples=["unspecified"]))


def test_too_many_channels_are_refused() -> None:
    with pytest.raises(PictureError, match="6 channels"):
        read(_tiff(np.ones((4, 5, 6), np.uint8), photometric="minisblack", planarconfig="contig"))


FORMATS_CUT = [
    ("jpeg", {}), ("jpeg", {"progressive": True}), ("png", {}), ("webp", {}), ("webp", {"lossless": True}),
    ("tiff", {}), ("tiff", {"compression": "tiff_lzw"}), ("tiff", {"compression": "tiff_adobe_deflate"}),
    ("avif", {}), ("gif", {}),
]  # fmt: skip


@pytest.mark.parametrize(("format", "options"), FORMATS_CUT)
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.97])
def test_cut_short_is_refused(format: str, options: dict[str, Any], kept: float, tmp_path: Path) -> None:
    data = _saved(SMOOTH, format, **options)
    path = tmp_path / "cut"
    path.write_bytes(data[: int(len(data) * kept)])
    for source in (path, path.read_bytes()):
        with pytest.raises(PictureError, match=r": (use|save|give)") as caught:
            read(source)
        assert "\n" not in str(caught.value)
    assert read(data).pixels.shape == (48, 64, 3)


def test_jpeg_cut_and_closed_again_is_no_gray_picture() -> None:
    data = _saved(SMOOTH, "jpeg", quality=95)
    with pytest.raises(PictureError, match="premature end of data segment"):
        read(data[: len(data) * 2 // 3] + b"\xff\xd9")


def _with_odd_scan_header(data: bytes) -> bytes:
    """A JPEG with 00 00 00 at the end of its scan header, as phones of one maker write it."""
    at = data.index(b"\xff\xda") + 2 + int.from_bytes(data[data.index(b"\xff\xda") + 2 :][:2], "big")
    assert data[at - 3 : at] == b"\x00\x3f\x00"
    return data[: at - 3] + bytes(3) + data[at:]


def test_warnings_that_lose_no_pixel_are_no_errors(tmp_path: Path) -> None:
    data = _saved(SMOOTH, "jpeg", quality=95)
    odd = _with_odd_scan_header(data)
    (tmp_path / "a.jpg").write_bytes(odd)
    for source in (odd, tmp_path / "a.jpg"):
        assert np.array_equal(read(source).pixels, read(data).pixels)
    with pytest.raises(PictureError, match="premature end"):
        read(odd[: len(odd) * 2 // 3] + b"\xff\xd9")


@pytest.mark.parametrize("where", ["before the tables", "before the end"])
def test_jpeg_with_padding_is_read(where: str) -> None:
    data = _saved(SMOOTH, "jpeg")
    at = data.index(b"\xff\xdb") if where == "before the tables" else len(data) - 2
    padded = data[:at] + bytes(20) + data[at:]
    assert np.array_equal(read(padded).pixels, read(data).pixels)
    with pytest.raises(PictureError, match="premature end"):
        read(padded[: len(padded) * 2 // 3] + b"\xff\xd9")


def test_damage_is_found_when_its_message_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages of libvips are one buffer of the process, which another thread, as of a writer, may empty."""
    data = _saved(SMOOTH, "jpeg", quality=95)
    monkeypatch.setattr("srgan.images.reader.reason", lambda failure: "unreadable data")
    with pytest.raises(PictureError):
        read(data[: len(data) * 2 // 3] + b"\xff\xd9")
    messages = iter(["unreadable data", "Corrupt JPEG data: 20 extraneous bytes before marker 0xd9"])
    monkeypatch.setattr("srgan.images.reader.reason", lambda failure: next(messages))
    assert np.array_equal(read(data[:-2] + bytes(20) + data[-2:]).pixels, read(data).pixels)


def test_padded_cmyk_jpeg_is_read() -> None:
    inks = pyvips.Image.new_from_array(SMOOTH).copy(interpretation="srgb").icc_transform("cmyk", input_profile="srgb")
    data = inks.write_to_buffer(".jpg")
    assert np.array_equal(read(data[:-2] + bytes(20) + data[-2:]).pixels, read(data).pixels)


def test_png_header_with_a_wrong_sum_is_refused_before_it_is_believed() -> None:
    data = bytearray(_saved(COLOUR, "png"))
    data[17] ^= 1  # 65,536 pixels wider
    with pytest.raises(PictureError, match="its header does not add up"):
        ImageReader(bytes(data))


def test_flipped_bit_in_png_is_found() -> None:
    data = bytearray(_saved(COLOUR, "png"))
    data[len(data) // 2] ^= 1
    with pytest.raises(PictureError, match="damaged"):
        read(bytes(data))


def test_size_is_checked_before_memory_is_taken() -> None:
    bomb = _png(100_000, 100_000, 8, 2, b"")[:33] + struct.pack(">I", 1000) + b"IDAT" + bytes(950)
    assert len(bomb) < 1000
    with pytest.raises(PictureError, match="100000x100000 pixels, more than 512000000: raise --max-pixels"):
        read(bomb)
    with pytest.raises(PictureError, match="raise --max-pixels"):
        read(_saved(COLOUR, "png"), max_pixels=719)
    assert read(_saved(COLOUR, "png"), max_pixels=720).info.width == 30


def test_a_header_that_lies_costs_neither_time_nor_memory() -> None:
    turn = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    whole = _png(32, 11_000_000, 8, 2, bytes(100_000))
    chunk = struct.pack(">I", len(turn)) + b"eXIf" + turn + struct.pack(">I", zlib.crc32(b"eXIf" + turn))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    with ImageReader(whole[:33] + chunk + whole[33:]) as reader:
        assert (reader.info.width, reader.info.height) == (11_000_000, 32)
        with pytest.raises(PictureError, match="damaged or cut short"):
            reader.read_rows(1)
    assert time.monotonic() - began < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kB; the picture would be a million


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: give a picture"),
        (b"only text", "not a picture that srgan reads"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>", "not a picture that srgan reads"),
        (b"P5 1 1 255 \0", "not a picture that srgan reads"),
        (b"\x08\xf2\xa6\xb6" + bytes(100), "not a picture that srgan reads"),
        (b"\xff\xd8\xff", "damaged or cut short"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\x0a" + bytes(50), "JXL|damaged"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "renamed.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "nothing.png", "line\nbreak.png", "zero\0byte.png", "long" * 100, "pipe.png"])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PictureError) as caught:
        read(f"{tmp_path}/{name}")
    assert "\n" not in str(caught.value)


def test_files_that_may_not_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("srgan.images.input_bytes.os.open", refuse)
    with pytest.raises(PictureError, match="may not be read: check its permissions"):
        read(tmp_path / "secret.png")


def test_names_of_any_bytes(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n and no suffix"))
    path.write_bytes(_saved(COLOUR, "png"))
    assert np.array_equal(read(path).pixels, COLOUR)
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"caf\?\? and no suffix is not a picture"):
        read(path)


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not list open files")
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(_saved(COLOUR, "png"))
    bad.write_bytes(good.read_bytes()[:-100])
    read(good)
    before = len(list(folder.iterdir()))
    for _ in range(20):
        read(good)
        with pytest.raises(PictureError):
            read(bad)
    assert len(list(folder.iterdir())) <= before


def test_rows_may_be_passed_over(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (900, 31, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    with ImageReader(tmp_path / "a.png") as reader:
        reader.skip_rows(3)
        assert np.array_equal(reader.read_rows(2), pixels[3:5])
        reader.skip_rows(700)
        assert np.array_equal(reader.read_rows(999), pixels[705:])
        reader.skip_rows(5)
        assert reader.read_rows(1).shape == (0, 31, 3)


def test_a_picture_may_be_read_as_it_lies(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 24, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    with ImageReader(tmp_path / "a.png") as upright, ImageReader(tmp_path / "a.png", upright=False) as lying:
        assert (upright.info.width, upright.info.height) == (8, 24)
        assert lying.upright_info == upright.upright_info == upright.info
        assert (lying.info.width, lying.info.height) == (24, 8)
        assert np.array_equal(lying.read_rows(8), pixels)
