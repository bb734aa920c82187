"""Named, frozen settings of training runs. A recipe is written beside every checkpoint and into every model's card."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run makes, apart from its data."""

    name: str
    blocks: int = 16
    """Residual blocks of the generator."""
    normalisation: bool = True
    """Batch normalisation in the generator, as published."""
    loss: Literal["mse", "l1"] = "mse"
    """Pixel loss, on pictures in [-1, 1]."""
    batch: int = 16
    """Crops in a batch, of as many different pictures."""
    crop: int = 96
    """Side of a high-resolution crop in pixels."""
    updates: int = 1_000_000
    """Updates of the generator in all."""
    learning_rate: float = 1e-4
    """Adam's, at its highest."""
    warmup: int = 0
    """Updates over which the learning rate rises to its highest."""
    decay: int = 0
    """Updates at the end over which it falls to zero in a straight line."""
    clip: float | None = None
    """Largest norm of a gradient, if it is clipped."""
    ema: float = 0.999
    """Weight of the past in the moving average of the generator."""
    seed: int = 0
    """Fixes the initial weights and every batch."""

    def learning_rate_at(self, update: int) -> float:
        """The learning rate of update 0, 1, ... `updates` - 1."""
        rising = min(1.0, (update + 1) / self.warmup) if self.warmup else 1.0
        falling = min(1.0, (self.updates - update) / self.decay) if self.decay else 1.0
        return self.learning_rate * min(rising, falling)


RECIPES: dict[str, Recipe] = {
    # Ledig et al. 2017, section 3.2: 10^6 updates, batch 16, crops of 96, Adam at 1e-4.
    "srresnet-mse": Recipe(name="srresnet-mse"),
    # What two CPU cores do in an hour. In equal time, batches of 4 went further than batches of 16, and a
    # generator without batch normalisation further than one with; without clipping, 5e-4 diverged (docs/log.md).
    "srresnet-cpu": Recipe(
        name="srresnet-cpu",
        normalisation=False,
        loss="l1",
        batch=4,
        updates=20_000,
        learning_rate=4e-4,
        warmup=500,
        decay=19_500,
        clip=1.0,
    ),
}
