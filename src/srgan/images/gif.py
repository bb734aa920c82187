"""The first frame of a GIF file: where it lies on the canvas, and whether it is whole.

The canvas is that of browsers: the logical screen, grown to hold the first frame, and transparent around it. libvips'
decoder differs: screens above 2,048 pixels, and those of the sizes that monitors once had, it replaces by the extent
of all frames; and pixels that a frame does not give become black.
"""

import io
import struct
from dataclasses import dataclass
from typing import Any

from srgan.images.exif import ReadAt
from srgan.images.vips import unreadable

_SCREEN_END = 13  # bytes of the signature and the logical screen descriptor
_EXTENSION, _FRAME, _TRAILER = b"!", b",", b";"
_MOST_BLOCKS = 100_000  # before the first frame


@dataclass(frozen=True)
class FirstFrame:
    """Place of the first frame of a GIF file."""

    canvas: tuple[int, int]
    """Width and height of the picture."""
    left: int
    top: int
    width: int
    height: int


def read_first_frame(read_at: ReadAt, name: str) -> FirstFrame:
    """Return where the first frame of a file lies, whose name is for messages.

    Raises:
        PictureError: if there is none, or none that has pixels.
    """
    screen = read_at(0, _SCREEN_END)
    if len(screen) == _SCREEN_END:
        width, height, flags = struct.unpack_from("<HHB", screen, 6)
        at = _SCREEN_END + (3 * (2 << (flags & 7)) if flags & 0x80 else 0)
        for _ in range(_MOST_BLOCKS):
            kind = read_at(at, 1)
            if kind == _FRAME:
                descriptor = read_at(at + 1, 8)
                if len(descriptor) < 8:
                    break
                x, y, wide, high = struct.unpack("<4H", descriptor)
                if not wide or not high:
                    break
                return FirstFrame((max(width, x + wide), max(height, y + high)), x, y, wide, high)
            if kind in (b"", _TRAILER):
                break
            at += 1
            if kind == _EXTENSION:
                at += 1
                while (length := read_at(at, 1)) not in (b"", b"\0"):
                    at += 1 + length[0]
                at += 1
    raise unreadable(name, ValueError("no frame in it has pixels"))


def check_whole(data: bytes, frame: FirstFrame, name: str) -> None:
    """Refuse a GIF file whose first frame ends before its last pixel: libvips fills it up, Pillow tells.

    Canvases that Pillow takes for an attack (`PIL.Image.MAX_IMAGE_PIXELS`, 89 million) are not checked.

    Raises:
        PictureError: if pixels are missing.
    """
    from PIL import Image
    from PIL.GifImagePlugin import GifImageFile

    width, height = frame.canvas
    if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
        return
    try:
        GifImageFile(io.BytesIO(data)).load()
    except (OSError, ValueError, SyntaxError, IndexError, struct.error) as problem:
        raise unreadable(name, problem) from None


def on_canvas(image: Any, frame: FirstFrame) -> Any:
    """Return what libvips decodes, which holds the first frame at its place, on the canvas.

    It is as it was if the frame covers the canvas, else with transparency around it.
    """
    if frame.canvas == (frame.width, frame.height) == (image.width, image.height):
        return image
    inside = image.crop(frame.left, frame.top, frame.width, frame.height)
    if frame.canvas == (frame.width, frame.height):
        return inside
    inside = inside if inside.hasalpha() else inside.addalpha()
    return inside.embed(frame.left, frame.top, *frame.canvas, extend="background", background=[0] * inside.bands)
