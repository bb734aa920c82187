"""The compact network: its counts, its form, its refinement."""

import pytest
import torch
from torch.nn import functional

from srgan.models.compact import CompactGenerator
from srgan.models.srgan import Generator
from tests.srgan.models.conftest import count


def test_parameters_by_hand() -> None:
    head = 3 * 64 * 81 + 64 + 64
    block = 2 * (64 * 64 * 9 + 64) + 64
    fusion = 64 * 64 * 9 + 64
    output = 64 * 48 * 9 + 48
    assert count(CompactGenerator()) == head + 16 * block + fusion + output
    hints = 64 * 13 * 16 * 9 + 13 * 16
    refinement = 16 * 16 * 9 + 16 + 16 + 16 * 3 * 9 + 3
    assert count(CompactGenerator(refinement=16)) - count(CompactGenerator()) == hints + refinement


def test_takes_half_of_srresnet_s_arithmetic() -> None:
    compact, published = (
        sum(stage.multiply_adds for stage in network.stages)
        for network in (CompactGenerator(), Generator(normalisation=False))
    )
    assert compact < 0.6 * published


def test_refinement_begins_as_the_identity_and_then_changes_colours() -> None:
    torch.manual_seed(0)
    plain, refined = CompactGenerator(blocks=1, features=8), CompactGenerator(blocks=1, features=8, refinement=4)
    missing, unexpected = refined.load_state_dict(plain.state_dict(), strict=False)
    assert {name.split(".")[0] for name in missing} == {"hints", "refinement"}
    assert not unexpected
    low = torch.rand(2, 3, 7, 5)
    torch.testing.assert_close(refined(low), plain(low), rtol=0, atol=0)
    assert refined.refinement is not None
    torch.nn.init.constant_(refined.refinement[-1].bias, 0.25)  # type: ignore[arg-type]
    torch.testing.assert_close(refined(low), plain(low) + 0.25)


def test_radius_and_arithmetic_count_the_refinement() -> None:
    (trunk, plain), (same, refined) = (
        CompactGenerator(blocks=2).stages,
        CompactGenerator(blocks=2, refinement=16).stages,
    )
    assert trunk == same
    assert (trunk.radius, plain.radius, refined.radius) == (9.0, 1.0, 1.5)  # two 3x3 at a quarter of a pixel
    more = 9 * 64 * 13 * 16 + 9 * 16 * (16 * 16 + 16 * 3)
    assert refined.multiply_adds - plain.multiply_adds == more


def test_refuses_a_refinement_without_room_for_hints() -> None:
    with pytest.raises(ValueError, match="4 or more"):
        CompactGenerator(refinement=3)


def test_its_result_is_a_difference_from_repeated_pixels() -> None:
    torch.manual_seed(0)
    generator = CompactGenerator(blocks=1, features=8).eval()
    torch.nn.init.zeros_(generator.output.weight)
    low = torch.rand(2, 3, 7, 5)
    torch.testing.assert_close(generator(low), functional.interpolate(low, scale_factor=4, mode="nearest"))
