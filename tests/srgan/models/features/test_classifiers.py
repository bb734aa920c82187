"""Networks for features: their shapes, their files, the distance, and that the true weights see what they should."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from srgan.errors import ModelError
from srgan.models.features.classifier_weights import load_feature_network, resnet_names, squeezenet_names
from srgan.models.features.classifiers import SMALLEST, FeatureNetwork, ResNet, SqueezeNet, distance
from srgan.models.features.vgg import ContentLayer
from srgan.models.features.vgg_weights import load_vgg19
from tests.srgan.models.features.test_vgg import torchvision_state

NAMES = {SqueezeNet: squeezenet_names, ResNet: resnet_names}
BOTH = pytest.mark.parametrize("kind", [SqueezeNet, ResNet])


def _saved(network: nn.Module, names: Iterator[tuple[str, str]], path: Path) -> dict[str, Tensor]:
    """A network's weights in a file, as the zoo names them."""
    state = network.state_dict()
    tensors = {theirs: state[ours].clone() for ours, theirs in names}
    save_file(tensors, path)
    return tensors


@pytest.mark.parametrize(
    ("kind", "shapes"),
    [
        (
            SqueezeNet,
            [(64, 111), (128, 55), (256, 27), (384, 13), (384, 13), (512, 13), (512, 13)],
        ),
        (ResNet, [(64, 112), (256, 56), (512, 28), (1024, 14)]),
    ],
)
def test_shapes_of_features(kind: type[SqueezeNet] | type[ResNet], shapes: list[tuple[int, int]]) -> None:
    torch.manual_seed(0)
    with torch.inference_mode():
        features = kind()(torch.rand(1, 3, 224, 224))
    assert [(one.shape[1], one.shape[2]) for one in features] == shapes
    assert all(one.min() >= 0 for one in features)


@BOTH
def test_smallest_picture_still_has_all_features(kind: type[SqueezeNet] | type[ResNet]) -> None:
    with torch.inference_mode():
        features = kind()(torch.rand(1, 3, SMALLEST, SMALLEST + 5))
    assert all(one.numel() > 0 for one in features)


def test_parameters_by_hand() -> None:
    squeezenet, resnet = SqueezeNet(), ResNet()
    # 1,235,496 of SqueezeNet 1.1 less its classifier of 512 x 1000 and 1000 biases.
    assert sum(one.numel() for one in squeezenet.parameters()) == 1_235_496 - 513_000
    # torchvision's ResNet-50 up to its third stage has 8,543,296; here each block normalises its input, not its output.
    moved = sum(2 * (inputs - outputs) - 2 * outputs for inputs, outputs in [(64, 256), (256, 512), (512, 1024)])
    assert sum(one.numel() for one in resnet.parameters()) == 8_543_296 + moved + 2 * 3


@BOTH
def test_it_is_never_trained(kind: type[SqueezeNet] | type[ResNet]) -> None:
    network = kind().train()
    assert not any(one.requires_grad for one in network.parameters())
    pictures = torch.rand(2, 3, 64, 64)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    network(pictures)
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())


@BOTH
def test_weights_come_back_from_the_zoo_s_names(kind: type[SqueezeNet] | type[ResNet], tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = kind()
    tensors = _saved(network, NAMES[kind](), tmp_path / "network.safetensors")
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
    remedy = "give a .safetensors of SqueezeNet 1.1, ResNet-50 v2 or VGG19, or torchvision's vgg19-dcbb9e9d.pth$"
    path = tmp_path / "network.safetensors"
    with pytest.raises(ModelError, match=f"there is no network at .*: {remedy}"):
        load_feature_network(path)
    path.write_text("no weights")
    with pytest.raises(ModelError, match=f"cannot be read as .safetensors .*: {remedy}"):
        load_feature_network(path)
    save_file({"other.weight": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match=f"holds no network of a known kind: {remedy}"):
        load_feature_network(path)
    tensors = _saved(SqueezeNet(), squeezenet_names(), path)
    for wrong in ({}, {"squeezenet0_conv24_bias": torch.zeros(3)}):
        save_file({name: one for name, one in tensors.items() if name != "squeezenet0_conv24_bias"} | wrong, path)
        with pytest.raises(ModelError, match=f"its squeezenet0_conv24_bias is missing or of another shape: {remedy}"):
            load_feature_network(path)


def test_distance_is_its_definition() -> None:
    torch.manual_seed(0)
    restored, reference = ([torch.rand(2, 5, 3, 4), torch.rand(2, 7, 2, 2)] for _ in range(2))
    expected = []
    for picture in range(2):
        layers = []
        for a, b in zip(restored, reference, strict=True):
            height, width = a.shape[2:]
            total = 0.0
            for i in range(height):
                for j in range(width):
                    x, y = a[picture, :, i, j].numpy(), b[picture, :, i, j].numpy()
                    total += float(np.sum((x / np.linalg.norm(x) - y / np.linalg.norm(y)) ** 2))
            layers.append(total / (height * width))
        expected.append(sum(layers) / 2)
    np.testing.assert_allclose(distance(restored, reference).numpy(), expected, rtol=1e-5)


def test_distance_ignores_how_strong_features_are_and_never_passes_two() -> None:
    first = torch.rand(1, 4, 3, 3)
    assert distance([first], [2 * first]).item() == pytest.approx(0, abs=1e-12)
    one, other = torch.zeros(2, 1, 4, 3, 3).unbind()
    one[:, 0], other[:, 1] = 5.0, 0.1
    assert distance([one], [other]).item() == pytest.approx(2)
    assert distance([torch.zeros(1, 4, 3, 3)], [one]).item() == pytest.approx(1)


def _true(data_folder: Path, name: str) -> tuple[FeatureNetwork, dict[str, Tensor]]:
    path = data_folder.parent / "weights" / name
    if not path.is_file():
        pytest.skip(f"no weights at {path}")
    return load_feature_network(path), load_file(path)


def _photo(data_folder: Path, name: str) -> Tensor:
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
    network, tensors = _true(data_folder, "squeezenet1.1.safetensors")
    weight, bias = tensors["squeezenet0_conv25_weight"], tensors["squeezenet0_conv25_bias"]
    assert set(tensors) - {theirs for _, theirs in squeezenet_names()} == {
        "squeezenet0_conv25_weight",
        "squeezenet0_conv25_bias",
    }
    with torch.inference_mode():
        last = network(torch.cat([_photo(data_folder, name) for name in PHOTOS]))[-1]
        answers = functional.relu(functional.conv2d(last, weight, bias)).mean(dim=(2, 3)).argmax(dim=1)
    assert answers.tolist() == list(PHOTOS.values())


def test_resnet_s_layers_see_what_they_saw_in_training(data_folder: Path) -> None:
    """Every normalisation holds the means of its input over ImageNet: a layer out of place would not come near them."""
    network, tensors = _true(data_folder, "resnet50v2-stages1-3.safetensors")
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
        network(torch.cat([_photo(data_folder, name) for name in PHOTOS]))
    assert len(seen) == 3 * 13
    assert min(seen) > 0.95


def test_normalised_vgg19_has_features_of_mean_one(data_folder: Path) -> None:
    network, _ = _true(data_folder, "vgg19-normalised-to-conv3_1.safetensors")
    assert network.name == "vgg19-normalised to conv3_1"
    with torch.inference_mode():
        features = network(torch.cat([_photo(data_folder, name) for name in list(PHOTOS)[:4]]))
    assert [one.shape[1] for one in features] == [64, 128, 256]
    for one in features:
        assert 0.6 < one.mean().item() < 1.6
