"""The file of a model: an ONNX graph whose initialisers are the trained weights and whose metadata is the card."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.weights.onnx_messages import TYPES, FileDamaged, field, fields

CARD = "card"
"""Key of the metadata that holds the card."""

_GRAPH, _METADATA = 7, 14  # of ModelProto
_INITIALIZER = 5  # of GraphProto
_DIMS, _DATA_TYPE, _NAME, _RAW = 1, 2, 8, 9  # of TensorProto


def read_card(contents: bytes) -> str | None:
    """Return the card in a model's file as JSON, or None where the file has none.

    Raises:
        FileDamaged: if it is no ONNX file.
    """
    for number, place in fields(contents, slice(0, len(contents))):
        if number == _METADATA and isinstance(place, slice):
            entry = {key: contents[value] for key, value in fields(contents, place) if isinstance(value, slice)}
            if entry.get(1) == CARD.encode():
                return entry.get(2, b"").decode("utf-8", "replace")
    return None


def with_card(contents: bytes, card: str) -> bytes:
    """Return the file of a model with this card, JSON, in place of its own and of all other metadata.

    Raises:
        FileDamaged: if it is no ONNX file.
    """
    kept = [
        field(number, value if isinstance(value, int) else contents[value])
        for number, value in fields(contents, slice(0, len(contents)))
        if number != _METADATA
    ]
    return b"".join([*kept, field(_METADATA, field(1, CARD) + field(2, card))])


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
    for number, place in fields(contents, _graph(contents)):
        if number != _INITIALIZER or not isinstance(place, slice):
            continue
        shape, values = list[int](), dict[int, slice | int]()
        for number, value in fields(contents, place):
            if number == _DIMS and isinstance(value, int):
                shape.append(value)
            values[number] = value
        name, raw, kind = values.get(_NAME), values.get(_RAW), values.get(_DATA_TYPE)
        if isinstance(name, slice) and b"/" not in contents[name]:
            if not isinstance(raw, slice) or not isinstance(kind, int) or kind not in TYPES:
                raise FileDamaged("the weights of a model are of an unknown type: export the model again")
            try:
                array: NDArray[Any] = np.frombuffer(contents[raw], TYPES[kind]).reshape(shape)
                key = contents[name].decode()
            except (ValueError, OverflowError) as error:
                raise FileDamaged("the weights of a model have other shapes: export the model again") from error
            weights[key] = array.astype(np.float32) if array.itemsize == 2 else array.copy()
    return weights


def _graph(contents: bytes) -> slice:
    for number, place in fields(contents, slice(0, len(contents))):
        if number == _GRAPH and isinstance(place, slice):
            return place
    raise FileDamaged("an ONNX file without a graph: export the model again")
