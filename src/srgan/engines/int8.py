"""Networks in int8: convolutions computed in integers of eight bits, by ranges that the model's card gives.

The weights stay those of the file. Each is rounded to one of 255 steps of its filter's largest, the input of each
convolution to one of 256 of the range on the card, and OpenVINO computes with the integers (Jacob et al. 2018). Where
channels of the input differ much, each is divided by a number of its own before, and its weights are multiplied by it
(Xiao et al. 2023). What is added up between the convolutions stays in floats.
"""

from collections.abc import Iterable

import numpy as np
import openvino
from openvino import opset13

from srgan.errors import ModelError
from srgan.weights.card import QuantisedConvolution


def quantise(network: openvino.Model, convolutions: Iterable[QuantisedConvolution]) -> None:
    """Round the weights and inputs of convolutions in place, in a network with weights in float32.

    Raises:
        ModelError: if the network has no such convolution.
    """
    operations = network.get_ordered_ops()
    found = {node.get_friendly_name(): node for node in operations if node.get_type_name() == "Convolution"}
    for entry in convolutions:
        if entry.name not in found:
            raise ModelError(f"the network has no convolution {entry.name}, which its card names: export it again")
        _round(found[entry.name], entry)


def _round(node: openvino.Node, entry: QuantisedConvolution) -> None:
    scales = np.asarray(entry.scales or [1.0], np.float32).reshape(1, -1, 1, 1)
    ends = [np.float32(value).reshape(1, 1, 1, 1) for value in (entry.low, entry.high)]
    limits = [opset13.constant(value) for value in (ends[0] * scales, ends[1] * scales, *ends)]
    node.input(0).replace_source_output(opset13.fake_quantize(node.input_value(0), *limits, 256).output(0))
    weights = (node.input_value(1).get_node().data * scales).astype(np.float32)
    largest = np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), np.finfo(np.float32).tiny)
    limits = [opset13.constant(value) for value in (-largest, largest, -largest, largest)]
    node.input(1).replace_source_output(opset13.fake_quantize(opset13.constant(weights), *limits, 255).output(0))


def integers_are_fast(compiled: openvino.CompiledModel) -> bool:
    """Return whether a network that has been run was computed by instructions for products of integers (VNNI, AMX).

    OpenVINO's kernels of the name brgconv need them; without them others multiply integers, and slowly.
    """
    executed = [node.get_rt_info() for node in compiled.get_runtime_model().get_ordered_ops()]
    kinds = [str(info["primitiveType"].astype(str)) for info in executed if "primitiveType" in info]
    return any(kind.startswith("brgconv") and kind.endswith("I8") for kind in kinds)
