"""The default engine: OpenVINO on the CPU, in bfloat16 where the processor computes with it, else in float32.

It needs no torch, starts in half a second, and reaches the processor's own matrix-product rate (benchmarks/).
"""

import gc
import threading
from functools import cache, partial
from typing import Any

import numpy as np
import openvino
from openvino import opset13

from srgan.engines.engine import Floats, Precision, is_shortage
from srgan.errors import EngineError, ModelError, OutOfMemory
from srgan.weights.card import Stage
from srgan.weights.catalogue import Model
from srgan.weights.interpolation import AnyModel, Interpolated


@cache
def shared_core() -> openvino.Core:
    """Return the only OpenVINO core of this process.

    Each core sets up a signal stack on its thread, and takes it down in its turn: of several cores that do not end in
    reverse order, one leaves a stack behind that is gone, and the next signal, such as Ctrl-C, ends the process.
    """
    return openvino.Core()


def supports_bf16() -> bool:
    """Return whether this processor multiplies in bfloat16 (AMX or AVX512-BF16)."""
    return "BF16" in shared_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor_name() -> str:
    """Return the name of the processor."""
    return str(shared_core().get_property("CPU", "FULL_DEVICE_NAME"))


class OpenVinoEngine:
    """A model compiled by OpenVINO, cut into its stages; each thread has its own inference requests. See `Engine`."""

    name = "openvino"

    def __init__(self, model: AnyModel, *, precision: Precision | None = None) -> None:
        core = shared_core()
        self.device = processor_name()
        self.precision: Precision = precision or ("bf16" if supports_bf16() else "fp32")
        self.stages: tuple[Stage, ...] = model.stages
        settings = {
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[self.precision],
            "NUM_STREAMS": 1,  # one tile at a time on all cores: least memory, and no slower for large tiles
        }
        self._lock, self._thread = threading.Lock(), threading.local()
        try:
            parts = cut(_read(core, model), [stage.output for stage in self.stages])
            self._makers = [partial(core.compile_model, part, "CPU", settings) for part in parts]
            self._compiled = [make() for make in self._makers]
        except RuntimeError as error:
            raise EngineError(
                f"OpenVINO cannot run {model.label} ({_last_line(error)}): try the engine torch"
            ) from error

    def run(self, stage: int, tile: Floats) -> Floats:
        try:
            low = np.ascontiguousarray(tile, dtype=np.float32)
            results = self._request(stage).infer({0: low}, share_inputs=True, share_outputs=True)
        except (RuntimeError, MemoryError) as error:
            if is_shortage(error):
                raise OutOfMemory("a tile did not fit into memory: close other programs") from error
            raise EngineError(f"OpenVINO failed ({_last_line(error)}): try the engine torch") from error
        restored: Floats = results[0]
        return restored

    def _request(self, stage: int) -> Any:
        """Return this thread's request for a stage: a request that runs refuses to be run by another thread."""
        requests = self._thread.__dict__.setdefault("requests", {})
        with self._lock:
            compiled = self._compiled[stage]
            if requests.get(stage, (None,))[0] is not compiled:
                requests[stage] = compiled, compiled.create_infer_request()
        return requests[stage][1]

    def release(self, stage: int) -> None:
        # A compiled network keeps what its largest tile took, and asks for as much again after one that did not fit.
        # So it is made anew, once the error that keeps it in a circle is gone too.
        with self._lock:
            self._thread.__dict__.pop("requests", None)
            del self._compiled[stage:]
            gc.collect()
            self._compiled += [make() for make in self._makers[stage:]]


def _read(core: openvino.Core, model: AnyModel) -> openvino.Model:
    """Return the whole network.

    Raises:
        ModelError: if a file is missing or damaged, or two networks differ in more than their weights.
    """
    if isinstance(model, Model):
        return core.read_model(model.read(".onnx"))
    network, other = (_widen(_read(core, end)) for end in (model.photo_real, model.faithful))
    _interpolate(network, other, model)
    return network


def _widen(network: openvino.Model) -> openvino.Model:
    """Replace weights stored in float16 by the same in float32, in place."""
    for node in network.get_ordered_ops():
        if node.get_type_name() == "Convert":
            stored = node.input_value(0).get_node()
            if stored.get_type_name() == "Constant" and stored.get_element_type() == openvino.Type.f16:
                wide = opset13.constant(stored.data.astype(np.float32))
                for consumer in node.output(0).get_target_inputs():
                    consumer.replace_source_output(wide.output(0))
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
    """Describe a network without its weights: each operation, its attributes and inputs."""
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
    """Return the operations in order, without constants: equal constants may be one node or several."""
    return [node for node in network.get_ordered_ops() if node.get_type_name() != "Constant"]


def _holds_weights(node: openvino.Node) -> bool:
    return bool(node.get_type_name() == "Constant" and node.get_element_type() == openvino.Type.f32)


def cut(network: openvino.Model, outputs: list[str]) -> list[openvino.Model]:
    """Cut the network into consecutive networks, each ending in one of the tensors named.

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
