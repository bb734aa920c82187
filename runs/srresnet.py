"""Train, measure and release `srresnet`: SRResNet x4 from pixels alone, on CPU cores.

    SRGAN_DATA=... python -m runs.srresnet              prepare, train (resumes), measure, write the model
    SRGAN_DATA=... python -m runs.srresnet --minutes 9  train for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.srresnet --release    only measure the newest checkpoint and write the model

Three stages of 20,000 updates of 4 crops: the first as the recipe srresnet-cpu has it, with Adam, an hour on two cores;
the others with SOAP, which takes half as long again. After the first: Set5 31.0 dB by the protocol of the paper.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from runs.releasing import prepared, released, trained
from srgan.training.recipes import RECIPES
from srgan.training.run import Run
from srgan.weights.card import Card
from srgan.weights.catalogue import SHIPPED

FIRST = RECIPES["srresnet-cpu"]
SECOND = replace(FIRST, optimiser="soap", learning_rate=1e-3, beta1=0.95, seed=1)
THIRD = replace(SECOND, learning_rate=7e-4, seed=2)
STAGES = {"first": FIRST, "second": SECOND, "third": THIRD}
FOLDERS = ("BSDS500_train_test", "T91", "dogs", "imagenet_samples", "open_licence")
SHARP = ("T91",)
"""Folders whose pictures are learned from as they are."""
CACHE, RUNS = Path("cache/sharp"), Path("checkpoints/srresnet")
TERMS = (
    "BSDS500's training and test parts (research use; without its validation part, which is BSD100), "
    "T91, ImageNet samples and dogs (research use), and open-licence photos (CC0, Unsplash, Pexels, CC BY, CC BY-SA). "
    "Whether weights inherit terms of the pictures they were trained on is unsettled: for products, ask a lawyer"
)
LIMITS = (
    "Trained on clean bicubic reductions: pictures from cameras with noise, blur or strong JPEG compression are "
    "enlarged with their faults. It invents no texture: hair, grass and fabric come out smooth. Not trained on text, "
    "drawings or faces in particular."
)


def card(described: Card) -> Card:
    """What is said of the model beyond what its run tells."""
    summary = "Faithful: SRResNet, trained on pixel error; sharp edges, no invented texture"
    before = sum(STAGES[name].updates or 0 for name in list(STAGES)[: len(begun()) - 1])
    updates = described.training.updates + before  # those of all stages
    return replace(described, summary=summary, limits=LIMITS, training=replace(described.training, updates=updates))


def begun() -> list[Run]:
    """The stages that there are states of, in order."""
    return [Run(RUNS / name) for name in STAGES if Run(RUNS / name).exists]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--stages", type=int, default=len(STAGES), help="train no more than so many of them")
    parser.add_argument("--minutes", type=float, help="train each stage for so long, then stop with a checkpoint")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the model's files")
    choices = parser.parse_args()
    if not choices.release:
        data, before = prepared(FOLDERS, CACHE, sharp=SHARP), None
        for name, recipe in list(STAGES.items())[: choices.stages]:
            trained(recipe, Run(RUNS / name), data, begun_from=before, minutes=choices.minutes)
            before = str(RUNS / name)
    if choices.release or choices.minutes is None:
        released(begun()[-1], choices.output, card, name="srresnet", terms=TERMS)


if __name__ == "__main__":
    main()
