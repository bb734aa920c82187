"""Reader of ncnn networks: a `.param` text and a `.bin` of weights into an ONNX model of any height and width.

It reads the layers of residual networks for super-resolution. A layer, or a parameter of one, that it does not know is
refused, never guessed. Format: Tencent's ncnn, docs/developer-guide/param-and-model-file-structure.md and
operation-param-weight-table.md.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from srgan.errors import ModelError
from srgan.weights import onnx_messages

MAGIC = "7767517"
"""First line of a `.param` file."""
FP16, FP32 = 0x01306B47, 0
"""Tags in front of the weights of a layer in a `.bin` file."""
LOW = "low"
"""Name of the ONNX model's input, (1, 3, H, W). All other tensors are named as in the `.param` file."""

_ARRAY = -23300  # the key of an array is this, less the number of the parameter
_LEAKY = 2
_MOST = 1 << 16  # channels, pixels of a kernel or a border, factors: no network has more


@dataclass(frozen=True)
class Layer:
    """A line of a `.param` file."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: dict[int, tuple[float, ...]]
    """By number, as the format has it; a scalar is an array of one."""

    def scalar(self, number: int, default: float = 0) -> float:
        """Return a parameter that is not an array; the default where it is an empty one."""
        return (self.parameters.get(number) or (default,))[0]

    def whole(self, number: int, default: int = 0) -> int:
        """Return a parameter that counts something."""
        return round(min(max(self.scalar(number, default), -_MOST), _MOST))

    def count(self, number: int) -> int:
        """Return a parameter that counts channels or pixels, at least one.

        Raises:
            ModelError: if it is less, or more than any network has.
        """
        value = self.scalar(number)
        self.require(1 <= value <= _MOST, f"{value:g} for parameter {number}")
        return int(value)

    def require(self, holds: bool, what: str) -> None:
        """Raise unless the layer is of a kind that is read.

        Raises:
            ModelError: if `holds` is false.
        """
        if not holds:
            raise ModelError(
                f"{self.kind} {self.name} has {what}, which is not read: convert the network to ONNX, and add that"
            )


def read_param(text: str) -> list[Layer]:
    """Return the layers of a `.param` file, in order.

    Raises:
        ModelError: if it is not one.
    """
    try:
        magic, counts, *lines = text.splitlines()
        layers = [_layer(line) for line in lines if line.strip()]
        if magic.strip() != MAGIC or not layers or len(layers) != int(counts.split()[0]):
            raise ValueError(f"it begins with {magic} and has {len(layers)} layers")
    except (ValueError, IndexError) as error:
        raise ModelError(f"this is no ncnn .param file ({error}): fetch it again") from error
    return layers


def _layer(line: str) -> Layer:
    kind, name, inputs, outputs, *words = line.split()
    first, last = int(inputs), int(inputs) + int(outputs)
    parameters = dict(_parameter(word) for word in words[last:])
    return Layer(kind, name, tuple(words[:first]), tuple(words[first:last]), parameters)


def _parameter(word: str) -> tuple[int, tuple[float, ...]]:
    key, _, values = word.partition("=")
    numbers = tuple(float(value) for value in values.split(","))
    if int(key) > _ARRAY:
        return int(key), numbers
    if numbers[0] != len(numbers) - 1:
        raise ValueError(f"{word} has not as many values as it says")
    return _ARRAY - int(key), numbers[1:]


class Weights:
    """The contents of a `.bin` file, taken from its beginning to its end."""

    def __init__(self, contents: bytes) -> None:
        self._contents, self._position = contents, 0

    @property
    def left(self) -> int:
        """Bytes that have not been taken."""
        return len(self._contents) - self._position

    def plain(self, count: int, kind: str = "<f4") -> NDArray[np.float32]:
        """Take so many numbers without a tag, as float32; what follows them begins at a multiple of 4 bytes.

        Raises:
            ModelError: if the file ends before.
        """
        size = count * np.dtype(kind).itemsize
        if size > self.left:
            raise ModelError("the ncnn .bin file ends too early: fetch it again, together with its .param file")
        values = np.frombuffer(self._contents, kind, count, self._position).astype(np.float32)
        self._position += -(-size // 4) * 4
        return values

    def tagged(self, count: int) -> NDArray[np.float32]:
        """Take so many weights in the format that the tag before them tells.

        Raises:
            ModelError: if the file ends before, or the weights are in another format than fp16 or fp32.
        """
        if self.left < 4:
            raise ModelError("the ncnn .bin file ends too early: fetch it again, together with its .param file")
        tag = int.from_bytes(self._contents[self._position : self._position + 4], "little")
        self._position += 4
        if tag not in (FP16, FP32):
            raise ModelError(
                f"weights are tagged {tag:#010x}, neither fp16 nor fp32: take a network without quantising"
            )
        return self.plain(count, "<f2" if tag == FP16 else "<f4")


@dataclass
class _Graph:
    """An ONNX graph as it grows, layer by layer."""

    weights: Weights
    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """ONNX tensor behind each tensor of the `.param` file: copies are left out."""

    def node(self, kind: str, inputs: list[str], output: str, **attributes: int | float | str | Sequence[int]) -> None:
        self.nodes.append(onnx_messages.node(kind, inputs, output, **attributes))
        self.names[output] = output

    def constant(self, name: str, values: NDArray[np.float32]) -> str:
        half = values.astype(np.float16) if values.size >= onnx_messages.LARGE else None
        if half is None or not np.array_equal(half.astype(np.float32), values):
            self.constants.append(onnx_messages.tensor(name, values))
            return name
        self.constants.append(onnx_messages.tensor(name, half))
        self.nodes.append(onnx_messages.node("Cast", [name], f"{name}/float32", to=1))
        return f"{name}/float32"

    def sources(self, layer: Layer) -> list[str]:
        layer.require(bool(layer.inputs) and all(name in self.names for name in layer.inputs), "an unknown input")
        return [self.names[name] for name in layer.inputs]


def _input(graph: _Graph, layer: Layer) -> None:
    graph.names[layer.outputs[0]] = LOW


def _split(graph: _Graph, layer: Layer) -> None:
    graph.names |= dict.fromkeys(layer.outputs, graph.sources(layer)[0])


def _convolution(graph: _Graph, layer: Layer) -> None:
    features, kernel, activation, border = layer.count(0), layer.count(1), layer.whole(9), layer.whole(4)
    count = int(layer.scalar(6))
    layer.require(activation in (0, _LEAKY), f"activation {activation}")
    layer.require(0 <= border <= kernel, f"a border of {border}")
    layer.require(count > 0 and count % (features * kernel**2) == 0, f"{count} weights")
    weights = graph.weights.tagged(count).reshape(features, -1, kernel, kernel)
    inputs = [*graph.sources(layer), graph.constant(f"{layer.name}.weight", weights)]
    if layer.whole(5):
        inputs.append(graph.constant(f"{layer.name}.bias", graph.weights.plain(features)))
    output = layer.outputs[0]
    before = f"{output}.linear" if activation else output
    graph.node("Conv", inputs, before, kernel_shape=[kernel] * 2, pads=[border] * 4)
    if activation:
        graph.node("LeakyRelu", [before], output, alpha=layer.scalar(10))


def _concat(graph: _Graph, layer: Layer) -> None:
    layer.require(layer.whole(0) == 0, "another axis than that of channels")
    graph.node("Concat", graph.sources(layer), layer.outputs[0], axis=1)


def _sum(graph: _Graph, layer: Layer) -> None:
    layer.require(layer.whole(0) == 0 and len(layer.inputs) == 2, "another operation than a sum of two")
    graph.node("Add", graph.sources(layer), layer.outputs[0])


def _weighted_sum(graph: _Graph, layer: Layer) -> None:
    layer.require(layer.whole(0) == 1, "another operation than a sum")
    factors = layer.parameters.get(1) or (1.0,) * len(layer.inputs)
    layer.require(len(factors) == len(layer.inputs), f"{len(factors)} factors for {len(layer.inputs)} inputs")
    terms = []
    for number, (source, factor) in enumerate(zip(graph.sources(layer), factors, strict=True)):
        term = f"{layer.outputs[0]}.{number}"
        graph.node("Mul", [source, graph.constant(f"{term}.factor", np.array(factor, np.float32))], term)
        terms.append(term)
    graph.node("Sum", terms, layer.outputs[0])


def _prelu(graph: _Graph, layer: Layer) -> None:
    slopes = graph.weights.plain(layer.count(0)).reshape(-1, 1, 1)
    inputs = [*graph.sources(layer), graph.constant(f"{layer.name}.slope", slopes)]
    graph.node("PRelu", inputs, layer.outputs[0])


def _pixel_shuffle(graph: _Graph, layer: Layer) -> None:
    graph.node("DepthToSpace", graph.sources(layer), layer.outputs[0], blocksize=layer.count(0), mode="CRD")


def _resize(graph: _Graph, layer: Layer) -> None:
    kind = _INTERPOLATIONS.get(layer.whole(0), "")
    layer.require(bool(kind), f"interpolation {layer.whole(0)}")
    factors = [layer.scalar(1, 1), layer.scalar(2, 1)]
    layer.require(all(1 / _MOST < factor < _MOST for factor in factors), f"factors {factors}")
    whole = all(factor == int(factor) for factor in factors)
    layer.require(whole or kind != "nearest", "a factor that is not whole")
    scales = np.array([1, 1, *factors], np.float32)
    inputs = [*graph.sources(layer), "", graph.constant(f"{layer.name}.scales", scales)]
    if kind == "nearest":
        rule = {"mode": kind, "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:  # ncnn's own, without antialiasing; cubic with a = -0.75 and repeated borders
        rule = {"mode": kind, "coordinate_transformation_mode": "half_pixel"}
    graph.node("Resize", inputs, layer.outputs[0], **rule)


_INTERPOLATIONS = {1: "nearest", 2: "linear", 3: "cubic"}

_LAYERS: dict[str, tuple[Callable[[_Graph, Layer], None], frozenset[int]]] = {
    "Input": (_input, frozenset({0, 1, 2})),
    "Split": (_split, frozenset()),
    "Convolution": (_convolution, frozenset({0, 1, 4, 5, 6, 9, 10})),
    "Concat": (_concat, frozenset({0})),
    "BinaryOp": (_sum, frozenset({0})),
    "Eltwise": (_weighted_sum, frozenset({0, 1})),
    "Interp": (_resize, frozenset({0, 1, 2})),
    "PReLU": (_prelu, frozenset({0})),
    "PixelShuffle": (_pixel_shuffle, frozenset({0})),
}
"""How each kind of layer is translated, and which of its parameters are known."""


def to_onnx(param: str, contents: bytes) -> bytes:
    """Return the network as an ONNX file: RGB in [0, 1], (1, 3, H, W), to the last layer's output, float32.

    Args:
        param: text of the `.param` file.
        contents: bytes of the `.bin` file.

    Raises:
        ModelError: if a file is damaged, or the network has something in it that is not read.
    """
    layers, weights = read_param(param), Weights(contents)
    graph = _Graph(weights)
    for layer in layers:
        layer.require(layer.kind in _LAYERS, "a kind")
        translate, known = _LAYERS[layer.kind]
        unknown = sorted(layer.parameters.keys() - known)
        layer.require(not unknown, f"parameters {unknown}")
        layer.require(bool(layer.outputs), "no output")
        layer.require(all(math.isfinite(value) for each in layer.parameters.values() for value in each), "NaN")
        translate(graph, layer)
    if weights.left:
        raise ModelError(f"the ncnn .bin file has {weights.left} bytes too many: fetch it with its .param file")
    source, result = onnx_messages.image_info(LOW, 3), onnx_messages.image_info(layers[-1].outputs[0], None)
    made = onnx_messages.graph("ncnn", nodes=graph.nodes, tensors=graph.constants, inputs=[source], outputs=[result])
    return onnx_messages.model(made)
