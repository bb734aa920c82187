"""Colour profiles (ICC): checked, and made from primaries and a transfer curve (CICP codes, PNG's gAMA and cHRM)."""

import struct
from dataclasses import dataclass

import numpy as np

_CHANNELS = {b"GRAY": (1, 2), b"RGB ": (3, 4)}
_HEADER, _TAG = 132, 12  # bytes of the header with the number of tags, and of an entry of the table behind it
_CONNECTION_SPACES = (b"XYZ ", b"Lab ")
_NOT_FOR_IMAGES = (b"abst", b"link", b"nmcl")

Cicp = tuple[int, int]
"""Colour primaries and transfer characteristics, as ITU-T H.273 numbers them."""

SRGB: Cicp = (1, 13)
UNSPECIFIED = 2
_D65 = (0.3127, 0.329)
_PRIMARIES: dict[int, tuple[float, ...]] = {  # x and y of red, green, blue, white (H.273, table 2)
    1: (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65),
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.310, 0.316),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65),
}
_BT709 = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_TRANSFERS: dict[int, tuple[float, ...]] = {  # the gamma, or gamma, a, b, c, d of ICC.1:2022, table 68, type 3
    **dict.fromkeys((1, 6, 14, 15), _BT709),
    13: (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])


@dataclass(frozen=True)
class ColourSpace:
    """A colour space of three primaries, a white point and a transfer curve."""

    primaries: tuple[float, ...]
    """x and y of red, green, blue and white."""
    curve: tuple[float, ...]
    """An exponent, or the five parameters of a curve with a linear part."""


SRGB_SPACE = ColourSpace(_PRIMARIES[1], _TRANSFERS[13])


def space_of_cicp(code: Cicp) -> ColourSpace | None:
    """Return the colour space of CICP codes, or None where an ICC profile cannot express it (PQ, HLG)."""
    primaries, transfer = (SRGB[at] if value == UNSPECIFIED else value for at, value in enumerate(code))
    if primaries not in _PRIMARIES or transfer not in _TRANSFERS:
        return None
    return ColourSpace(_PRIMARIES[primaries], _TRANSFERS[transfer])


def space_of_png(gamma: bytes | None, chromaticities: bytes | None) -> ColourSpace | None:
    """Return the colour space of PNG's gAMA and cHRM chunks, or None where they say sRGB or make no sense."""
    exponent = int.from_bytes(gamma or b"", "big") / 100_000 or 1 / 2.2
    primaries: tuple[float, ...] = _PRIMARIES[1]
    if chromaticities is not None and len(chromaticities) == 32:
        white_x, white_y, *rest = (value / 100_000 for value in struct.unpack(">8I", chromaticities))
        primaries = (*rest, white_x, white_y)
    usual = abs(exponent - 1 / 2.2) < 0.005
    if usual and np.abs(np.subtract(primaries, _PRIMARIES[1])).max() < 0.002:
        return None
    if not 0.1 <= exponent <= 4 or min(primaries[1::2]) <= 0:
        return None
    return ColourSpace(primaries, _TRANSFERS[13] if usual else (1 / exponent,))


def colour_from_gray(icc: bytes) -> bytes | None:
    """Return a profile for images of RGB whose grays look like those of a gray profile, or None if it has no curve."""
    if not is_intact(icc) or not fits(icc, 1):
        return None
    table = struct.iter_unpack(">4sII", icc[_HEADER : _HEADER + _TAG * struct.unpack_from(">I", icc, _HEADER - 4)[0]])
    tags = {tag: icc[start : start + length] for tag, start, length in table}
    if b"kTRC" not in tags or b"A2B0" in tags or icc[20:24] != b"XYZ ":
        return None
    return make_profile(SRGB_SPACE, gray=False, curve=tags[b"kTRC"])


def make_profile(space: ColourSpace, *, gray: bool, curve: bytes | None = None) -> bytes:
    """Return an ICC profile of version 4 of a colour space, for gray images or for RGB.

    Args:
        space: primaries, white point and transfer curve.
        gray: whether it is for gray images.
        curve: a tag to put in place of the transfer curve.
    """
    x, y = np.array(space.primaries[::2]), np.array(space.primaries[1::2])
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])  # columns: red, green, blue, white
    white = xyz[:, 3]
    cones = _BRADFORD @ white
    adaptation = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / cones) @ _BRADFORD
    columns = adaptation @ (xyz[:, :3] * np.linalg.solve(xyz[:, :3], white))
    curve = curve or b"para" + struct.pack(">4xHxx", 3 if len(space.curve) > 1 else 0) + _fixed(space.curve)
    name = b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", 16, 28) + "as coded".encode("utf-16-be")
    tags = {b"desc": name, b"cprt": name, b"wtpt": b"XYZ " + bytes(4) + _fixed(_D50)}
    tags[b"chad"] = b"sf32" + bytes(4) + _fixed(adaptation.ravel())
    for letter, column in zip(b"rgb" * (not gray), columns.T, strict=not gray):
        tags[bytes([letter]) + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(column)
        tags[bytes([letter]) + b"TRC"] = curve
    if gray:
        tags[b"kTRC"] = curve
    table, body, places = b"", b"", dict[bytes, int]()
    for tag, data in tags.items():
        if data not in places:
            places[data] = _HEADER + _TAG * len(tags) + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", tag, places[data], len(data))
    size = _HEADER + len(table) + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x04300000, b"mntr", b"GRAY" if gray else b"RGB ", b"XYZ ", b"acsp")
    header += bytes(28) + _fixed(_D50) + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + body


def _fixed(values: object) -> bytes:
    """Numbers as s15Fixed16."""
    return (np.round(np.asarray(values, np.float64) * 65_536).astype(">i4")).tobytes()


def fits(icc: bytes, channels: int) -> bool:
    """Whether a profile describes images of so many channels."""
    return channels in _CHANNELS.get(icc[16:20], ())


def is_cmyk(icc: bytes) -> bool:
    """Whether a profile describes printing inks."""
    return icc[16:20] == b"CMYK"


def is_intact(icc: bytes) -> bool:
    """Whether a profile is one as encoders demand: libpng refuses a whole image for a damaged one."""
    if len(icc) < _HEADER or icc[36:40] != b"acsp":
        return False
    size, tags, intent = (struct.unpack_from(">I", icc, at)[0] for at in (0, _HEADER - 4, 64))
    if size != len(icc) or (icc[8] > 3 and size % 4) or size < _HEADER + _TAG * tags or intent >= 0xFFFF:
        return False
    if icc[20:24] not in _CONNECTION_SPACES or icc[12:16] in _NOT_FOR_IMAGES:
        return False
    table = struct.iter_unpack(">4sII", icc[_HEADER : _HEADER + _TAG * tags])
    return all(start <= size and length <= size - start for _, start, length in table)
