"""Rows of an image kept aside, and turned on the way: in memory while they are few, else in a temporary file.

The file has no name, or is removed by the system with the process that made it, however that ends.
"""

import errno
import io
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from srgan.images.colour import DTYPES, Depth, Pixels

MOST_IN_MEMORY = 100 << 20
"""Bytes of an image that are kept in memory."""
# EXIF orientations that put the last row or the last column first; from 5 on, columns of the file become rows before.
_ROWS_REVERSED, _COLUMNS_REVERSED = (3, 4, 7, 8), (2, 3, 6, 7)


class _Piece(NamedTuple):
    """A rectangle of the upright image, stored row by row."""

    offset: int
    top: int
    left: int
    height: int
    width: int


class TemporaryRows:
    """Image written strip by strip as it lies, and read by rows of the upright one.

    Args:
        size: width and height of the image as it lies.
        orientation: EXIF's, from 1 to 8.
        folder: where the file is made; that of the system without it.

    Raises:
        OSError: if there is no room for the file.
    """

    def __init__(
        self, size: tuple[int, int], channels: int, depth: Depth, orientation: int, folder: Path | None = None
    ) -> None:
        self._orientation, self._channels, self._dtype = orientation, channels, np.dtype(DTYPES[depth])
        self._height, self._written = size[1], 0
        self._width = size[1] if orientation > 4 else size[0]
        self._pieces: list[_Piece] = []
        self._file: Any = io.BytesIO()
        needed = size[0] * size[1] * channels * self._dtype.itemsize
        if needed > MOST_IN_MEMORY:
            place = folder or Path(tempfile.gettempdir())
            if shutil.disk_usage(place).free < needed:
                raise OSError(errno.ENOSPC, f"{needed >> 20} MiB in {place}")
            self._file = tempfile.TemporaryFile(dir=place, buffering=0)  # noqa: SIM115 - closed by `close`

    def write(self, strip: Pixels) -> None:
        """Append the next rows as they lie, (rows, width, channels).

        Raises:
            OSError: if they cannot be written.
        """
        transposed, orientation = self._orientation > 4, self._orientation
        turned: Any = strip.transpose(1, 0, 2) if transposed else strip
        if orientation in _ROWS_REVERSED:
            turned = turned[::-1]
        if orientation in _COLUMNS_REVERSED:
            turned = turned[:, ::-1]
        start = self._written
        self._written += len(strip)
        if orientation in (_COLUMNS_REVERSED if transposed else _ROWS_REVERSED):
            start = self._height - self._written
        top, left = (0, start) if transposed else (start, 0)
        self._pieces.append(_Piece(self._file.tell(), top, left, *turned.shape[:2]))
        data = np.ascontiguousarray(turned).data.cast("B")
        while data:  # an unbuffered file may take less than it is given
            data = data[self._file.write(data) :]

    def read(self, top: int, count: int) -> Pixels:
        """Return rows of the upright image, (count, width, channels), once all are written.

        Raises:
            OSError: if they cannot be read.
        """
        rows: Pixels = np.empty((count, self._width, self._channels), self._dtype)
        for piece in self._pieces:
            low, high = max(top, piece.top), min(top + count, piece.top + piece.height)
            if low >= high:
                continue
            part = np.empty((high - low, piece.width, self._channels), self._dtype)
            self._file.seek(piece.offset + (low - piece.top) * part[0].nbytes)
            if self._file.readinto(part.data.cast("B")) != part.nbytes:
                raise OSError("it ends early")
            rows[low - top : high - top, piece.left : piece.left + piece.width] = part
        return rows

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
