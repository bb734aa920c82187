"""Train, measure and release what begins with `srresnet`: `srgan`, and its likes with other losses or other pictures.

    SRGAN_DATA=... python -m runs.srgan                         prepare, train (resumes), measure, write the model
    SRGAN_DATA=... python -m runs.srgan --network srgan-vgg22   another of them
    SRGAN_DATA=... python -m runs.srgan --data open             srgan-open, from photos with open licences alone
    SRGAN_DATA=... python -m runs.srgan --minutes 9             train for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.srgan --release               only measure the newest checkpoint, write the model

All begin with the newest weights of `python -m runs.srresnet`, or with a run or model that `--begun-from` names. The
weights that are released are those after the last update, raw or averaged, whichever has the higher PSNR on the
pictures that were held out for validation: the test sets decide nothing.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from runs.models import COMPARISONS
from runs.pictures import BY_NAME, OPEN, Pictures
from runs.releasing import effort, prepared, record, released, trained
from runs.srresnet import newest
from srgan.training.recipes import RECIPES
from srgan.training.run import Run
from srgan.weights.card import Card
from srgan.weights.catalogue import SHIPPED

_AS_PUBLISHED = replace(
    RECIPES["srgan-vgg22-cpu"],
    pixel=0.0,
    jitter=0,
    adversarial_reduction="sum",
    summary="The published losses, on crops of the published size, in a CPU's time",
)
NETWORKS = {
    "srgan": RECIPES["srgan-cpu"],
    "srgan-vgg22": _AS_PUBLISHED,
    "srgan-mse": replace(_AS_PUBLISHED, content="mse", updates=4_000),
    "srresnet-vgg22": replace(_AS_PUBLISHED, discriminator="none", total_variation=2e-8, updates=4_000),
}
OPEN_UPDATES = 2_000
"""Of those with `--data open`."""
SUMMARIES = {
    "srgan": "Photo-real: SRGAN, trained on deep features and VGG22 against a discriminator; it invents texture",
    "srgan-vgg22": "SRGAN-VGG22: features of VGG22 and a discriminator, for comparison",
    "srgan-mse": "SRGAN-MSE: pixel error and a discriminator, for comparison",
    "srresnet-vgg22": "SRResNet-VGG22: features of VGG22 without a discriminator, for comparison",
}
LIMITS = (
    "What it draws looks likely, and need not be what was there: do not use it where a picture is evidence. After so "
    "short a training it draws a fine grain where hairs, leaves and threads should be; eyes and mouths run, letters "
    "fray. Trained on clean bicubic reductions: noise, blur and JPEG faults are enlarged too. Not trained on text, "
    "drawings or faces in particular."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default="srgan", help="srgan without it")
    parser.add_argument("--data", choices=BY_NAME, default="everything", help="which pictures; everything without it")
    parser.add_argument("--begun-from", metavar="MODEL", help="a released model to begin with")
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--as-run", metavar="TEXT", help="for the card: what was changed while it ran")
    parser.add_argument("--minutes", type=float, help="train for so long, then stop with a checkpoint")
    parser.add_argument("--output", type=Path, help="folder for the model's files, if not the one where they belong")
    choices = parser.parse_args()
    pictures = BY_NAME[choices.data]
    name = f"{choices.network}{pictures.name}"
    run = Run(Path("checkpoints") / name)
    if not choices.release:
        begun_from = choices.begun_from or str(newest(pictures).folder)
        recipe = NETWORKS[choices.network]
        recipe = replace(recipe, updates=OPEN_UPDATES) if pictures is OPEN else recipe
        trained(recipe, run, prepared(pictures), begun_from=begun_from, minutes=choices.minutes)
    if choices.release or choices.minutes is None:
        output = choices.output or (SHIPPED if choices.network == "srgan" else COMPARISONS)
        _release(choices.network, pictures, run, output, choices.as_run)


def _release(network: str, pictures: Pictures, run: Run, output: Path, as_run: str | None) -> None:
    (updates, hours), settings = effort(run), run.settings()

    def card(described: Card) -> Card:
        began = f"The last {settings.updates:,} updates are by this recipe; the {updates - settings.updates:,} before"
        data = f"{described.training.data}. {began} made what it began with"
        recipe = described.training.recipe | ({"as_run": as_run} if as_run else {})
        training = replace(described.training, recipe=recipe, updates=updates, hours=round(hours, 2), data=data)
        return replace(described, summary=SUMMARIES[network] + pictures.hint, limits=LIMITS, training=training)

    name = f"{network}{pictures.name}"
    released(run, output, card, name=name, pictures=pictures)
    record(name, [run])


if __name__ == "__main__":
    main()
