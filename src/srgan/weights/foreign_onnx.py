"""ONNX files of other people: checked before any engine sees them, and made into the file of a model.

Nothing is run here, and no more memory is taken than the file has bytes. What may stand in a file is a graph with one
image as its input and one as its output: no loops, no branches, no functions, no data in other files, no operators of
other domains, no random numbers.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srgan.errors import ModelError
from srgan.weights.onnx_messages import fields

MAX_BYTES = 1 << 30
"""Largest file that is read: twice the largest published network for enlarging photos."""

_MOST_NODES = 50_000
PADDING_OPSET = 13
"""Version of ONNX from which `Pad` and `Slice` are as they are today."""
_OPSETS = range(9, 26)
_LARGEST = 1 << 20  # integer of an attribute, but for "to the end" in slices
_DOMAINS = ("", "ai.onnx")
_FLOATS: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 10: np.dtype("<f2"), 11: np.dtype("<f8")}
_SIZES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
"""Bytes of a number by data type: all types of numbers but complex ones."""
_TYPED = {4: 4, 10: 8}
"""Fields of TensorProto that hold packed numbers of so many bytes; 5, 7 and 11 hold varints."""
_REFUSED = {
    **dict.fromkeys(("Loop", "Scan", "If", "SequenceMap"), "loops or branches"),
    **dict.fromkeys(("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"), "random numbers"),
    **dict.fromkeys(("Multinomial", "Bernoulli"), "random numbers"),
}


@dataclass(frozen=True)
class Ports:
    """Where an image goes into a graph, and where it comes out."""

    input: str
    output: str
    input_half: bool
    """Whether the input is float16."""
    output_half: bool
    opset: int


@dataclass
class _Found:
    """Contents of a graph that matter, gathered field by field."""

    inputs: list[tuple[str, int, int | None]] = field(default_factory=list)
    """Name, data type, and number of channels."""
    outputs: list[tuple[str, int, int | None]] = field(default_factory=list)
    constants: set[str] = field(default_factory=set)
    nodes: int = 0


def check(contents: bytes) -> Ports:
    """Check an ONNX file, and return its input and output.

    Raises:
        ModelError: if it is damaged, or something stands in it that is not run.
    """
    found, opset, graphs = _Found(), 0, 0
    for number, value in fields(contents, slice(0, len(contents))):
        if number == 8 and isinstance(value, slice):
            parts = dict(fields(contents, value))
            version = parts.get(2, 0)
            if _text(contents, parts.get(1)) in _DOMAINS and isinstance(version, int):
                opset = version
        elif number == 7 and isinstance(value, slice):
            graphs += 1
            _check_graph(contents, value, found)
        elif number == 25:
            raise refusal("functions of its own")
    if graphs != 1:
        raise refusal("no graph" if not graphs else "several graphs")
    if opset not in _OPSETS:
        raise refusal(f"opset {opset}", f"export it with opset {PADDING_OPSET}")
    inputs = [each for each in found.inputs if each[0] not in found.constants]
    for what, ports in (("input", inputs), ("output", found.outputs)):
        if len(ports) != 1:
            raise refusal(f"{len(ports)} {what}s", "export a network that makes one image of one image")
        if ports[0][1] not in (1, 10):
            raise refusal(f"an {what} that is no floating-point image")
    (source, kind, channels), (result, made, _) = inputs[0], found.outputs[0]
    if channels not in (3, None):
        raise refusal(f"an input of {channels} channels", "srgan needs a network for RGB images")
    return Ports(source, result, kind == 10, made == 10, opset)


def refusal(what: str, remedy: str = "take another file, or export the network anew") -> ModelError:
    """Return the error for a file with something in it that is not run."""
    return ModelError(f"the ONNX file has {what}, which srgan does not run: {remedy}")


def _text(contents: bytes, place: slice | int | None) -> str:
    return contents[place].decode("utf-8", "replace") if isinstance(place, slice) else ""


def _check_graph(contents: bytes, graph: slice, found: _Found) -> None:
    for number, value in fields(contents, graph):
        if not isinstance(value, slice):
            continue
        if number == 1:
            found.nodes += 1
            if found.nodes > _MOST_NODES:
                raise refusal(f"more than {_MOST_NODES:,} operations")
            _check_node(contents, value)
        elif number == 5:
            found.constants.add(_check_tensor(contents, value))
        elif number == 15:
            raise refusal("sparse weights")
        elif number in (11, 12):
            (found.inputs if number == 11 else found.outputs).append(_read_port(contents, value))


def _check_node(contents: bytes, node: slice) -> None:
    kind = domain = ""
    for number, value in fields(contents, node):
        if number == 4:
            kind = _text(contents, value)
        elif number == 7:
            domain = _text(contents, value)
        elif number == 5 and isinstance(value, slice):
            _check_attribute(contents, value)
    if domain not in _DOMAINS:
        raise refusal(f"the operator {kind[:40]} of {domain[:40]}")
    if kind in _REFUSED:
        raise refusal(_REFUSED[kind])


def _check_attribute(contents: bytes, attribute: slice) -> None:
    for number, value in fields(contents, attribute):
        if number in (6, 11):
            raise refusal("loops or branches")
        if number in (22, 23):
            raise refusal("sparse weights")
        if number in (5, 10) and isinstance(value, slice):
            _check_tensor(contents, value)
        numbers = [value] if isinstance(value, int) else []
        if number == 8 and isinstance(value, slice):  # packed
            numbers = list(_varints(contents[value]))
        signed = [value - 2**64 if value >= 2**63 else value for value in numbers] if number in (3, 8) else []
        if any(_LARGEST < value < 2**31 - 1 or value < -_LARGEST for value in signed):
            raise refusal("a number beyond all bounds")


def _varints(data: bytes) -> list[int]:
    values, value, shift = list[int](), 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value)
            value, shift = 0, 0
    return values


def _check_tensor(contents: bytes, tensor: slice) -> str:
    """Check that a tensor is what its shape says, and finite; return its name."""
    shape, kind, name, raw, counted = list[int](), 0, "", None, 0
    for number, value in fields(contents, tensor):
        if number == 1:
            shape += [value] if isinstance(value, int) else _varints(contents[value])
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8:
            name = _text(contents, value)
        elif number == 9 and isinstance(value, slice):
            raw = contents[value]
        elif number in (13, 14) and value != 0:
            raise refusal("data in other files", "save it as one file")
        elif number in (4, 5, 7, 10, 11):
            counted += 1 if isinstance(value, int) else _count(contents[value], number)
            if number in _TYPED and isinstance(value, slice):
                _check_finite(contents[value], np.dtype(f"<f{_TYPED[number]}"))
    size = math.prod(shape)
    if kind not in _SIZES or (len(raw) != size * _SIZES[kind] if raw is not None else counted != size):
        raise refusal(f"a tensor {name[:40]} that is not as large as its shape", "it is damaged: fetch it again")
    if raw is not None and kind in _FLOATS:
        _check_finite(raw, _FLOATS[kind])
    return name


def _count(data: bytes, number: int) -> int:
    """Return how many numbers a packed field holds; a single number that is not packed comes as its bytes."""
    if number in _TYPED:
        return len(data) // _TYPED[number]
    return sum(byte < 128 for byte in data)


def _check_finite(data: bytes, kind: np.dtype[Any]) -> None:
    if not np.isfinite(np.frombuffer(data[: len(data) // kind.itemsize * kind.itemsize], kind)).all():
        raise refusal("weights that are no numbers (NaN or infinity)", "it is damaged: fetch it again")


def _read_port(contents: bytes, info: slice) -> tuple[str, int, int | None]:
    """Return name, data type and channels of an input or output; the last is None where it is open."""
    parts = dict(fields(contents, info))
    name, kind, extents = _text(contents, parts.get(1)), 0, list[int | None]()
    for number, value in _inside(contents, parts.get(2)):
        if number != 1:
            continue
        for part, inner in _inside(contents, value):
            if part == 1 and isinstance(inner, int):
                kind = inner
            for dimension, extent in _inside(contents, inner) if part == 2 else ():
                given = dict(_inside(contents, extent)).get(1) if dimension == 1 else None
                extents.append(given if isinstance(given, int) else None)
    if extents and len(extents) != 4:
        raise refusal(f"{name[:40]} with {len(extents)} dimensions", "images have four: (1, 3, height, width)")
    return name, kind, extents[1] if extents else None


def _inside(contents: bytes, value: slice | int | None) -> list[tuple[int, slice | int]]:
    return list(fields(contents, value)) if isinstance(value, slice) else []
