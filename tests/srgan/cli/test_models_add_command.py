"""`srgan models add`, `rename` and `remove`: networks of other people, used by their names."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from srgan.weights.catalogue import installed, shipped
from tests.helpers.command_line import Make, Run
from tests.helpers.published_networks import SrvggNet, settled
from tests.helpers.small_onnx import bicubic_like, of_everything


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of added models, which is not there yet."""
    monkeypatch.setenv("SRGAN_MODELS", str(tmp_path / "own" / "models"))
    return tmp_path / "own" / "models"


@pytest.mark.usefixtures("own")
def test_an_added_network_is_listed_described_used_and_evaluated(srgan: Run, make: Make, desk: Path) -> None:
    (desk / "Their network 2.onnx").write_bytes(bicubic_like(3, 4))
    result = srgan("models", "add", "Their network 2.onnx", "--source", "a page", "--licence", "BSD-3-Clause")
    assert result.exit_code == 0, result.output
    assert "Their-network-2" in result.stdout
    assert any("Their-network-2" in line and "BSD-3-Clause" in line for line in srgan("models").stdout.splitlines())
    described = srgan("models", "info", "Their-network-2").stdout
    assert described == srgan("models", "Their-network-2").stdout
    assert all(words in described for words in ("a page", "Their network 2.onnx", "all checksums hold"))
    make("photo.png")
    assert srgan("upscale", "photo.png", "--model", "Their-network-2").exit_code == 0
    with Image.open("photo-x4.png") as large:
        assert large.size == (48, 32)
        assert np.asarray(large).std() > 1
    make("set/a.png", size=(48, 40))
    result = srgan("evaluate", "bicubic", "Their-network-2", "--sets", "set=set", "-o", "made", "--json")
    assert result.exit_code == 0, result.output


@pytest.mark.usefixtures("own")
def test_weights_are_added_renamed_and_removed(srgan: Run, desk: Path) -> None:
    save_file(settled(SrvggNet()).state_dict(), desk / "x.safetensors")
    document = json.loads(srgan("models", "add", "x.safetensors", "--name", "small", "--json").stdout)
    assert (document["name"], document["architecture"], document["scale"]) == ("small", "srvgg", 4)
    assert document["licence"] == "not stated"
    assert document["self_test"]["levels"] < 8
    renamed = json.loads(srgan("models", "rename", "small", "tiny2", "--json").stdout)
    assert (renamed["name"], renamed["identity"]) == ("tiny2", document["identity"])
    assert srgan("models", "remove", "tiny2").exit_code == 0
    assert installed().keys() == shipped().keys()


@pytest.mark.usefixtures("own")
def test_what_its_user_should_know_is_said(srgan: Run, desk: Path) -> None:
    (desk / "x.onnx").write_bytes(of_everything())
    result = srgan("models", "add", "x.onnx")
    assert result.exit_code == 0
    assert result.stderr.startswith("Note: it sees the whole image")
    assert "sees the whole image" in srgan("models", "x").stdout


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("models add [absent.onnx]", 1),
        ("models add [x.gif]", 1),
        ("models add broken.onnx", 1),
        ("models add [code.pth] --json", 1),
        ("models add x.onnx [--name] [srresnet]", 2),
        ("models add x.onnx [--name] [a/b]", 2),
        ("models add [x.onnx] --scale [3]", 1),
    ],
)
def test_a_refusal_adds_nothing(refusal: Run, desk: Path, own: Path, line: str, code: int) -> None:
    (desk / "x.onnx").write_bytes(bicubic_like())
    (desk / "broken.onnx").write_bytes(bicubic_like()[:-100])
    (desk / "code.pth").write_bytes(b"cos\nsystem\n(S'touch touched'\ntR.")
    refusal(code, line)
    assert not own.exists()


def test_a_failed_self_test_adds_nothing(srgan: Run, desk: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk / "x.onnx").write_bytes(bicubic_like())
    monkeypatch.setattr("srgan.engines.self_test.run_probe", lambda *words, **options: float("nan"))
    assert srgan("models", "add", "x.onnx").exit_code == 1
    assert not list(own.iterdir())


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("words", ["remove [srresnet]", "remove [nobody]", "rename [nobody] other"])
def test_only_added_models_are_changed(refusal: Run, words: str) -> None:
    refusal(1, f"models {words}")
