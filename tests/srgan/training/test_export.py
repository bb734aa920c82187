"""Export: every generator becomes a model that gives the network's own pictures, through tiles and in both engines."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from srgan.engines.engine import EngineName, open_engine
from srgan.engines.self_test import TOLERANCES, run_probe
from srgan.errors import OutputError
from srgan.images.colour import from_float, to_float
from srgan.models import ARCHITECTURES, AnyGenerator
from srgan.models.compact import CompactGenerator
from srgan.models.drcn import Drcn
from srgan.models.release.onnx_export import round_weights
from srgan.models.release.state_dict import trained_weights
from srgan.training.release import export
from srgan.upscale.upscaler import Upscaler
from srgan.weights.card import Card, Probe, Training
from srgan.weights.catalogue import find
from tests.srgan.models.conftest import SMALL_NETWORKS

CLOSE = 4
"""Levels of 16 bits that rounding in float32 may cost; 257 are one level of 8 bits."""

CARD = Card(
    name="small",
    summary="untrained, for tests",
    version="1",
    architecture="",
    arguments={},
    scale=0,
    stages=(),
    training=Training(recipe={}, data="none", updates=0, machine="none", hours=0.0),
    licence="Apache-2.0",
    scores=(),
    limits="it was never trained",
    probe=Probe(0, ()),
    files={},
)


@torch.no_grad()
def make(name: str) -> AnyGenerator:
    """A small network with statistics and slopes of its own, whose results are around mid-gray, so not clipped."""
    torch.manual_seed(0)
    network = ARCHITECTURES[name](**SMALL_NETWORKS[name]).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight)
    if isinstance(network, Drcn):  # untrained, its recursions pass on what they are given, and see nothing around it
        nn.init.kaiming_normal_(network.network.recursion.weight)
    *_, last = (module for module in network.modules() if isinstance(module, nn.Conv2d))
    if isinstance(network, CompactGenerator):
        assert network.refinement is not None
        nn.init.normal_(network.refinement[-1].weight, std=0.004)  # type: ignore[arg-type]
        network.residual_blocks[0].convolution2.weight.mul_(10.0)
        last = network.output
    assert last.bias is not None
    low, weight = torch.rand(1, 3, 24, 24) / 2 + 0.25, last.weight.clone()
    last.weight.zero_()
    base = network(low)  # of networks that add to an enlargement
    last.weight.copy_(weight)
    last.weight.mul_(0.1 / (network(low) - base).std())
    last.bias.add_(0.5 - network(low).mean())
    return network


@pytest.fixture(scope="module", params=ARCHITECTURES)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[AnyGenerator, Path]:
    """A network whose weights are rounded, and its model."""
    name, folder = request.param, tmp_path_factory.mktemp("exported")
    export(make(name), replace(CARD, name=name, architecture=name, arguments=SMALL_NETWORKS[name]), folder)
    return round_weights(make(name)), folder / f"{name}.onnx"


Exported = tuple[AnyGenerator, Path]
ENGINES = pytest.mark.parametrize("engine", ["openvino", "torch"])


@ENGINES
def test_in_the_smallest_tiles_it_gives_the_network_s_picture(exported: Exported, engine: EngineName) -> None:
    network, path = exported
    upscaler = Upscaler(path, engine=engine, precision="fp32")
    low = np.random.default_rng(0).integers(16384, 49152, (53, 61, 3)).astype(np.uint16)  # colours that are not clipped
    tiled = upscaler.models.choose(low).loaded.network
    tiled._areas[:] = [0] * len(tiled._areas)
    assert tiled.grid(61, 53).rows < 53
    with torch.inference_mode():
        restored = network(torch.from_numpy(to_float(low).transpose(2, 0, 1).copy())[None])
    expected = from_float(restored[0].numpy().transpose(1, 2, 0), 16).astype(int)
    assert ((expected > 0) & (expected < 65535)).mean() > 0.99
    assert np.abs(upscaler.upscale(low).astype(int) - expected).max() <= CLOSE


def test_another_runtime_gives_the_network_s_picture_at_any_size(exported: Exported) -> None:
    network, path = exported
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    for size in ((1, 1), (5, 11), (17, 23), (24, 20)):
        low = torch.rand(1, 3, *size)
        (restored,) = session.run(["restored"], {"low": low.numpy()})
        with torch.inference_mode():
            assert np.abs(restored - network(low).numpy()).max() < 1e-4
    nodes = onnx.load_model(path).graph.node
    assert {stage.output for stage in network.stages} <= {name for node in nodes for name in node.output}  # to cut at
    assert b"site-packages" not in path.read_bytes()  # nothing of the machine that made it
    if path.stem == "srgan-generator":
        assert {node.op_type for node in nodes} == {"Conv", "PRelu", "Add", "DepthToSpace"}


@ENGINES
def test_the_self_test_that_its_card_carries_holds(exported: Exported, engine: EngineName) -> None:
    model = find(exported[1])
    for precision in ("fp32", "bf16"):
        assert run_probe(open_engine(model, engine, precision=precision), model.card) < TOLERANCES[precision]


def test_the_card_says_what_was_exported(exported: Exported) -> None:
    network, path = exported
    card = find(path).card
    assert ARCHITECTURES[card.architecture] is type(network)
    assert (card.scale, card.stages) == (network.scale, network.stages)
    weights = trained_weights(find(path))
    assert weights.keys() == network.state_dict().keys()
    assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.training.release.model_file", lambda generator, card: (card, b""))
    (tmp_path / "small.onnx").mkdir()
    with pytest.raises(OutputError):
        export(make("ucsd-srcnn"), replace(CARD, architecture="ucsd-srcnn"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["small.onnx"]
