"""Rows pushed by one thread and pulled by libvips in another, as the bytes of an uncompressed PNG.

libvips encodes what it pulls from a source; of the formats it can pull, PNG is the one that holds 8 and 16 bits with
every kind of channels and is known to its last byte before the first row is there. Floats travel as the four bytes of
RGBA pixels, one channel beside the other. The pipe is bounded: pushing waits.
"""

import struct
import threading
import zlib
from collections import deque
from typing import Any

import numpy as np

from srgan.images.colour import Depth, Pixels
from srgan.images.containers import PNG_SIGNATURE, png_chunk

_MOST_WAITING = 16 << 20  # bytes in the pipe: enough for encoding to go on while the next rows are computed
_SECONDS = 1.0
"""Time after which a side that waits looks whether the program has ended."""
_CHUNK = 4 << 20  # bytes of a PNG chunk
_STORED = 65_535  # bytes of an uncompressed deflate block
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


class StreamClosed(Exception):
    """The pulling side has closed the stream."""


class PngStream:
    """A pipe from rows to PNG bytes.

    Args:
        height: how many rows will come.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        depth: bits a channel; what is pulled of 32 is put together by `floats_of`.
        exif: an EXIF block for the image.
    """

    def __init__(self, width: int, height: int, channels: int, depth: Depth, exif: bytes | None = None) -> None:
        self._condition = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._current = memoryview(b"")
        self._ended = self._closed = False
        self._rows_per_chunk = max(1, _CHUNK // (width * channels * depth // 8))
        self._checksum = 1
        pixels = (width * channels, height, 8, 6) if depth == 32 else (width, height, depth, _COLOUR_TYPES[channels])
        header = struct.pack(">IIBBBBB", *pixels, 0, 0, 0)
        start = PNG_SIGNATURE + png_chunk(b"IHDR", header)
        if exif is not None:
            start += png_chunk(b"eXIf", exif)
        self._push(start + png_chunk(b"IDAT", b"\x78\x01"))

    def push(self, rows: Pixels) -> None:
        """Give the next rows, (count, width, channels) of the depth promised; waits until there is room.

        Raises:
            StreamClosed: if nothing is pulled any more.
        """
        for start in range(0, len(rows), self._rows_per_chunk):
            part = rows[start : start + self._rows_per_chunk]
            lines: Any = part.reshape(len(part), -1)
            if part.dtype == np.uint16:
                lines = lines.astype(">u2").view(np.uint8)
            elif part.dtype == np.float32:
                lines = np.ascontiguousarray(part.transpose(0, 2, 1)).reshape(len(part), -1).view(np.uint8)
            data = np.zeros((len(part), 1 + lines.shape[1]), np.uint8)  # a zero before every row: no filter
            data[:, 1:] = lines
            stream = data.reshape(-1).data
            self._checksum = zlib.adler32(stream, self._checksum)
            self._push(png_chunk(b"IDAT", _stored(stream)))

    def end(self) -> None:
        """End the image: all rows have been pushed.

        Raises:
            StreamClosed: if nothing is pulled any more.
        """
        last = b"\x01\x00\x00\xff\xff" + struct.pack(">I", self._checksum)
        self._push(png_chunk(b"IDAT", last) + png_chunk(b"IEND", b""))
        self.stop()

    def stop(self) -> None:
        """Push nothing more; before `end`, that makes the image a broken one."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def _push(self, data: bytes) -> None:
        with self._condition:
            while self._waiting and self._waiting_bytes + len(data) > _MOST_WAITING and not self._closed:
                self._condition.wait()
            if self._closed:
                raise StreamClosed
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            self._condition.notify_all()

    def pull(self, size: int) -> memoryview | None:
        """Return at most so many bytes, or None at the end; waits until there are some. For the pulling side."""
        if not self._current:
            with self._condition:
                while not self._waiting and not self._ended:
                    self._condition.wait(_SECONDS)
                    if not threading.main_thread().is_alive():
                        break  # interrupted so early that nobody ended the stream
                if not self._waiting:
                    return None
                self._current = memoryview(self._waiting.popleft())
                self._waiting_bytes -= len(self._current)
                self._condition.notify_all()
        part, self._current = self._current[:size], self._current[size:]
        return part

    def close(self) -> None:
        """Pull nothing more. For the pulling side."""
        with self._condition:
            self._closed = True
            self._waiting.clear()
            self._condition.notify_all()


def floats_of(image: Any, channels: int) -> Any:
    """Return the libvips image of floats that was pulled as an image of bytes."""
    width = image.width // channels
    values = image.copy(bands=1, format="float", interpretation="b-w")
    planes = [values.crop(number * width, 0, width, image.height) for number in range(channels)]
    if channels == 1:
        return values
    return planes[0].bandjoin(planes[1:]).copy(interpretation="srgb" if channels > 2 else "b-w")


def _stored(stream: memoryview) -> bytes:
    """Return a stretch of a deflate stream, uncompressed."""
    parts: list[bytes | memoryview] = []
    for start in range(0, len(stream), _STORED):
        part = stream[start : start + _STORED]
        parts += [struct.pack("<BHH", 0, len(part), len(part) ^ 0xFFFF), part]
    return b"".join(parts)
