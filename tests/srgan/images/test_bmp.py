"""BMP: against Pillow, which reads and writes it by its own code."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.errors import PictureError
from srgan.images.image import Metadata, read, write
from tests.helpers.image_files import saved

COLOUR = np.random.default_rng(2).integers(0, 256, (19, 13, 4)).astype(np.uint8)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_what_pillow_writes_is_read(mode: str) -> None:
    image = Image.fromarray(COLOUR[:, :, :3]).convert(mode) if mode != "RGBA" else Image.fromarray(COLOUR)
    data = saved(image, "bmp", dpi=(300, 300))
    result = read(data)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert({"1": "L", "L": "L"}.get(mode, "RGB")))
    assert np.array_equal(result.pixels, expected.reshape(result.pixels.shape))
    assert (result.info.format, result.info.output_format) == ("bmp", "bmp")
    assert result.metadata.dots_per_inch == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_rows_from_the_top_have_a_negative_height(mode: str) -> None:
    data = bytearray(saved(np.squeeze(COLOUR[::-1, :, : len(mode)]), "bmp"))
    data[22:26] = struct.pack("<i", -len(COLOUR))
    colours = min(len(mode), 3)
    assert np.array_equal(read(bytes(data)).pixels[:, :, :colours], COLOUR[:, :, :colours])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_is_written_is_read_by_pillow(channels: int, tmp_path: Path) -> None:
    pixels = COLOUR[:, :, :channels]
    write(tmp_path / "a.bmp", pixels, metadata=Metadata(dots_per_inch=(300.0, 300.0)))
    with Image.open(tmp_path / "a.bmp") as result:
        found = np.asarray(result)
        assert result.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    expected = pixels if channels > 2 else np.concatenate([pixels[:, :, :1].repeat(3, 2), pixels[:, :, 1:]], axis=2)
    assert np.array_equal(found, expected)
    assert np.array_equal(read(tmp_path / "a.bmp").pixels, expected)


def test_it_is_written_in_strips(tmp_path: Path) -> None:
    tall = np.random.default_rng(0).integers(0, 256, (300, 5, 3)).astype(np.uint8)
    write(tmp_path / "a.bmp", tall)
    assert np.array_equal(read(tmp_path / "a.bmp").pixels, tall)


@pytest.mark.parametrize("cut", [20, 60, 400])
def test_damage_is_one_error(cut: int, tmp_path: Path) -> None:
    write(tmp_path / "a.bmp", COLOUR[:, :, :3])
    with pytest.raises(PictureError, match=r"damaged|kind"):
        read((tmp_path / "a.bmp").read_bytes()[:cut])
