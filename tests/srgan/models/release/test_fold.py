"""Deployment: the folded network is the generator in evaluation mode."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from srgan.models import ARCHITECTURES, AnyGenerator
from srgan.models.release.fold import deploy
from tests.srgan.models.conftest import SMALL_NETWORKS

FORMS: list[tuple[str, dict[str, Any]]] = [
    *SMALL_NETWORKS.items(),
    ("compact-generator", {"blocks": 2, "features": 8}),
    ("ucsd-generator", {"blocks": 2, "features": 8}),
    ("cheung-generator", {"blocks": 2, "features": 4}),
    ("edsr", {"blocks": 2, "features": 8, "residual_scaling": 0.1}),
    ("rrdb", {"blocks": 1, "features": 8, "growth": 4, "scale": 2, "unshuffle": 4}),
]


def settled(name: str, **arguments: Any) -> AnyGenerator:
    """A generator whose statistics, slopes and biases are those of a trained one: not their initial values."""
    torch.manual_seed(0)
    generator = ARCHITECTURES[name](**arguments)
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


@pytest.mark.parametrize(("name", "arguments"), FORMS)
def test_deployed_is_the_generator(name: str, arguments: dict[str, Any]) -> None:
    check_deployed(settled(name, **arguments))


@pytest.mark.parametrize("normalisation", [True, False])
@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_deployed_is_the_paper_s_generator_of_every_form(scale: int, skips: bool, normalisation: bool) -> None:
    check_deployed(
        settled("srgan-generator", blocks=2, features=8, scale=scale, normalisation=normalisation, skips=skips)
    )


def test_parts_work_at_the_sizes_that_the_stages_say() -> None:
    for name, arguments in FORMS:
        generator = settled(name, **arguments)
        x = torch.rand(1, 3, 5, 6)
        for part, stage in zip(deploy(generator), generator.stages, strict=True):
            before, x = x, part(x)
            assert x.shape[2:] == (stage.scale * before.shape[2], stage.scale * before.shape[3])


def test_every_architecture_has_a_deployed_form_and_others_say_so() -> None:
    assert SMALL_NETWORKS.keys() == ARCHITECTURES.keys()
    with pytest.raises(TypeError, match="Identity has no deployed form"):
        deploy(nn.Identity())  # type: ignore[arg-type]
