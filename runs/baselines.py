"""Train, measure and release the baselines of table 2 of Ledig et al. 2017: SRCNN, ESPCN and DRCN x4.

    SRGAN_DATA=... python -m runs.baselines                   all but srcnn-915: train (resumes), measure, write
    SRGAN_DATA=... python -m runs.baselines --network espcn   one of srcnn, srcnn-915, espcn and drcn
    SRGAN_DATA=... python -m runs.baselines --minutes 9       train each for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.baselines --release         only measure the newest checkpoints and write the models

Recipes of the same names, of DRCN drcn-cpu. By the protocol of the paper, its table 2 has on Set5 30.07 dB for SRCNN,
30.76 dB for ESPCN and 31.52 dB for DRCN.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from runs.pictures import EVERYTHING
from runs.releasing import prepared, record, released, trained
from srgan.training.recipes import RECIPES
from srgan.training.run_folder import Run
from srgan.weights.card import Card
from srgan.weights.catalogue import SHIPPED

RUNS = Path("checkpoints/baselines")
SUMMARIES = {
    "srcnn": "Baseline: SRCNN 9-5-5 (Dong et al. 2016), three convolutions on bicubic luminance",
    "srcnn-915": "Baseline: SRCNN 9-1-5 (Dong et al. 2014), three convolutions on bicubic luminance",
    "espcn": "Baseline: ESPCN (Shi et al. 2016), sub-pixel convolution of luminance",
    "drcn": "Baseline: DRCN (Kim et al. 2016), sixteen recursions on bicubic luminance, with 64 channels, not 256",
}
SHORTENED = {"drcn": "drcn-cpu"}
"""Those whose published size is beyond a CPU, and the recipe instead."""
BY_DEFAULT = ("srcnn", "espcn", "drcn")
LIMITS = (
    "A baseline to compare with, of its time: edges are softer than srresnet's. Trained on clean bicubic reductions: "
    "noise, blur and JPEG faults are enlarged too. Colours are enlarged by bicubic interpolation."
)


def card(described: Card) -> Card:
    """What is said of the model beyond what its run tells."""
    return replace(described, summary=SUMMARIES[described.name], limits=LIMITS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=SUMMARIES, action="append", help="all but srcnn-915 without it")
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--minutes", type=float, help="train each for so long, then stop with a checkpoint")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the models' files")
    choices = parser.parse_args()
    for name in choices.network or BY_DEFAULT:
        run = Run(RUNS / name)
        if not choices.release:
            trained(RECIPES[SHORTENED.get(name, name)], run, prepared(EVERYTHING), minutes=choices.minutes)
        if choices.release or choices.minutes is None:
            released(run, choices.output, card, name=name, pictures=EVERYTHING)
            record(name, [run])


if __name__ == "__main__":
    main()
