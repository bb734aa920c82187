"""VGG19: its layers' names, its size, and that it is frozen."""

import pytest
import torch

from srgan.errors import UsageError
from srgan.models.features.vgg import VGG19, ContentLayer
from tests.srgan.models.conftest import count


def test_layers_are_named_as_in_the_paper() -> None:
    assert ContentLayer.parse("VGG22") == ContentLayer(2, 2)
    assert ContentLayer.parse("vgg54").name == "VGG54"
    assert [each.key for each in ContentLayer(3, 1).convolutions()] == [
        *("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")
    ]
    assert len(list(ContentLayer(5, 4).convolutions())) == 16


@pytest.mark.parametrize(
    "name",
    ["VGG00", "VGG23", "VGG35", "VGG61", "VGG13", "", "VGG", "VGG5", "VGG545", "VGG5,4", "VGG\u0665\u0664", "conv5_4"],
)
def test_names_of_no_layer_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        ContentLayer.parse(name)


def test_parameters_by_hand() -> None:
    with torch.device("meta"):
        short, whole = (VGG19(layer=ContentLayer(*layer)).convolutions for layer in ((3, 4), (5, 4)))
    assert count(short) == 2_325_568  # what Keras printed for Cheung's, up to block3_conv4
    wide = 256 * 512 * 9 + 512 + 3 * (512 * 512 * 9 + 512)
    assert count(whole) == 2_325_568 + wide + 4 * (512 * 512 * 9 + 512)


@pytest.mark.parametrize(
    ("name", "shape"), [("VGG11", (64, 96, 96)), ("VGG22", (128, 48, 48)), ("VGG34", (256, 24, 24))]
)
def test_shapes_of_features_of_the_paper_s_crops(name: str, shape: tuple[int, int, int]) -> None:
    features = VGG19(layer=ContentLayer.parse(name))(torch.rand(1, 3, 96, 96))
    assert features.shape == (1, *shape)
    assert features.min() >= 0
    assert VGG19(layer=ContentLayer.parse(name), before_activation=True)(torch.rand(1, 3, 96, 96)).min() < 0


def test_it_is_never_trained() -> None:
    vgg = VGG19(layer=ContentLayer(1, 2)).train()
    assert not vgg.training
    assert not [parameter for parameter in vgg.parameters() if parameter.requires_grad]
