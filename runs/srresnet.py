"""Train, measure and release `srresnet` and `srresnet-open`: SRResNet x4 from pixels alone, on CPU cores.

    SRGAN_DATA=... python -m runs.srresnet              prepare, train (resumes), measure, write the model
    SRGAN_DATA=... python -m runs.srresnet --data open  srresnet-open, from photos with open licences alone
    SRGAN_DATA=... python -m runs.srresnet --begun-from MODEL   take a released model for the first stage
    SRGAN_DATA=... python -m runs.srresnet --data photos  goes on with the released srresnet on the larger collection
    SRGAN_DATA=... python -m runs.srresnet --minutes 9  train for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.srresnet --release    only measure the newest checkpoint and write the model

Three stages of 20,000, 24,000 and 16,000 updates of 4 crops: the first as the recipe srresnet-cpu has it; the second at
half its learning rate; the third with SOAP, and on squared errors, which PSNR is made of. `srresnet-open` goes without
the second, and 10,000 updates into the third. A fourth of 6,000 updates, with larger crops, is on the photos of
`python -m runs.photos`, which came later and show no test picture. On two cores without bfloat16 the first takes an
hour; where they multiply it, an update of Adam's takes a tenth of a second on one core, of SOAP's twice that.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from runs.pictures import BY_NAME, OPEN_PHOTOS, PHOTOS, Pictures
from runs.releasing import add_mean_options, chosen_mean, effort, prepared, record, released, trained
from srgan.training.recipes import RECIPES
from srgan.training.run_folder import Run
from srgan.weights.card import Card
from srgan.weights.catalogue import SHIPPED

FIRST = RECIPES["srresnet-cpu"]
SECOND = FIRST.change(updates=24_000, learning_rate=2e-4, seed=1)
# The gradient of squared errors is a fifth as long: what clips it is shorter too.
THIRD = FIRST.change(
    content="mse", optimiser="soap", updates=16_000, learning_rate=5e-4, beta1=0.95, decay=0.9, clip=0.25, seed=2
)
STAGES = {
    "": {"first": FIRST, "second": SECOND, "third": THIRD},
    "-open": {"first": FIRST, "third": THIRD.change(updates=10_000)},
    "-photos": {"fourth": THIRD.change(crop=128, updates=6_000, seed=3)},
    "-photos-open": {"fourth": THIRD.change(crop=128, updates=7_000, seed=3)},
}
"""By what the pictures add to the name."""
MODEL = {"": "srresnet", "-open": "srresnet-open", "-photos": "srresnet", "-photos-open": "srresnet-open"}
"""The model that the last stage makes, by the same."""
LARGER = (PHOTOS, OPEN_PHOTOS)
"""Collections on which released models go on."""
SUMMARY = "Faithful: SRResNet, trained on pixel error; sharp edges, no invented texture"
LIMITS = (
    "Trained on clean bicubic reductions: pictures from cameras with noise, blur or strong JPEG compression are "
    "enlarged with their faults. It invents no texture: hair, grass and fabric come out smooth. Not trained on text, "
    "drawings or faces in particular."
)


BEFORE = (
    ". The stages before the last had 1,419 of them, and 302003 of BSDS500 as well, which shows the woman of Set5 at "
    "another size: one of the five pictures of Set5 is not held out"
)
"""What the card says of the stages before the fourth."""


def stages(pictures: Pictures) -> dict[str, Run]:
    """The runs of all stages, begun or not."""
    return {stage: Run(Path("checkpoints") / MODEL[pictures.name] / stage) for stage in STAGES[pictures.name]}


def newest(pictures: Pictures) -> Run:
    """The last stage that was begun."""
    begun = [run for run in stages(pictures).values() if run.exists]
    if not begun:
        sys.exit(
            f"there is no checkpoint of {MODEL[pictures.name]}: begin with the released model by --begun-from "
            f"{MODEL[pictures.name]}, or train it by python -m runs.srresnet"
        )
    return begun[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choosable = [name for name, pictures in BY_NAME.items() if pictures.name in STAGES]
    parser.add_argument("--data", choices=choosable, default="everything", help="which pictures; everything without it")
    parser.add_argument("--begun-from", metavar="MODEL", help="a released model that stands for the first stage")
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--stages", type=int, default=3, help="train no more than so many of them")
    parser.add_argument("--minutes", type=float, help="train for so long, then stop with a checkpoint")
    parser.add_argument("--as-run", metavar="TEXT", help="for the card: what was changed while it ran")
    add_mean_options(parser)
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the model's files")
    choices = parser.parse_args()
    pictures = BY_NAME[choices.data]
    if not choices.release:
        data, before = prepared(pictures), choices.begun_from
        begun = 1 if before else 0
        if pictures in LARGER:
            before, begun = before or MODEL[pictures.name], 0
        for name, run in list(stages(pictures).items())[begun : choices.stages]:
            if not trained(STAGES[pictures.name][name], run, data, begun_from=before, minutes=choices.minutes):
                return  # the next stage begins with what this one ends with
            before = str(run.folder)
    if choices.release or choices.minutes is None:
        run = newest(pictures)
        updates, hours = effort(run)  # of all stages

        def card(described: Card) -> Card:
            recipe = described.training.recipe | ({"as_run": choices.as_run} if choices.as_run else {})
            data = described.training.data + (BEFORE if pictures is PHOTOS else "")
            training = replace(described.training, recipe=recipe, data=data, updates=updates, hours=round(hours, 2))
            return replace(described, summary=SUMMARY + pictures.hint, limits=LIMITS, training=training)

        released(
            run, choices.output, card, name=MODEL[pictures.name], pictures=pictures, mean_with=chosen_mean(choices)
        )
        record(MODEL[pictures.name], stages(pictures).values())


if __name__ == "__main__":
    main()
