"""Train, measure and release `srresnet-photo` and `srgan-photo`: the networks for damaged photos.

    SRGAN_DATA=... python -m runs.photo_models                         srresnet-photo, from srresnet
    SRGAN_DATA=... python -m runs.photo_models --network srgan-photo   from the newest srresnet-photo
    SRGAN_DATA=... python -m runs.photo_models --minutes 9             train for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.photo_models --release               measure the newest checkpoint, write the model

They learn from the photos of `python -m runs.photos`, prepared in cache/photos, by the recipes of their names.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from runs.pictures import PHOTOS
from runs.releasing import effort, prepared, record, released, trained
from srgan.training.recipes import RECIPES
from srgan.training.run_folder import Run
from srgan.weights.card import Card
from srgan.weights.catalogue import SHIPPED

INITIAL = {"srresnet-photo": "srresnet", "srgan-photo": "srresnet-photo"}
"""The model that each begins with, where there is no run of it."""
SUMMARIES = {
    "srresnet-photo": "Faithful, for photos as people have them: removes noise and compression, invents no texture",
    "srgan-photo": "Photo-real, for photos as people have them: removes noise and compression, invents texture",
}
LIMITS = {
    "srresnet-photo": (
        "It invents no texture: hair, grass and fabric come out smooth, and grain of film is taken for noise. What "
        "strong compression has removed stays away; letters a few pixels high run together, more than by "
        "interpolation. Not trained on text, drawings or faces in particular."
    ),
    "srgan-photo": (
        "What it draws looks likely, and need not be what was there: do not use it where a picture is evidence. Fur, "
        "moss and gravel show a fine woven grain. Small faces and letters may come out wrong. Not trained on text, "
        "drawings or faces in particular."
    ),
}


def run_of(network: str) -> Run:
    """Return the run of a network, begun or not."""
    return Run(Path("checkpoints") / network / "first")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=INITIAL, default="srresnet-photo", help="srresnet-photo without it")
    parser.add_argument("--begun-from", metavar="MODEL", help="a run or model to begin with")
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--as-run", metavar="TEXT", help="for the card: what was changed while it ran")
    parser.add_argument("--minutes", type=float, help="train for so long, then stop with a checkpoint")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the model's files")
    choices = parser.parse_args()
    network = choices.network
    run, before = run_of(network), run_of(INITIAL[network]) if INITIAL[network] in INITIAL else None
    if not choices.release:
        initial = choices.begun_from or (str(before.folder) if before and before.exists else INITIAL[network])
        trained(RECIPES[network], run, prepared(PHOTOS), begun_from=initial, minutes=choices.minutes)
    if choices.release or choices.minutes is None:
        if not run.exists:
            parser.error(f"there is nothing to release: no run of {network} was begun in {run.folder}")
        _release(network, run, choices.output, choices.as_run)


def _release(network: str, run: Run, output: Path, as_run: str | None) -> None:
    updates, hours = effort(run)

    def card(described: Card) -> Card:
        recipe = described.training.recipe | ({"as_run": as_run} if as_run else {})
        training = replace(described.training, recipe=recipe, updates=updates, hours=round(hours, 2))
        return replace(described, summary=SUMMARIES[network], limits=LIMITS[network], training=training)

    released(run, output, card, name=network, pictures=PHOTOS)
    record(network, [run])


if __name__ == "__main__":
    main()
