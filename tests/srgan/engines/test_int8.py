"""int8: the integers that the card's ranges mean, only where they are faster and right, never for deep images."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13

from srgan.engines import openvino as engine
from srgan.engines.engine import open_engine
from srgan.engines.int8 import quantise
from srgan.engines.openvino import OpenVinoEngine, shared_core
from srgan.errors import EngineError, ModelError
from srgan.upscale.loaded_model import LoadedModel
from srgan.upscale.upscaler import Upscaler
from srgan.weights.card import Card, Quantisation, QuantisedConvolution
from srgan.weights.catalogue import Model, find, shipped

LOW, HIGH = -1.28, 1.27  # nought is one of the 256 steps
WITH_INT8 = [name for name, model in shipped().items() if model.card.quantisation]


@pytest.fixture(scope="module")
def quantised() -> Model:
    """A small shipped model with ranges made up for one of its convolutions."""
    model = find("espcn")
    operations = engine._read(model).get_ordered_ops()
    names = [node.get_friendly_name() for node in operations if node.get_type_name() == "Convolution"]
    return with_int8(model, QuantisedConvolution(names[2], LOW, HIGH))


def with_int8(model: Model, *convolutions: QuantisedConvolution) -> Model:
    return Model(replace(model.card, quantisation=Quantisation(convolutions, model.card.probe)), model.folder)


@pytest.mark.parametrize("scales", [(), (1.0, 0.25, 2.0)])
def test_numbers_are_those_of_rounded_weights_and_inputs(scales: tuple[float, ...]) -> None:
    random = np.random.default_rng(0)
    weights = random.normal(size=(4, 3, 1, 1)).astype(np.float32)
    low = random.uniform(-2, 2, (1, 3, 9, 9)).astype(np.float32)
    parameter = opset13.parameter(openvino.PartialShape([1, 3, -1, -1]), np.float32)
    node = opset13.convolution(parameter, opset13.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1])
    node.set_friendly_name("one")
    network = openvino.Model([node], [parameter], "network")
    quantise(network, [QuantisedConvolution("one", LOW, HIGH, scales)])
    made = shared_core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([low])[0]

    each = np.reshape(scales or (1.0, 1.0, 1.0), (3, 1, 1))
    step, weights = (HIGH - LOW) / 255, weights * each
    steps = np.round(((low / each).clip(LOW, HIGH) - LOW) / step) * step + LOW
    largest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True) / 127
    expected = np.einsum("oihw,bixy->boxy", np.round(weights / largest) * largest, steps)
    np.testing.assert_allclose(made, expected, atol=1e-4)


def test_a_network_without_such_a_convolution_is_refused(quantised: Model) -> None:
    with pytest.raises(ModelError):
        OpenVinoEngine(with_int8(quantised, QuantisedConvolution("absent", LOW, HIGH)), precision="int8")


def test_models_and_engines_without_int8_say_so(quantised: Model) -> None:
    with pytest.raises(EngineError):
        open_engine(find("espcn"), "openvino", precision="int8")
    with pytest.raises(EngineError):
        open_engine(quantised, "torch", precision="int8")


def test_cards_keep_their_ranges(quantised: Model) -> None:
    card = with_int8(quantised, QuantisedConvolution("one", LOW, HIGH, (0.5, 0.25))).card
    assert Card.from_json(card.to_json(), source=Path("card")) == card


def test_deep_images_are_never_enlarged_in_int8(quantised: Model) -> None:
    loaded = LoadedModel(quantised, precision="int8")
    assert loaded.network_for(8).engine.precision == "int8"
    assert [loaded.network_for(depth).engine.precision for depth in (16, 32)] == ["fp32", "fp32"]


@pytest.mark.parametrize(
    ("bf16", "fast", "right", "precision"),
    [
        (True, True, True, "bf16"),
        (False, True, True, "int8"),
        (False, False, True, "fp32"),
        (False, True, False, "fp32"),
    ],
)
def test_auto_takes_int8_only_without_bf16_where_it_is_fast_and_right(
    quantised: Model, monkeypatch: pytest.MonkeyPatch, bf16: bool, fast: bool, right: bool, precision: str
) -> None:
    monkeypatch.setattr(engine, "supports_bf16", lambda: bf16)
    monkeypatch.setattr(engine, "integers_are_fast", lambda compiled: fast)
    monkeypatch.setattr("srgan.engines.self_test.TOLERANCES", {"fp32": 1, "bf16": 1, "int8": 1 if right else 0})
    assert LoadedModel(quantised, "openvino").network_for(8).engine.precision == precision


@pytest.mark.parametrize("name", WITH_INT8)
def test_released_models_pass_their_self_test_and_draw_nothing_on_flat_gray(name: str) -> None:
    loaded = LoadedModel(find(name), precision="int8")
    assert loaded.network_for(8).engine.precision == "int8"
    upscaler = Upscaler(name, precision="int8", grain=0)
    edge = loaded.network.scale * loaded.network.halo  # as far as the border is seen
    side = 2 * loaded.network.halo + 8
    for level in (37, 128, 200):
        flat = upscaler.upscale(np.full((side, side, 3), level, np.uint8))[edge:-edge, edge:-edge].astype(int)
        assert flat.size
        assert np.abs(flat - level).max() <= 2
        assert np.ptp(flat.reshape(-1, 3), axis=0).max() <= 1


@pytest.mark.parametrize("name", WITH_INT8)
def test_tiles_in_int8_are_the_whole(name: str) -> None:
    random = np.random.default_rng(0)
    low = random.integers(0, 256, (12, 16, 3)).repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)
    upscaler = Upscaler(name, precision="int8", grain=0)
    whole, network = upscaler.upscale(low), upscaler.models.choose(low).loaded.network
    network._areas[0] = 100 * 100
    assert (network.grid(128, 96).columns, network.grid(128, 96).rows) != (128, 96)
    assert np.abs(upscaler.upscale(low).astype(int) - whole).max() <= 1
