"""Recipes and a listener for tests."""

from dataclasses import replace

from srgan.training.recipes.recipe import Recipe

SMALL = Recipe(
    name="small",
    summary="for tests",
    blocks=2,
    features=16,
    batch=2,
    crop=32,
    updates=8,
    learning_rate=1e-3,
    warmup=3,
    decay=0.5,
    clip=1.0,
    log_every=2,
    validate_every=4,
)
ADVERSARIAL = Recipe(
    name="small-gan",
    summary="for tests",
    blocks=1,
    features=8,
    batch=2,
    crop=32,
    discriminator="srgan",
    discriminator_features=4,
    updates=8,
    log_every=2,
    validate_every=4,
)


JOINED = replace(
    ADVERSARIAL,
    name="joined",
    batch=4,
    blocks=2,
    total_variation=1e-6,
    adversarial=1.0,
    adversarial_reduction="sum",
    seed=2,
)
"""With batch normalisation in both networks, and every loss that is a sum. With this seed no activation is so near to 0
that rounding decides on which side of the kink of a ReLU it falls."""


class Heard:
    """A listener that remembers, and that can stop the run."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.lines: list[str] = []
        self.done: list[int] = []
        self.stop_after = stop_after

    def say(self, line: str) -> None:
        self.lines.append(line)

    def advance(self, done: int, updates: int) -> None:
        self.done.append(done)

    def wants_to_stop(self) -> bool:
        return self.stop_after is not None and len(self.done) + 1 >= self.stop_after
