"""Compression settings of a WebP file, the quality of a lossy one, read from its header.

Container: RIFF chunks. A lossy frame is a VP8 key frame, whose header is coded bit by bit with the boolean decoder of
RFC 6386 (sections 7, 9 and 19.2). Its quantiser indices are turned into the quality for which libwebp chooses them.
"""

import math
import struct
from dataclasses import dataclass

from srgan.images.exif import ReadAt

_MOST_CHUNKS = 200
_START_CODE = b"\x9d\x01\x2a"
_FRAME_HEADER = 10  # bytes before the coded part: tag, start code, width and height
_CODED_BYTES = 128  # more than the coded header reaches to
_HIGHEST_INDEX = 127


@dataclass(frozen=True)
class WebpHeader:
    """Compression settings of a WebP file."""

    lossy: bool
    quality: int | None
    """From 1 to 100, on libwebp's scale; None of a lossless picture, or of a damaged header."""


def read_webp_header(read_at: ReadAt) -> WebpHeader:
    """Return what the first frame says of its compression; a file without one counts as lossy."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        start = read_at(at, 8)
        if len(start) < 8:
            break
        kind, (length,) = start[:4], struct.unpack("<I", start[4:])
        if kind == b"VP8L":
            return WebpHeader(lossy=False, quality=None)
        if kind == b"VP8 ":
            return WebpHeader(lossy=True, quality=_quality(read_at(at + 8, min(length, _FRAME_HEADER + _CODED_BYTES))))
        # A frame of an animation holds 16 bytes of its own, and then chunks.
        at += 8 + (16 if kind == b"ANMF" else length + length % 2)
    return WebpHeader(lossy=True, quality=None)


class _BooleanDecoder:
    """The boolean decoder of RFC 6386, section 7.3, reading beyond the end as zeros."""

    def __init__(self, coded: bytes) -> None:
        self._coded, self._next = coded, 2
        self._value = int.from_bytes(coded[:2].ljust(2, b"\0"), "big")
        self._range, self._shifted = 255, 0

    def bit(self) -> int:
        """Read a bit whose two values are equally likely."""
        split = 1 + ((self._range - 1) >> 1)
        bit = int(self._value >= split << 8)
        if bit:
            self._value -= split << 8
            self._range -= split
        else:
            self._range = split
        while self._range < 128:
            self._value, self._range, self._shifted = self._value << 1, self._range << 1, self._shifted + 1
            if self._shifted == 8:
                self._value |= self._coded[self._next] if self._next < len(self._coded) else 0
                self._shifted, self._next = 0, self._next + 1
        return bit

    def number(self, bits: int) -> int:
        """Read a number of so many bits, the highest first."""
        value = 0
        for _ in range(bits):
            value = 2 * value + self.bit()
        return value

    def optional(self, bits: int, *, signed: bool = False) -> int:
        """Read a number of so many bits, and its sign after it, if a flag says that it is there; else return 0."""
        if not self.bit():
            return 0
        value = self.number(bits)
        return -value if signed and self.bit() else value


def _quality(frame: bytes) -> int | None:
    """Return the quality of a VP8 key frame, or None if it is none."""
    if len(frame) <= _FRAME_HEADER or frame[0] & 1 or frame[3:6] != _START_CODE:
        return None
    return _quality_of(_quantisers(_BooleanDecoder(frame[_FRAME_HEADER:])))


def _quantisers(header: _BooleanDecoder) -> list[int]:
    """Return the quantiser index of each segment, or of the whole frame, from 0, finest, to 127 (RFC 6386, 19.2)."""
    segments, absolute = [0], False
    header.number(2)  # colour space, clamping
    if header.bit():  # the frame has segments
        map_updated = header.bit()
        if header.bit():
            absolute = bool(header.bit())
            segments = [header.optional(7, signed=True) for _ in range(4)]
            for _ in range(4):
                header.optional(6, signed=True)  # loop filter level
        for _ in range(3 * map_updated):
            header.optional(8)  # probability of a segment
    header.number(1 + 6 + 3)  # loop filter: type, level, sharpness
    if header.bit() and header.bit():
        for _ in range(8):
            header.optional(6, signed=True)  # its correction by reference frame or by mode
    header.number(2)  # partitions
    base = header.number(7)
    indices = segments if absolute else [base + segment for segment in segments]
    return [max(0, min(_HIGHEST_INDEX, index)) for index in indices]


def _quality_of(indices: list[int]) -> int:
    """Invert how libwebp chooses quantisers (quant_enc.c).

    It bends the quality linearly in two parts, takes the cube root, and raises it to powers around 1 for the segments:
    the geometric mean of the coarsest and the finest one is about what it began with.
    """
    fineness = [1 - index / _HIGHEST_INDEX for index in indices]
    linear = math.sqrt(min(fineness) * max(fineness)) ** 3
    quality = 1.5 * linear if linear < 0.5 else (1 + linear) / 2
    return max(1, min(100, round(100 * quality)))
