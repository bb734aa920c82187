"""The default engine: OpenVINO on the CPU, in bfloat16 where the processor computes with it, else in float32.

It needs no torch, starts in half a second, and reaches the processor's own matrix-product rate (benchmarks/).
"""

import gc
import hashlib
import os
import threading
from contextlib import suppress
from functools import cache, cached_property
from typing import Any

import numpy as np
import openvino
from openvino import opset13

from srgan import __version__
from srgan.engines import compiled_networks
from srgan.engines.engine import Floats, Precision, is_shortage
from srgan.engines.int8 import integers_are_fast, quantise
from srgan.errors import EngineError, ModelError, OutOfMemory
from srgan.weights.card import QuantisedConvolution, Stage
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
    """Return whether this processor multiplies in bfloat16 (AMX or AVX512-BF16), and may.

    `ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI` imitates a processor that does not.
    """
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper()
    allowed = limit in ("ALL", "DEFAULT") or any(word in limit for word in ("BF16", "FP16", "AMX", "AVX10"))
    return allowed and "BF16" in _capabilities()


def _capabilities() -> list[str]:
    capabilities: list[str] = shared_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return capabilities


def _fastest(model: AnyModel) -> Precision:
    if supports_bf16():
        return "bf16"
    return "int8" if _quantised(model) else "fp32"


def _quantised(model: AnyModel) -> tuple[QuantisedConvolution, ...]:
    """Return the convolutions of a model that int8 computes in integers; none where it has no int8."""
    found = model.card.quantisation if isinstance(model, Model) else None
    return () if found is None else found.convolutions


def processor_name() -> str:
    """Return the name of the processor."""
    return str(shared_core().get_property("CPU", "FULL_DEVICE_NAME"))


class OpenVinoEngine:
    """A model compiled by OpenVINO, cut into its stages; each thread has its own inference requests. See `Engine`."""

    name = "openvino"

    def __init__(self, model: AnyModel, *, precision: Precision | None = None) -> None:
        self.device = processor_name()
        self.precision: Precision = precision or _fastest(model)
        self.stages: tuple[Stage, ...] = model.stages
        self._model = model
        self._convolutions = _quantised(model) if self.precision == "int8" else ()
        if self.precision == "int8" and not self._convolutions:
            raise EngineError(f"{model.label} has no int8: use fp32 or bf16")
        self._settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if self.precision == "bf16" else "f32",
            "NUM_STREAMS": 1,  # one tile at a time on all cores: least memory, and no slower for large tiles
        }
        self._lock, self._thread = threading.Lock(), threading.local()
        try:
            keys = self._keys()
            self._compiled = [self._open(stage, key) for stage, key in enumerate(keys)]
        except RuntimeError as error:
            raise EngineError(
                f"OpenVINO cannot run {model.label} ({_last_line(error)}): try the engine torch"
            ) from error

    @cached_property
    def _parts(self) -> list[openvino.Model]:
        """The stages of the network."""
        network = _read(self._model)
        if self._convolutions:
            quantise(_widen(network), self._convolutions)
        return cut(network, [stage.output for stage in self.stages])

    def _open(self, stage: int, key: str) -> openvino.CompiledModel:
        """Return a stage from the cache of compiled ones, or compile it and store it there."""
        if (stored := compiled_networks.load(key)) is not None:
            with suppress(RuntimeError):
                return shared_core().import_model(stored, "CPU", self._settings)
        compiled = self._compile(stage)
        with suppress(RuntimeError):  # not every network can be exported
            compiled_networks.store(key, compiled.export_model().getvalue())
        return compiled

    def _compile(self, stage: int) -> openvino.CompiledModel:
        return shared_core().compile_model(self._parts[stage], "CPU", self._settings)

    def _keys(self) -> list[str]:
        """Return a name for each stage that changes with whatever it is compiled from.

        Raises:
            ModelError: if a file is missing or damaged.
        """
        machine = (
            __version__,
            openvino.get_version(),
            self.device,
            sorted(_capabilities()),
            os.environ.get("ONEDNN_MAX_CPU_ISA"),
        )
        what = self.stages, self.precision, self._convolutions, getattr(self._model, "fidelity", None)
        digests = [hashlib.sha256(contents).hexdigest() for contents in _contents(self._model)]
        key = hashlib.sha256(repr((machine, what, digests, self._settings)).encode()).hexdigest()
        return [f"{key}-{stage}" for stage in range(len(self.stages))]

    def has_fast_integers(self) -> bool:
        """Return whether the processor has instructions of its own for int8; runs the network."""
        self.run(0, np.zeros((1, 3, 16, 16), np.float32))
        return integers_are_fast(self._compiled[0])

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
            self._compiled += [self._compile(number) for number in range(stage, len(self.stages))]


def _contents(model: AnyModel) -> tuple[bytes, ...]:
    """Return the files of a model, whose checksums are right.

    Raises:
        ModelError: if one is missing or damaged.
    """
    return tuple(end.read() for end in ((model,) if isinstance(model, Model) else (model.photo_real, model.faithful)))


def _read(model: AnyModel) -> openvino.Model:
    """Return the whole network.

    Raises:
        ModelError: if a file is missing or damaged, or two networks differ in more than their weights.
    """
    network, *others = (shared_core().read_model(each) for each in _contents(model))
    if isinstance(model, Interpolated):
        (other,) = others
        _interpolate(_widen(network), _widen(other), model)
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
