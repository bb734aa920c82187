"""Models are found by name or path, and opened only when their checksums hold."""

import json
import shutil
from pathlib import Path

import pytest

from srgan.errors import ModelError
from srgan.weights.card import Card
from srgan.weights.catalogue import find, installed
from srgan.weights.selection import CLEAN


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    for file in tiny_model.parent.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path / "tiny.onnx"


def test_a_model_is_found_by_any_of_its_files(model: Path) -> None:
    for suffix in (".onnx", ".safetensors", ".json"):
        found = find(model.with_suffix(suffix))
        assert found.card.name == "tiny"
        assert len(found.read(".onnx")) == found.card.files[".onnx"].size


def test_card_survives_being_written(model: Path) -> None:
    card = find(model).card
    assert Card.from_json(card.to_json(), source=model) == card
    assert card.identity == card.files[".onnx"].sha256[:8]
    assert card.halo == 12


def test_weights_carry_their_card(model: Path) -> None:
    header = model.with_suffix(".safetensors").read_bytes()
    length = int.from_bytes(header[:8], "little")
    carried = json.loads(json.loads(header[8 : 8 + length])["__metadata__"]["card"])
    assert carried["name"] == "tiny"
    assert carried["architecture"] == "srgan-generator"


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_a_damaged_file_is_not_opened(model: Path, suffix: str) -> None:
    path = model.with_suffix(suffix)
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)
    with pytest.raises(ModelError, match="damaged"):
        find(model).read(suffix)
    path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        find(model.with_suffix(".json")).read(suffix)


def test_a_card_that_is_none_is_refused(model: Path) -> None:
    card = model.with_suffix(".json")
    for text in ("{}", "not json", '{"stages": 3}', "[]"):
        card.write_text(text)
        with pytest.raises(ModelError, match="not a model card"):
            find(model)
    card.unlink()
    with pytest.raises(ModelError, match="card"):
        find(model)


def test_a_renamed_model_is_refused(model: Path) -> None:
    model.with_suffix(".json").rename(model.parent / "other.json")
    model.rename(model.parent / "other.onnx")
    with pytest.raises(ModelError, match="that of tiny"):
        find(model.parent / "other.onnx")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    for name in ("nonsense", "../srresnet", "a/b"):
        with pytest.raises(ModelError, match="srresnet"):
            find(name)
    with pytest.raises(ModelError, match="check the path"):
        find("missing.onnx")


def test_shipped_models_are_whole() -> None:
    models = installed()
    assert {CLEAN.photo_real, CLEAN.faithful} <= set(models)
    for model in models.values():
        for suffix, file in model.card.files.items():
            assert len(model.read(suffix)) == file.size
        assert {score.data for score in model.card.scores} == {"Set5", "Set14", "BSD100"}
