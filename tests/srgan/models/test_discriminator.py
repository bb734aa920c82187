"""The paper's discriminator: its counts, its other sizes, its form."""

import pytest
import torch
from torch import nn

from srgan.models.discriminator import Discriminator


def test_parameters_by_hand() -> None:
    pairs = [(64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    convolutions = 3 * 64 * 9 + 64 + sum(9 * inputs * outputs + 2 * outputs for inputs, outputs in pairs)
    dense = 6 * 6 * 512 * 1024 + 1024 + 1024 + 1
    with torch.device("meta"):
        discriminator = Discriminator()
    assert sum(parameter.numel() for parameter in discriminator.parameters()) == convolutions + dense


@pytest.mark.parametrize("crop", [16, 48, 112])
def test_other_crops_give_one_logit_a_picture(crop: int) -> None:
    torch.manual_seed(0)
    logits = Discriminator(crop=crop, features=4)(torch.rand(3, 3, crop, crop))
    assert logits.shape == (3, 1)
    assert torch.isfinite(logits).all()


def test_layers_are_those_of_figure_4() -> None:
    with torch.device("meta"):
        discriminator = Discriminator(crop=16)
    convolutions = [module for module in discriminator.modules() if isinstance(module, nn.Conv2d)]
    assert [(each.out_channels, each.stride[0]) for each in convolutions] == [
        *((64, 1), (64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2))
    ]
    leaky = [module for module in discriminator.modules() if isinstance(module, nn.LeakyReLU)]
    assert len(leaky) == 9
    assert {module.negative_slope for module in leaky} == {0.2}
    assert sum(isinstance(module, nn.BatchNorm2d) for module in discriminator.modules()) == 7


def test_mid_gray_is_the_paper_s_zero() -> None:
    """In [-1, 1] mid-gray is 0, of which the first convolution, without its bias, makes nothing."""
    discriminator = Discriminator(crop=16, features=4)
    first = discriminator.convolutions[0]
    seen: list[torch.Tensor] = []
    first.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    discriminator(torch.tensor([0.0, 0.5, 1.0])[:, None, None, None].expand(3, 3, 16, 16))
    assert [float(values.mean()) for values in seen[0]] == [-1.0, 0.0, 1.0]


def test_refuses_crops_it_cannot_halve_four_times() -> None:
    with pytest.raises(ValueError, match="multiple of 16"):
        Discriminator(crop=100)
    with pytest.raises(ValueError, match="crops of 16 pixels"):
        Discriminator(crop=16, features=4)(torch.rand(1, 3, 32, 32))
