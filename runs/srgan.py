"""Train, measure and release what begins with `srresnet`: `srgan`, and its likes with other losses or other pictures.

    SRGAN_DATA=... python -m runs.srgan                         prepare, train (resumes), measure, write the model
    SRGAN_DATA=... python -m runs.srgan --network srgan-vgg22 --data photos   another of them
    SRGAN_DATA=... python -m runs.srgan --data open             srgan-open, from photos with open licences alone
    SRGAN_DATA=... python -m runs.srgan --data photos-open      the same from more of them, as srgan-photo learns
    SRGAN_DATA=... python -m runs.srgan --data photos-open --begun-from srgan-open   goes on with the released one
    SRGAN_DATA=... python -m runs.srgan --data photos           goes on with the released srgan on the larger collection
    SRGAN_DATA=... python -m runs.srgan --begun-from srgan      take the released srgan for the first stage
    SRGAN_DATA=... python -m runs.srgan --minutes 9             train for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.srgan --release               only measure the newest checkpoint, write the model

All begin with the newest weights of `python -m runs.srresnet`, on the larger collection with released models, or with a
run or model that `--begun-from` names. Those with other losses have one stage each, of one length, to be compared.
`srgan` has four stages, each with a new discriminator: the first brings texture; the second makes it livelier, with
half the weight on pixels and twice that on the discriminator; the third holds it to the spectra of the originals
(docs/decisions/0019); the fourth, on the larger collection, compares features and has heads on them in place of the
discriminator of pixels. The weights that are released are those after the last update, raw or averaged, whichever has
the higher PSNR on the pictures held out for validation.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from runs.models import COMPARISONS
from runs.pictures import BY_NAME, EVERYTHING, PHOTOS, Pictures
from runs.releasing import add_mean_options, chosen_mean, effort, prepared, record, released, trained
from runs.srresnet import BEFORE, newest
from srgan.training.recipes import RECIPES
from srgan.training.run_folder import Run
from srgan.weights.card import Card
from srgan.weights.catalogue import SHIPPED

_AS_PUBLISHED = RECIPES["srgan-vgg22-cpu"].change(
    pixel=0.0,
    jitter=0,
    adversarial_reduction="sum",
    updates=3_000,
    summary="The published losses, on crops of the published size, in a CPU's time",
)
_FIRST = RECIPES["srgan-cpu"]
STAGES = {
    "srgan": {
        "first": _FIRST,
        "second": _FIRST.change(pixel=1.0, adversarial=1e-2, updates=4_000, warmup=300, seed=1),
        "third": _FIRST.change(pixel=1.0, spectrum=0.05, updates=2_000, warmup=200, seed=2),
    },
    "srgan-vgg22": {"first": _AS_PUBLISHED},
    "srgan-mse": {"first": _AS_PUBLISHED.change(content="mse")},
    "srresnet-vgg22": {"first": _AS_PUBLISHED.change(discriminator="none", total_variation=2e-8)},
}
_ON_FEATURES = {
    "content": "l1",
    "perception": 0.0,
    "feature_error": 1.0,
    "pixel": 0.0,
    "consistency": 2.0,
    "spectrum": 0.2,
    "grid": 20.0,
    "grid_texture": 2.0,
    "discriminator": "features",
    "discriminator_alone": 200,
    "discriminator_learning_rate": 2e-4,
    "adversarial": 0.1,
    "learning_rate": 2.5e-4,
    "decay": 0.6,
    "crop": 128,
    "jitter": 32,
}
"""The losses of `srgan-photo`."""
_DIRECTIONS = _ON_FEATURES | {"perception": 1.5, "adversarial": 0.2}
LATER_STAGES = {
    "-open": {"first": _FIRST.change(updates=2_000)},
    "-photos-open": {
        "second": _FIRST.change(**_ON_FEATURES, updates=3_000, seed=1),
        "third": _FIRST.change(**_DIRECTIONS, updates=4_000, seed=3),
    },
    "-photos": {"fourth": _FIRST.change(**_DIRECTIONS, updates=8_500, seed=3)},
}
"""On other pictures, by what they add to the name; the second begins anew, with the newest srresnet-open."""
ENDING = {"-photos": "", "-photos-open": "-open"}
"""Of the names of models, where it is not what the pictures add."""
SUMMARIES = {
    "srgan": "Photo-real: SRGAN, trained on deep features and spectra against a discriminator; it invents texture",
    "srgan-open": "Photo-real: SRGAN, trained on features and spectra against a discriminator; it invents texture",
    "srgan-vgg22": "SRGAN-VGG22: features of VGG22 and a discriminator, for comparison",
    "srgan-mse": "SRGAN-MSE: pixel error and a discriminator, for comparison",
    "srresnet-vgg22": "SRResNet-VGG22: features of VGG22 without a discriminator, for comparison",
}
"""By model, or by network for models that are not named."""
_INVENTED = "What it draws looks likely, and need not be what was there: do not use it where a picture is evidence."
_CLEAN = (
    "Trained on clean bicubic reductions: noise, blur and JPEG faults are enlarged too. Not trained on text, "
    "drawings or faces in particular."
)
_LIMITS = (
    f"{_INVENTED} After so short a training it draws a fine grain where hairs, leaves and threads should be; eyes and "
    f"mouths run, letters fray. {_CLEAN}"
)
LIMITS = {
    "srgan": (
        f"{_INVENTED} Fur, grass and threads turn into strokes, and fine repeating patterns run into each other; eyes "
        f"and mouths a few pixels high come out wrong, letters fray. {_CLEAN}"
    ),
    "srgan-open": _LIMITS,
    "srgan-vgg22": f"Not for use: whole pictures turn paler, and edges have doubles. {_LIMITS}",
    "srgan-mse": f"Not for use: it draws rims round edges, and grain where pictures are smooth. {_LIMITS}",
    "srresnet-vgg22": "Not for use: a grid of four pixels lies on everything. Trained on clean bicubic reductions.",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=STAGES, default="srgan", help="srgan without it")
    parser.add_argument("--data", choices=BY_NAME, default="everything", help="which pictures; everything without it")
    parser.add_argument("--begun-from", metavar="MODEL", help="a released model to begin with")
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--as-run", metavar="TEXT", help="for the card: what was changed while it ran")
    add_mean_options(parser)
    parser.add_argument("--minutes", type=float, help="train for so long, then stop with a checkpoint")
    parser.add_argument("--output", type=Path, help="folder for the model's files, if not the one where they belong")
    choices = parser.parse_args()
    pictures, network = BY_NAME[choices.data], choices.network
    later = LATER_STAGES.get(pictures.name) if network == "srgan" else None
    if network != "srgan" and pictures not in (EVERYTHING, PHOTOS):
        parser.error(f"of the pictures {choices.data}, only srgan is made")
    name = name_of(network, pictures)
    recipes = later or STAGES[network]
    runs = {stage: Run(Path("checkpoints") / name / stage) for stage in recipes}
    if not choices.release:
        goes_on = ("srgan" if network == "srgan" else "srresnet") if pictures is PHOTOS else None
        data, before = prepared(pictures), choices.begun_from or goes_on or str(newest(pictures).folder)
        for stage, run in list(runs.items())[1 if choices.begun_from == name and len(runs) > 1 else 0 :]:
            if not trained(recipes[stage], run, data, begun_from=before, minutes=choices.minutes):
                return  # the next stage begins with what this one ends with
            before = str(run.folder)
    if choices.release or choices.minutes is None:
        begun = [run for run in runs.values() if run.exists]
        if not begun:
            parser.error(f"there is nothing to release: no run of {name} was begun in checkpoints/{name}")
        output = choices.output or (SHIPPED if network == "srgan" else COMPARISONS)
        _release(network, pictures, begun, output, choices)


def name_of(network: str, pictures: Pictures) -> str:
    """Return the name of the model that a network makes of these pictures."""
    return network + ENDING.get(pictures.name, pictures.name)


def summary_of(network: str, pictures: Pictures) -> str:
    """Return what a card says of a model in a line."""
    return SUMMARIES.get(name_of(network, pictures), SUMMARIES[network]) + pictures.hint


def limits_of(network: str, pictures: Pictures) -> str:
    """Return what a card says of a model's weaknesses."""
    return LIMITS.get(name_of(network, pictures), LIMITS[network])


def _release(network: str, pictures: Pictures, runs: list[Run], output: Path, choices: argparse.Namespace) -> None:
    run = runs[-1]
    (updates, hours), settings = effort(run), run.settings()
    name, summary = name_of(network, pictures), summary_of(network, pictures)

    def card(described: Card) -> Card:
        began = f"The last {settings.updates:,} updates are by this recipe; the {updates - settings.updates:,} before"
        data = f"{described.training.data}. {began} made what it began with{BEFORE if pictures is PHOTOS else ''}"
        recipe = described.training.recipe | ({"as_run": choices.as_run} if choices.as_run else {})
        training = replace(described.training, recipe=recipe, updates=updates, hours=round(hours, 2), data=data)
        return replace(described, summary=summary, limits=limits_of(network, pictures), training=training)

    released(run, output, card, name=name, pictures=pictures, mean_with=chosen_mean(choices))
    record(name, runs)


if __name__ == "__main__":
    main()
