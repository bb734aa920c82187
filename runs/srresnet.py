"""Train, measure and release `srresnet`: SRResNet x4 from pixels alone, on CPU cores.

    SRGAN_DATA=... python -m runs.srresnet              prepare, train (resumes), measure, write the model
    SRGAN_DATA=... python -m runs.srresnet --minutes 9  train for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.srresnet --release    only measure the newest checkpoint and write the model

Two stages: 20,000 updates of 4 crops as the recipe srresnet-cpu has them, an hour on two cores, and 40,000 more from
there, two hours. Expected after the first: Set5 31.0 dB by the protocol of the paper.
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
SECOND = replace(FIRST, updates=40_000, learning_rate=3e-4, seed=1)
FOLDERS = ("BSDS500_train_test", "T91", "dogs", "imagenet_samples", "open_licence")
CACHE, RUNS = Path("cache/srresnet"), Path("checkpoints/srresnet")
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
    updates = described.training.updates + (FIRST.updates or 0)  # those of both stages
    return replace(described, summary=summary, limits=LIMITS, training=replace(described.training, updates=updates))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--minutes", type=float, help="train for so long, then stop with a checkpoint")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the model's files")
    choices = parser.parse_args()
    first, second = Run(RUNS / "first"), Run(RUNS / "second")
    if not choices.release:
        data = prepared(FOLDERS, CACHE)
        trained(FIRST, first, data, minutes=choices.minutes)
        if choices.minutes is None or second.exists:
            trained(SECOND, second, data, begun_from=str(first.folder), minutes=choices.minutes)
    if choices.release or choices.minutes is None:
        released(second, choices.output, card, name="srresnet", terms=TERMS)


if __name__ == "__main__":
    main()
