"""The first frame of a GIF, on the canvas that browsers draw; checked with Pillow, which decodes by its own code."""

import io
import resource
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from srgan.errors import PictureError
from srgan.images.image import ImageReader, read
from tests.helpers.image_files import saved
from tests.helpers.images_made_up import photo

Place = tuple[int, int, int, int]
"""Left, top, width, height."""
Indices = NDArray[np.uint8]
PALETTE = np.stack([np.arange(256), 255 - np.arange(256), np.arange(256) // 2], axis=1).astype(np.uint8)


def _frame(place: Place, indices: Indices, *, transparent: int | None = None) -> bytes:
    """A frame: control block if a colour is transparent, place, and the pixels as Pillow compresses them."""
    data = saved(indices, "gif", interlace=0, optimize=False)
    coded = data[data.index(b",", 13 + 3 * (2 << (data[10] & 7))) + 10 : -1]
    control = b"" if transparent is None else b"!\xf9\x04\x01\0\0" + bytes([transparent, 0])
    return control + struct.pack("<c4HB", b",", *place, 0) + coded


def _gif(screen: tuple[int, int], *frames: bytes) -> bytes:
    """A GIF of these frames, wherever they lie, with a palette of 256 colours."""
    return b"GIF89a" + struct.pack("<2H3B", *screen, 0xF7, 5, 0) + PALETTE.tobytes() + b"".join(frames) + b";"


def _expected(canvas: tuple[int, int], place: Place, indices: Indices, transparent: int | None = None) -> Any:
    """The picture, RGBA: colours of the first frame, transparent where there is none."""
    left, top, width, height = place
    pixels = np.zeros((canvas[1], canvas[0], 4), np.uint8)
    pixels[top : top + height, left : left + width, :3] = PALETTE[indices]
    pixels[top : top + height, left : left + width, 3] = np.where(indices == transparent, 0, 255)
    return pixels


def _shown(pixels: Any) -> Any:
    """Pixels without what nobody sees: the colour of what is transparent."""
    return pixels * (pixels[:, :, 3:] > 0)


@pytest.mark.parametrize("transparent", [None, 200])
@pytest.mark.parametrize(
    ("screen", "place", "canvas"),
    [
        ((500, 400), (10, 20, 30, 40), (500, 400)),
        ((640, 480), (10, 20, 30, 40), (640, 480)),  # a monitor's size, which libvips' decoder does not believe
        ((40, 4128), (0, 47, 40, 32), (40, 4128)),  # nor any as large as this
        ((50, 50), (10, 20, 60, 60), (70, 80)),
        ((40, 32), (0, 0, 3000, 32), (3000, 32)),
        ((0, 0), (0, 0, 30, 40), (30, 40)),
    ],
)
def test_the_canvas_is_the_screen_grown_to_hold_the_first_frame(
    screen: tuple[int, int], place: Place, canvas: tuple[int, int], transparent: int | None
) -> None:
    indices = photo(1, place[2], place[3])[:, :, 1]
    data = _gif(screen, _frame(place, indices, transparent=transparent))
    with Image.open(io.BytesIO(data)) as theirs:
        theirs.load()
        assert theirs.size == canvas
    result = read(data)
    expected = _expected(canvas, place, indices, transparent)
    assert result.pixels.shape[:2] == expected.shape[:2]
    if result.info.channels == 3:
        assert np.array_equal(np.dstack([result.pixels, np.full(result.pixels.shape[:2], 255)]), expected)
    else:
        assert np.array_equal(_shown(result.pixels), _shown(expected))


@pytest.mark.parametrize("screen", [(50, 50), (640, 480)])
def test_later_frames_change_nothing(screen: tuple[int, int]) -> None:
    place = (0, 0, *screen)
    indices = photo(1, *screen)[:, :, 1]
    larger = _frame((10, 10, 700, 600), np.zeros((600, 700), np.uint8))
    result = read(_gif(screen, _frame(place, indices), larger))
    assert np.array_equal(result.pixels, PALETTE[indices])
    assert result.info.notes == ("first of 2 frames",)


def test_a_frame_that_ends_early_and_is_closed_is_no_black_picture() -> None:
    place, indices = (0, 0, 64, 64), np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    frame = _frame(place, indices)
    assert frame[11] == 255  # bytes of its first block
    for blocks in (1, 6):
        cut = frame[: 11 + 256 * blocks] + b"\0"
        for data in (_gif((64, 64), cut), _gif((64, 64), cut, frame)):
            with pytest.raises(PictureError, match="damaged or cut short"):
                read(data)


def test_size_is_checked_before_anything_is_decoded() -> None:
    frame = _frame((60_000, 60_000, 2, 2), np.zeros((2, 2), np.uint8))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PictureError, match="60002x60002 pixels, more than 512000000: raise --max-pixels"):
        ImageReader(_gif((10, 10), frame))
    with pytest.raises(PictureError, match="65535x65535 pixels"):
        ImageReader(_gif((65_535, 65_535), _frame((0, 0, 2, 2), np.zeros((2, 2), np.uint8))))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a",
        b"GIF89a" + bytes(7),
        _gif((9, 9)),
        _gif((9, 9), b"!\xf9\x04\x01"),
        _gif((9, 9), b"!\xfe" + b"\x01x" * 99),
        _gif((9, 9), b",\0\0"),
        _gif((9, 9), struct.pack("<c4HB", b",", 0, 0, 0, 9, 0) + b"\x08\0"),
    ],
)
def test_a_file_without_a_frame_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match=r"damaged or cut short .*: use an intact copy"):
        read(data)
