"""Weights of feature networks: out of every kind of file, and seeing on photos what they should."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

import srgan
from srgan.errors import ModelError
from srgan.models.features import feature_weights
from srgan.models.features.classifiers import FeatureNetwork, ResNet, SqueezeNet
from srgan.models.features.feature_weights import load_feature_network, load_vgg19, resnet_names, squeezenet_names
from srgan.models.features.vgg import ContentLayer

NAMES = {SqueezeNet: squeezenet_names, ResNet: resnet_names}
TORCHVISION = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
"""Places of the convolutions in torchvision's `vgg19().features`."""


def torchvision_state(layer: ContentLayer) -> dict[str, Tensor]:
    """Random weights under torchvision's names, up to a layer, and a part of the classifier."""
    torch.manual_seed(0)
    state = {"classifier.6.bias": torch.rand(10)}
    for each, index in zip(layer.convolutions(), TORCHVISION, strict=False):
        inputs, outputs = each.channels
        state[f"features.{index}.weight"] = torch.randn(outputs, inputs, 3, 3) / (3 * inputs**0.5)
        state[f"features.{index}.bias"] = torch.randn(outputs)
    return state


def saved(network: nn.Module, names: Iterator[tuple[str, str]], path: Path) -> dict[str, Tensor]:
    """A network's weights in a file, as the zoo names them."""
    state = network.state_dict()
    tensors = {theirs: state[ours].clone() for ours, theirs in names}
    save_file(tensors, path)
    return tensors


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("name", ["VGG11", "VGG22", "VGG34", "VGG54"])
def test_torchvision_s_weights(name: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = ContentLayer.parse(name)
    state = torchvision_state(layer if name == "VGG54" else ContentLayer(3, 4))
    path = tmp_path / f"vgg19{suffix}"
    torch.save(state, path) if suffix == ".pth" else save_file(state, path)
    monkeypatch.setattr(feature_weights, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    vgg = load_vgg19(path, layer)
    for each, index in zip(layer.convolutions(), TORCHVISION, strict=False):
        assert torch.equal(vgg.get_parameter(f"convolutions.{each.key}.weight"), state[f"features.{index}.weight"])
        assert torch.equal(vgg.get_parameter(f"convolutions.{each.key}.bias"), state[f"features.{index}.bias"])
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    picture = torch.rand(1, 3, 4, 5)
    expected = (picture - mean[:, None, None]) / deviation[:, None, None]
    torch.testing.assert_close(vgg.preprocess(picture), expected)
    assert vgg(torch.rand(1, 3, 32, 48)).shape[1] == layer.channels[1]


def test_every_convolution_has_its_place_in_torchvision_s_file() -> None:
    assert [feature_weights._torchvision_index(each) for each in ContentLayer(5, 4).convolutions()] == TORCHVISION


def test_a_pth_that_is_not_torchvision_s_is_refused(tmp_path: Path) -> None:
    torch.save(torchvision_state(ContentLayer(1, 1)), tmp_path / "vgg19.pth")
    with pytest.raises(ModelError, match="sha256"):
        load_vgg19(tmp_path / "vgg19.pth", ContentLayer(1, 1))


def test_vgg19_that_is_missing_or_damaged_is_refused_with_the_remedy(tmp_path: Path) -> None:
    state = torchvision_state(ContentLayer(2, 2))
    save_file(state, tmp_path / "short.safetensors")
    save_file(state | {"features.2.weight": torch.rand(64, 64, 5, 5)}, tmp_path / "other.safetensors")
    (tmp_path / "text.safetensors").write_text("no weights")
    for name in ("short", "other", "text", "absent"):
        layer = ContentLayer(5, 4) if name == "short" else ContentLayer(2, 2)
        with pytest.raises(ModelError, match=r"fetch https://\S+vgg19-dcbb9e9d\.pth \(548 MiB\)"):
            load_vgg19(tmp_path / f"{name}.safetensors", layer)


@pytest.mark.parametrize("kind", [SqueezeNet, ResNet])
def test_weights_come_back_from_the_zoo_s_names(kind: type[SqueezeNet] | type[ResNet], tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = kind()
    tensors = saved(network, NAMES[kind](), tmp_path / "network.safetensors")
    assert len(tensors) == sum(not name.endswith("tracked") for name in network.state_dict())
    read = load_feature_network(tmp_path / "network.safetensors")
    pictures = torch.rand(1, 3, 48, 64)
    assert read.name == network.name
    for one, other in zip(read(pictures), network(pictures), strict=True):
        assert torch.equal(one, other)


def test_vgg19_gives_the_last_of_each_group_that_its_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "vgg.safetensors"
    save_file(torchvision_state(ContentLayer(3, 2)), path)
    network = load_feature_network(path)
    assert network.name == "vgg19 to conv3_2"
    pictures = torch.rand(2, 3, 32, 40)
    expected = [load_vgg19(path, ContentLayer(*one))(pictures) for one in ((1, 2), (2, 2), (3, 2))]
    for one, other in zip(network(pictures), expected, strict=True):
        assert torch.equal(one, other)


def test_files_of_no_known_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    with pytest.raises(ModelError):
        load_feature_network(path)
    path.write_text("no weights")
    with pytest.raises(ModelError):
        load_feature_network(path)
    save_file({"other.weight": torch.zeros(3)}, path)
    with pytest.raises(ModelError):
        load_feature_network(path)
    tensors = saved(SqueezeNet(), squeezenet_names(), path)
    for wrong in ({}, {"squeezenet0_conv24_bias": torch.zeros(3)}):
        save_file({name: one for name, one in tensors.items() if name != "squeezenet0_conv24_bias"} | wrong, path)
        with pytest.raises(ModelError, match="squeezenet0_conv24_bias"):
            load_feature_network(path)


def true_network(data_folder: Path, name: str) -> tuple[FeatureNetwork, dict[str, Tensor]]:
    path = data_folder.parent / "weights" / name
    if not path.is_file():
        pytest.skip(f"no weights at {path}")
    return load_feature_network(path), load_file(path)


def photo(data_folder: Path, name: str) -> Tensor:
    """The middle 224x224 of a photo of ImageNet, its shorter side shrunk to 256: (1, 3, 224, 224)."""
    image = pytest.importorskip("PIL.Image")
    with image.open(data_folder / "train" / "imagenet_samples" / f"{name}.JPEG") as file:
        photo = file.convert("RGB")
    factor = 256 / min(photo.size)
    photo = photo.resize([round(factor * side) for side in photo.size], image.Resampling.BICUBIC)
    left, top = ((side - 224) // 2 for side in photo.size)
    pixels: Any = np.asarray(photo.crop((left, top, left + 224, top + 224)), np.float32) / 255
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None]


PHOTOS = {  # the class's place among the thousand
    "n01440764_tench": 0,
    "n01518878_ostrich": 9,
    "n02056570_king_penguin": 145,
    "n02099601_golden_retriever": 207,
    "n02279972_monarch": 323,
    "n02391049_zebra": 340,
    "n02504458_African_elephant": 386,
    "n02510455_giant_panda": 388,
    "n04399382_teddy": 850,
    "n09472597_volcano": 980,
    "n11939491_daisy": 985,
}


def test_squeezenet_s_last_features_tell_animals_apart(data_folder: Path) -> None:
    network, tensors = true_network(data_folder, "squeezenet1.1.safetensors")
    weight, bias = tensors["squeezenet0_conv25_weight"], tensors["squeezenet0_conv25_bias"]
    last_layer = {"squeezenet0_conv25_weight", "squeezenet0_conv25_bias"}
    assert set(tensors) - {theirs for _, theirs in squeezenet_names()} == last_layer
    with torch.inference_mode():
        last = network(torch.cat([photo(data_folder, name) for name in PHOTOS]))[-1]
        answers = functional.relu(functional.conv2d(last, weight, bias)).mean(dim=(2, 3)).argmax(dim=1)
    assert answers.tolist() == list(PHOTOS.values())


def test_resnet_s_layers_see_what_they_saw_in_training(data_folder: Path) -> None:
    """Every normalisation holds the means of its input over ImageNet: a layer out of place would not come near them."""
    network, tensors = true_network(data_folder, "resnet50v2-stages1-3.safetensors")
    assert isinstance(network, ResNet)
    left_over = {name for name in tensors if name.startswith("resnetv24_batchnorm2_")}  # after the fourth stage
    assert set(tensors) - {theirs for _, theirs in resnet_names()} == left_over
    seen: list[float] = []

    def watch(module: nn.Module, inputs: tuple[Tensor]) -> None:
        means, known = inputs[0].mean(dim=(0, 2, 3)), module.get_buffer("running_mean")
        seen.append(float(torch.corrcoef(torch.stack([means, known]))[0, 1]))

    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module not in (network.input, network.normalisation):
            module.register_forward_pre_hook(watch)
    with torch.inference_mode():
        network(torch.cat([photo(data_folder, name) for name in PHOTOS]))
    assert len(seen) == 3 * 13
    assert min(seen) > 0.95


@pytest.fixture(scope="session")
def normalised(data_folder: Path) -> Path:
    """The normalised weights beside the benchmark data."""
    path = data_folder.parent / "weights" / "vgg19-normalised-to-conv3_1.safetensors"
    if not path.is_file():
        pytest.skip(f"no normalised VGG19 at {path}")
    return path


def test_normalised_features_have_a_mean_of_one_on_photos(normalised: Path, data_folder: Path) -> None:
    """Were the colours swapped or the means not subtracted, some would be far off."""
    vgg = load_vgg19(normalised, ContentLayer(2, 2))
    crops = []
    for path in sorted((data_folder / "testsets" / "BSD100").glob("*.png"))[::4]:
        pixels = srgan.read(path).pixels
        crops.append(torch.from_numpy(np.ascontiguousarray(pixels[96:224, 96:224, :3])).permute(2, 0, 1) / 255)
    with torch.inference_mode():
        means = vgg(torch.stack(crops)).mean(dim=(0, 2, 3))
    assert means.mean() == pytest.approx(1, abs=0.2)
    assert means.median() == pytest.approx(1, abs=0.2)
    with pytest.raises(ModelError):
        load_vgg19(normalised, ContentLayer(5, 4))


def test_normalised_vgg19_has_features_of_mean_one(data_folder: Path) -> None:
    network, _ = true_network(data_folder, "vgg19-normalised-to-conv3_1.safetensors")
    assert network.name == "vgg19-normalised to conv3_1"
    with torch.inference_mode():
        features = network(torch.cat([photo(data_folder, name) for name in list(PHOTOS)[:4]]))
    assert [one.shape[1] for one in features] == [64, 128, 256]
    for one in features:
        assert 0.6 < one.mean().item() < 1.6


def test_original_filters_see_bgr_less_the_mean_of_caffe(normalised: Path, data_folder: Path) -> None:
    """Against the file whose filters were scaled one by one: each feature is the same up to a factor."""
    original = normalised.parent / "vgg19-to-conv3_4.safetensors"
    if not original.is_file():
        pytest.skip(f"no {original}")
    layer = ContentLayer(2, 2)
    photo = srgan.read(sorted((data_folder / "testsets" / "Set5").glob("*.png"))[0]).pixels[:96, :96, :3]
    pixels = torch.from_numpy(np.ascontiguousarray(photo)).permute(2, 0, 1)[None] / 255
    ours, theirs = (load_vgg19(path, layer)(pixels)[0].flatten(1) for path in (original, normalised))
    alive = (ours.amax(1) > 1e-3) & (theirs.amax(1) > 1e-3)
    assert int(alive.sum()) > 100
    ours, theirs = ours[alive], theirs[alive]
    ratios = (ours * theirs).sum(1) / theirs.square().sum(1)
    torch.testing.assert_close(ours, ratios[:, None] * theirs, rtol=1e-2, atol=1e-2 * float(ours.mean()))
