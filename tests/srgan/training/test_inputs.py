"""What a run works on is found where the user says, or the error says what to do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from srgan.errors import ModelError, TrainingError, UsageError
from srgan.models.release.state_dict import trained_weights
from srgan.training import checkpoint
from srgan.training.inputs import Material, features_path, initial_weights, load_vgg, vgg_path
from srgan.training.loop import train
from srgan.training.networks import make_generator
from srgan.training.recipes import RECIPES
from srgan.training.run_folder import Run
from srgan.weights.catalogue import find
from tests.helpers.small import ADVERSARIAL, SMALL, Heard

VGG22, VGG54 = RECIPES["srgan-vgg22"], RECIPES["srgan-vgg54"]


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No cache, no benchmark data."""
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SRGAN_DATA", raising=False)
    return tmp_path


def test_no_weights_are_looked_for_without_need() -> None:
    assert vgg_path(RECIPES["srgan-mse"], None) is None
    assert load_vgg(RECIPES["srgan-mse"], None) is None


def test_vgg_that_is_nowhere_says_how_to_get_it(nowhere: Path) -> None:
    with pytest.raises(ModelError, match=r"--vgg FILE, or fetch .* with --vgg download$"):
        vgg_path(VGG22, None)
    with pytest.raises(ModelError, match="there are no VGG19 weights at"):
        load_vgg(VGG22, vgg_path(VGG22, str(nowhere / "no.safetensors")))


def test_vgg_of_the_benchmark_folder_is_taken_as_far_as_it_reaches(
    nowhere: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRGAN_DATA", str(data_folder))
    path = vgg_path(VGG22, None)
    assert path is not None
    assert path.name == "vgg19-normalised-to-conv3_1.safetensors"
    vgg = load_vgg(VGG22, path)
    assert vgg is not None
    assert vgg(torch.rand(1, 3, 32, 32)).shape == (1, 128, 16, 16)
    with pytest.raises(ModelError, match="--vgg download"):
        vgg_path(VGG54, None)
    with pytest.raises(ModelError, match="has no conv3_2, which VGG54 needs: fetch"):
        load_vgg(VGG54, path)


def test_deep_features_are_looked_for_only_where_a_loss_needs_them(
    nowhere: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    perceptive = replace(VGG22, perception=0.1)
    assert features_path(VGG22, None) is None
    assert features_path(perceptive, str(nowhere / "mine.safetensors")) == nowhere / "mine.safetensors"
    with pytest.raises(ModelError, match=r"srgan-vgg22 compares deep features, .* with --features FILE$"):
        features_path(perceptive, None)
    monkeypatch.setenv("SRGAN_DATA", str(data_folder))
    path = features_path(perceptive, None)
    assert path is not None
    assert path.name == "resnet50v2-stages1-3.safetensors"


def test_a_cached_download_is_preferred(nowhere: Path) -> None:
    cached = nowhere / "cache" / "vgg19-dcbb9e9d.pth"
    cached.parent.mkdir()
    cached.write_bytes(b"")
    assert vgg_path(VGG54, None) == cached


def test_a_run_begins_with_the_better_weights_of_another(
    fabric: Fabric, material: Material, begun: Callable[..., Run]
) -> None:
    run = begun(SMALL)
    train(material, run, fabric=fabric, listener=Heard())
    found = checkpoint.newest(run.checkpoints)
    assert found is not None
    scores = (run.folder / "validation.csv").read_text().splitlines()[0]
    for raw, average, part in ((30.0, 20.0, "generator"), (20.0, 30.0, "average")):
        row = {"update": 8, "raw_psnr": raw, "average_psnr": average}
        line = ",".join(str(row.get(name, 0.5)) for name in scores.split(","))
        (run.folder / "validation.csv").write_text(f"{scores}\n{line}\n")
        weights = initial_weights(replace(SMALL, learning_rate=1e-5), str(run.folder))
        assert weights is not None
        assert all(torch.equal(value, weights[name]) for name, value in found.part(part).items())


def test_a_shipped_model_can_be_begun_with() -> None:
    recipe = replace(RECIPES["srresnet-cpu"], name="finer")
    weights = initial_weights(recipe, "srresnet")
    assert weights is not None
    assert weights["head.0.weight"].shape == (64, 3, 9, 9)
    with pytest.raises(UsageError, match=r"another network \(.*\): add --set .*=.*, or begin from another"):
        initial_weights(RECIPES["srgan-vgg22"], "srresnet")


def test_what_cannot_be_begun_with_says_why(tmp_path: Path, begun: Callable[..., Run]) -> None:
    needy = replace(ADVERSARIAL, initial="small")
    with pytest.raises(UsageError, match="begins from a trained small: name its folder with --from RUN"):
        initial_weights(needy, None)
    assert initial_weights(needy, "none") is None
    with pytest.raises(TrainingError, match="holds no run"):
        initial_weights(needy, str(tmp_path))
    with pytest.raises(UsageError, match="add --set blocks=2"):
        initial_weights(needy, str(begun(SMALL, "other").folder))
    with pytest.raises(TrainingError, match="has no checkpoint yet: train it first"):
        initial_weights(SMALL, str(begun(SMALL, "empty").folder))
    with pytest.raises(ModelError, match="there is no model nonsense"):
        initial_weights(needy, "nonsense")


def test_a_compact_network_takes_the_trunk_of_an_srresnet(tiny_model: Path) -> None:
    recipe = replace(RECIPES["srresnet-photo"], blocks=2, features=16)
    weights, theirs = initial_weights(recipe, str(tiny_model)), trained_weights(find(tiny_model))
    assert weights is not None
    make_generator(recipe).load_state_dict(weights)
    for name, tensor in weights.items():
        assert torch.equal(tensor, theirs[name]) != name.startswith("output."), name
    with pytest.raises(UsageError, match="another network"):
        initial_weights(replace(recipe, features=8), str(tiny_model))
