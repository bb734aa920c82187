"""Costs of a network by operation: multiplications, memory, and where it may be cut in two."""

import numpy as np
import openvino

_SIDE = 64  # pixels of the image whose costs are counted


class NetworkCosts:
    """Costs of a network of OpenVINO on an image of 64x64 pixels.

    Attributes:
        operations: of the network, in the order in which they are run.
    """

    def __init__(self, model: openvino.Model) -> None:
        model = model.clone()
        model.reshape(openvino.PartialShape([1, 3, _SIDE, _SIDE]))
        self.operations = [node for node in model.get_ordered_ops() if node.get_type_name() != "Constant"]
        places = {node.get_friendly_name(): number for number, node in enumerate(self.operations)}
        self._last = [number for number, _ in enumerate(self.operations)]
        for number, node in enumerate(self.operations):
            for port in node.inputs():
                source = places.get(port.get_source_output().get_node().get_friendly_name())
                if source is not None:
                    self._last[source] = max(self._last[source], number)

    def multiply_adds(self, first: int, last: int) -> int:
        """Return the multiplications with addition of operations [first, last), per pixel of the image."""
        return round(sum(map(_products, self.operations[first:last])) / _SIDE**2) or 1

    def values(self, first: int, last: int) -> int:
        """Return the most numbers held at once per pixel of the image."""
        most = 1
        for number in range(first, last):
            live = [at for at in range(first, number + 1) if self._last[at] >= number]
            most = max(most, sum(_size(self.operations[at]) for at in live))
        return -(-most // _SIDE**2)

    def cut(self) -> tuple[str, int] | None:
        """Return the last tensor of the image's size through which everything goes, and the place after it."""
        found = None
        for number, node in enumerate(self.operations[:-2]):
            name = next(iter(node.outputs()[0].get_names()), None) if node.get_output_size() == 1 else None
            earlier = max(self._last[:number], default=0)
            shape = list(node.get_output_partial_shape(0)) if node.get_output_size() == 1 else []
            sides = [dimension.get_length() for dimension in shape if dimension.is_static]
            if name and earlier <= number and len(sides) == 4 and sides[0] == 1 and sides[2:] == [_SIDE] * 2:
                found = name, number + 1
        return found if found and found[1] > 2 else None


def _products(node: openvino.Node) -> int:
    """Return the multiplications of an operation; only those of convolutions and matrix products count."""
    kind = node.get_type_name()
    if kind in ("Convolution", "GroupConvolution"):
        weights = node.input(1).get_partial_shape()
        inside = [dimension.get_length() for dimension in weights][-3:]
        return _size(node) * int(np.prod(inside))
    if kind == "ConvolutionBackpropData":
        weights = [dimension.get_length() for dimension in node.input(1).get_partial_shape()]
        return int(np.prod(weights)) * _size(node) // int(weights[1]) // 4
    if kind == "MatMul":
        shape = list(node.input(0).get_partial_shape())
        length = shape[-1].get_length() if shape and shape[-1].is_static else 1
        return int(_size(node) * length)
    return 0


def _size(node: openvino.Node) -> int:
    return sum(
        int(np.prod([dimension.get_length() for dimension in port.get_partial_shape()]))
        for port in node.outputs()
        if port.get_partial_shape().is_static
    )
