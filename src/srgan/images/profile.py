"""Colour profiles (ICC): whether one is intact, and which pictures it describes. It converts nothing."""

import struct

_COLOUR_SPACES = {b"GRAY": (1, 2), b"RGB ": (3, 4), b"CMYK": ()}
_HEADER, _TAG = 132, 12  # bytes of the header with the number of tags, and of an entry of the table behind it
_CONNECTION_SPACES = (b"XYZ ", b"Lab ")
_NOT_FOR_PICTURES = (b"abst", b"link", b"nmcl")


def fits(icc: bytes, channels: int) -> bool:
    """Whether a colour profile describes pictures of so many channels."""
    return channels in _COLOUR_SPACES.get(icc[16:20], ())


def is_cmyk(icc: bytes) -> bool:
    """Whether a colour profile describes printing inks."""
    return icc[16:20] == b"CMYK"


def is_intact(icc: bytes) -> bool:
    """Whether a colour profile is one as encoders demand: libpng refuses a whole picture for a damaged one."""
    if len(icc) < _HEADER or icc[36:40] != b"acsp":
        return False
    size, tags, intent = (struct.unpack_from(">I", icc, at)[0] for at in (0, _HEADER - 4, 64))
    if size != len(icc) or (icc[8] > 3 and size % 4) or size < _HEADER + _TAG * tags or intent >= 0xFFFF:
        return False
    if icc[20:24] not in _CONNECTION_SPACES or icc[12:16] in _NOT_FOR_PICTURES:
        return False
    table = struct.iter_unpack(">4sII", icc[_HEADER : _HEADER + _TAG * tags])
    return all(start <= size and length <= size - start for _, start, length in table)
