"""Train, measure and release the methods after SRGAN: EDSR's baseline, a small ESRGAN, and the GAN on wavelet bands.

    SRGAN_DATA=... python -m runs.modern_models                          all, one after the other
    SRGAN_DATA=... python -m runs.modern_models --network edsr-baseline  one of them
    SRGAN_DATA=... python -m runs.modern_models --minutes 9              train each for so long, stop with a checkpoint
    SRGAN_DATA=... python -m runs.modern_models --release                only measure the newest checkpoints and write
    SRGAN_DATA=... python -m runs.modern_models --rehearse               two updates of each, and the model of it

`edsr-baseline` has the crops and steps of srresnet's first stage, so that the two can be compared after as many
updates. `esrgan-small` begins with `rrdb-small`, 6 RRDB blocks of 32, and --fidelity lies between the two.
`wavelet-gan-dogs` begins with `wavelet-gan`, on photos of dogs alone.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from runs.models import COMPARISONS
from runs.pictures import EVERYTHING, Pictures
from runs.projects import DOGS
from runs.releasing import console, effort, prepared, record, released, trained
from srgan.training.recipes import RECIPES
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run
from srgan.weights.card import Card

RUNS = Path("checkpoints/modern")
_CLEAN = "Trained on clean bicubic reductions: noise, blur and JPEG faults are enlarged too."
_INVENTS = f"What it draws looks likely, and need not be what was there. {_CLEAN}"
_ABSTRACT = "After the abstract of TWIST-GAN (Dharejo et al. 2021), which alone is public; all else is srgan's own."


@dataclass(frozen=True)
class Planned:
    """A model to be made."""

    recipe: Recipe
    summary: str
    limits: str
    before: str = ""
    """The model that it begins with; empty for a random start."""
    pictures: Pictures = EVERYTHING


PLANNED = {
    "edsr-baseline": Planned(
        RECIPES["edsr-baseline-cpu"],
        "Faithful: EDSR's baseline (Lim et al. 2017), trained on absolute error",
        f"It invents no texture: hair, grass and fabric come out smooth. {_CLEAN}",
    ),
    "rrdb-small": Planned(
        RECIPES["rrdb-psnr-quick"],
        "Faithful: ESRGAN's network (Wang et al. 2018), 6 blocks of 32, not 23 of 64, trained on absolute error",
        f"It invents no texture: hair, grass and fabric come out smooth. {_CLEAN}",
    ),
    "esrgan-small": Planned(
        RECIPES["esrgan-quick"],
        "Photo-real: ESRGAN (Wang et al. 2018), 6 blocks of 32, not 23 of 64, and VGG34, not VGG54",
        _INVENTS,
        before="rrdb-small",
    ),
    "wavelet-gan": Planned(
        RECIPES["wavelet-gan"],
        "Photo-real: predicts wavelet bands, the high ones against a discriminator",
        f"{_ABSTRACT} {_INVENTS}",
    ),
    "wavelet-gan-dogs": Planned(
        RECIPES["wavelet-gan-transfer"],
        "Photo-real, for dogs: wavelet-gan, transferred to another domain",
        f"{_ABSTRACT} {_INVENTS}",
        before="wavelet-gan",
        pictures=DOGS,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=PLANNED, action="append", help="all without it")
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--minutes", type=float, help="train each for so long, then stop with a checkpoint")
    parser.add_argument("--rehearse", action="store_true", help="two updates of one crop each")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder for the runs")
    parser.add_argument("--output", type=Path, default=COMPARISONS, help="folder for the models' files")
    choices = parser.parse_args()
    for name in choices.network or PLANNED:
        planned, run = PLANNED[name], Run(choices.runs / name)
        recipe = rehearsal(planned.recipe) if choices.rehearse else planned.recipe
        before = str(choices.runs / planned.before) if planned.before else None
        done = choices.release or trained(
            recipe, run, prepared(planned.pictures), begun_from=before, minutes=choices.minutes
        )
        if not done:
            console.print(f"{name} is not done: run the same command again")
            continue
        if choices.release or choices.minutes is None:
            release(name, run, choices.output)
            if not choices.rehearse:
                record(name, [run])


def rehearsal(recipe: Recipe) -> Recipe:
    """Return a recipe of two updates."""
    return recipe.change(updates=2, batch=1, log_every=1, validate_every=2)


def release(name: str, run: Run, folder: Path) -> None:
    """Measure a run's newest weights and write them as a model."""
    planned, (updates, hours) = PLANNED[name], effort(run)

    def card(described: Card) -> Card:
        training = replace(described.training, updates=updates, hours=round(hours, 2))
        return replace(described, summary=planned.summary, limits=planned.limits, training=training)

    released(run, folder, card, name=name, pictures=planned.pictures)


if __name__ == "__main__":
    main()
