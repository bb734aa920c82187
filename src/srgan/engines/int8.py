"""Networks in int8: convolutions computed in integers of eight bits, by ranges that the model's card gives.

The weights stay those of the file. Each is rounded to one of 255 steps of its filter's largest, the input of each
convolution to one of 256 of the range on the card, and OpenVINO computes with the integers (Jacob et al. 2018). What is
added up between the convolutions stays in floats.
"""

from collections.abc import Iterable

import numpy as np
import openvino
from openvino import opset13

from srgan.errors import ModelError
from srgan.weights.card import QuantisedConvolution


def quantise(network: openvino.Model, convolutions: Iterable[QuantisedConvolution]) -> None:
    """Round the weights and inputs of convolutions, in place.

    Args:
        network: with weights in float32.
        convolutions: those that integers compute.

    Raises:
        ModelError: if the network has no such convolution.
    """
    found = {node.get_friendly_name(): node for node in network.get_ordered_ops() if _is_convolution(node)}
    for entry in convolutions:
        if entry.name not in found:
            raise ModelError(f"the network has no convolution {entry.name}, which its card names: export it again")
        _round(found[entry.name], entry)


def _is_convolution(node: openvino.Node) -> bool:
    return bool(node.get_type_name() == "Convolution")


def _round(node: openvino.Node, entry: QuantisedConvolution) -> None:
    source, weights = node.input_value(0), node.input_value(1)
    low, high = (opset13.constant(np.float32(value).reshape(1, 1, 1, 1)) for value in (entry.low, entry.high))
    node.input(0).replace_source_output(opset13.fake_quantize(source, low, high, low, high, 256).output(0))
    largest = np.abs(weights.get_node().data).max(axis=(1, 2, 3), keepdims=True).astype(np.float32)
    top = opset13.constant(np.maximum(largest, np.finfo(np.float32).tiny))
    bottom = opset13.constant(-top.data)
    node.input(1).replace_source_output(opset13.fake_quantize(weights, bottom, top, bottom, top, 255).output(0))


def integers_are_fast(compiled: openvino.CompiledModel) -> bool:
    """Return whether a network that has been run was computed by instructions for products of integers (VNNI, AMX)."""
    kinds = [str(node.get_rt_info()["primitiveType"].astype(str)) for node in _executed(compiled)]
    return any("vnni" in kind or "amx" in kind for kind in kinds)


def _executed(compiled: openvino.CompiledModel) -> list[openvino.Node]:
    return [node for node in compiled.get_runtime_model().get_ordered_ops() if "primitiveType" in node.get_rt_info()]
