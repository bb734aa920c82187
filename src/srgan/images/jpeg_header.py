"""Compression settings of a JPEG file, quality and chroma subsampling, read from its header.

The quality is that of libjpeg whose tables are nearest: the tables of ITU-T T.81, Annex K, scaled as libjpeg scales
them (jcparam.c), compared by the sum of squared differences over all coefficients. For files of libjpeg it is the
quality that was asked for, for those of other encoders an equivalent.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from srgan.images.containers import FRAMES, JpegContents

# T.81 tables K.1 and K.2, row by row.
_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *(99,) * 32,
)  # fmt: skip

_SUBSAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1", (4, 2): "4:1:0"}
"""By how many luminance samples there are to a chrominance sample, across and down."""


@dataclass(frozen=True)
class JpegHeader:
    """Compression settings of a JPEG file."""

    quality: int | None
    """From 1 to 100, on libjpeg's scale; None if the file has no quantisation tables before its pixels."""
    subsampling: str | None
    """`4:2:0` and the like; None of a gray picture, or of a ratio without a name."""


@dataclass(frozen=True)
class _Component:
    across: int
    down: int
    table: int
    """Number of its quantisation table."""


def read_jpeg_header(contents: JpegContents) -> JpegHeader:
    """Return what the segments before the first scan say; a file that is cut short says less."""
    tables: dict[int, NDArray[np.int64]] = {}
    components: list[_Component] = []
    for marker, data in contents.coding:
        if marker in FRAMES:
            components = _read_components(data)
        else:
            tables |= _read_tables(data)
    return JpegHeader(_quality(tables, components), _subsampling(components))


def _read_tables(segment: bytes) -> dict[int, NDArray[np.int64]]:
    """Return the quantisation tables of a DQT segment by number, each 64 steps row by row (T.81, B.2.4.1)."""
    tables = {}
    at = 0
    while at < len(segment):
        wide, number = divmod(segment[at], 16)
        size = 128 if wide else 64
        coded = segment[at + 1 : at + 1 + size]
        if len(coded) < size:
            break
        table = np.empty(64, np.int64)
        table[_zigzag()] = np.frombuffer(coded, ">u2" if wide else "u1")
        tables[number] = table
        at += 1 + size
    return tables


def _read_components(segment: bytes) -> list[_Component]:
    """Return the components of a frame header (T.81, B.2.2)."""
    count = segment[5] if len(segment) > 5 else 0
    parts = [segment[at : at + 3] for at in range(6, 6 + 3 * count, 3)]
    return [_Component(part[1] >> 4, part[1] & 15, part[2]) for part in parts if len(part) == 3]


@cache
def _zigzag() -> NDArray[np.int64]:
    """Where each coefficient of the zigzag order stands in a row-by-row 8x8 block (T.81, figure 5)."""
    places = [(row, column) for row in range(8) for column in range(8)]
    places.sort(key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]))
    return np.array([8 * row + column for row, column in places])


@cache
def _scaled(base: tuple[int, ...]) -> NDArray[np.int64]:
    """(100, 64): the table that libjpeg makes of a base table for each quality from 1 to 100."""
    percent = np.array([5000 // quality if quality < 50 else 200 - 2 * quality for quality in range(1, 101)])
    scaled: NDArray[np.int64] = np.clip((np.array(base) * percent[:, None] + 50) // 100, 1, 255)
    return scaled


def _quality(tables: dict[int, NDArray[np.int64]], components: list[_Component]) -> int | None:
    """Return the quality whose tables are nearest; a table that luminance and chrominance share counts as luminance."""
    numbers = [component.table for component in components] or sorted(tables)[:2]
    error = np.zeros(100)
    used = set()
    for position, number in enumerate(numbers[:2]):
        if number in tables and number not in used:
            used.add(number)
            error += ((_scaled(_CHROMINANCE if position else _LUMINANCE) - tables[number]) ** 2).sum(axis=1)
    return int(error.argmin()) + 1 if used else None


def _subsampling(components: list[_Component]) -> str | None:
    if len(components) < 3:
        return None
    first, second = components[:2]
    if not second.across or not second.down or first.across % second.across or first.down % second.down:
        return None
    return _SUBSAMPLING.get((first.across // second.across, first.down // second.down))
