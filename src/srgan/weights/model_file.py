"""The file of a model: an ONNX graph whose initialisers are the trained weights and whose metadata is the card.

It is read here without the onnx package, by the field numbers of onnx.proto: a message is a sequence of fields, each a
number, a wire type and a value.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import ModelError

CARD = "card"
"""Key of the metadata that holds the card."""

_GRAPH, _METADATA = 7, 14  # of ModelProto
_INITIALIZER = 5  # of GraphProto
_DIMS, _DATA_TYPE, _NAME, _RAW = 1, 2, 8, 9  # of TensorProto
_TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 7: np.dtype("<i8"), 10: np.dtype("<f2")}


class FileDamaged(ModelError):
    """The file is damaged, or none of ONNX."""


def read_card(contents: bytes) -> str | None:
    """Return the card in a model's file as JSON, or None where the file has none.

    Raises:
        FileDamaged: if it is no ONNX file.
    """
    for number, place in _fields(contents, slice(0, len(contents))):
        if number == _METADATA and isinstance(place, slice):
            entry = {key: contents[value] for key, value in _fields(contents, place) if isinstance(value, slice)}
            if entry.get(1) == CARD.encode():
                return entry.get(2, b"").decode("utf-8", "replace")
    return None


def graph_checksum(contents: bytes) -> tuple[str, int]:
    """Return sha256 and size of the graph in a model's file: of all that computes, not of the card.

    Raises:
        FileDamaged: if it is no ONNX file.
    """
    graph = contents[_graph(contents)]
    return hashlib.sha256(graph).hexdigest(), len(graph)


def read_weights(contents: bytes) -> dict[str, NDArray[Any]]:
    """Return the state dict of the trained network: float16 is widened to float32.

    Tensors that the graph computes with instead of trained ones have names with a slash, and are left out.

    Raises:
        FileDamaged: if it is no ONNX file, or its weights are of another type.
    """
    weights = dict[str, NDArray[Any]]()
    for number, place in _fields(contents, _graph(contents)):
        if number != _INITIALIZER or not isinstance(place, slice):
            continue
        shape, values = list[int](), dict[int, slice | int]()
        for field, value in _fields(contents, place):
            if field == _DIMS and isinstance(value, int):
                shape.append(value)
            values[field] = value
        name, raw, kind = values.get(_NAME), values.get(_RAW), values.get(_DATA_TYPE)
        if isinstance(name, slice) and b"/" not in contents[name]:
            if not isinstance(raw, slice) or not isinstance(kind, int) or kind not in _TYPES:
                raise FileDamaged("the weights of a model are of an unknown type: export the model again")
            array: NDArray[Any] = np.frombuffer(contents[raw], _TYPES[kind]).reshape(shape)
            weights[contents[name].decode()] = array.astype(np.float32) if array.itemsize == 2 else array.copy()
    return weights


def _graph(contents: bytes) -> slice:
    for number, place in _fields(contents, slice(0, len(contents))):
        if number == _GRAPH and isinstance(place, slice):
            return place
    raise FileDamaged("an ONNX file without a graph: export the model again")


def _fields(contents: bytes, message: slice) -> Iterator[tuple[int, slice | int]]:
    """Yield number and value of each field of a message: a place in the contents, or an integer."""
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
