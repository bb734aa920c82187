"""SOAP, an optimizer that turns each layer's gradient to its principal axes and then proceeds as Adam.

Vyas et al. 2024, "SOAP: Improving and Stabilizing Shampoo using Adam", algorithm 3. Neighbouring pixels are nearly
equal, so the taps of a first filter nearly do the same: along their mean the loss is steep, across it nearly flat, and
detail is learnt last. Adam scales every tap alone and cannot see that; here it works where the axes are the gradient's.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

_EPSILON = 1e-8
_LARGEST_SIDE = 1024
"""Longest side of a layer's matrix that is turned: axes of longer ones would cost more than they bring."""


class Soap(torch.optim.Optimizer):
    """Adam in the eigenbasis of Shampoo's two preconditioners; a convolution counts as a matrix of (out, in x k x k).

    Biases and other vectors are left to plain Adam. The first step changes no weights. All state is tensors.

    Args:
        parameters: those to change.
        learning_rate: of every parameter.
        betas: memory of the gradient, and of its square and its axes.
        every: steps after which the axes are updated.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        learning_rate: float,
        betas: tuple[float, float] = (0.95, 0.95),
        every: int = 20,
    ) -> None:
        super().__init__(parameters, {"lr": learning_rate})
        self._betas, self._every = betas, every

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # torch's takes a closure, which nothing here has
        """Update all parameters that have a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group["lr"])

    def _update(self, parameter: Tensor, rate: float) -> None:
        gradient = parameter.grad
        assert gradient is not None
        matrix = gradient.reshape(len(gradient), -1) if gradient.ndim > 1 else gradient[None]
        sides = [side for side in (0, 1) if gradient.ndim > 1 and matrix.shape[side] <= _LARGEST_SIDE]
        state = self.state[parameter]
        if not state:
            _fill_state(state, matrix)
            for side in sides:
                moment = (1.0 - self._betas[1]) * _outer(matrix, side)
                state[f"moment{side}"], state[f"axes{side}"] = moment, torch.linalg.eigh(moment)[1].flip(1).contiguous()
            return
        state["step"] += 1
        number = int(state["step"])
        forget, forget_square = self._betas
        state["exp_avg"].lerp_(matrix, 1.0 - forget)
        state["exp_avg_sq"].lerp_(_turn(matrix, state, sides).square(), 1.0 - forget_square)
        mean = _turn(state["exp_avg"], state, sides) / (1.0 - forget**number)
        spread = (state["exp_avg_sq"] / (1.0 - forget_square**number)).sqrt_().add_(_EPSILON)
        change = _turn(mean / spread, state, sides, back=True)
        parameter.sub_(rate * change.view(parameter.shape))
        for side in sides:
            state[f"moment{side}"].lerp_(_outer(matrix, side), 1.0 - forget_square)
        if number % self._every == 0:
            for side in sides:
                _update_axes(state, side)


def _fill_state(state: dict[str, Any], matrix: Tensor) -> None:
    state["step"] = torch.tensor(0.0)
    for kind in ("exp_avg", "exp_avg_sq"):
        state[kind] = torch.zeros_like(matrix, memory_format=torch.contiguous_format)


def _outer(matrix: Tensor, side: int) -> Tensor:
    """Return the moment of a matrix's rows (0) or columns (1)."""
    return matrix @ matrix.T if side == 0 else matrix.T @ matrix


def _turn(matrix: Tensor, state: dict[str, Any], sides: list[int], *, back: bool = False) -> Tensor:
    """Turn a matrix to the axes of its sides, or back."""
    for side in sides:
        turn = state[f"axes{side}"] if back else state[f"axes{side}"].T
        matrix = turn @ matrix if side == 0 else matrix @ turn.T
    return matrix


def _update_axes(state: dict[str, Any], side: int) -> None:
    """Move the axes towards those of the moment by a power iteration, largest first, and reorder the squares alike."""
    moment, axes = state[f"moment{side}"], state[f"axes{side}"]
    product = moment @ axes
    order = torch.argsort((axes * product).sum(dim=0), descending=True)
    state["exp_avg_sq"] = state["exp_avg_sq"].index_select(side, order)
    state[f"axes{side}"] = torch.linalg.qr(product.index_select(1, order))[0].contiguous()
