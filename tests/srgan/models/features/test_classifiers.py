"""Classifiers whose features are compared: shapes, sizes, and the distance."""

import numpy as np
import pytest
import torch

from srgan.models.features.classifiers import SMALLEST, ResNet, SqueezeNet, distance
from tests.srgan.models.conftest import count

BOTH = pytest.mark.parametrize("kind", [SqueezeNet, ResNet])


@pytest.mark.parametrize(
    ("kind", "shapes"),
    [
        (SqueezeNet, [(64, 111), (128, 55), (256, 27), (384, 13), (384, 13), (512, 13), (512, 13)]),
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
    assert count(squeezenet) == 1_235_496 - 513_000
    # torchvision's ResNet-50 up to its third stage has 8,543,296; here each block normalises its input, not its output.
    moved = sum(2 * (inputs - outputs) - 2 * outputs for inputs, outputs in [(64, 256), (256, 512), (512, 1024)])
    assert count(resnet) == 8_543_296 + moved + 2 * 3


@BOTH
def test_it_is_never_trained(kind: type[SqueezeNet] | type[ResNet]) -> None:
    network = kind().train()
    assert not any(one.requires_grad for one in network.parameters())
    pictures = torch.rand(2, 3, 64, 64)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    network(pictures)
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())


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
