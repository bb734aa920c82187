"""The default engine: OpenVINO on the CPU, in bfloat16 where the processor computes with it, else in float32.

It needs no torch, starts in half a second, and reaches the processor's own matrix-product rate (benchmarks/).
"""

import gc
from functools import partial
from typing import Any

import numpy as np
import openvino
from openvino import opset13

from srgan.engines.engine import Floats, Precision, check_tile, speaks_of_memory
from srgan.errors import EngineError, ModelError, OutOfMemory
from srgan.weights.card import Stage
from srgan.weights.catalogue import Model
from srgan.weights.interpolation import AnyModel, Interpolated


def supports_bf16(core: openvino.Core | None = None) -> bool:
    """Whether this processor multiplies in bfloat16 (AMX or AVX512-BF16), as OpenVINO sees it."""
    core = core or openvino.Core()
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor_name() -> str:
    """The processor, as it calls itself."""
    return str(openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"))


class OpenVinoEngine:
    """A model compiled by OpenVINO, cut into its stages. See `Engine`."""

    name = "openvino"

    def __init__(self, model: AnyModel, *, precision: Precision | None = None) -> None:
        core = openvino.Core()
        self.device = str(core.get_property("CPU", "FULL_DEVICE_NAME"))
        self.precision: Precision = precision or ("bf16" if supports_bf16(core) else "fp32")
        self.stages: tuple[Stage, ...] = model.stages
        settings = {
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[self.precision],
            "NUM_STREAMS": 1,  # one tile at a time on all cores: least memory, and no slower for large tiles
        }
        try:
            network = _read(core, model)
            parts = _cut(network, [stage.output for stage in self.stages])
            self._makers = [partial(core.compile_model, part, "CPU", settings) for part in parts]
            self._requests = [make().create_infer_request() for make in self._makers]
        except RuntimeError as error:
            raise EngineError(f"OpenVINO cannot run {model.label} ({_last_line(error)}): try --engine torch") from error

    def run(self, stage: int, tile: Floats) -> Floats:
        try:
            results = self._requests[stage].infer({0: check_tile(tile)}, share_inputs=True, share_outputs=True)
        except (RuntimeError, MemoryError) as error:
            if speaks_of_memory(error):
                raise OutOfMemory("a tile did not fit into memory: close other programs") from error
            raise EngineError(f"OpenVINO failed ({_last_line(error)}): try --engine torch") from error
        restored: Floats = results[0]
        return restored

    def release(self, stage: int) -> None:
        # A compiled network keeps what its largest tile took, and asks for as much again after one that did not fit.
        # So it is made anew, once the error that keeps it in a circle is gone too.
        del self._requests[stage:]
        gc.collect()
        self._requests += [make().create_infer_request() for make in self._makers[stage:]]


def _read(core: openvino.Core, model: AnyModel) -> openvino.Model:
    """The whole network.

    Raises:
        ModelError: if a file is missing or damaged, or two networks differ in more than their weights.
    """
    if isinstance(model, Model):
        return core.read_model(model.read(".onnx"))
    network = _read(core, model.photo_real)
    _interpolate(network, _read(core, model.faithful), model)
    return network


def _interpolate(network: openvino.Model, other: openvino.Model, model: Interpolated) -> None:
    """Give `network` the weights that lie between its own and the other's.

    Raises:
        ModelError: if the two differ in more than their weights.
    """
    if _structure(network) != _structure(other):
        raise model.misfit()
    for node, twin in zip(_operations(network), _operations(other), strict=True):
        for port, twin_port in zip(node.inputs(), twin.inputs(), strict=True):
            weights, others = port.get_source_output().get_node(), twin_port.get_source_output().get_node()
            if _holds_weights(weights):
                between = opset13.constant(model.between(weights.data, others.data))
                port.replace_source_output(between.output(0))


def _structure(network: openvino.Model) -> list[Any]:
    """All that a network is but its weights: each operation, its attributes and what it is fed."""
    nodes = _operations(network)
    numbers = {node.get_name(): number for number, node in enumerate(nodes)}

    def source(output: openvino.Output) -> tuple[Any, ...]:
        node = output.get_node()
        if _holds_weights(node):
            return ("weights", tuple(node.shape))
        if node.get_type_name() == "Constant":
            return ("constant", str(node.get_element_type()), tuple(node.shape), node.data.tobytes())
        return (numbers[node.get_name()], output.get_index())

    return [
        (node.get_type_name(), node.get_attributes(), [source(port.get_source_output()) for port in node.inputs()])
        for node in nodes
    ]


def _operations(network: openvino.Model) -> list[openvino.Node]:
    """What computes, in order. Constants are left to those they feed: equal ones may be one node or several."""
    return [node for node in network.get_ordered_ops() if node.get_type_name() != "Constant"]


def _holds_weights(node: openvino.Node) -> bool:
    return bool(node.get_type_name() == "Constant" and node.get_element_type() == openvino.Type.f32)


def _cut(network: openvino.Model, outputs: list[str]) -> list[openvino.Model]:
    """The network as consecutive networks, each ending in one of the tensors named.

    Raises:
        ModelError: if the network has no such tensor.
    """
    parts = []
    parameters = network.get_parameters()
    for name in outputs[:-1]:
        ports = [port for node in network.get_ordered_ops() for port in node.outputs() if name in port.get_names()]
        if not ports:
            raise ModelError(f"the network has no tensor {name}, which its card names: export the model again")
        consumers = list(ports[0].get_target_inputs())
        shape = ports[0].get_partial_shape()
        following = opset13.parameter(openvino.PartialShape([1, shape[1], -1, -1]), np.float32)
        for consumer in consumers:
            consumer.replace_source_output(following.output(0))
        parts.append(openvino.Model([ports[0]], parameters, name))
        parameters = [following]
    parts.append(openvino.Model(network.get_results(), parameters, outputs[-1]))
    return parts


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
