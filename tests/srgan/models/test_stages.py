"""Stages of all generators: with its halo a tile equals the whole, and with a pixel less it does not."""

from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from srgan.models import ARCHITECTURES, AnyGenerator
from srgan.models.drcn import Drcn
from srgan.models.rrdb import RrdbGenerator
from srgan.models.span import Span

HALOS: list[tuple[str, dict[str, Any], list[int]]] = [
    ("srgan-generator", {"blocks": 0, "features": 8}, [5, 3]),
    ("srgan-generator", {"blocks": 3, "features": 8}, [11, 3]),
    ("compact-generator", {"blocks": 0, "features": 8}, [5, 1]),
    ("compact-generator", {"blocks": 3, "features": 8}, [11, 1]),
    ("compact-generator", {"blocks": 1, "features": 8, "refinement": 5}, [7, 2]),
    ("swift", {"blocks": 3, "features": 8}, [9]),
    ("swift", {"blocks": 1, "features": 8, "scale": 2}, [5]),
    ("cheung-generator", {"blocks": 1, "features": 4}, [7, 3]),
    ("ucsd-generator", {"blocks": 2, "features": 4}, [6, 2]),
    ("ucsd-srcnn", {}, [3]),
    ("srcnn", {"middle": 1}, [3]),
    ("srcnn", {"middle": 3}, [4]),
    ("srcnn", {}, [4]),
    ("espcn", {}, [4]),
    ("drcn", {"recursions": 4, "features": 4}, [4]),
    ("edsr", {"blocks": 2, "features": 4, "residual_scaling": 0.1}, [6, 2]),
    ("wavelet", {"blocks": 1, "features": 4}, [7]),
    ("rrdb", {"blocks": 0, "features": 4}, [2, 2]),
    ("rrdb", {"blocks": 1, "features": 4, "growth": 3}, [17, 2]),
    ("rrdb", {"blocks": 0, "features": 4, "scale": 8}, [2, 2]),
    ("edsr", {"blocks": 1, "features": 4, "scale": 3, "preprocessing": True}, [12, 2]),
    ("edsr", {"blocks": 1, "features": 4, "scale": 2}, [4, 2]),
    ("srvgg", {"convolutions": 3, "features": 6, "scale": 3}, [5]),
    ("span", {"features": 4, "scale": 2}, [21]),
    ("msrresnet", {"blocks": 2, "features": 4}, [7]),
]
"""Networks, and whole low-resolution pixels that each of their stages sees on each side, counted by hand."""


def settled(name: str, **arguments: Any) -> AnyGenerator:
    """A network in evaluation mode whose every layer sees its neighbourhood, as trained ones do."""
    torch.manual_seed(0)
    network = ARCHITECTURES[name](**arguments)
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and not module.weight.any():
            nn.init.normal_(module.weight)
    if isinstance(network, Drcn):
        nn.init.kaiming_normal_(network.network.recursion.weight)
    if isinstance(network, RrdbGenerator):  # behind fifteen layers of small weights nothing could be seen
        for parameter in network.blocks.parameters():
            parameter.data.abs_().mul_(30.0)
    if isinstance(network, Span):  # its blocks square what they see, as it were
        for parameter in network.parameters():
            parameter.data.mul_(2.5)
    return network.double().eval()


def test_all_architectures_are_tested() -> None:
    assert {name for name, _, _ in HALOS} == ARCHITECTURES.keys()


@pytest.mark.parametrize(("name", "arguments", "halos"), HALOS)
def test_a_stage_sees_exactly_its_halo(name: str, arguments: dict[str, Any], halos: list[int]) -> None:
    network = settled(name, **arguments)
    parts: list[Callable[[Tensor], Tensor]] = [network]
    if len(network.stages) == 2:
        parts = [cast(Callable[[Tensor], Tensor], part) for part in (network.trunk, network.tail)]
    assert [stage.halo for stage in network.stages] == halos
    x = torch.rand(1, 3, 60, 12, dtype=torch.float64)
    for part, stage in zip(parts, network.stages, strict=True):
        whole = part(x)
        for halo in (stage.halo, stage.halo - 1):
            tile = part(x[:, :, 25 - halo : 30 + halo])[:, :, stage.scale * halo :][:, :, : 5 * stage.scale]
            same = torch.allclose(tile, whole[:, :, 25 * stage.scale : 30 * stage.scale], rtol=1e-11, atol=1e-12)
            assert same == (halo == stage.halo)
        x = whole


@pytest.mark.parametrize(
    ("scale", "unshuffle", "halos"), [(2, 2, [2 * 17 + 1 + 1, 3]), (1, 4, [4 * 17 + 2 + 3 + 3, 3])]
)
def test_a_trunk_of_pixel_squares_sees_exactly_its_halo(scale: int, unshuffle: int, halos: list[int]) -> None:
    network = settled("rrdb", blocks=1, features=4, growth=3, scale=scale, unshuffle=unshuffle)
    assert isinstance(network, RrdbGenerator)
    trunk, tail = network.stages
    assert [trunk.halo, tail.halo] == halos
    assert trunk.step == unshuffle
    x = torch.rand(1, 3, 190, 9, dtype=torch.float64)
    whole = network.trunk(x)
    for halo, exact in ((trunk.halo, True), (trunk.halo - 2 * (unshuffle - 1) - 1, False)):
        low = 92 - halo + -(92 - halo) % unshuffle  # as srgan.upscale.tiles: from a multiple on
        tile = network.trunk(x[:, :, low : 97 + halo])[:, :, 92 - low :][:, :, :5]
        assert torch.allclose(tile, whole[:, :, 92:97], rtol=1e-11, atol=1e-12) == exact
    part, source = network.tail[network.returning :], torch.rand(1, 4, 30, 9, dtype=torch.float64)
    for halo in (tail.halo, tail.halo - 1):
        made = part(source[:, :, 12 - halo : 15 + halo])[:, :, scale * halo :][:, :, : 3 * scale]
        expected = part(source)[:, :, 12 * scale : 15 * scale]
        assert torch.allclose(made, expected, rtol=1e-11, atol=1e-12) == (halo == tail.halo)
