"""Models are found by name or path, in files of both layouts, and opened only when their checksums hold."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import save_file

from srgan.engines.engine import open_engine
from srgan.engines.self_test import TOLERANCES, run_probe
from srgan.errors import ModelError, UsageError
from srgan.models.release.state_dict import trained_weights
from srgan.upscale.model_choice import CLEAN
from srgan.weights.card import Card
from srgan.weights.catalogue import add, find, installed, remove, rename, shipped
from tests.conftest import damage, replace_card


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copy(tiny_model, tmp_path))


@pytest.fixture
def three_files(tiny_model: Path, tmp_path: Path) -> Path:
    """The card of the model as srgan wrote it before: card, graph and weights in files of their own."""
    import onnx

    graph = onnx.load_model(tiny_model)
    del graph.metadata_props[:]
    save_file(trained_weights(find(tiny_model)), tmp_path / "tiny.safetensors")
    (tmp_path / "tiny.onnx").write_bytes(graph.SerializeToString())
    fields = json.loads(find(tiny_model).card.to_json())
    contents = {suffix: (tmp_path / f"tiny{suffix}").read_bytes() for suffix in (".onnx", ".safetensors")}
    fields["files"] = {
        suffix: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for suffix, data in contents.items()
    }
    (tmp_path / "tiny.json").write_text(json.dumps(fields))
    return tmp_path / "tiny.json"


def test_a_model_of_three_files_is_found_by_any_of_them_and_works(three_files: Path, tiny_model: Path) -> None:
    for suffix in (".onnx", ".safetensors", ".json"):
        model = find(three_files.with_suffix(suffix))
        assert model.card.identity == hashlib.sha256(model.read()).hexdigest()[:8]
        assert trained_weights(model).keys() == trained_weights(find(tiny_model)).keys()
    for engine in ("openvino", "torch"):
        assert run_probe(open_engine(model, engine, precision="fp32"), model.card) < TOLERANCES["fp32"]
    for suffix in (".onnx", ".safetensors"):
        damage(three_files.with_suffix(suffix))
        with pytest.raises(ModelError):
            model.read(suffix)


def test_weights_that_are_none_are_refused_even_with_their_checksum(three_files: Path) -> None:
    weights = three_files.with_suffix(".safetensors")
    before = hashlib.sha256(weights.read_bytes()).hexdigest()
    weights.write_bytes(b"no weights")
    after = hashlib.sha256(weights.read_bytes()).hexdigest()
    three_files.write_text(three_files.read_text().replace(before, after))
    with pytest.raises(ModelError):
        trained_weights(find(three_files))


def test_card_survives_being_written(model: Path) -> None:
    card = find(model).card
    assert Card.from_json(card.to_json(), source=model) == card
    assert card.halo == 12


def test_identity_follows_from_the_weights_not_from_the_card(model: Path) -> None:
    before = find(model)
    replace_card(model, before.card.to_json().replace("untrained", "never trained"))
    after = find(model)
    assert after.card.summary == "never trained, for tests"
    assert after.card.identity == before.card.identity
    assert after.read() == model.read_bytes()


def test_a_damaged_file_is_not_opened(model: Path) -> None:
    opened = find(model)
    damage(model)
    with pytest.raises(ModelError):
        opened.read()
    for contents in (b"damaged", model.read_bytes()[:-500], b"", b"\xff" * 40):
        model.write_bytes(contents)
        with pytest.raises(ModelError):
            find(model)
    model.unlink()
    with pytest.raises(ModelError):
        opened.read()


@pytest.mark.parametrize("text", ["{}", "not json", '{"stages": 3}', "[]", "[" * 10**5])
def test_a_card_that_is_none_is_refused(model: Path, text: str) -> None:
    replace_card(model, text)
    with pytest.raises(ModelError):
        find(model)


@pytest.mark.parametrize(
    ("part", "value"),
    [("scale", 0), ("scale", "4"), ("scale", 2), ("radius", float("nan")), ("radius", -1), ("values", 0), ("step", 0)],
)
def test_numbers_that_no_network_has_are_refused(model: Path, part: str, value: object) -> None:
    fields = json.loads(find(model).card.to_json())
    (fields if part == "scale" else fields["stages"][0])[part] = value
    replace_card(model, json.dumps(fields))
    with pytest.raises(ModelError):
        find(model)


def test_a_renamed_model_is_refused(model: Path) -> None:
    with pytest.raises(ModelError):
        find(model.rename(model.parent / "other.onnx"))


@pytest.mark.parametrize("name", ["nonsense", "../srresnet", "a/b", "a" * 300])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(ModelError, match="srresnet"):
        find(name)


def test_paths_that_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "other.pth").touch()
    with pytest.raises(ModelError, match="holds weights alone"):
        find(tmp_path / "other.pth")
    for name in ("missing.onnx", f"{'a' * 300}.onnx"):
        with pytest.raises(ModelError, match="check the path"):
            find(tmp_path / name)


def test_cards_say_what_training_has_seen_of_the_test_sets() -> None:
    """The photos were compared with test sets, or the one that was found later is named (a photo of BSDS500)."""
    for model in shipped().values():
        card, data = model.card, model.card.training.data
        assert "BSDS500" not in data or "compared with" in data or "woman of Set5" in data, card.name


def test_shipped_models_are_whole() -> None:
    models = installed()
    assert {CLEAN.photo_real, CLEAN.faithful} <= set(models)
    for model in models.values():
        assert len(model.read()) > model.card.files[".onnx"].size
        assert {score.data for score in model.card.scores} == {"Set5", "Set14", "BSD100"}


@pytest.fixture
def own(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of added models with one in it, `mine`."""
    monkeypatch.setenv("SRGAN_MODELS", str(tmp_path / "own"))
    add(replace(find(tiny_model).card, name="mine"), tiny_model.read_bytes())
    return tmp_path / "own"


def test_an_added_model_is_like_the_others(own: Path, tiny_model: Path) -> None:
    model = find("mine")
    assert installed()["mine"] == model
    assert "mine" not in shipped()
    assert (model.folder, model.card.identity) == (own, find(tiny_model).card.identity)
    assert run_probe(open_engine(model, "openvino", precision="fp32"), model.card) < TOLERANCES["fp32"]


def test_a_rename_keeps_the_identity_and_a_removal_leaves_nothing(own: Path) -> None:
    before = find("mine")
    after = rename("mine", "yours")
    assert (after.name, after.card.identity) == ("yours", before.card.identity)
    assert find("yours") == after
    assert [path.name for path in own.iterdir()] == ["yours.onnx"]
    assert remove("yours") == own / "yours.onnx"
    assert not list(own.iterdir())


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    "name", ["mine", "srresnet", "auto", "add", "bicubic", "", "a/b", "../a", "a.onnx", "-a", "a" * 65]
)
def test_names_that_are_taken_or_none_are_refused(tiny_model: Path, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        add(replace(find(tiny_model).card, name=name), tiny_model.read_bytes())
    assert refused.value.parameter == "name"


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["srresnet", "nobody", "../mine", "own/mine", "a" * 300])
def test_only_added_models_are_changed(name: str) -> None:
    with pytest.raises(ModelError):
        remove(name)
    with pytest.raises(ModelError):
        rename(name, "other")
    assert "mine" in installed()


def test_a_damaged_added_model_harms_no_other_and_can_be_removed(own: Path) -> None:
    (own / "mine.onnx").write_bytes(b"damaged")
    assert installed().keys() == shipped().keys()
    with pytest.raises(ModelError):
        find("mine")
    remove("mine")
