"""The networks of the paper: its counts, its plain forms, its range."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.srgan import Discriminator, Generator
from tests.srgan.models.conftest import count


def plain_forward(generator: Generator, low: Tensor) -> Tensor:
    """Figure 4 of the paper, step by step, in its own range."""
    first = generator.head(low)
    x = first + generator.fusion(generator.blocks(first))
    for step in generator.steps:
        x = step(x)
    restored: Tensor = generator.output(x)
    return restored


def test_parameters_by_hand() -> None:
    head = 3 * 64 * 81 + 64 + 64
    block = 2 * (64 * 64 * 9 + 2 * 64) + 64  # convolutions without bias, normalisation, PReLU
    fusion = 64 * 64 * 9 + 2 * 64
    step = 64 * 256 * 9 + 256 + 64
    output = 64 * 3 * 81 + 3
    assert count(Generator()) == head + 16 * block + fusion + 2 * step + output


@pytest.mark.parametrize("normalisation", [True, False])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_forward_is_the_paper_s_in_the_range_of_pictures(scale: int, normalisation: bool) -> None:
    torch.manual_seed(0)
    generator = Generator(blocks=2, features=8, scale=scale, normalisation=normalisation).double().eval()
    for step in generator.steps:
        torch.nn.init.uniform_(step.activation.weight)
    low = torch.rand(2, 3, 7, 5, dtype=torch.float64)
    restored = generator(low)
    assert restored.shape == (2, 3, 7 * scale, 5 * scale)
    torch.testing.assert_close(2 * restored - 1, plain_forward(generator, low))


def test_without_skips_nothing_goes_round_the_blocks() -> None:
    torch.manual_seed(0)
    generator = Generator(blocks=1, features=4, skips=False).eval()
    for parameter in generator.fusion.parameters():
        torch.nn.init.zeros_(parameter)
    assert generator.trunk(torch.rand(1, 3, 6, 6)).abs().max() == 0


def test_radius_of_the_published_network() -> None:
    trunk, tail = Generator().stages
    assert (trunk.radius, tail.radius) == (37, 2.5)  # 39.5 low-resolution pixels in all


def test_starts_near_mid_gray_and_without_a_checkerboard() -> None:
    torch.manual_seed(0)
    restored = Generator().train()(torch.rand(4, 3, 24, 24))
    assert 0.2 < restored.mean() < 0.8
    phases = functional.pixel_unshuffle(restored[:, :, 16:-16, 16:-16], 4).mean(dim=(0, 2, 3)).reshape(3, 16)
    assert phases.std(dim=1).max() < 0.1


def test_refuses_other_scales() -> None:
    with pytest.raises(ValueError, match="2, 4 or 8"):
        Generator(scale=3)


def test_discriminator_s_parameters_by_hand() -> None:
    pairs = [(64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    convolutions = 3 * 64 * 9 + 64 + sum(9 * inputs * outputs + 2 * outputs for inputs, outputs in pairs)
    dense = 6 * 6 * 512 * 1024 + 1024 + 1024 + 1
    with torch.device("meta"):
        discriminator = Discriminator()
    assert count(discriminator) == convolutions + dense


@pytest.mark.parametrize("crop", [16, 48, 112])
def test_other_crops_give_one_logit_an_image(crop: int) -> None:
    torch.manual_seed(0)
    logits = Discriminator(crop=crop, features=4)(torch.rand(3, 3, crop, crop))
    assert logits.shape == (3, 1)
    assert torch.isfinite(logits).all()


def test_discriminator_s_layers_are_those_of_figure_4() -> None:
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
    discriminator = Discriminator(crop=16, features=4)
    first = discriminator.convolutions[0]
    seen: list[torch.Tensor] = []
    first.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    discriminator(torch.tensor([0.0, 0.5, 1.0])[:, None, None, None].expand(3, 3, 16, 16))
    assert [float(values.mean()) for values in seen[0]] == [-1.0, 0.0, 1.0]


def test_discriminator_refuses_crops_that_it_cannot_halve_four_times() -> None:
    with pytest.raises(ValueError, match="multiple of 16"):
        Discriminator(crop=100)
    with pytest.raises(ValueError, match="crops of 16 pixels"):
        Discriminator(crop=16, features=4)(torch.rand(1, 3, 32, 32))
