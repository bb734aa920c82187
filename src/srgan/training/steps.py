"""Single updates of the networks: a batch in, weights changed, numbers out."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from srgan.losses import AbsoluteError, MeanSquaredError
from srgan.training.recipes import Recipe


def to_tensor(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """(B, H, W, 3) uint8 to (B, 3, H, W) float32 in [0, 1], laid out channels last."""
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)


PIXEL_LOSSES: dict[str, nn.Module] = {"mse": MeanSquaredError(), "l1": AbsoluteError()}
"""By the name that a recipe gives."""


@dataclass
class PixelTraining:
    """A generator that learns from pixels alone, with its optimiser and the moving average of its weights."""

    recipe: Recipe
    generator: nn.Module
    average: nn.Module
    optimiser: torch.optim.Adam

    def update(self, low: Tensor, high: Tensor, *, number: int) -> float:
        """One update on (B, 3, h, w) and (B, 3, H, W) in [0, 1]; returns the loss before it."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate_at(number)
        loss: Tensor = PIXEL_LOSSES[self.recipe.loss](self.generator(low), high)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.recipe.clip is not None:
            nn.utils.clip_grad_norm_(self.generator.parameters(), self.recipe.clip)
        self.optimiser.step()
        self._follow()
        return float(loss.detach())

    @torch.no_grad()
    def _follow(self) -> None:
        """The average moves a little towards the weights; BN statistics and counters are taken as they are."""
        average: list[Tensor] = list(self.average.parameters())
        current: list[Tensor] = list(self.generator.parameters())
        torch._foreach_lerp_(average, current, 1.0 - self.recipe.ema)
        for kept, newest in zip(self.average.buffers(), self.generator.buffers(), strict=True):
            kept.copy_(newest)
