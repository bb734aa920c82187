"""Small recipes, and a progress that remembers and can stop a run."""

from lightning_fabric import Fabric

from srgan.progress import NoProgress
from srgan.training.inputs import Inputs
from srgan.training.loop import train
from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import (
    CropSettings,
    LoggingSettings,
    LossSettings,
    NetworkSettings,
    ScheduleSettings,
)
from srgan.training.run_folder import Run
from srgan.training.setup import load_state
from srgan.training.state import State

SMALL = Recipe(
    name="small",
    summary="for tests",
    network=NetworkSettings(blocks=2, features=16),
    crops=CropSettings(batch=2, crop=32),
    schedule=ScheduleSettings(updates=8, learning_rate=1e-3, warmup=3, decay=0.5, clip=1.0),
    logging=LoggingSettings(log_every=2, validate_every=4),
)
ADVERSARIAL = Recipe(
    name="small-gan",
    summary="for tests",
    network=NetworkSettings(blocks=1, features=8),
    loss=LossSettings(discriminator="srgan", discriminator_features=4),
    crops=CropSettings(batch=2, crop=32),
    schedule=ScheduleSettings(updates=8),
    logging=LoggingSettings(log_every=2, validate_every=4),
)
JOINED = ADVERSARIAL.change(
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


class Heard(NoProgress):
    """A progress that remembers the last task and all lines, and can stop a run after so many updates."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.lines: list[str] = []
        self.what, self.total, self.done = "", 0, 0
        self.stop_after = stop_after

    def start(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0

    def advance(self, count: int = 1) -> None:
        self.done += count

    def say(self, line: str) -> None:
        self.lines.append(line)

    def should_stop(self) -> bool:
        return self.stop_after is not None and self.done + 1 >= self.stop_after


def train_run(
    run: Run,
    inputs: Inputs,
    fabric: Fabric,
    heard: Heard | None = None,
    *,
    seconds: float | None = None,
    save_every: int | None = None,
) -> State:
    """Train a run from its newest checkpoint, and return its state."""
    heard = heard or Heard()
    state = load_state(run, inputs, fabric=fabric, progress=heard)
    train(state, run, inputs, heard, seconds=seconds, save_every=save_every)
    return state
