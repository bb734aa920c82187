"""Adversarial losses against their equations: standard, and relativistic average."""

import math

import pytest
import torch
from torch import Tensor

from srgan.training.adversarial_losses import (
    adversarial_loss,
    discriminator_loss,
    relative_logits,
    relativistic_adversarial_loss,
)


def test_adversarial_loss_is_the_negative_logarithm_and_stays_finite() -> None:
    logits = torch.linspace(-20, 20, 41, dtype=torch.float64)[:, None]
    expected = -torch.log(torch.sigmoid(logits))
    for logit, each in zip(logits, expected, strict=True):
        assert adversarial_loss(logit[None]) == pytest.approx(float(each), abs=1e-6)
    assert adversarial_loss(logits) == pytest.approx(float(expected.mean()), abs=1e-6)
    for extreme in (-1000.0, 1000.0):
        logit = torch.tensor([[extreme]], requires_grad=True)
        loss = adversarial_loss(logit)
        (gradient,) = torch.autograd.grad(loss, logit)
        assert loss == max(0.0, -extreme)
        assert torch.isfinite(gradient).all()


def test_discriminator_loss_is_what_equation_1_maximises() -> None:
    torch.manual_seed(0)
    high, restored = 3 * torch.randn(2, 6, 1, dtype=torch.float64)
    value = torch.log(torch.sigmoid(high)) + torch.log(1 - torch.sigmoid(restored))
    torch.testing.assert_close(discriminator_loss(high, restored), -value.mean())
    assert discriminator_loss(torch.zeros(4, 1), torch.zeros(4, 1)) == pytest.approx(2 * math.log(2))
    assert discriminator_loss(torch.tensor([[-1000.0]]), torch.tensor([[1000.0]])) == 2000.0


def test_gradients_of_the_discriminator_match_finite_differences() -> None:
    torch.manual_seed(0)
    high, restored = torch.randn(2, 5, 1, dtype=torch.float64, requires_grad=True).unbind()
    assert torch.autograd.gradcheck(discriminator_loss, (high, restored))


def d_ra(of: Tensor, others: Tensor) -> Tensor:
    """D_Ra(x, y) = sigmoid(C(x) - E[C(y)]) of Wang et al. 2018, section 3.2."""
    return torch.sigmoid(of - torch.stack([each.sum() for each in others]).mean())


def test_relativistic_losses_are_equations_1_and_2_of_esrgan() -> None:
    torch.manual_seed(0)
    high, restored = 3 * torch.randn(2, 6, 1, dtype=torch.float64)
    real, fake = d_ra(high, restored), d_ra(restored, high)
    expected = -torch.log(real).mean() - torch.log(1 - fake).mean()
    torch.testing.assert_close(discriminator_loss(*relative_logits(high, restored)), expected)
    expected = -torch.log(1 - real).mean() - torch.log(fake).mean()
    torch.testing.assert_close(relativistic_adversarial_loss(high, restored), expected)


def test_a_relativistic_discriminator_that_knows_nothing_gives_every_image_one_half() -> None:
    same = torch.full((4, 1), 7.0)
    assert discriminator_loss(*relative_logits(same, same)) == pytest.approx(2 * math.log(2))
    assert relativistic_adversarial_loss(same, same) == pytest.approx(2 * math.log(2))
    assert torch.isfinite(relativistic_adversarial_loss(torch.full((2, 1), 1e4), torch.full((2, 1), -1e4)))


def test_gradients_of_the_relativistic_losses_match_finite_differences() -> None:
    torch.manual_seed(0)
    high, restored = torch.randn(2, 5, 1, dtype=torch.float64, requires_grad=True).unbind()
    assert torch.autograd.gradcheck(relativistic_adversarial_loss, (high, restored))
    assert torch.autograd.gradcheck(lambda *logits: discriminator_loss(*relative_logits(*logits)), (high, restored))
