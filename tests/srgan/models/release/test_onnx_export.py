"""The file of a model: every trained tensor once, large ones in float16, and the same network for every reader."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto

from srgan.models.release.onnx_export import model_file, round_weights
from srgan.models.srgan import Generator
from srgan.weights.card import Card
from srgan.weights.catalogue import find
from srgan.weights.model_file import read_card, read_weights


@pytest.fixture
def card(tiny_model: Path) -> Card:
    return replace(find(tiny_model).card, files={})


@pytest.fixture(params=[True, False], ids=["batch normalisation", "without"])
def generator(request: pytest.FixtureRequest) -> Generator:
    """A generator whose residual blocks are large tensors."""
    torch.manual_seed(0)
    generator = round_weights(Generator(blocks=1, features=64, normalisation=request.param).eval())
    for module in generator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3)  # type: ignore[union-attr]
    return generator


def test_large_tensors_are_rounded_and_small_ones_are_not() -> None:
    torch.manual_seed(0)
    original = Generator(blocks=1, features=64).eval()
    rounded = round_weights(original).state_dict()
    for name, value in original.state_dict().items():
        expected = value.half().float() if value.numel() >= 20_000 else value
        assert torch.equal(rounded[name], expected), name


def test_the_file_holds_the_state_dict_and_computes_it(generator: Generator, card: Card) -> None:
    written, contents = model_file(generator, card)
    assert Card.from_json(read_card(contents) or "", source=Path("here")) == written
    weights = read_weights(contents)
    assert weights.keys() == generator.state_dict().keys()
    assert all(np.array_equal(weights[name], value.numpy()) for name, value in generator.state_dict().items())
    low = torch.rand(1, 3, 9, 7)
    session = onnxruntime.InferenceSession(contents, providers=["CPUExecutionProvider"])
    (restored,) = session.run(["restored"], {"low": low.numpy()})
    with torch.inference_mode():
        assert np.abs(restored - generator(low).numpy()).max() < 1e-4


def test_without_normalisation_no_large_tensor_is_stored_twice(card: Card) -> None:
    generator = round_weights(Generator(blocks=2, features=64, normalisation=False).eval())
    _, contents = model_file(generator, card)
    large = [t for t in onnx.load_model_from_string(contents).graph.initializer if np.prod(t.dims) >= 20_000]
    halves = {tensor.name for tensor in large if tensor.data_type == TensorProto.FLOAT16}
    assert halves == {name for name, value in generator.state_dict().items() if value.numel() >= 20_000}
    assert [tensor.name.split("/")[0] for tensor in large if tensor.name not in halves] == ["restored"]
