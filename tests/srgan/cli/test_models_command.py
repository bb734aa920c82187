"""`srgan models`: the list, the description of a model, and damaged files."""

import json
from pathlib import Path

import pytest

from tests.conftest import damage
from tests.helpers.command_line import Run


@pytest.mark.usefixtures("only_tiny")
def test_the_list_names_every_model_with_its_score(srgan: Run) -> None:
    result = srgan("models")
    assert result.exit_code == 0
    row = next(line for line in result.stdout.splitlines() if "tiny" in line)
    assert all(word in row for word in ("x4", "12.30 dB, 0.4500", "Apache-2.0", "untrained, for tests"))
    assert "Set5, paper protocol" in result.stdout


@pytest.mark.usefixtures("only_pair")
def test_auto_is_listed_and_described(srgan: Run) -> None:
    assert sum(line.strip().startswith("auto ") for line in srgan("models").stdout.splitlines()) == 1
    lines = srgan("models", "auto").stdout.splitlines()
    assert lines[3].split() == ["clean", "srresnet", "srgan"]
    assert lines[4].split()[-2:] == ["srresnet-photo", "srgan-photo"]
    document = json.loads(srgan("models", "auto", "--json").stdout)
    assert document["clean"] == {"photo_real": "srgan", "faithful": "srresnet"}
    assert document["missing"] == ["srgan-photo", "srresnet-photo"]


@pytest.mark.usefixtures("only_tiny")
def test_json(srgan: Run, tiny_model: Path) -> None:
    (card,) = json.loads(srgan("models", "--json").stdout)
    full = json.loads(srgan("models", "tiny", "--json").stdout)
    assert full["faults"] == []
    assert {key: value for key, value in full.items() if key != "faults"} == card
    assert card["identity"] == card["files"][".onnx"]["sha256"][:8]
    assert card["folder"] == str(tiny_model.parent)


@pytest.mark.usefixtures("only_tiny")
@pytest.mark.parametrize("by_path", [False, True])
def test_a_description(srgan: Run, tiny_model: Path, by_path: bool) -> None:
    result = srgan("models", str(tiny_model) if by_path else "tiny")
    assert result.exit_code == 0
    expected = (
        "it was never trained",
        "srgan-generator blocks=2",
        "0 updates in 0 hours on none",
        "by the paper protocol",
    )
    assert all(words in result.stdout for words in (*expected, "all checksums hold"))


@pytest.mark.usefixtures("only_tiny")
def test_only_shipped_models_have_pictures(srgan: Run, tiny_model: Path, desk: Path) -> None:
    (desk / "tiny.onnx").write_bytes(tiny_model.read_bytes())
    assert "docs/models.md" in srgan("models", "tiny").stdout.splitlines()[-1]
    assert "docs/models.md" not in srgan("models", "tiny.onnx").stdout


@pytest.mark.usefixtures("only_tiny")
def test_an_unknown_name_lists_the_known_ones(srgan: Run) -> None:
    result = srgan("models", "nope", "--json")
    assert result.exit_code == 1
    assert "choose one of tiny" in result.stderr
    assert "choose one of tiny" in json.loads(result.stdout)["error"]


def test_a_damaged_file(srgan: Run, tiny_model: Path, desk: Path) -> None:
    (desk / "tiny.onnx").write_bytes(tiny_model.read_bytes())
    damage(desk / "tiny.onnx")
    result = srgan("models", "tiny.onnx")
    assert result.exit_code == 1
    assert "problem: tiny.onnx is damaged" in result.stdout
    assert "checksums hold" not in result.stdout


def test_without_models(srgan: Run, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", desk)
    assert "--model FILE" in srgan("models").stdout
