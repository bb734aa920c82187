"""Train, measure and release what begins with `srresnet`: `srgan`, `srgan-mse`, `srresnet-vgg22` and `srgan-open`.

    SRGAN_DATA=... python -m runs.srgan                       srgan: prepare, train (resumes), measure, write the model
    SRGAN_DATA=... python -m runs.srgan --network srgan-mse   another of them
    SRGAN_DATA=... python -m runs.srgan --data open           srgan-open, from photos with open licences alone
    SRGAN_DATA=... python -m runs.srgan --minutes 9           train for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.srgan --release             only measure the newest checkpoint and write the model

8,000 updates of 4 crops from the newest weights of `python -m runs.srresnet`. The weights that are released are those
after the last update, raw or averaged, whichever has the higher PSNR on the pictures that were held out for validation:
the test sets decide nothing.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from runs.pictures import BY_NAME
from runs.releasing import prepared, released, trained
from runs.srresnet import newest
from srgan.training.recipes import RECIPES
from srgan.training.run import Run
from srgan.weights.card import Card
from srgan.weights.catalogue import SHIPPED

NETWORKS = {
    "srgan": RECIPES["srgan-cpu"],
    "srgan-mse": replace(RECIPES["srgan-cpu"], content="mse", pixel=0.0),
    "srresnet-vgg22": replace(RECIPES["srgan-cpu"], discriminator="none", total_variation=2e-8),
}
SUMMARIES = {
    "srgan": "Photo-real: SRGAN, trained on features of VGG22 against a discriminator; it invents texture",
    "srgan-mse": "SRGAN-MSE: pixel error and a discriminator, for comparison",
    "srresnet-vgg22": "SRResNet-VGG22: features of VGG22 without a discriminator, for comparison",
}
LIMITS = (
    "What it draws looks likely, and need not be what was there: do not use it where a picture is evidence. Trained on "
    "clean bicubic reductions: noise, blur and JPEG faults are enlarged too. Not trained on text, drawings or faces in "
    "particular."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default="srgan", help="srgan without it")
    parser.add_argument("--data", choices=BY_NAME, default="everything", help="which pictures; everything without it")
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--minutes", type=float, help="train for so long, then stop with a checkpoint")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the model's files")
    choices = parser.parse_args()
    pictures = BY_NAME[choices.data]
    name = f"{choices.network}{pictures.name}"
    run = Run(Path("checkpoints") / name)
    if not choices.release:
        begun_from = None if run.exists else str(newest(pictures).folder)
        recipe = NETWORKS[choices.network]
        trained(recipe, run, prepared(pictures), begun_from=begun_from, minutes=choices.minutes)

    def card(described: Card) -> Card:
        return replace(described, summary=SUMMARIES[choices.network], limits=LIMITS)

    if choices.release or choices.minutes is None:
        released(run, choices.output, card, name=name, pictures=pictures)


if __name__ == "__main__":
    main()
