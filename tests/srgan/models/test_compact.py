"""The compact network: its counts, its form, what it sees."""

import pytest
import torch
from torch.nn import functional

from srgan.models.compact import CompactGenerator
from srgan.models.srgan import Generator


def test_parameters_by_hand() -> None:
    head = 3 * 64 * 81 + 64 + 64
    block = 2 * (64 * 64 * 9 + 64) + 64
    fusion = 64 * 64 * 9 + 64
    output = 64 * 48 * 9 + 48
    assert sum(p.numel() for p in CompactGenerator().parameters()) == head + 16 * block + fusion + output


def test_takes_half_of_srresnet_s_arithmetic() -> None:
    compact, published = (
        sum(stage.multiply_adds for stage in network.stages)
        for network in (CompactGenerator(), Generator(normalisation=False))
    )
    assert compact < 0.6 * published


def test_its_result_is_a_difference_from_repeated_pixels() -> None:
    torch.manual_seed(0)
    generator = CompactGenerator(blocks=1, features=8).eval()
    torch.nn.init.zeros_(generator.output.weight)
    low = torch.rand(2, 3, 7, 5)
    torch.testing.assert_close(generator(low), functional.interpolate(low, scale_factor=4, mode="nearest"))


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_sees_exactly_as_far_as_its_stage_says(blocks: int) -> None:
    torch.manual_seed(0)
    generator = CompactGenerator(blocks=blocks, features=8).double().eval()
    (stage,) = generator.stages
    side = 2 * stage.halo + 5
    middle = side // 2
    low = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    seen = generator(low)[0, :, 4 * middle : 4 * middle + 4, 4 * middle : 4 * middle + 4].sum()
    (gradient,) = torch.autograd.grad(seen, low)
    rows = gradient[0].abs().sum(dim=(0, 2)).nonzero().flatten()
    assert int((rows - middle).abs().max()) == stage.radius == stage.halo
