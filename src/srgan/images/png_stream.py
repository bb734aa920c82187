"""Rows pushed by one thread and pulled by libvips in another, as the bytes of an uncompressed PNG.

libvips encodes what it pulls from a source; of the formats it can pull, PNG is the one that holds 8 and 16 bits with
every kind of channels and is known to its last byte before the first row is there.
The pipe is bounded: who pushes waits.
"""

import struct
import threading
import zlib
from collections import deque

import numpy as np

from srgan.images.colour import Depth, Pixels

_MOST_WAITING = 16 << 20  # bytes in the pipe: enough for encoding to go on while the next rows are computed
_CHUNK = 4 << 20  # bytes of a PNG chunk
_STORED = 65_535  # bytes of an uncompressed deflate block
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


class FeedClosed(Exception):
    """The pulling side has gone."""


class PictureFeed:
    """A pipe from rows to PNG bytes.

    Args:
        width: of the rows.
        height: how many rows will come.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        depth: bits a channel.
        exif: an EXIF block for the picture to carry.
    """

    def __init__(self, width: int, height: int, channels: int, depth: Depth, exif: bytes | None) -> None:
        self._condition = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._current = memoryview(b"")
        self._ended = self._closed = False
        self._rows_per_chunk = max(1, _CHUNK // (width * channels * depth // 8))
        self._checksum = 1
        header = struct.pack(">IIBBBBB", width, height, depth, _COLOUR_TYPES[channels], 0, 0, 0)
        start = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
        if exif is not None:
            start += _chunk(b"eXIf", exif)
        self._push(start + _chunk(b"IDAT", b"\x78\x01"))

    def push(self, rows: Pixels) -> None:
        """Give the next rows, (count, width, channels) of the depth promised; waits until there is room.

        Raises:
            FeedClosed: if nobody pulls any more.
        """
        for start in range(0, len(rows), self._rows_per_chunk):
            part = rows[start : start + self._rows_per_chunk]
            lines = part.reshape(len(part), -1)
            if lines.dtype == np.uint16:
                lines = lines.astype(">u2").view(np.uint8)
            data = np.zeros((len(part), 1 + lines.shape[1]), np.uint8)  # a zero before every row: no filter
            data[:, 1:] = lines
            stream = data.reshape(-1).data
            self._checksum = zlib.adler32(stream, self._checksum)
            self._push(_chunk(b"IDAT", _stored(stream)))

    def end(self) -> None:
        """Say that all rows are there.

        Raises:
            FeedClosed: if nobody pulls any more.
        """
        last = b"\x01\x00\x00\xff\xff" + struct.pack(">I", self._checksum)
        self._push(_chunk(b"IDAT", last) + _chunk(b"IEND", b""))
        self.stop()

    def stop(self) -> None:
        """Say that nothing more will come; before `end`, that makes the picture a broken one."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def _push(self, data: bytes) -> None:
        with self._condition:
            while self._waiting and self._waiting_bytes + len(data) > _MOST_WAITING and not self._closed:
                self._condition.wait()
            if self._closed:
                raise FeedClosed
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            self._condition.notify_all()

    def pull(self, size: int) -> memoryview | None:
        """At most so many bytes, or None at the end; waits until there are some. For the pulling side."""
        if not self._current:
            with self._condition:
                while not self._waiting and not self._ended:
                    self._condition.wait()
                if not self._waiting:
                    return None
                self._current = memoryview(self._waiting.popleft())
                self._waiting_bytes -= len(self._current)
                self._condition.notify_all()
        part, self._current = self._current[:size], self._current[size:]
        return part

    def close(self) -> None:
        """Say that nothing more will be pulled. For the pulling side."""
        with self._condition:
            self._closed = True
            self._waiting.clear()
            self._condition.notify_all()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))


def _stored(stream: memoryview) -> bytes:
    """A stretch of a deflate stream, uncompressed."""
    parts: list[bytes | memoryview] = []
    for start in range(0, len(stream), _STORED):
        part = stream[start : start + _STORED]
        parts += [struct.pack("<BHH", 0, len(part), len(part) ^ 0xFFFF), part]
    return b"".join(parts)
