"""Inputs of a run are found where the user says, or the error says what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from srgan.errors import ModelError, TrainingError, UsageError
from srgan.models.release.state_dict import trained_weights
from srgan.training.inputs import Inputs, find_features, find_vgg, load_vgg, read_initial_weights
from srgan.training.recipes import RECIPES
from srgan.training.run_folder import Run
from srgan.training.state import make_generator
from srgan.weights.catalogue import find
from tests.helpers.small import ADVERSARIAL, SMALL, train_run
from tests.srgan.training.conftest import newest

VGG22, VGG54 = RECIPES["srgan-vgg22"], RECIPES["srgan-vgg54"]


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No cache, no benchmark data."""
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SRGAN_DATA", raising=False)
    return tmp_path


def test_no_weights_are_looked_for_without_need() -> None:
    assert find_vgg(RECIPES["srgan-mse"], None) is None
    assert load_vgg(RECIPES["srgan-mse"], None) is None


def test_vgg_that_is_nowhere_says_how_to_get_it(nowhere: Path) -> None:
    with pytest.raises(ModelError, match=r"give their file as vgg, or the word download"):
        find_vgg(VGG22, None)
    with pytest.raises(ModelError):
        load_vgg(VGG22, find_vgg(VGG22, str(nowhere / "no.safetensors")))


def test_vgg_of_the_benchmark_folder_is_taken_as_far_as_it_reaches(
    nowhere: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRGAN_DATA", str(data_folder))
    path = find_vgg(VGG22, None)
    assert path is not None
    assert path.name == "vgg19-normalised-to-conv3_1.safetensors"
    vgg = load_vgg(VGG22, path)
    assert vgg is not None
    assert vgg(torch.rand(1, 3, 32, 32)).shape == (1, 128, 16, 16)
    deeper = find_vgg(RECIPES["esrgan-quick"], None)
    assert deeper is not None
    assert deeper.name == "vgg19-to-conv3_4.safetensors"
    with pytest.raises(ModelError):
        find_vgg(VGG54, None)
    with pytest.raises(ModelError):
        load_vgg(VGG54, path)


def test_deep_features_are_looked_for_only_where_a_loss_needs_them(
    nowhere: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    perceptive = VGG22.change(perception=0.1)
    assert find_features(VGG22, None) is None
    assert find_features(perceptive, str(nowhere / "mine.safetensors")) == nowhere / "mine.safetensors"
    with pytest.raises(ModelError):
        find_features(perceptive, None)
    monkeypatch.setenv("SRGAN_DATA", str(data_folder))
    path = find_features(perceptive, None)
    assert path is not None
    assert path.name == "resnet50v2-stages1-3.safetensors"


def test_a_cached_download_is_preferred(nowhere: Path) -> None:
    cached = nowhere / "cache" / "vgg19-dcbb9e9d.pth"
    cached.parent.mkdir()
    cached.write_bytes(b"")
    assert find_vgg(VGG54, None) == cached


def test_a_run_begins_with_the_better_weights_of_another(
    fabric: Fabric, inputs: Inputs, begun: Callable[..., Run]
) -> None:
    run = begun(SMALL)
    train_run(run, inputs, fabric)
    found = newest(run)
    scores = (run.folder / "validation.csv").read_text().splitlines()[0]
    for raw, average, part in ((30.0, 20.0, "generator"), (20.0, 30.0, "average")):
        row = {"update": 8, "raw_psnr": raw, "average_psnr": average}
        line = ",".join(str(row.get(name, 0.5)) for name in scores.split(","))
        (run.folder / "validation.csv").write_text(f"{scores}\n{line}\n")
        weights = read_initial_weights(SMALL.change(learning_rate=1e-5), str(run.folder))
        assert weights is not None
        assert all(torch.equal(value, weights[name]) for name, value in found.part(part).items())


def test_a_shipped_model_can_be_begun_with() -> None:
    recipe = RECIPES["srresnet-cpu"].change(name="finer")
    weights = read_initial_weights(recipe, "srresnet")
    assert weights is not None
    assert weights["head.0.weight"].shape == (64, 3, 9, 9)
    with pytest.raises(UsageError, match=r"another network \(.*\): set .*=.*, or begin from another") as raised:
        read_initial_weights(RECIPES["srgan-vgg22"], "srresnet")
    assert raised.value.parameter == "begun_from"


def test_what_cannot_be_begun_with_is_refused(tmp_path: Path, begun: Callable[..., Run]) -> None:
    needy = ADVERSARIAL.change(initial="small")
    with pytest.raises(UsageError) as raised:
        read_initial_weights(needy, None)
    assert raised.value.parameter == "begun_from"
    assert read_initial_weights(needy, "none") is None
    with pytest.raises(TrainingError):
        read_initial_weights(needy, str(tmp_path))
    with pytest.raises(UsageError, match="set blocks=2"):
        read_initial_weights(needy, str(begun(SMALL, "other").folder))
    with pytest.raises(TrainingError):
        read_initial_weights(SMALL, str(begun(SMALL, "empty").folder))
    with pytest.raises(ModelError):
        read_initial_weights(needy, "nonsense")


def test_a_compact_network_takes_the_trunk_of_an_srresnet(tiny_model: Path) -> None:
    recipe = RECIPES["srgan-photo"].change(blocks=2, features=16)
    weights, theirs = read_initial_weights(recipe, str(tiny_model)), trained_weights(find(tiny_model))
    assert weights is not None
    make_generator(recipe).load_state_dict(weights)
    for name, tensor in weights.items():
        is_new = name.startswith(("output.", "hints.", "refinement."))
        assert is_new or torch.equal(tensor, theirs[name]), name
    with pytest.raises(UsageError):
        read_initial_weights(recipe.change(features=8), str(tiny_model))


def test_a_network_that_enlarges_twice_takes_the_trunk_of_one_that_enlarges_four_times(
    inputs: Inputs, begun: Callable[..., Run], fabric: Fabric
) -> None:
    run = begun(SMALL.change(generator="swift", blocks=1, features=8))
    train_run(run, inputs, fabric)
    recipe = run.settings().recipe.change(scale=2)
    weights = read_initial_weights(recipe, str(run.folder))
    assert weights is not None
    make_generator(recipe).load_state_dict(weights)
    theirs = [newest(run).part(part) for part in ("generator", "average")]
    for name, tensor in weights.items():
        assert name.startswith("output.") or any(torch.equal(tensor, each[name]) for each in theirs), name
    with pytest.raises(UsageError):
        read_initial_weights(recipe.change(features=16), str(run.folder))


def test_a_deeper_compact_network_begins_as_the_shallower_one(tiny_model: Path) -> None:
    shallow = RECIPES["srgan-photo"].change(blocks=2, features=16)
    networks = []
    for recipe in (shallow, shallow.change(blocks=5)):
        weights = read_initial_weights(recipe, str(tiny_model))
        assert weights is not None
        networks.append(make_generator(recipe))
        networks[-1].load_state_dict(
            weights
            | {name: torch.full_like(v, 0.01) for name, v in weights.items() if name.startswith(("output.", "hints."))}
        )
    image = torch.rand(1, 3, 9, 8)
    with torch.no_grad():
        assert torch.equal(networks[0](image), networks[1](image))
    with pytest.raises(UsageError):
        read_initial_weights(shallow.change(blocks=1), str(tiny_model))


def test_a_refined_network_takes_all_of_one_without_refinement(
    fabric: Fabric, inputs: Inputs, begun: Callable[..., Run]
) -> None:
    run = begun(SMALL.change(generator="compact-generator"))
    train_run(run, inputs, fabric)
    found = newest(run)
    refined = SMALL.change(generator="compact-generator", refinement=5)
    weights = read_initial_weights(refined, str(run.folder))
    assert weights is not None
    kept = found.part(run.better("generator", "average"))
    assert all(torch.equal(value, weights[name]) for name, value in kept.items())
    assert {name.split(".")[0] for name in weights.keys() - kept.keys()} == {"hints", "refinement"}
