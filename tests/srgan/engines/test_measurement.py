"""Networks measured: scale, values, sizes and reach of graphs of which these are known."""

from collections.abc import Callable

import numpy as np
import pytest
from onnx import helper

from srgan.engines.measurement import Measurement, measure, measure_here
from srgan.errors import ModelError
from srgan.weights.foreign_onnx import check
from srgan.weights.onnx_adapter import adapt
from tests.helpers.small_onnx import (
    bicubic_like,
    in_two_parts,
    network,
    of_255_levels,
    of_everything,
    of_pixel_squares,
    of_windows,
    spread,
)


def measured(contents: bytes, how: Callable[[bytes], Measurement] = measure_here) -> Measurement:
    return how(adapt(contents, check(contents)))


@pytest.mark.parametrize(("kernel", "factor"), [(1, 1), (3, 2), (9, 3), (5, 4)])
def test_scale_and_reach_of_a_convolution(kernel: int, factor: int) -> None:
    found = measured(bicubic_like(kernel, factor))
    (stage,) = found.stages
    assert (found.scale, found.levels, found.multiple, found.resembles) == (factor, 1, 1, True)
    assert (stage.halo, stage.step, stage.whole) == (kernel // 2, 1, False)
    assert stage.multiply_adds == 9 * kernel**2 * factor**2


def test_reach_is_the_larger_one_of_both_axes() -> None:
    weights = np.zeros((3, 3, 1, 9), np.float32)
    weights[:, :, 0, 0] = 0.3  # sees four pixels to the left alone
    node = helper.make_node("Conv", ["image", "weight"], ["larger"], kernel_shape=[1, 9], pads=[0, 4, 0, 4])
    assert measured(network([node], {"weight": weights})).stages[0].halo == 4


def test_the_network_is_cut_before_it_enlarges() -> None:
    found = measured(in_two_parts())
    trunk, tail = found.stages
    assert (trunk.output, trunk.scale, trunk.halo) == ("features", 1, 2)
    assert (tail.output, tail.scale, tail.halo) == ("larger", 2, 1)
    assert (trunk.multiply_adds, tail.multiply_adds) == (9 * 8 * 3 + 9 * 8 * 8, 4 * 9 * 2 * 3)


def test_levels_are_found() -> None:
    found = measured(of_255_levels())
    assert (found.levels, found.scale, found.resembles) == (255, 2, True)


def test_a_network_of_other_values_is_told() -> None:
    nodes = [helper.make_node("Mul", ["image", "minus"], ["larger"])]
    assert not measured(network(nodes, {"minus": np.array(-1.0, np.float32)})).resembles


@pytest.mark.parametrize("side", [2, 4])
def test_sizes_are_found(side: int) -> None:
    found = measured(of_pixel_squares(side))
    assert (found.multiple, found.stages[0].step, found.scale) == (side, side, 1)
    assert side <= found.stages[0].radius <= 2 * side - 1
    assert found.probe.size % side == 0


def test_windows_begin_where_they_did() -> None:
    (stage,) = measured(of_windows(4)).stages
    assert (stage.step, stage.radius) == (4, 3)


def test_what_sees_everything_is_found() -> None:
    assert measured(of_everything()).stages[0].whole


def test_a_process_of_its_own_gives_the_same() -> None:
    assert measured(bicubic_like(), measure) == measured(bicubic_like())


def _nodes(*nodes: object, **weights: np.ndarray) -> bytes:
    return network(list(nodes), weights)


BROKEN = {
    "no operator": _nodes(helper.make_node("Nonsense", ["image"], ["larger"])),
    "no tensor": _nodes(helper.make_node("Relu", ["nowhere"], ["larger"])),
    "smaller": _nodes(helper.make_node("AveragePool", ["image"], ["larger"], kernel_shape=[2, 2], strides=[2, 2])),
    "one number": _nodes(helper.make_node("ReduceMean", ["image"], ["larger"], axes=[1, 2, 3], keepdims=0)),
    "one channel": _nodes(helper.make_node("ReduceMean", ["image"], ["larger"], axes=[1])),
    "cut off": _nodes(
        helper.make_node("Conv", ["image", "weight"], ["larger"], kernel_shape=[3, 3]), weight=spread(3, 1)
    ),
    "not finite": _nodes(helper.make_node("Log", ["image"], ["a"]), helper.make_node("Sqrt", ["a"], ["larger"])),
    "another shape": _nodes(
        helper.make_node("Conv", ["image", "weight"], ["larger"], kernel_shape=[3, 3], pads=[1] * 4),
        weight=np.zeros((3, 5, 3, 3), np.float32),
    ),
    "too much memory": _nodes(
        helper.make_node("Pad", ["image", "pads"], ["a"]), helper.make_node("Relu", ["a"], ["larger"]),
        pads=np.array([0, 0, 0, 0, 0, 0, 200_000, 200_000], np.int64),
    ),
}  # fmt: skip


@pytest.mark.parametrize("contents", BROKEN.values(), ids=BROKEN.keys())
def test_networks_that_make_no_image_are_refused_in_a_line(contents: bytes) -> None:
    with pytest.raises(ModelError) as refused:
        measured(contents, measure)
    assert len(str(refused.value).splitlines()) == 1
