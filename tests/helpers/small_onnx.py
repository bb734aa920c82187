"""Small ONNX networks of one image, made by hand: their factors, borders and reach are known."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def network(
    nodes: Sequence[onnx.NodeProto],
    weights: dict[str, np.ndarray] | None = None,
    *,
    kind: int = TensorProto.FLOAT,
    size: tuple[int | str, int | str] = ("height", "width"),
    opset: int = 17,
) -> bytes:
    """Return a file whose graph goes from `image` to `larger`."""
    graph = helper.make_graph(
        nodes,
        "by hand",
        [helper.make_tensor_value_info("image", kind, [1, 3, *size])],
        [helper.make_tensor_value_info("larger", kind, [1, 3, None, None])],
        [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    contents: bytes = model.SerializeToString()
    return contents


def spread(kernel: int, factor: int = 2) -> np.ndarray:
    """Weights (3 * factor ** 2, 3, kernel, kernel) whose every pixel is a blur of its surroundings."""
    weights = np.random.default_rng(3).uniform(0.2, 1.0, (kernel, kernel))
    cell = np.eye(3)[:, None, :, None, None] * (weights / weights.sum())[None, None, None]
    return np.asarray(cell.repeat(factor**2, axis=1).reshape(3 * factor**2, 3, kernel, kernel), np.float32)


def bicubic_like(kernel: int = 3, factor: int = 2, *, kind: int = TensorProto.FLOAT, **options: object) -> bytes:
    """A blur of `kernel` pixels, `factor` times as large: it sees `kernel // 2` pixels on each side."""
    weights = spread(kernel, factor).astype(helper.tensor_dtype_to_np_dtype(kind))
    nodes = [
        helper.make_node("Conv", ["image", "weight"], ["wide"], kernel_shape=[kernel] * 2, pads=[kernel // 2] * 4),
        helper.make_node("DepthToSpace", ["wide"], ["larger"], blocksize=factor, mode="CRD"),
    ]
    return network(nodes, {"weight": weights}, kind=kind, **options)  # type: ignore[arg-type]


def of_255_levels() -> bytes:
    """A blur twice as large that takes and gives values up to 255, and shows only those."""
    nodes = [
        helper.make_node("Sub", ["image", "hundred"], ["centred"]),
        helper.make_node("Conv", ["centred", "weight"], ["blurred"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Add", ["blurred", "hundred"], ["wide"]),
        helper.make_node("DepthToSpace", ["wide"], ["whole"], blocksize=2, mode="CRD"),
        helper.make_node("Max", ["whole", "forty"], ["larger"]),
    ]
    constants = {"hundred": np.array(100, np.float32), "forty": np.array(40, np.float32)}
    return network(nodes, {"weight": spread(3), **constants})


def of_pixel_squares(side: int = 2) -> bytes:
    """Squares of pixels made channels, a 3x3 convolution of them, and back: it takes multiples of `side` alone."""
    rng, channels = np.random.default_rng(0), 3 * side**2
    weights = rng.uniform(0.1, 1.0, (channels, channels, 3, 3))
    weights = (weights / weights.sum(axis=(1, 2, 3), keepdims=True)).astype(np.float32)
    nodes = [
        helper.make_node("SpaceToDepth", ["image"], ["deep"], blocksize=side),
        helper.make_node("Conv", ["deep", "weight"], ["seen"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("DepthToSpace", ["seen"], ["larger"], blocksize=side, mode="DCR"),
    ]
    return network(nodes, {"weight": weights})


def of_everything() -> bytes:
    """A blur plus a tenth of the mean of the whole image."""
    nodes = [
        helper.make_node("Conv", ["image", "weight"], ["wide"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("DepthToSpace", ["wide"], ["whole"], blocksize=2, mode="CRD"),
        helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
        helper.make_node("Mul", ["mean", "tenth"], ["share"]),
        helper.make_node("Add", ["whole", "share"], ["larger"]),
    ]
    return network(nodes, {"weight": spread(3), "tenth": np.array(0.1, np.float32)})


def of_windows(side: int = 4) -> bytes:
    """Means of windows of `side` pixels added to a pixel: it matters where a window begins, and sizes do not."""
    nodes = [
        helper.make_node("AveragePool", ["image"], ["means"], kernel_shape=[side] * 2, strides=[side] * 2),
        helper.make_node("Resize", ["means", "", "factors"], ["spread"], mode="nearest",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        helper.make_node("Add", ["image", "spread"], ["larger"]),
    ]  # fmt: skip
    return network(nodes, {"factors": np.array([1, 1, side, side], np.float32)})


def in_two_parts() -> bytes:
    """Two 3x3 convolutions at the image's size, enlargement, and a 3x3 convolution at twice the size."""
    rng = np.random.default_rng(1)
    first, second, third = (
        (rng.uniform(0.1, 1.0, shape) / np.prod(shape[1:])).astype(np.float32)
        for shape in ((8, 3, 3, 3), (8, 8, 3, 3), (3, 2, 3, 3))
    )
    conv = {"kernel_shape": [3, 3], "pads": [1] * 4}
    nodes = [
        helper.make_node("Conv", ["image", "first"], ["a"], **conv),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["features"], **conv),
        helper.make_node("DepthToSpace", ["features"], ["c"], blocksize=2, mode="CRD"),
        helper.make_node("Conv", ["c", "third"], ["larger"], **conv),
    ]
    return network(nodes, {"first": first, "second": second, "third": third})
