"""The adapter around ONNX graphs, run in onnxruntime against numpy."""

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto

from srgan.errors import ModelError
from srgan.weights.foreign_onnx import check
from srgan.weights.onnx_adapter import adapt
from tests.helpers.small_onnx import bicubic_like, of_255_levels, of_pixel_squares

Floats = NDArray[np.float32]


def run(contents: bytes, low: Floats) -> Floats:
    session = onnxruntime.InferenceSession(contents, providers=["CPUExecutionProvider"])
    result: Floats = session.run(None, {session.get_inputs()[0].name: low})[0]
    return result


def image(height: int, width: int) -> Floats:
    return np.random.default_rng(2).random((1, 3, height, width), np.float32)


def adapted(contents: bytes, **options: int) -> bytes:
    made = adapt(contents, check(contents), **options)
    check(made)
    onnx.checker.check_model(onnx.load_model_from_string(made), full_check=True)
    return made


def test_sizes_are_opened() -> None:
    fixed, free = bicubic_like(size=(8, 8)), bicubic_like()
    np.testing.assert_array_equal(run(adapted(fixed), image(9, 5)), run(free, image(9, 5)))


def test_values_are_scaled() -> None:
    plain = of_255_levels()
    expected = run(plain, 255 * image(6, 7)) / 255
    np.testing.assert_allclose(run(adapted(plain, levels=255), image(6, 7)), expected, atol=1e-6)


def test_halves_are_widened() -> None:
    halves = bicubic_like(kind=TensorProto.FLOAT16)
    made = run(adapted(halves), image(6, 8))
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, run(bicubic_like(), image(6, 8)), atol=2e-3)


@pytest.mark.parametrize(("height", "width"), [(8, 12), (7, 9), (5, 4), (1, 1)])
def test_images_are_filled_up(height: int, width: int) -> None:
    low = image(height, width)
    filled = np.pad(low, ((0, 0), (0, 0), (0, -height % 4), (0, -width % 4)), mode="edge")
    expected = run(of_pixel_squares(4), filled)[:, :, :height, :width]
    np.testing.assert_allclose(run(adapted(of_pixel_squares(4), multiple=4), low), expected, atol=1e-6)


def test_everything_at_once() -> None:
    made = run(adapted(of_255_levels(), levels=255, multiple=3, scale=2), image(4, 5))
    low = np.pad(image(4, 5), ((0, 0), (0, 0), (0, 2), (0, 1)), mode="edge")
    np.testing.assert_allclose(made, run(of_255_levels(), 255 * low)[:, :, :8, :10] / 255, atol=1e-6)


def test_old_files_cannot_be_filled_up() -> None:
    old = bicubic_like(opset=11)
    with pytest.raises(ModelError):
        adapt(old, check(old), multiple=2)
    assert run(adapted(old), image(4, 4)).shape == (1, 3, 8, 8)
