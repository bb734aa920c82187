"""Train the networks of two projects for a shorter time: those of a group of UC San Diego, and Loridan's two stages.

    SRGAN_DATA=... python -m runs.projects                       all five, one after the other
    SRGAN_DATA=... python -m runs.projects --network ucsd-srcnn  one of them
    SRGAN_DATA=... python -m runs.projects --minutes 9           train each for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.projects --rehearse            two updates of one crop each, to see that all runs

Photos of open licences, about 2 megapixels large and halved, stand in for DIV2K's 800; the dogs of the benchmark data
folder for 1,000 of Stanford Dogs. Features of VGG34 stand in for VGG54, whose weights are not in that folder. All else
is as in the recipes. Afterwards: srgan reproduce seeds, and srgan reproduce loridan, with the runs.
"""

import argparse
from pathlib import Path

from runs.pictures import OPEN, Pictures
from runs.releasing import console, prepared, trained
from srgan.training.recipes import RECIPES
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run

RUNS = Path("checkpoints/projects")
DOGS = Pictures("-dogs", ("dogs",), ("dogs",), "photos of dogs from ImageNet (research use)")
"""Not halved, as Loridan's."""

SHORTENED = {"ucsd-srcnn": 4_000, "ucsd-srresnet": 1_000, "ucsd-srgan": 300, "loridan-pre": 2_000, "loridan-gan": 500}
"""Updates by recipe; as published they are 20,000, 20,000 and 5,000 of the group, 20,000 and 5,000 of Loridan."""


def shortened(name: str, *, rehearse: bool) -> Recipe:
    """Return a recipe for a shorter time, with the features that are at hand."""
    recipe = RECIPES[name].change(updates=SHORTENED[name], epochs=None)
    if recipe.loss.content == "vgg54":
        recipe = recipe.change(content="vgg34")
    return recipe.change(updates=2, batch=1, log_every=1, validate_every=2) if rehearse else recipe


def data_of(name: str) -> Pictures:
    """Return the photos that a recipe learns from."""
    return DOGS if name.startswith("loridan") else OPEN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=SHORTENED, action="append", help="all without it")
    parser.add_argument("--minutes", type=float, help="train each for so long, then stop with a checkpoint")
    parser.add_argument("--rehearse", action="store_true", help="two updates of one crop each")
    parser.add_argument("--output", type=Path, default=RUNS, help="folder for the runs")
    choices = parser.parse_args()
    for name in choices.network or SHORTENED:
        recipe = shortened(name, rehearse=choices.rehearse)
        initial = str(choices.output / recipe.initial) if recipe.initial else None
        run = Run(choices.output / name)
        if not trained(recipe, run, prepared(data_of(name)), begun_from=initial, minutes=choices.minutes):
            console.print(f"{name} is not done: run the same command again")


if __name__ == "__main__":
    main()
