"""Deployment: the folded network is the generator in evaluation mode."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from srgan.models import ARCHITECTURES, AnyGenerator
from srgan.models.cheung import CheungGenerator
from srgan.models.compact import CompactGenerator
from srgan.models.drcn import Drcn
from srgan.models.edsr import Edsr
from srgan.models.espcn import Espcn
from srgan.models.msrresnet import Msrresnet
from srgan.models.release.fold import deploy
from srgan.models.rrdb import RrdbGenerator
from srgan.models.span import Span
from srgan.models.srcnn import Srcnn
from srgan.models.srgan import Generator
from srgan.models.srvgg import Srvgg
from srgan.models.swift import Swift
from srgan.models.ucsd import UcsdGenerator, UcsdSrcnn
from srgan.models.wavelet import WaveletGenerator

MAKERS: list[Callable[[], AnyGenerator]] = [
    lambda: Generator(blocks=2, features=8),
    lambda: CompactGenerator(blocks=2, features=8),
    lambda: CompactGenerator(blocks=2, features=8, refinement=5),
    lambda: Swift(blocks=2, features=8),
    lambda: UcsdGenerator(blocks=2, features=8),
    lambda: CheungGenerator(blocks=2, features=4),
    UcsdSrcnn,
    Srcnn,
    Espcn,
    lambda: Drcn(recursions=3, features=8),
    lambda: WaveletGenerator(blocks=1, features=8),
    lambda: Edsr(blocks=2, features=8),
    lambda: Edsr(blocks=2, features=8, residual_scaling=0.1),
    lambda: RrdbGenerator(blocks=1, features=8, growth=4),
    lambda: RrdbGenerator(blocks=1, features=8, growth=4, scale=2, unshuffle=4),
    lambda: Srvgg(convolutions=2, features=8),
    lambda: Span(features=8),
    lambda: Msrresnet(blocks=1, features=8),
]


def settled(make: Callable[[], AnyGenerator]) -> AnyGenerator:
    """A generator whose statistics, slopes and biases are those of a trained one: not their initial values."""
    torch.manual_seed(0)
    generator = make()
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
            nn.init.uniform_(module.weight, 0.5, 1.5)
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight)
        if isinstance(module, nn.Conv2d) and not module.weight.any():  # a refinement begins as the identity
            nn.init.normal_(module.weight, std=0.1)
        if isinstance(module, nn.BatchNorm2d | nn.Conv2d) and module.bias is not None:
            nn.init.uniform_(module.bias, -0.3, 0.3)
    return generator.eval()


def compose(parts: tuple[nn.Module, ...], x: Tensor) -> Tensor:
    for part in parts:
        x = part(x)
    return x


def check_deployed(generator: AnyGenerator) -> None:
    parts = deploy(generator)
    assert len(parts) == len(generator.stages)
    with torch.inference_mode():
        for size in ((1, 1), (9, 7)):
            low = torch.rand(1, 3, *size)
            torch.testing.assert_close(compose(parts, low), generator(low), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(module, nn.BatchNorm2d) for part in parts for module in part.modules())
    weights = [parameter for part in parts for parameter in part.parameters()]
    assert len({id(parameter) for parameter in weights}) == len(weights)


@pytest.mark.parametrize("make", MAKERS)
def test_deployed_is_the_generator(make: Callable[[], AnyGenerator]) -> None:
    check_deployed(settled(make))


@pytest.mark.parametrize("normalisation", [True, False])
@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_deployed_is_the_paper_s_generator_of_every_form(scale: int, skips: bool, normalisation: bool) -> None:
    check_deployed(
        settled(lambda: Generator(blocks=2, features=8, scale=scale, normalisation=normalisation, skips=skips))
    )


def test_parts_work_at_the_sizes_that_the_stages_say() -> None:
    for make in MAKERS:
        generator = settled(make)
        x = torch.rand(1, 3, 5, 6)
        for part, stage in zip(deploy(generator), generator.stages, strict=True):
            before, x = x, part(x)
            assert x.shape[2:] == (stage.scale * before.shape[2], stage.scale * before.shape[3])


def test_every_architecture_has_a_deployed_form_and_others_say_so() -> None:
    assert {type(make()) for make in MAKERS} == set(ARCHITECTURES.values())
    with pytest.raises(TypeError, match="Identity has no deployed form"):
        deploy(nn.Identity())  # type: ignore[arg-type]
