"""Networks of other people made into models: the whole way, from a file to an enlarged image in tiles."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from runs.mutated_weights import samples
from srgan.engines.foreign_model import ForeignModel, read_foreign
from srgan.engines.measurement import measure_here
from srgan.engines.openvino import OpenVinoEngine
from srgan.engines.self_test import is_accurate, run_probe
from srgan.engines.torch import TorchEngine
from srgan.errors import EngineError, ModelError
from srgan.upscale import Upscaler
from srgan.upscale.tiles import spans
from srgan.upscale.tiling import Target, TiledNetwork
from srgan.weights import catalogue
from srgan.weights.card import Card
from tests.helpers.published_edsr import AuthorsMdsr
from tests.helpers.published_networks import RrdbNet, SpanNet, SrvggNet, settled
from tests.helpers.small_onnx import (
    bicubic_like,
    in_two_parts,
    of_255_levels,
    of_everything,
    of_pixel_squares,
    of_windows,
)

Floats = NDArray[np.float32]


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for added models."""
    monkeypatch.setenv("SRGAN_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def added(path: Path, name: str = "theirs", **options: Any) -> catalogue.Model:
    made: ForeignModel = read_foreign(path, name, measurement=measure_here, **options)
    return catalogue.add(made.card, made.contents)


def saved(network: nn.Module, path: Path) -> Path:
    state = {name: value.contiguous() for name, value in network.state_dict().items()}
    save_file(state, path) if path.suffix == ".safetensors" else torch.save(state, path)
    return path


def restored(model: catalogue.Model, low: Floats, *, area: int | None = None) -> Floats:
    """Enlarge (H, W, 3) in fp32, in tiles of at most `area` pixels."""
    network = TiledNetwork(OpenVinoEngine(model, precision="fp32"))
    height, width = low.shape[:2]
    result = np.empty((network.scale * height, network.scale * width, 3), np.float32)
    side = max(height, width) if area is None else area
    for band in spans(height, side, network.halo, step=network.step):
        rows = result[network.scale * band.start : network.scale * band.stop]
        target = Target(rows, band.start, lambda tile: tile)
        network.restore(low[band.low : band.high], band, (height, width), target, columns=side)
    return result


def image(height: int, width: int) -> Floats:
    return np.random.default_rng(4).random((height, width, 3), np.float32)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
def test_weights_become_a_model(tmp_path: Path, suffix: str) -> None:
    network = settled(SrvggNet())
    path = saved(network, tmp_path / f"x{suffix}")
    model = added(path, source="https://example.org", licence="BSD-3-Clause")
    assert catalogue.find("theirs") == model
    assert catalogue.installed()["theirs"] == model
    assert (model.card.architecture, model.scale, model.card.licence) == ("srvgg", 4, "BSD-3-Clause")
    assert "https://example.org" in model.card.training.data
    low = image(20, 24)
    with torch.inference_mode():
        expected = network(torch.from_numpy(low.transpose(2, 0, 1))[None])[0].numpy().transpose(1, 2, 0)
    np.testing.assert_allclose(restored(model, low), expected, atol=2e-5)
    np.testing.assert_allclose(restored(model, low, area=9), expected, atol=2e-5)
    for engine in (OpenVinoEngine(model, precision="fp32"), TorchEngine(model, precision="fp32")):
        assert run_probe(engine, model.card) < 1e-4


@pytest.mark.parametrize(
    ("make", "size"),
    [(lambda: RrdbNet(scale=2, nb=0), (33, 29)), (lambda: RrdbNet(scale=1, nb=0), (41, 30)), (SpanNet, (50, 28))],
)
def test_recognised_networks_are_tiled_exactly(tmp_path: Path, make: Any, size: tuple[int, int]) -> None:
    network = settled(make())
    if isinstance(network, RrdbNet):  # without blocks, of which one sees too far for a small image
        state = dict(network.state_dict())
        one = settled(RrdbNet(scale=2 if network.fold == 2 else 1, nb=1)).state_dict()
        state |= {name: 3 * value for name, value in one.items() if name.startswith("body.")}
        torch.save(state, tmp_path / "x.pth")
    else:
        saved(network, tmp_path / "x.pth")
    model = added(tmp_path / "x.pth")
    low = image(*size)
    np.testing.assert_allclose(restored(model, low, area=7), restored(model, low), atol=1e-5)


@pytest.mark.parametrize(
    ("contents", "size"),
    [
        (bicubic_like(9, 3), (21, 17)),
        (in_two_parts(), (21, 17)),
        (of_255_levels(), (21, 17)),
        (of_pixel_squares(4), (37, 30)),
        (of_windows(4), (36, 32)),
    ],
    ids=["convolution", "two parts", "255 levels", "pixel squares", "windows"],
)
def test_measured_networks_are_tiled_exactly(tmp_path: Path, contents: bytes, size: tuple[int, int]) -> None:
    (tmp_path / "x.onnx").write_bytes(contents)
    model, low = added(tmp_path / "x.onnx"), image(*size)
    whole = restored(model, low)
    np.testing.assert_allclose(restored(model, low, area=6), whole, atol=1e-5)
    session = onnxruntime.InferenceSession(contents, providers=["CPUExecutionProvider"])
    levels = 255 if contents == of_255_levels() else 1
    inside = (size[0] // 4 * 4, size[1] // 4 * 4)
    planes = np.ascontiguousarray(low[: inside[0], : inside[1]].transpose(2, 0, 1))[None] * np.float32(levels)
    expected = session.run(None, {"image": planes})[0][0].transpose(1, 2, 0) / levels
    part = tuple(slice(0, model.scale * (side - 10)) for side in inside)
    np.testing.assert_allclose(whole[part], expected[part], atol=2e-5)


def test_what_sees_everything_is_told_and_run_whole_where_it_fits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x.onnx").write_bytes(of_everything())
    made = read_foreign(tmp_path / "x.onnx", "theirs", measurement=measure_here)
    assert len(made.notes) == 1
    model, low = catalogue.add(made.card, made.contents), image(140, 20)
    whole = restored(model, low)
    assert not caplog.records
    session = onnxruntime.InferenceSession(of_everything(), providers=["CPUExecutionProvider"])
    expected = session.run(None, {"image": low.transpose(2, 0, 1)[None]})[0][0].transpose(1, 2, 0)
    np.testing.assert_allclose(whole, expected, atol=1e-5)
    assert np.abs(restored(model, low, area=40) - whole).max() < 0.1
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("there", "missing"), [(".param", ".bin"), (".bin", ".param")])
def test_half_of_an_ncnn_network_is_refused_by_the_name_of_the_other(tmp_path: Path, there: str, missing: str) -> None:
    path = (tmp_path / "x").with_suffix(there)
    path.write_bytes(b"7767517\n0 0\n")
    with pytest.raises(ModelError, match=rf"x\{missing} is missing"):
        read_foreign(path, "x", measurement=measure_here)


@pytest.mark.parametrize("named", [".param", ".bin"])
def test_ncnn_becomes_a_model(tmp_path: Path, named: str) -> None:
    for suffix in (".param", ".bin"):
        (tmp_path / f"x{suffix}").write_bytes(samples(suffix)[0])
    model = added(tmp_path / f"x{named}")
    assert (model.scale, model.card.halo) == (2, 2)
    low = image(14, 11)
    np.testing.assert_allclose(restored(model, low, area=4), restored(model, low), atol=1e-6)


def test_one_scale_of_several(tmp_path: Path) -> None:
    path = saved(settled(AuthorsMdsr()), tmp_path / "mdsr.pt")
    assert read_foreign(path, "a").card.scale == 4
    assert read_foreign(path, "a", scale=3).card.scale == 3
    with pytest.raises(ModelError):
        read_foreign(saved(settled(SrvggNet()), tmp_path / "x.pth"), "a", scale=2)


def test_a_model_with_a_card_keeps_it(tmp_path: Path, tiny_model: Path) -> None:
    made = read_foreign(tiny_model, "mine")
    card = catalogue.find(tiny_model).card
    assert made.card.name == "mine"
    assert (made.card.stages, made.card.files, made.card.scores) == (card.stages, card.files, card.scores)
    (tmp_path / "x.onnx").write_bytes(tiny_model.read_bytes().replace(b"Apache-2.0", b"Apache-2.1"))
    assert catalogue.add(made.card, made.contents).read() is not None


def test_torch_does_not_run_a_graph(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(bicubic_like())
    model = added(tmp_path / "x.onnx")
    with pytest.raises(EngineError):
        Upscaler("theirs", engine="torch").upscale(np.zeros((8, 8, 3), np.uint8))
    assert Upscaler("theirs").upscale(np.full((8, 8, 3), 128, np.uint8)).shape == (16, 16, 3)
    assert model.card.architecture == catalogue.FOREIGN


class _Rough:
    """An engine in bf16 that is off by a constant."""

    name = device = "made up"
    precision = "bf16"

    def __init__(self, model: catalogue.Model, by: float) -> None:
        self.stages, self._by = model.stages, by
        self._exact = OpenVinoEngine(model, precision="fp32")

    def run(self, stage: int, tile: Floats) -> Floats:
        return self._exact.run(stage, tile) + np.float32(self._by)


@pytest.mark.parametrize(("by", "accurate"), [(0.0, True), (7 / 255, True), (9 / 255, False), (np.nan, False)])
def test_an_added_model_is_held_to_its_probe(tmp_path: Path, by: float, accurate: bool) -> None:
    (tmp_path / "x.onnx").write_bytes(bicubic_like())
    model = added(tmp_path / "x.onnx")
    assert is_accurate(cast(Any, _Rough(model, by)), model) == accurate


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("x.txt", b"weights"),
        ("x.onnx", b"not onnx"),
        ("x.pth", b"not torch"),
        ("x.safetensors", b"\x00" * 40),
        ("x.safetensors", (2**62).to_bytes(8, "little") + b"{}"),
        ("x.param", b"7767517\n0 0\n"),
        ("x.param", b"\xff"),
        ("absent.onnx", None),
        ("folder.onnx", None),
    ],
)
def test_files_without_a_network_are_refused_in_a_line(tmp_path: Path, name: str, contents: bytes | None) -> None:
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "x.bin").write_bytes(b"")
    if contents is not None:
        (tmp_path / name).write_bytes(contents)
    with pytest.raises(ModelError) as refused:
        read_foreign(tmp_path / name, "x", measurement=measure_here)
    assert len(str(refused.value).splitlines()) == 1
    assert catalogue.installed().keys() == catalogue.shipped().keys()


def test_weights_whose_results_are_not_finite_are_refused(tmp_path: Path) -> None:
    network = settled(SrvggNet())
    for parameter in network.parameters():
        parameter.data.fill_(1e30)
    with pytest.raises(ModelError):
        read_foreign(saved(network, tmp_path / "x.pth"), "x")


def test_a_safetensors_header_that_lies_takes_no_memory(tmp_path: Path) -> None:
    header = json.dumps({"body.0.weight": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    with pytest.raises(ModelError):
        read_foreign(tmp_path / "x.safetensors", "x")


def test_a_card_of_a_foreign_model_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(of_pixel_squares(2))
    card = added(tmp_path / "x.onnx").card
    assert Card.from_json(card.to_json(), source=tmp_path) == card
    assert card.stages[0].step == 2
