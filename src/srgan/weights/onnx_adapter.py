"""Adapter around an ONNX graph: any height and width, values of float32 in [0, 1]."""

from collections.abc import Sequence

import numpy as np

from srgan.weights import onnx_messages as onnx
from srgan.weights.foreign_onnx import PADDING_OPSET, Ports, refusal
from srgan.weights.onnx_messages import fields

_Step = tuple[str, tuple[str, ...], dict[str, int | str]]
"""Operator, inputs after the first, attributes."""


def adapt(contents: bytes, ports: Ports, *, levels: int = 1, multiple: int = 1, scale: int = 1) -> bytes:
    """Return an ONNX file whose input has any height and width, and both it and the output float32 in [0, 1].

    Args:
        contents: a file that passed `check`.
        ports: what that returned.
        levels: the network's own white: 1, or 255.
        multiple: the network takes heights and widths that are a multiple of this; others are filled up inside, by
            repeating the last row and column.
        scale: output pixels per input pixel along one axis.

    Raises:
        ModelError: if the file is of so old a version that images cannot be filled up.
    """
    if multiple > 1 and ports.opset < PADDING_OPSET:
        raise refusal(f"opset {ports.opset}", f"export it with opset {PADDING_OPSET} or later")
    before, after, nodes, tensors = list[_Step](), list[_Step](), list[bytes](), list[bytes]()

    def constant(name: str, values: list[int] | float) -> str:
        kind = np.float32 if isinstance(values, float) else np.int64
        tensors.append(onnx.tensor(f"srgan/{name}", np.array(values, kind)))
        return f"srgan/{name}"

    if multiple > 1:
        nodes += [
            onnx.node("Shape", ["srgan/low"], "srgan/shape"),
            onnx.node("Neg", ["srgan/shape"], "srgan/less"),
            onnx.node("Mod", ["srgan/less", constant("multiple", [1, 1, multiple, multiple])], "srgan/missing"),
            onnx.node("Concat", [constant("none", [0] * 4), "srgan/missing"], "srgan/pads", axis=0),
            onnx.node("Mul", ["srgan/shape", constant("scale", [1, 1, scale, scale])], "srgan/size"),
        ]
        before.append(("Pad", ("srgan/pads",), {"mode": "edge"}))
        after.append(("Slice", ("srgan/none", "srgan/size"), {}))
    if levels != 1:
        before.append(("Mul", (constant("levels", float(levels)),), {}))
        after.append(("Mul", (constant("level", 1.0 / levels),), {}))
    if ports.input_half:
        before.append(("Cast", (), {"to": 10}))
    if ports.output_half:
        after.insert(0, ("Cast", (), {"to": 1}))
    source = "srgan/low" if before else ports.input
    result = "srgan/restored" if after else ports.output
    nodes += _chain(source, before, ports.input)

    whole = list(fields(contents, slice(0, len(contents))))
    (place,) = (value for number, value in whole if number == 7)
    assert isinstance(place, slice)
    own = [
        (number, contents[value])
        for number, value in fields(contents, place)
        if number in (1, 2, 5) and isinstance(value, slice)  # without shapes of single tensors, notes and paths
    ]
    made = [
        *((1, each) for each in nodes),
        *own,
        *((1, each) for each in _chain(ports.output, after, result)),
        *((5, each) for each in tensors),
        *((11, onnx.image_info(source, 3)), (12, onnx.image_info(result, None))),
    ]
    versions = [
        onnx.field(number, value if isinstance(value, int) else contents[value])
        for number, value in whole
        if number in (1, 8)
    ]
    return b"".join([*versions, onnx.field(7, b"".join(onnx.field(number, value) for number, value in made))])


def _chain(source: str, steps: Sequence[_Step], result: str) -> list[bytes]:
    """Return operations one after the other, from the tensor `source` to the tensor `result`."""
    nodes, last = [], source
    for number, (kind, others, attributes) in enumerate(steps):
        output = result if number == len(steps) - 1 else f"{source}/{number}"
        nodes.append(onnx.node(kind, [last, *others], output, **attributes))
        last = output
    return nodes
