"""Fine detail: none in smooth pictures, as much as it is in real ones, more in noise."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from srgan.training.monitoring.texture_metric import detail


@pytest.fixture
def high() -> Tensor:
    return torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0)).mul(0.2).add(0.4)


def test_a_picture_has_all_of_its_own(high: Tensor) -> None:
    assert detail(high, high).item() == 1
    assert detail(high, high).shape == ()


def test_it_is_an_energy(high: Tensor) -> None:
    assert detail(0.5 + 2 * (high - 0.5), high).item() == pytest.approx(4, rel=1e-3)


def test_smooth_pictures_have_none(high: Tensor) -> None:
    ramp = torch.linspace(0, 1, 96).expand(2, 3, 96, 96)
    assert detail(ramp, high).item() < 1e-3
    blurred = functional.interpolate(functional.avg_pool2d(high, 4), scale_factor=4, mode="bicubic")
    assert detail(blurred, high).item() < 0.05


def test_noise_has_too_much(high: Tensor) -> None:
    noise = torch.rand(high.shape, generator=torch.Generator().manual_seed(1))
    assert detail(noise, high).item() > 10


def test_flat_pictures_are_alike(high: Tensor) -> None:
    assert detail(torch.zeros_like(high), torch.ones_like(high)).item() == pytest.approx(1)


def test_no_gradient_flows(high: Tensor) -> None:
    assert not detail(high.requires_grad_(), high).requires_grad
