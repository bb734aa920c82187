"""Images of a study: refused if raters would see something else, and otherwise nothing but their pixels."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from srgan.errors import OutputError, PictureError
from srgan_study.stimuli import stimulus_images
from srgan_study.stimuli.stimulus_images import encode_png, load_image, png_chunks, read_size, thumbnail
from srgan_study.study import StimulusImage
from tests.helpers.studies_made_up import SIZE, save, true_picture


def noise(height: int = 40, width: int = 48, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def write(folder: Path, pixels: np.ndarray, *words: str) -> StimulusImage:
    (folder / "pictures").mkdir(exist_ok=True)
    return stimulus_images.write_stimulus(folder, pixels, *words)


def srgb_profile() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def other_profile() -> bytes:
    """Return the sRGB profile with its red and its green exchanged."""
    profile = bytearray(srgb_profile().tobytes())
    count = int.from_bytes(profile[128:132], "big")
    places = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = (int.from_bytes(profile[places[tag] + 4 : places[tag] + 8], "big") for tag in (b"rXYZ", b"gXYZ"))
    profile[red : red + 20], profile[green : green + 20] = profile[green : green + 20], profile[red : red + 20]
    return bytes(profile)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "P"])
def test_pixels_come_through_as_they_are(tmp_path: Path, mode: str) -> None:
    before = Image.fromarray(noise()).convert(mode)
    before.save(tmp_path / "a.png")
    shown = write(tmp_path, load_image(tmp_path / "a.png"), "0", "a")
    after = Image.open(tmp_path / shown.file)
    assert (after.mode, after.size) == ("RGB", (shown.width, shown.height))
    np.testing.assert_array_equal(np.asarray(after), np.asarray(before.convert("RGB")))


def test_nothing_is_left_but_pixels(tmp_path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", "srgan-vgg54")
    text.add_itxt("Comment", "nearest")
    text.add(b"gAMA", (100_000).to_bytes(4, "big"))
    text.add(b"tIME", bytes([7, 230, 1, 1, 1, 1, 1]))
    exif = Image.Exif()
    exif[0x0131] = "srgan-vgg54"
    more = {"pnginfo": text, "exif": exif, "icc_profile": srgb_profile().tobytes(), "dpi": (300, 300)}
    path = save(tmp_path / "a.png", noise(), **more)
    kinds = {kind for kind, _ in png_chunks(path.read_bytes())}
    assert {b"gAMA", b"tIME", b"tEXt", b"iTXt", b"eXIf", b"iCCP", b"pHYs"} <= kinds
    pixels = load_image(path)
    np.testing.assert_array_equal(pixels, noise())
    written = (tmp_path / write(tmp_path, pixels, "0").file).read_bytes()
    assert written[:8] == b"\x89PNG\r\n\x1a\n"
    assert {kind for kind, _ in png_chunks(written)} == {b"IHDR", b"IDAT", b"IEND"}
    for kind, chunk in png_chunks(written):
        assert int.from_bytes(chunk[-4:], "big") == zlib.crc32(kind + chunk[8:-4])
    assert sum(len(chunk) for _, chunk in png_chunks(written)) == len(written) - 8
    assert encode_png(pixels) == written


def test_names_and_times_tell_nothing(tmp_path: Path) -> None:
    words = ("rated", "Set5", "baby")
    versions = {method: write(tmp_path, noise(), "0", *words, method) for method in ("nearest", "bicubic", "HR")}
    paths = [tmp_path / shown.file for shown in versions.values()]
    assert len({path.name for path in paths}) == 3
    assert all(len(path.stem) == 32 and set(path.stem) <= set("0123456789abcdef") for path in paths)
    assert len({path.stat().st_mtime_ns for path in paths}) == 1
    assert write(tmp_path, noise(), "0", *words, "nearest") == versions["nearest"]
    assert write(tmp_path, noise(), "1", *words, "nearest").file != versions["nearest"].file
    assert write(tmp_path, noise() // 2, "0", *words, "nearest").file != versions["nearest"].file


def _cut(path: Path) -> None:
    path.write_bytes(save(path, noise()).read_bytes()[:-3000])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: Image.fromarray(noise(channels=1)[:, :, 0].astype(np.uint16) * 257).save(path),
        *(
            lambda path, size=size: save(path, np.zeros((*size, 3), np.uint8))
            for size in ((20, 3841), (2161, 20), (40, 15))
        ),
        lambda path: path.write_text("no picture"),
        lambda path: None,
        _cut,
    ],
    ids=["16 bits", "too wide", "too high", "too small", "no image", "no file", "cut short"],
)
def test_an_image_that_cannot_be_shown(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = tmp_path / "a.png"
    spoil(path)
    with pytest.raises(PictureError):
        load_image(path)
    if spoil is not _cut:
        with pytest.raises(PictureError):
            read_size(path)


def test_transparency(tmp_path: Path) -> None:
    pixels = np.dstack([noise(), np.full((40, 48), 255, np.uint8)])
    np.testing.assert_array_equal(load_image(save(tmp_path / "opaque.png", pixels)), pixels[:, :, :3])
    pixels[5, 6, 3] = 254
    with pytest.raises(PictureError):
        load_image(save(tmp_path / "veil.png", pixels))


def test_a_profile_that_changes_colours(tmp_path: Path) -> None:
    path = save(tmp_path / "wide.png", noise(), icc_profile=other_profile())
    with pytest.raises(PictureError):
        load_image(path)
    gray = np.repeat(noise(channels=1), 3, axis=2)
    path = save(tmp_path / "gray.png", gray, icc_profile=srgb_profile().tobytes())
    np.testing.assert_array_equal(load_image(path), gray)
    # The profile that is refused does change the picture, as LittleCMS applies it.
    other = ImageCms.ImageCmsProfile(io.BytesIO(other_profile()))
    changed = ImageCms.profileToProfile(Image.fromarray(noise()), other, srgb_profile())
    assert changed is not None
    assert np.abs(np.asarray(changed).astype(int) - noise()).max() > 50


def test_an_upright_picture_of_one_that_lies(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "a.png", noise(), exif=exif)
    assert read_size(path) == (40, 48)
    np.testing.assert_array_equal(load_image(path), np.rot90(noise(), -1))


def test_a_disk_that_takes_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        stimulus_images.write_stimulus(tmp_path / "not there", noise(), "0")


def test_thumbnails_know_an_image_in_whatever_version() -> None:
    true = true_picture("a")
    coarse = true[1::4, 1::4].repeat(4, axis=0).repeat(4, axis=1)
    assert np.abs(thumbnail(true) - thumbnail(coarse)).mean() < 12
    assert np.abs(thumbnail(true) - thumbnail(true_picture("b"))).mean() > 40
    block = true[:5, :6].reshape(-1, 3).mean(axis=0)  # 48x40 in 8x8 blocks of 6x5
    assert (SIZE, thumbnail(true).shape) == ((48, 40), (8, 8, 3))
    np.testing.assert_allclose(thumbnail(true)[0, 0], block)
