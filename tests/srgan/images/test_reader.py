"""Reading: against Pillow, scikit-image and tifffile."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from srgan.errors import PictureError
from srgan.images.image import ImageReader, read
from tests.helpers.image_files import oriented, png_of, saved, tiff

RNG = np.random.default_rng(7)
COLOUR = RNG.integers(0, 256, (24, 30, 3)).astype(np.uint8)
SMOOTH = np.asarray(Image.fromarray(COLOUR[:6, :8]).resize((64, 48), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P"])
@pytest.mark.parametrize(("format", "options"), [("png", {}), ("tiff", {}), ("tiff", {"compression": "tiff_lzw"})])
def test_pixels_are_pillows(mode: str, format: str, options: dict[str, str]) -> None:
    alpha = np.linspace(0, 255, 720).astype(np.uint8).reshape(24, 30, 1)
    whole = Image.fromarray(COLOUR if mode == "P" else np.concatenate([COLOUR, alpha], axis=2))
    picture = whole.convert(mode)
    expected = picture.convert({"1": "L", "P": "RGB"}.get(mode, mode))
    result = read(saved(picture, format, **options))
    assert np.array_equal(result.pixels, np.asarray(expected).reshape(result.pixels.shape))
    assert (result.info.channels, result.info.depth) == (len(expected.getbands()), 8)
    assert result.info.has_alpha is (mode in ("LA", "RGBA"))
    assert result.info.colour_channels == (3 if mode in ("RGB", "RGBA", "P") else 1)
    assert (result.info.format, result.info.output_format, result.info.notes) == (format, format, ())


def test_transparent_palette_and_gray() -> None:
    palette = Image.fromarray(COLOUR).convert("P")
    result = read(saved(palette, "png", transparency=palette.getpixel((0, 0))))
    assert result.info.channels == 4
    assert result.pixels[0, 0, 3] == 0
    assert read(saved(Image.fromarray(COLOUR).convert("L"), "png", transparency=3)).info.channels == 2


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_few_bits_are_spread_to_eight(depth: int) -> None:
    rows = b"".join(b"\0" + bytes([0b00011011] * 3) for _ in range(5))
    expected = {1: [0, 0, 0, 255, 255, 0, 255, 255], 2: [0, 85, 170, 255], 4: [17, 187]}[depth]
    pixels = read(png_of(24 // depth, 5, depth, 0, rows)).pixels
    assert pixels[0, : len(expected), 0].tolist() == expected


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_of_tiff_and_png(channels: int, order: Any) -> None:
    # Dim on purpose: the depth is the file's, however dark its brightest pixel.
    pixels = RNG.integers(0, 200, (9, 11, channels)).astype(np.uint16)
    photometric = "rgb" if channels > 2 else "minisblack"
    extra: dict[str, Any] = {"extrasamples": ["unassalpha"]} if channels in (2, 4) else {}
    # tifffile takes two channels for two pages unless told that they lie together.
    made = tiff(pixels if channels > 1 else pixels[:, :, 0], byteorder=order, photometric=photometric,
                 planarconfig="contig" if channels > 1 else None, **extra)  # fmt: skip
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    for data in (made, png_of(11, 9, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows)):
        result = read(data)
        assert result.info.depth == 16
        assert result.pixels.dtype == np.uint16
        assert np.array_equal(result.pixels, pixels)


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("jpeg", {"progressive": True}), ("jpeg", {}), ("jpeg", {"subsampling": 0, "quality": 100}),
        ("webp", {}), ("webp", {"lossless": True}), ("avif", {"subsampling": "4:4:4"}),
    ],
)  # fmt: skip
def test_lossy_formats_are_pillows_up_to_rounding(format: str, options: dict[str, Any]) -> None:
    data = saved(SMOOTH, format, **options)
    expected = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert np.abs(read(data).pixels - expected).mean() < 1


def test_first_of_several_is_read_and_said() -> None:
    frames = [Image.fromarray(COLOUR).quantize(64), Image.fromarray(255 - COLOUR).quantize(64)]
    gif = saved(frames[0], "gif", save_all=True, append_images=frames[1:])
    result = read(gif)
    assert np.array_equal(result.pixels[:, :, :3], np.asarray(frames[0].convert("RGB")))
    assert (result.info.format, result.info.output_format) == ("gif", "png")
    assert result.info.notes == ("first of 2 frames",)
    animated = [Image.fromarray(COLOUR), Image.fromarray(255 - COLOUR)]
    apng = read(saved(animated[0], "png", save_all=True, append_images=animated[1:]))
    assert np.array_equal(apng.pixels, COLOUR)
    assert apng.info.notes == ("first of 2 frames",)
    pages = read(tiff(np.stack([COLOUR, 255 - COLOUR, COLOUR]), photometric="rgb"))
    assert np.array_equal(pages.pixels, COLOUR)
    assert pages.info.notes == ("first of 3 pages",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["png", "tiff", "jpeg", "webp"])
def test_orientation_is_applied_once(orientation: int, format: str) -> None:
    data = saved(SMOOTH, format, exif=oriented(orientation), **({"lossless": True} if format == "webp" else {}))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    with ImageReader(data) as reader:
        assert (reader.info.height, reader.info.width) == expected.shape[:2]
        rows = np.concatenate([reader.read_rows(5) for _ in range(0, reader.info.height, 5)])
        assert reader.metadata.orientation == orientation
    assert np.abs(rows.astype(int) - expected).mean() < (1 if format == "jpeg" else 1e-9)


@pytest.mark.parametrize("name", ["exif", "APP1"])
def test_orientation_in_a_text_of_a_png_is_applied(name: str) -> None:
    tag = Image.Exif()
    tag[0x0112] = 6
    block = tag.tobytes()
    text = PngImagePlugin.PngInfo()
    text.add_text(f"Raw profile type {name}", f"\n{name}\n{len(block):8}\n{block.hex()}\n", zip=True)
    result = read(saved(SMOOTH, "png", pnginfo=text))
    assert np.array_equal(result.pixels, np.rot90(SMOOTH, -1))
    assert result.metadata.orientation == 6


def test_narrow_range_is_refused() -> None:
    text = PngImagePlugin.PngInfo()
    text.add(b"cICP", bytes([1, 13, 0, 0]))
    with pytest.raises(PictureError, match="narrow range"):
        read(saved(SMOOTH, "png", pnginfo=text))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"photometric": "rgb", "subfiletype": 1}, {"photometric": "rgb"}),
        ({"photometric": "rgb", "subfiletype": 1, "subifds": 1}, {"photometric": "rgb", "subfiletype": 0}),
        ({"photometric": "rgb", "extratags": [(50_706, 1, 4, (1, 4, 0, 0), True)]}, None),
        ({"photometric": "linear_raw"}, None),
    ],
)
def test_a_tiff_whose_first_page_is_no_photo_is_refused(first: dict[str, Any], second: dict[str, Any] | None) -> None:
    with io.BytesIO() as file:
        with tifffile.TiffWriter(file) as writer:
            writer.write(COLOUR, **first)
            if second is not None:
                writer.write(np.tile(COLOUR, (2, 2, 1)), **second)
        data = file.getvalue()
    with pytest.raises(PictureError, match="raw photo"):
        read(data)
    assert np.array_equal(read(tiff(COLOUR, photometric="rgb", subfiletype=1)).pixels, COLOUR)


def test_rows_come_in_order_and_end() -> None:
    with ImageReader(saved(COLOUR, "png")) as reader:
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
    result = read(saved(inks, "tiff"))
    assert result.info.notes == ("CMYK converted to sRGB through a general CMYK profile, for it has none",)
    assert result.pixels.min() > 245  # no ink is paper
    assert read(saved(Image.fromarray(COLOUR).convert("CMYK"), "jpeg")).info.channels == 3


def test_lab_becomes_srgb() -> None:
    lab = tiff(np.full((4, 5, 3), [60_000, 0, 0], np.uint16), photometric="cielab")
    result = read(lab)
    assert result.info.notes == ("labs converted to sRGB",)
    assert np.ptp(result.pixels[0, 0]) <= 2
    assert result.pixels.min() > 200


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_floats_come_as_they_are(dtype: Any) -> None:
    values = RNG.random((6, 7, 3)).astype(dtype)
    result = read(tiff(values, photometric="rgb"))
    assert (result.info.depth, result.info.notes) == (32, ())
    assert np.array_equal(result.pixels, values.astype(np.float32))


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (1.001, "outside 0 to 1"), (-0.001, "outside 0 to 1")],
)
def test_float_that_is_no_picture_is_refused_where_it_stands(value: float, message: str) -> None:
    values = np.full((600, 7, 3), 0.5, np.float32)
    values[550, 3, 1] = value
    with ImageReader(tiff(values, photometric="rgb")) as reader:
        assert reader.read_rows(540).max() == 0.5
        with pytest.raises(PictureError, match=f"{message}.* first"):
            reader.read_rows(60)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.uint32, np.float64])
def test_other_samples_are_refused(dtype: Any) -> None:
    with pytest.raises(PictureError, match=r"convert it to 8 or 16 bits first|save it as PNG first"):
        read(tiff(np.ones((4, 5, 3), dtype), photometric="rgb"))


def test_old_style_jpeg_in_tiff_is_refused() -> None:
    data, compression = saved(COLOUR, "tiff"), struct.pack("<HHI", 259, 3, 1)
    assert compression + b"\1\0" in data
    with pytest.raises(PictureError, match="old-style JPEG"):
        read(data.replace(compression + b"\1\0", compression + b"\6\0"))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_only_declared_alpha_is_alpha(dtype: Any) -> None:
    pixels = RNG.integers(0, np.iinfo(dtype).max, (9, 11, 4)).astype(dtype)
    pixels[0, 0, 3], pixels[1] = 0, np.iinfo(dtype).max
    straight = read(tiff(pixels, photometric="rgb", extrasamples=["unassalpha"]))
    assert np.array_equal(straight.pixels, pixels)
    associated = read(tiff(pixels, photometric="rgb", extrasamples=["assocalpha"])).pixels
    assert np.array_equal(associated[..., 3], pixels[..., 3])
    assert np.array_equal(associated[1], pixels[1])
    half = pixels[..., 3:] > 50
    top = np.iinfo(dtype).max
    expected = np.minimum(pixels[..., :3] * float(top) / np.maximum(pixels[..., 3:], 1), top)
    assert (np.abs(associated[..., :3] - expected) * half).max() <= 1
    with pytest.raises(PictureError, match="neither colour nor transparency"):
        read(tiff(pixels, photometric="rgb", extrasamples=["unspecified"]))


def test_too_many_channels_are_refused() -> None:
    with pytest.raises(PictureError, match="6 channels"):
        read(tiff(np.ones((4, 5, 6), np.uint8), photometric="minisblack", planarconfig="contig"))


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
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=oriented(6))
    with ImageReader(tmp_path / "a.png") as upright, ImageReader(tmp_path / "a.png", upright=False) as lying:
        assert (upright.info.width, upright.info.height) == (8, 24)
        assert lying.upright_info == upright.upright_info == upright.info
        assert (lying.info.width, lying.info.height) == (24, 8)
        assert np.array_equal(lying.read_rows(8), pixels)
