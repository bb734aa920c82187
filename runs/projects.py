"""Train the networks of three projects for a shorter time: a group of UC San Diego's, Loridan's two stages, Cheung's.

    SRGAN_DATA=... python -m runs.projects                       all, one after the other
    SRGAN_DATA=... python -m runs.projects --network ucsd-srcnn  one of them
    SRGAN_DATA=... python -m runs.projects --minutes 9           train each for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.projects --rehearse            two updates of one crop each, to see that all runs

Photos of open licences stand in for DIV2K's 800 and Cheung's 250; the dogs of the benchmark data folder for 1,000 of
Stanford Dogs. `loridan-pre-everyday` and `loridan-gan-everyday` are his stages on dogs damaged as an association's
photos are. Features of VGG34 stand in for VGG54, whose weights are not in that folder: they are far larger, so that
they are scaled down to a loss of about Loridan's. Batches are smaller, and the group's learning rates are ten to a
hundred times theirs, and fall: at 1e-5, 400 updates of SRCNN end at 8.8 dB (docs/log.md). All else is as in the
recipes. Afterwards: srgan reproduce seeds, and srgan reproduce loridan, with the runs.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runs.pictures import OPEN_PHOTOS, Pictures
from runs.releasing import console, prepared, trained
from srgan.training.recipes import RECIPES
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run

RUNS = Path("checkpoints/projects")
DOGS = Pictures("-dogs", ("dogs",), ("dogs",), "photos of dogs from ImageNet (research use)")
"""Not halved, as Loridan's."""


@dataclass(frozen=True)
class Planned:
    """A network to be trained."""

    recipe: Recipe
    pictures: Pictures
    before: str = ""
    """The run that it begins with; empty for a random start."""


def _shortened(name: str, updates: int, **settings: Any) -> Recipe:
    """Return a recipe of fewer updates, with the features that are at hand."""
    recipe, every = RECIPES[name], max(10, updates // 2)
    if recipe.loss.content == "vgg54":
        settings |= {"content": "vgg34", "feature_scale": 0.001}
    return recipe.change(updates=updates, epochs=None, log_every=10, validate_every=every, **settings)


_EVERYDAY = "everyday"
_GROUP: dict[str, Any] = {"batch": 1, "warmup": 50, "decay": 0.8, "clip": 1.0}
"""One crop of 384 an update, and a rate that falls to zero: at a constant one SRResNet ends below bicubic."""
PLANNED = {
    "ucsd-srcnn": Planned(_shortened("ucsd-srcnn", 5_000, learning_rate=1e-3, **_GROUP), OPEN_PHOTOS),
    "ucsd-srresnet": Planned(_shortened("ucsd-srresnet", 2_500, learning_rate=5e-4, **_GROUP), OPEN_PHOTOS),
    "ucsd-srgan": Planned(_shortened("ucsd-srgan", 300, learning_rate=1e-4, **_GROUP), OPEN_PHOTOS, "ucsd-srresnet"),
    "loridan-pre": Planned(_shortened("loridan-pre", 3_000, batch=4), DOGS),
    "loridan-gan": Planned(_shortened("loridan-gan", 600, batch=4), DOGS, "loridan-pre"),
    "loridan-pre-everyday": Planned(_shortened("loridan-pre", 2_000, batch=4, degradation=_EVERYDAY), DOGS),
    "loridan-gan-everyday": Planned(
        _shortened("loridan-gan", 400, batch=4, degradation=_EVERYDAY), DOGS, "loridan-pre-everyday"
    ),
    "cheung": Planned(_shortened("cheung", 2_500, batch=4), OPEN_PHOTOS),
}
"""As published they are 20,000, 20,000 and 5,000 updates of 8 crops of the group, 20,000 and 5,000
of 16 of Loridan. Cheung's 2,500 of 4 crops are as many crops as 40 epochs of 250 photos."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=PLANNED, action="append", help="all without it")
    parser.add_argument("--minutes", type=float, help="train each for so long, then stop with a checkpoint")
    parser.add_argument("--rehearse", action="store_true", help="two updates of one crop each")
    parser.add_argument("--output", type=Path, default=RUNS, help="folder for the runs")
    choices = parser.parse_args()
    for name in choices.network or PLANNED:
        planned, run = PLANNED[name], Run(choices.output / name)
        rehearsed = planned.recipe.change(updates=2, batch=1, log_every=1, validate_every=2)
        recipe = rehearsed if choices.rehearse else planned.recipe
        before = str(choices.output / planned.before) if planned.before else None
        if not trained(recipe, run, prepared(planned.pictures), begun_from=before, minutes=choices.minutes):
            console.print(f"{name} is not done: run the same command again")


if __name__ == "__main__":
    main()
