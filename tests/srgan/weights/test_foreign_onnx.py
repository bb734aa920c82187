"""ONNX files of other people: what is let through, and what is refused before anything runs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from srgan.errors import ModelError
from srgan.weights.catalogue import SHIPPED
from srgan.weights.foreign_onnx import Ports, check
from tests.helpers.small_onnx import bicubic_like, network

Change = Callable[[onnx.ModelProto], None]


def altered(change: Change, *, kind: int = TensorProto.FLOAT) -> bytes:
    model = onnx.load_model_from_string(bicubic_like(kind=kind))
    change(model)
    contents: bytes = model.SerializeToString()
    return contents


def _external(model: onnx.ModelProto) -> None:
    weights = model.graph.initializer[0]
    weights.data_location = TensorProto.EXTERNAL
    weights.ClearField("raw_data")
    entry = weights.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def _branch(model: onnx.ModelProto) -> None:
    inner = helper.make_graph([], "inner", [], [])
    model.graph.node.append(helper.make_node("If", ["c"], ["d"], then_branch=inner, else_branch=inner))


def _rename_operator(kind: str, domain: str = "") -> Change:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[0].op_type, model.graph.node[0].domain = kind, domain

    return change


def _weights(values: np.ndarray) -> Change:
    return lambda model: model.graph.initializer[0].CopyFrom(numpy_helper.from_array(values, "weight"))


def _dims(*shape: int) -> Change:
    def change(model: onnx.ModelProto) -> None:
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(shape)

    return change


def _extra(what: str) -> Change:
    def change(model: onnx.ModelProto) -> None:
        ports = getattr(model.graph, what)
        ports.append(helper.make_tensor_value_info("another", TensorProto.FLOAT, [1, 3, None, None]))

    return change


def _input(kind: int, shape: list[int | None]) -> Change:
    return lambda model: model.graph.input[0].CopyFrom(helper.make_tensor_value_info("image", kind, shape))


def _opset(version: int) -> Change:
    def change(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = version

    return change


def _pads(value: int) -> Change:
    def change(model: onnx.ModelProto) -> None:
        for attribute in model.graph.node[0].attribute:
            if attribute.name == "pads":
                attribute.ints[0] = value

    return change


def _constant(model: onnx.ModelProto) -> None:
    lying = numpy_helper.from_array(np.zeros(4, np.float32), "lying")
    lying.dims[0] = 10**9
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=lying))


@pytest.mark.parametrize(
    "change",
    [
        *(_external, _branch, _constant, _extra("input"), _extra("output"), _opset(6), _opset(99)),
        *(_rename_operator(*name) for name in (("Loop",), ("RandomNormalLike",), ("Conv", "com.example"))),
        *(_weights(np.full((12, 3, 3, 3), np.nan, np.float32)), _weights(np.full((1,), np.inf, np.float32))),
        *(_dims(10**9), _dims(12, 3, 3, 4), _dims(2**40, 2**40), _dims(-1), _dims()),
        *(_input(kind, [1, count, None, None]) for kind, count in ((TensorProto.UINT8, 3), (TensorProto.FLOAT, 1))),
        *(_input(TensorProto.FLOAT, [3, None, None]), _pads(10**9), _pads(-(10**9))),
        lambda model: model.graph.sparse_initializer.add(),
        lambda model: model.functions.add(),
        lambda model: model.graph.ClearField("output"),
        lambda model: model.ClearField("graph"),
    ],
)
def test_what_is_not_run_is_refused_in_a_line(change: Change) -> None:
    with pytest.raises(ModelError) as refused:
        check(altered(change))
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("contents", [b"", b"\x00", b"PK\x03\x04", b"\xff" * 100, b"\x3a" + b"\xff" * 9 + b"\x01"])
def test_what_is_no_onnx_file_is_refused(contents: bytes) -> None:
    with pytest.raises(ModelError):
        check(contents)


def test_ports_are_found() -> None:
    assert check(bicubic_like()) == Ports("image", "larger", input_half=False, output_half=False, opset=17)
    halves = check(bicubic_like(kind=TensorProto.FLOAT16))
    assert (halves.input_half, halves.output_half) == (True, True)


def test_weights_among_the_inputs_are_no_images() -> None:
    def old(model: onnx.ModelProto) -> None:
        model.graph.input.append(helper.make_tensor_value_info("weight", TensorProto.FLOAT, [12, 3, 3, 3]))

    assert check(altered(old)).input == "image"


def test_numbers_may_stand_in_typed_fields() -> None:
    def typed(model: onnx.ModelProto) -> None:
        values = numpy_helper.to_array(model.graph.initializer[0])
        typed = helper.make_tensor("weight", TensorProto.FLOAT, values.shape, values.ravel().tolist())
        model.graph.initializer[0].CopyFrom(typed)

    assert check(altered(typed)).output == "larger"

    def lying(model: onnx.ModelProto) -> None:
        typed(model)
        model.graph.initializer[0].float_data.append(1.0)

    with pytest.raises(ModelError):
        check(altered(lying))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.onnx")), ids=lambda path: path.stem)
def test_shipped_models_are_let_through(path: Path) -> None:
    assert check(path.read_bytes()).input == "low"


def test_a_number_to_the_end_is_let_through() -> None:
    nodes = [helper.make_node("Constant", [], ["end"], value_ints=[2**63 - 1]), helper.make_node("Identity", ["image"], ["larger"])]  # fmt: skip  # noqa: E501
    assert check(network(nodes)).input == "image"
