"""A trained generator as the file of a model: its deployed form in ONNX, its weights, and its card."""

import contextlib
import copy
import io
import json
import logging
import warnings
from dataclasses import replace
from functools import reduce
from typing import TypeVar

import numpy as np
import onnx
import torch
from onnx import TensorProto, compose, helper, numpy_helper
from torch import nn

from srgan.models.release.fold import Deployable, deploy
from srgan.weights.card import Card, File
from srgan.weights.model_file import CARD, graph_checksum

LOW = "low"
"""Name of the ONNX file's input. Its other tensors that can be cut at are named by the stages that make them."""

_LARGE = 20_000  # numbers: smaller tensors are the first and last layers, whose rounding is seen most
_Network = TypeVar("_Network", bound=Deployable)


def round_weights(generator: _Network) -> _Network:
    """Return a copy whose large tensors are numbers of float16."""
    rounded = copy.deepcopy(generator)
    for value in rounded.state_dict().values():
        if value.numel() >= _LARGE and value.abs().max() < torch.finfo(torch.float16).max:
            value.copy_(value.half())
    return rounded


def model_file(generator: Deployable, card: Card) -> tuple[Card, bytes]:
    """Return the card with the checksum of the graph, and the contents of the model's file.

    Args:
        generator: in evaluation mode, on the CPU; its weights are stored in float16 where that is exact.
        card: all but its files.
    """
    model = to_onnx(generator)
    _store_weights(model.graph, {name: value.numpy() for name, value in generator.state_dict().items()})
    onnx.checker.check_model(model, full_check=True)
    file = File(*graph_checksum(model.SerializeToString(deterministic=True)))
    rounded = card.quantisation if card.files.get(".onnx") == file else None  # ranges are those of these weights
    card = replace(card, files={".onnx": file}, quantisation=rounded)
    return card, with_card(model, card)


def with_card(model: onnx.ModelProto, card: Card) -> bytes:
    """Return the file of a model with this card in place of its own."""
    helper.set_model_props(model, {CARD: json.dumps(json.loads(card.to_json()), ensure_ascii=False)})
    contents: bytes = model.SerializeToString(deterministic=True)
    return contents


def to_onnx(generator: Deployable) -> onnx.ModelProto:
    """Return the deployed generator as an ONNX graph for any H and W: `low` (1, 3, H, W), then each stage's result."""
    source, channels, graphs = LOW, 3, []
    for part, stage in zip(deploy(generator), generator.stages, strict=True):
        graph = compose.add_prefix(_export(part, channels=channels), f"{stage.output}/")
        _rename(graph.graph, {f"{stage.output}/input": source, f"{stage.output}/output": stage.output})
        source, channels = stage.output, graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value
        graphs.append(graph)
    merged = reduce(_join, graphs)
    merged.graph.name = "srgan"
    del merged.graph.value_info[:], merged.graph.metadata_props[:], merged.metadata_props[:]
    for each in (*merged.graph.node, *merged.graph.input, *merged.graph.output, *merged.graph.initializer):
        del each.metadata_props[:]  # the exporter's notes to itself, with paths of the machine
        each.doc_string = ""
    onnx.checker.check_model(merged, full_check=True)
    return merged


def _store_weights(graph: onnx.GraphProto, state: dict[str, np.ndarray]) -> None:
    """Give initialisers that equal trained tensors their names, add the other trained tensors, and halve what is exact.

    A trained tensor that the graph does not use, since a folded or rearranged one took its place, is stored as well.
    """
    keys: dict[tuple[tuple[int, ...], bytes], list[str]] = {}
    for name, value in state.items():
        keys.setdefault((value.shape, value.tobytes()), []).append(name)
    arrays, names = dict[str, np.ndarray](), dict[str, str]()
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        equal = keys.get((array.shape, array.tobytes()), [tensor.name])
        names[tensor.name] = equal.pop(0) if len(equal) > 1 else equal[0]
        arrays[names[tensor.name]] = array
    arrays |= {name: value for name, value in state.items() if name not in arrays}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    used = {name for node in graph.node for name in node.input}
    halves = {name: array.astype(np.float16) for name, array in arrays.items() if _is_half(array)}
    for node in graph.node:
        node.input[:] = [f"{name}/float32" if name in halves else name for name in node.input]
    casts = [
        helper.make_node("Cast", [name], [f"{name}/float32"], name=f"{name}/cast", to=TensorProto.FLOAT)
        for name in halves
        if name in used
    ]
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(numpy_helper.from_array(halves.get(name, array), name) for name, array in arrays.items())
    graph.node.extend(nodes)


def _is_half(array: np.ndarray) -> bool:
    """Return whether a large array of float32 is one of float16."""
    if array.dtype != np.float32 or array.size < _LARGE or np.abs(array).max() > np.finfo(np.float16).max:
        return False
    return np.array_equal(array.astype(np.float16).astype(np.float32), array)


def _join(first: onnx.ModelProto, second: onnx.ModelProto) -> onnx.ModelProto:
    """Return one graph after another, which takes what the first gives under its name."""
    (shared,) = (value.name for value in first.graph.output)
    return compose.merge_models(first, second, io_map=[(shared, shared)])


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Give the tensors between nodes other names."""
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*graph.input, *graph.output):
        value.name = names[value.name]


def _export(module: nn.Module, *, channels: int) -> onnx.ModelProto:
    """Return one part as ONNX, without the exporter's messages about packages that it does not need here."""
    height, width = torch.export.Dim("height", min=1, max=2**20), torch.export.Dim("width", min=1, max=2**20)
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                (torch.zeros(1, channels, 24, 20),),
                input_names=["input"],
                output_names=["output"],
                dynamic_shapes=({2: height, 3: width},),
                opset_version=20,
                dynamo=True,
                optimize=True,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    assert program is not None
    return program.model_proto
