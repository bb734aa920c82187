"""ncnn networks read by hand: each kind of layer against numpy, weights of both formats, and what is refused."""

import struct

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from srgan.engines.openvino import shared_core
from srgan.errors import ModelError
from srgan.weights.ncnn import FP16, FP32, MAGIC, read_param, to_onnx

Floats = NDArray[np.float32]

LAYERS = (
    "Input            in      0 1 data",
    "Convolution      first   1 1 data a 0=2 1=3 4=1 5=1 6=54 9=2 -23310=1,2.000000e-01",
    "Split            copies  1 2 a a_0 a_1",
    "Convolution      second  1 1 a_0 b 0=2 1=1 6=4",
    "Split            more    1 3 b b_0 b_1 b_2",
    "Eltwise          scaled  2 1 b_0 a_1 c 0=1 -23301=2,2.000000e-01,1.500000e+00",
    "BinaryOp         sum     2 1 b_1 c d 0=0",
    "Concat           all     2 1 d b_2 e",
    "Interp           larger  1 1 e f 0=1 1=2.000000e+00 2=2.000000e+00",
    "Convolution      last    1 1 f out 0=3 1=3 4=1 5=1 6=108",
)


def param(*layers: str) -> str:
    return "\n".join([MAGIC, f"{len(layers)} 12", *layers]) + "\n"


def tagged(weights: Floats, tag: int) -> bytes:
    """Weights as they stand in a `.bin` file, two bytes each padded to four."""
    values = weights.astype("<f2" if tag == FP16 else "<f4").tobytes()
    return struct.pack("<I", tag) + values + bytes(-len(values) % 4)


def convolved(low: Floats, weights: Floats, bias: Floats | None = None) -> Floats:
    """(C, H, W) to (O, H, W), with zeros around."""
    border = weights.shape[2] // 2
    padded = np.pad(low, ((0, 0), (border, border), (border, border)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weights.shape[2:], axis=(1, 2))
    result: Floats = np.einsum("chwij,ocij->ohw", windows, weights)
    return result if bias is None else result + bias[:, None, None]


def random_weights(*shape: int, seed: int) -> Floats:
    """Numbers that fp16 holds exactly."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float16).astype(np.float32)


FIRST, SECOND, LAST = (
    random_weights(*shape, seed=seed) for seed, shape in enumerate([(2, 3, 3, 3), (2, 2, 1, 1), (3, 4, 3, 3)])
)
FIRST_BIAS, LAST_BIAS = (np.array(values, np.float32) for values in ([0.1, -0.7], [0.3, 0.0, -1.1]))


def contents(tag: int) -> bytes:
    first, second, last = (tagged(weights, tag) for weights in (FIRST, SECOND, LAST))
    return first + FIRST_BIAS.tobytes() + second + last + LAST_BIAS.tobytes()


@pytest.mark.parametrize("tag", [FP16, FP32])
@pytest.mark.parametrize("size", [(5, 7), (8, 3)])
def test_every_kind_of_layer_is_what_it_says(tag: int, size: tuple[int, int]) -> None:
    low = np.random.default_rng(9).random((3, *size)).astype(np.float32)
    a = convolved(low, FIRST, FIRST_BIAS)
    a = np.where(a < 0, np.float32(0.2) * a, a)
    b = convolved(a, SECOND)
    d = b + (np.float32(0.2) * b + np.float32(1.5) * a)
    f = np.concatenate([d, b]).repeat(2, axis=1).repeat(2, axis=2)
    expected = convolved(f, LAST, LAST_BIAS)

    network = shared_core().read_model(to_onnx(param(*LAYERS), contents(tag)))
    compiled = shared_core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    result = compiled({0: low[None]})[0]
    assert result.shape == (1, 3, 2 * size[0], 2 * size[1])
    np.testing.assert_allclose(result[0], expected, rtol=1e-5, atol=1e-5)


def run(layers: tuple[str, ...], weights: bytes, low: Floats) -> Floats:
    """Run a network of ncnn in onnxruntime, (3, H, W) to (C, H', W')."""
    model = to_onnx(param(*layers), weights)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    result: Floats = session.run(None, {"low": low[None]})[0][0]
    return result


def test_slopes_and_shuffled_pixels() -> None:
    low = np.random.default_rng(9).random((3, 5, 4)).astype(np.float32) - 0.5
    weights, slopes = random_weights(12, 3, 1, 1, seed=4), np.linspace(-1, 1, 12, dtype=np.float32)
    layers = (
        LAYERS[0],
        "Convolution c 1 1 data a 0=12 1=1 6=36",
        "PReLU p 1 1 a b 0=12",
        "PixelShuffle s 1 1 b out 0=2",
    )
    a = convolved(low, weights)
    expected = functional.pixel_shuffle(torch.from_numpy(np.where(a < 0, slopes[:, None, None] * a, a))[None], 2)[0]
    made = run(layers, tagged(weights, FP32) + slopes.tobytes(), low)
    np.testing.assert_allclose(made, expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("number", "mode"), [(2, "bilinear"), (3, "bicubic")])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_interpolations(number: int, mode: str, factor: float) -> None:
    low = np.random.default_rng(9).random((3, 6, 8)).astype(np.float32)
    made = run((LAYERS[0], f"Interp r 1 1 data out 0={number} 1={factor} 2={factor}"), b"", low)
    expected = functional.interpolate(torch.from_numpy(low)[None], scale_factor=factor, mode=mode)[0]
    np.testing.assert_allclose(made, expected.numpy(), atol=1e-5)


def test_weights_are_padded_to_four_bytes() -> None:
    weights = random_weights(1, 3, 1, 1, seed=3)  # six bytes of fp16
    one = param("Input in 0 1 data", "Convolution only 1 1 data out 0=1 1=1 5=1 6=3")
    made = onnx.load_model_from_string(to_onnx(one, tagged(weights, FP16) + struct.pack("<f", 0.25)))
    assert [np.frombuffer(values.raw_data, "<f4").tolist() for values in made.graph.initializer] == [
        weights.ravel().tolist(),
        [0.25],
    ]


def test_a_line_is_taken_apart() -> None:
    layer = read_param(param(LAYERS[5].replace("0=1", "0=1 7=2.5")))[0]
    assert (layer.kind, layer.name, layer.inputs, layer.outputs) == ("Eltwise", "scaled", ("b_0", "a_1"), ("c",))
    assert layer.parameters == {0: (1.0,), 7: (2.5,), 1: (0.2, 1.5)}
    assert read_param(param(*LAYERS).replace("\n", "\r\n")) == read_param(param(*LAYERS))


@pytest.mark.parametrize(
    "text",
    ["", "PK\x03\x04", param(*LAYERS).replace(MAGIC, "7767516"), param(*LAYERS).replace("10 12", "11 12"),
     param(LAYERS[5].replace("=2,", "=3,")), param("Convolution first 1"), param("Split two x 2 a b c")],
)  # fmt: skip
def test_a_damaged_param_file_is_refused(text: str) -> None:
    with pytest.raises(ModelError):
        read_param(text)


def test_an_empty_array_is_as_if_it_were_not_there() -> None:
    plain, empty = (
        to_onnx(param(*LAYERS).replace("0=1 -23301=2,2.000000e-01,1.500000e+00", factors), contents(FP32))
        for factors in ("0=1", "0=1 -23301=0")
    )
    assert plain == empty
    with pytest.raises(ModelError):
        to_onnx(param(LAYERS[0], "Convolution c 1 1 data out -23300=0 1=1 6=3"), bytes(16))


@pytest.mark.parametrize("cut", [2, 60, -4])
def test_a_bin_file_of_another_length_is_refused(cut: int) -> None:
    with pytest.raises(ModelError):
        to_onnx(param(*LAYERS), contents(FP16)[:cut])
    with pytest.raises(ModelError):
        to_onnx(param(*LAYERS), contents(FP16) + bytes(4))


def test_weights_in_an_unknown_format_are_refused() -> None:
    with pytest.raises(ModelError):
        to_onnx(param(*LAYERS), struct.pack("<I", 0x000D4B38) + contents(FP32)[4:])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Eltwise ", "Softmax "),  # a kind of layer
        ("4=1 5=1 6=54", "4=1 3=2 5=1 6=54"),  # a stride
        ("9=2", "9=3"),  # an activation
        ("6=54", "6=53"),  # weights that do not fill the kernel
        ("c 0=1", "c 0=2"),  # a maximum
        ("=2,2.000000e-01,", "=1,"),  # a factor too few
        ("d 0=0", "d 0=2"),  # a product
        ("b_2 e", "b_2 e 0=1"),  # along height
        ("f 0=1", "f 0=4"),  # an interpolation
        ("1=2.0", "1=1.5"),  # a broken factor
    ],
)
def test_what_is_not_read_is_refused_and_not_guessed(old: str, new: str) -> None:
    changed = param(*LAYERS).replace(old, new, 1)
    assert changed != param(*LAYERS)
    with pytest.raises(ModelError):
        to_onnx(changed, contents(FP32))
