"""Pyramidal TIFF: copies of half the size each, behind an image in tiles, in memory that does not grow with it.

libvips' own pyramids hold all smaller copies in memory until the end: gigabytes for a gigapixel. So each is written to
a temporary file, from the one before, and its tiles are appended to the TIFF.
"""

import struct
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from srgan.images.exif import Tag, from_file, pack_directory, read_directory, read_entries, read_layout
from srgan.images.vips import pyvips

_SUBFILE_TYPE, _TILE_OFFSETS, _TILE_BYTES = 254, 324, 325
_MOST = {"uchar": 255, "ushort": 65_535, "float": 1}  # that stand for opaque
_PIECE = 1 << 20  # bytes copied at once


def add_smaller_copies(file: BinaryIO, folder: Path, settings: dict[str, Any]) -> None:
    """Append copies of a TIFF's image, each of half the size of the one before, until one fits into a tile.

    Args:
        file: the TIFF, of one image in tiles, as libvips writes it; open for reading and writing.
        folder: for temporary files, which have no names and vanish with the process.
        settings: of libvips' saver, by which the TIFF was made.

    Raises:
        VipsFailure, OSError: if a copy cannot be written.
    """
    before: BinaryIO = file
    with ExitStack() as open_files:
        while (image := _image(before)) is not None and max(image.width, image.height) > settings["tile_width"]:
            copy = open_files.enter_context(tempfile.TemporaryFile(dir=folder))
            _half(image).tiffsave_target(pyvips.Target.new_to_descriptor(copy.fileno()), keep="none", **settings)
            del image
            if before is not file:
                before.close()
            _append(file, copy)
            before = copy


def _image(file: BinaryIO) -> Any:
    """Return the first image of a TIFF in tiles, which are read when they are wanted."""
    file.seek(0)  # from top to bottom, libvips would hold several rows of tiles and more: twice the memory
    return pyvips.Image.tiffload_source(pyvips.Source.new_from_descriptor(file.fileno()), access="random")


def _half(image: Any) -> Any:
    """Return means of two by two pixels, rounded; a last row or column without a second one is left out.

    Colour counts by its opacity.
    """
    across, down = (2 if length > 1 else 1 for length in (image.width, image.height))
    whole = image.crop(0, 0, image.width // across * across, image.height // down * down)
    if image.hasalpha():
        most = _MOST[image.format]
        half = _mean(whole.premultiply(max_alpha=most), across, down).unpremultiply(max_alpha=most)
        rounded = half if image.format == "float" else half.linear(1, 0.5).cast(image.format)
    elif image.format == "float":
        rounded = _mean(whole, across, down)
    else:  # in integers as short as possible, since strips are as wide as the image: 4 a + 2, whose means are whole
        wide = whole.cast("ushort" if image.format == "uchar" else "uint") << 2 | 2
        rounded = (_mean(wide, across, down) >> 2).cast(image.format)
    return rounded.copy(interpretation=image.interpretation)


def _mean(image: Any, across: int, down: int) -> Any:
    """Return means of `across` by `down` pixels: of rows first, which leaves less to hold between the two steps."""
    return image.shrinkh(across).shrinkv(down)


def _append(file: BinaryIO, copy: BinaryIO) -> None:
    """Append the image of a little-endian TIFF to another one, as its last and as a reduced copy."""
    directory, read_at = read_directory(from_file(copy)), from_file(file)
    layout, pointer, following = read_layout(read_at)
    while following:
        count = len(list(read_entries(read_at, layout, following)))
        pointer = following + layout.counter[1] + count * layout.entry[1]
        (following,) = layout.unpack(layout.offset[0], read_at(pointer, layout.offset[1]))
    offsets, sizes = (_numbers(directory.tags[number]) for number in (_TILE_OFFSETS, _TILE_BYTES))
    first, end = int(offsets.min()), int((offsets + sizes).max())
    start = file.seek(0, 2)
    copy.seek(first)
    for left in range(end - first, 0, -_PIECE):
        file.write(copy.read(min(left, _PIECE)))
    code, size = layout.offset
    moved = (offsets - first + start).astype(f"<u{size}").tobytes()
    directory.tags[_TILE_OFFSETS] = Tag(16 if layout.big else 4, len(offsets), moved)
    directory.tags[_SUBFILE_TYPE] = Tag(4, 1, struct.pack("<I", 1))
    place = file.seek(0, 2)
    place += -place % 8
    file.seek(place)
    file.write(pack_directory(directory, place, big=layout.big))
    file.seek(pointer)
    file.write(layout.pack(code, place))
    file.flush()


def _numbers(tag: Tag) -> NDArray[np.int64]:
    """Return the numbers of a tag of type SHORT, LONG or LONG8."""
    numbers: NDArray[np.int64] = np.frombuffer(tag.data, {3: "<u2", 4: "<u4", 16: "<u8"}[tag.kind]).astype(np.int64)
    return numbers
