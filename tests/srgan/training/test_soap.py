"""SOAP against another implementation of it, against Adam where they are the same, and where they are not."""

import pytest
import torch
from torch import Tensor

from srgan.training.soap import Soap


def problem(*, spread: float) -> tuple[Tensor, Tensor]:
    """Batches of inputs whose columns differ in size by `spread`, and what a linear map makes of them."""
    inputs = torch.randn(40, 30, 8, dtype=torch.float64) @ torch.diag(torch.logspace(0, -spread, 8).double())
    inputs = inputs @ torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64))[0]
    return inputs, inputs @ torch.randn(8, 5, dtype=torch.float64) + 1.0


def fit(optimiser: torch.optim.Optimizer, weight: Tensor, bias: Tensor, inputs: Tensor, wanted: Tensor) -> float:
    """One step for each batch; returns the loss on all of them."""
    for batch, target in zip(inputs, wanted, strict=True):
        optimiser.zero_grad()
        ((batch @ weight.T + bias - target) ** 2).mean().backward()
        optimiser.step()
    return float(((inputs @ weight.detach().T + bias.detach() - wanted) ** 2).mean())


def parameters() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(5, 8, generator=generator, dtype=torch.float64)
    return weight.requires_grad_(), torch.zeros(5, dtype=torch.float64, requires_grad=True)


def test_it_steps_as_another_implementation_does() -> None:
    reference = pytest.importorskip("pytorch_optimizer")
    torch.manual_seed(0)
    inputs, wanted = problem(spread=1.0)
    ours, theirs = parameters(), parameters()
    fit(Soap(ours, learning_rate=1e-2, every=7), *ours, inputs, wanted)
    other = reference.SOAP(theirs, lr=1e-2, weight_decay=0.0, precondition_frequency=7)
    fit(other, *theirs, inputs, wanted)
    assert not torch.allclose(theirs[0], parameters()[0], atol=0.05)  # it went somewhere
    for one, another in zip(ours, theirs, strict=True):
        assert torch.allclose(one, another, rtol=0, atol=1e-5)


def test_vectors_are_left_to_adam() -> None:
    torch.manual_seed(0)
    ours, theirs = torch.zeros(6, requires_grad=True), torch.zeros(6, requires_grad=True)
    soap, adam = Soap([ours], learning_rate=0.1), torch.optim.Adam([theirs], lr=0.1, betas=(0.95, 0.95))
    ours.grad = torch.randn(6)
    soap.step()  # the first only looks
    for _ in range(10):
        ours.grad = torch.randn(6)
        theirs.grad = ours.grad.clone()
        soap.step()
        adam.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_it_learns_what_adam_learns_late() -> None:
    """Directions along which the loss is a thousand times flatter, and which are no coordinate's own."""
    torch.manual_seed(0)
    inputs, wanted = problem(spread=1.5)
    ours, theirs = parameters(), parameters()
    soap = Soap(ours, learning_rate=3e-2, every=5)
    adam = torch.optim.Adam(theirs, lr=3e-2, betas=(0.95, 0.95))
    for _ in range(5):
        ours_left, theirs_left = fit(soap, *ours, inputs, wanted), fit(adam, *theirs, inputs, wanted)
    assert ours_left < theirs_left / 5


def test_axes_stay_at_right_angles() -> None:
    torch.manual_seed(0)
    weight = torch.randn(4, 3, 3, 3, requires_grad=True)  # a convolution: a matrix of 4 x 27
    soap = Soap([weight], learning_rate=1e-3, every=3)
    for _ in range(20):
        weight.grad = torch.randn_like(weight)
        soap.step()
    state = soap.state[weight]
    for side, length in ((0, 4), (1, 27)):
        axes = state[f"axes{side}"]
        assert axes.shape == (length, length)
        assert torch.allclose(axes.T @ axes, torch.eye(length), atol=1e-5)


def test_a_side_that_is_too_long_is_not_turned() -> None:
    weight = torch.randn(2, 1025, requires_grad=True)
    soap = Soap([weight], learning_rate=1e-3)
    weight.grad = torch.randn_like(weight)
    soap.step()
    assert "axes0" in soap.state[weight]
    assert "axes1" not in soap.state[weight]
