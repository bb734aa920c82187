"""ONNX messages read and written without the onnx package, by the field numbers of onnx.proto.

A message is a sequence of fields, each a number, a wire type and a value.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import ModelError

OPSET, IR_VERSION = 17, 8
"""Versions that are written."""
TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 7: np.dtype("<i8"), 10: np.dtype("<f2")}
"""Data types by their number in TensorProto."""
LARGE = 20_000
"""Numbers in a tensor from which float16 is stored where it is exact: docs/decisions/0023."""

_NUMBERS = {dtype: number for number, dtype in TYPES.items()}
_FLOAT, _INT, _STRING, _INTS = 1, 2, 3, 7  # AttributeProto.AttributeType


class FileDamaged(ModelError):
    """The file is damaged, or none of ONNX."""


def fields(contents: bytes, message: slice) -> Iterator[tuple[int, slice | int]]:
    """Yield number and value of each field of a message: a place in the contents, or an integer.

    Raises:
        FileDamaged: if it is no message.
    """
    at: int = message.start
    end: int = message.stop

    def varint() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = contents[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value
            if shift > 63:
                raise IndexError

    try:
        while at < end:
            number, kind = divmod(varint(), 8)
            if kind == 0:
                yield number, varint()
                continue
            length = {1: 8, 5: 4}[kind] if kind != 2 else varint()
            if at + length > end:
                raise IndexError
            yield number, slice(at, at + length)
            at += length
    except (IndexError, KeyError) as error:
        raise FileDamaged("a model's file is damaged or no ONNX file: export the model again") from error


def field(number: int, value: int | float | str | bytes) -> bytes:
    """Return one field: a varint, a float of 32 bits, or text, bytes or a message with their length."""
    if isinstance(value, float):
        return _varint(8 * number + 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return _varint(8 * number) + _varint(value % 2**64)
    data = value.encode() if isinstance(value, str) else value
    return _varint(8 * number + 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def node(kind: str, inputs: Sequence[str], output: str, **attributes: int | float | str | Sequence[int]) -> bytes:
    """Return a NodeProto with one output, which names it as well."""
    parts = [*(field(1, name) for name in inputs), field(2, output), field(3, output), field(4, kind)]
    return b"".join(parts + [field(5, _attribute(name, value)) for name, value in sorted(attributes.items())])


def _attribute(name: str, value: int | float | str | Sequence[int]) -> bytes:
    if isinstance(value, str):
        content, kind = field(4, value), _STRING
    elif isinstance(value, int):
        content, kind = field(3, value), _INT
    elif isinstance(value, float):
        content, kind = field(2, value), _FLOAT
    else:
        content, kind = b"".join(field(8, number) for number in value), _INTS
    return field(1, name) + content + field(20, kind)


def tensor(name: str, values: NDArray[Any]) -> bytes:
    """Return a TensorProto of float32, float16 or int64."""
    number = _NUMBERS[values.dtype.newbyteorder("<")]
    shape = b"".join(field(1, extent) for extent in values.shape)
    return shape + field(2, number) + field(8, name) + field(9, np.ascontiguousarray(values).tobytes())


def image_info(name: str, channels: int | None) -> bytes:
    """Return the ValueInfoProto of an image of float32, (1, channels, any height, any width)."""
    extents: list[int | str] = [1, channels if channels is not None else "channels", f"{name}_height", f"{name}_width"]
    dimensions = [field(1, field(1, extent) if isinstance(extent, int) else field(2, extent)) for extent in extents]
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, b"".join(dimensions))))


def graph(
    name: str, *, nodes: Sequence[bytes], tensors: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes]
) -> bytes:
    """Return a GraphProto."""
    parts = [field(1, each) for each in nodes] + [field(2, name)] + [field(5, each) for each in tensors]
    return b"".join(parts + [field(11, each) for each in inputs] + [field(12, each) for each in outputs])


def model(graph: bytes, opset: int = OPSET) -> bytes:
    """Return a ModelProto."""
    return field(1, IR_VERSION) + field(8, field(2, opset)) + field(7, graph)
