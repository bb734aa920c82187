"""Weights of published networks, recognised: what srgan makes of them computes what the networks of others compute."""

from collections.abc import Callable
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from srgan.errors import ModelError
from srgan.models.release.foreign_weights import recognise
from tests.helpers.published_edsr import AuthorsEdsr, AuthorsMdsr, BasicsrEdsr, BasicsrMsrresnet
from tests.helpers.published_networks import (
    LornatangSrresnet,
    OldEsrgan,
    RrdbNet,
    SpanNet,
    SrvggNet,
    mmsr_state,
    settled,
)

State = dict[str, Tensor]

NETWORKS: dict[str, tuple[Callable[[], nn.Module], str, int]] = {
    "Real-ESRGAN x4": (RrdbNet, "rrdb", 4),
    "Real-ESRGAN x2": (lambda: RrdbNet(scale=2, nb=1), "rrdb", 2),
    "Real-ESRGAN x1": (lambda: RrdbNet(scale=1, nb=1), "rrdb", 1),
    "SRVGG x4": (SrvggNet, "srvgg", 4),
    "SRVGG x3": (lambda: SrvggNet(scale=3), "srvgg", 3),
    "EDSR x4": (AuthorsEdsr, "edsr", 4),
    "EDSR x3 of values up to 1": (lambda: AuthorsEdsr(scale=3, levels=1.0), "edsr", 3),
    "EDSR, wide": (lambda: AuthorsEdsr(scale=2, nf=256, nb=1, res_scale=0.1), "edsr", 2),
    "EDSR of BasicSR": (BasicsrEdsr, "edsr", 4),
    "MSRResNet x4": (BasicsrMsrresnet, "msrresnet", 4),
    "MSRResNet x3": (lambda: BasicsrMsrresnet(scale=3), "msrresnet", 3),
    "SPAN x4": (SpanNet, "span", 4),
    "SPAN x2": (lambda: SpanNet(scale=2), "span", 2),
    "SRResNet of Lornatang": (LornatangSrresnet, "srgan-generator", 4),
}


def image(height: int = 12, width: int = 16) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(5))


def check(state: State, expected: Tensor, low: Tensor, *, architecture: str, scale: int | None = None) -> None:
    found = recognise(state, scale=scale)
    assert found.architecture == architecture
    with torch.inference_mode():
        restored = found.generator(low)
    assert restored.shape[2] == found.generator.scale * low.shape[2]
    torch.testing.assert_close(restored, expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(("make", "architecture", "scale"), NETWORKS.values(), ids=NETWORKS.keys())
def test_a_recognised_network_computes_the_same(make: Callable[[], nn.Module], architecture: str, scale: int) -> None:
    network = settled(make())
    with torch.inference_mode():
        expected = network(image())
    check(network.state_dict(), expected, image(), architecture=architecture)
    assert recognise(network.state_dict()).generator.scale == scale


@pytest.mark.parametrize("prefix", ["module.", "generator.module.", "net_g."])
def test_prefixes_are_seen_through(prefix: str) -> None:
    network = settled(SrvggNet())
    state = {prefix + name: value for name, value in network.state_dict().items()}
    check(state, network(image()).detach(), image(), architecture="srvgg")


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_the_first_layout_of_esrgan(steps: int) -> None:
    network = settled(OldEsrgan(steps=steps))
    with torch.inference_mode():
        expected = network(image())
    check(cast(OldEsrgan, network).published_state(), expected, image(), architecture="rrdb")


def test_the_second_layout_of_esrgan() -> None:
    network = settled(RrdbNet())
    check(mmsr_state(cast(RrdbNet, network)), network(image()).detach(), image(), architecture="rrdb")


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_one_scale_of_mdsr(scale: int) -> None:
    network = cast(AuthorsMdsr, settled(AuthorsMdsr()))
    with torch.inference_mode():
        expected = network.restore(image(), scale)
    check(network.state_dict(), expected, image(), architecture="edsr", scale=scale)
    assert recognise(network.state_dict()).generator.scale == 4
    with pytest.raises(ModelError):
        recognise(network.state_dict(), scale=5)


def test_span_without_mean_colour_and_after_its_layers_were_merged() -> None:
    network = cast(SpanNet, settled(SpanNet()))
    merged = dict(network.state_dict())
    for name, module in network.named_modules():
        if hasattr(module, "eval_conv"):
            with torch.no_grad():
                zero = module(torch.zeros(1, module.sk.in_channels, 5, 5))[0, :, 2, 2]
                impulses = torch.eye(module.sk.in_channels)[:, :, None, None] * torch.zeros(5, 5).index_put(
                    (torch.tensor([2]), torch.tensor([2])), torch.tensor([1.0])
                )
                kernel = module(impulses)[:, :, 1:4, 1:4] - zero[:, None, None]
            merged[f"{name}.eval_conv.weight"] = kernel.flip(2, 3).transpose(0, 1)
            merged[f"{name}.eval_conv.bias"] = zero
            for part in ("sk", "conv.0", "conv.1", "conv.2"):
                del merged[f"{name}.{part}.weight"], merged[f"{name}.{part}.bias"]
    check(merged, network(image()).detach(), image(), architecture="span")
    network.normalised = False
    state = {**network.state_dict(), "no_norm": torch.zeros(1)}
    check(state, network(image()).detach(), image(), architecture="span")


@pytest.mark.parametrize(("scale", "fold"), [(2, 2), (1, 4)])
def test_sides_that_are_no_multiples_are_filled_up(scale: int, fold: int) -> None:
    network = settled(RrdbNet(scale=scale, nb=1))
    low = image(11, 13)
    filled = nn.functional.pad(low, (0, -13 % fold, 0, -11 % fold), mode="replicate")
    expected = network(filled)[:, :, : 11 * scale, : 13 * scale].detach()
    restored = recognise(network.state_dict()).generator(low).detach()
    assert restored.shape == expected.shape
    inner = slice(0, -3 * scale)  # the tail sees zeros behind the last row, and not what it was filled up with
    torch.testing.assert_close(restored[:, :, inner, inner], expected[:, :, inner, inner], rtol=1e-4, atol=2e-5)


def test_half_precision_is_widened() -> None:
    network = settled(SrvggNet())
    state = {name: value.half() for name, value in network.state_dict().items()}
    assert all(value.dtype == torch.float32 for value in recognise(state).generator.state_dict().values())


def _changed(**tensors: Tensor | None) -> State:
    state = settled(RrdbNet()).state_dict() | {name.replace("__", "."): value for name, value in tensors.items()}
    return {name: value for name, value in state.items() if value is not None}


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"a": torch.zeros(3)},
        {"body.0.rdb1.conv1.weight": torch.zeros(3, 3, 3, 3)},
        _changed(conv_last__bias=None),
        _changed(conv_last__bias=torch.full((3,), torch.nan)),
        _changed(conv_last__bias=torch.full((3,), torch.inf)),
        _changed(conv_last__bias=torch.zeros(4)),
        _changed(conv_last__weight=torch.zeros(0, 8, 3, 3)),
        _changed(conv_first__weight=torch.zeros(8, 5, 3, 3)),
        _changed(body__0__rdb1__conv1__weight=torch.zeros(4)),
        _changed(body__99999__rdb1__conv1__weight=torch.zeros(4, 8, 3, 3)),
        _changed(body__3__rdb1__conv1__weight=torch.zeros(4, 8, 3, 3)),
        _changed(another=torch.zeros(1)),
        {f"body.{layer}.weight": torch.zeros(1) for layer in range(5)},
        {f"body.{layer}.weight": torch.zeros(8, 3, 3, 3) for layer in range(3)},
        {**settled(AuthorsEdsr()).state_dict(), "sub_mean.bias": torch.zeros(3)},
        {name: value for name, value in settled(SpanNet()).state_dict().items() if "block_3" not in name},
    ],
    ids=lambda state: f"{len(state)} tensors",
)  # fmt: skip
def test_other_tensors_are_refused_in_a_line(state: State) -> None:
    with pytest.raises(ModelError) as refused:
        recognise(state)
    assert len(str(refused.value).splitlines()) == 1
