"""The generator: the paper's counts, its plain form, its range, and what it sees."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from srgan.models.srgan import Generator


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
    assert sum(p.numel() for p in Generator().parameters()) == head + 16 * block + fusion + 2 * step + output


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


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_sees_exactly_as_far_as_its_stages_say(blocks: int) -> None:
    """Gradients of one output pixel reach to the radius, rounded up to whole pixels, and not beyond."""
    torch.manual_seed(0)
    generator = Generator(blocks=blocks, features=8).double().eval()
    trunk, tail = generator.stages
    side = 2 * (trunk.halo + tail.halo) + 5
    middle = side // 2

    low = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(generator.trunk(low)[0, :, middle, middle].sum(), low)
    assert reach(gradient, middle) == trunk.radius == trunk.halo

    features = torch.rand(1, 8, side, side, dtype=torch.float64, requires_grad=True)
    restored = generator.tail(features)
    for offset in range(4):
        at = 4 * middle + offset
        (gradient,) = torch.autograd.grad(restored[0, :, at, at].sum(), features, retain_graph=True)
        assert 2 <= reach(gradient, middle) <= tail.halo == 3


def reach(gradient: Tensor, middle: int) -> int:
    """How far from the middle a gradient is not zero."""
    rows = gradient[0].abs().sum(dim=(0, 2)).nonzero().flatten()
    columns = gradient[0].abs().sum(dim=(0, 1)).nonzero().flatten()
    return int(max((rows - middle).abs().max(), (columns - middle).abs().max()))


def test_halo_of_the_published_network() -> None:
    trunk, tail = Generator().stages
    assert (trunk.radius, tail.radius) == (37, 2.5)  # 39.5 low-resolution pixels in all
    assert (trunk.halo, tail.halo) == (37, 3)


def test_starts_near_mid_gray_and_without_a_checkerboard() -> None:
    torch.manual_seed(0)
    restored = Generator().train()(torch.rand(4, 3, 24, 24))
    assert 0.2 < restored.mean() < 0.8
    phases = functional.pixel_unshuffle(restored[:, :, 16:-16, 16:-16], 4).mean(dim=(0, 2, 3)).reshape(3, 16)
    assert phases.std(dim=1).max() < 0.1


def test_refuses_other_scales() -> None:
    with pytest.raises(ValueError, match="2, 4 or 8"):
        Generator(scale=3)
