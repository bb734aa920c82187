"""Train, measure and release the networks for damaged photos, and the fast ones for large photos.

    SRGAN_DATA=... python -m runs.photo_models                         srresnet-photo, from srresnet
    SRGAN_DATA=... python -m runs.photo_models --stage squared         goes on with squared errors, which letters need
    SRGAN_DATA=... python -m runs.photo_models --network srgan-photo   from the newest srresnet-photo
    SRGAN_DATA=... python -m runs.photo_models --network srgan-photo --stage taught   goes on with a teacher's targets
    SRGAN_DATA=... python -m runs.photo_models --stage copies          goes on with the released model; srgan-photo, too
    SRGAN_DATA=... python -m runs.photo_models --stage soap            goes on with another optimizer
    SRGAN_DATA=... python -m runs.photo_models --network srgan-photo --stage text   goes on with softer targets of text
    SRGAN_DATA=... python -m runs.photo_models --stage faces           goes on with more faces; srgan-photo, too
    SRGAN_DATA=... python -m runs.photo_models --stage noise           goes on with stronger noise; all for photos
    SRGAN_DATA=... python -m runs.photo_models --stage files           goes on with files that were saved once
    SRGAN_DATA=... python -m runs.photo_models --network swift-photo   the fast one, from a random start
    SRGAN_DATA=... python -m runs.photo_models --network swift         from swift-photo, on clean crops
    SRGAN_DATA=... python -m runs.photo_models --network swift --stage soap   goes on with another optimizer
    SRGAN_DATA=... python -m runs.photo_models --network swift-photo --stage long   goes on with it
    SRGAN_DATA=... python -m runs.photo_models --network swift-x2      enlarges twice, from swift; then --stage second
    SRGAN_DATA=... python -m runs.photo_models --network swift-photo-x2       the same from swift-photo
    SRGAN_DATA=... python -m runs.photo_models --minutes 9             train for so long, and stop with a checkpoint
    SRGAN_DATA=... python -m runs.photo_models --release               measure the newest checkpoint, write the model

They learn from the photos of `python -m runs.photos`, prepared in cache/photos, by the recipes of their names; from the
photos with drawn text, where `python -m runs.drawn_text` has put them into cache/photos-text; and from the teacher's
targets of `python -m runs.teacher_patches`, in cache/photos-taught.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from runs.pictures import PHOTOS, PHOTOS_X2, Pictures
from runs.releasing import Part, add_mean_options, chosen_mean, effort, prepared, record, released, trained
from srgan.data.prepared_set import PreparedPictures, is_prepared
from srgan.training.recipes import RECIPES
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run
from srgan.weights.card import Card
from srgan.weights.catalogue import SHIPPED

Stage = Literal["first", "squared", "taught", "copies", "soap", "text", "second", "long", "faces", "noise", "files"]
_SOAP = {"content": "mse", "optimiser": "soap", "beta1": 0.95, "clip": 0.25}
_TWICE = {"scale": 2, "crop": 64, "learning_rate": 1e-3, "decay": 0.9, "updates": 20_000}
_FALLING = {"learning_rate": 8e-4, "decay": 1.0}
RECIPE_OF: dict[tuple[str, Stage], Recipe] = {
    ("srresnet-photo", "first"): RECIPES["srresnet-photo"],
    ("srgan-photo", "first"): RECIPES["srgan-photo"],
    ("swift-photo", "first"): RECIPES["swift-photo"].change(updates=34_000),
    ("swift", "first"): RECIPES["swift"].change(learning_rate=4e-4, updates=9_000),
    # Letters a few pixels high become strokes by absolute errors, whose best guess is the likeliest picture; by squared
    # errors it is the mean of the likely ones, which stays as soft as what is known.
    ("srresnet-photo", "squared"): RECIPES["srresnet-photo"].change(
        content="mse", batch=4, crop=176, learning_rate=3e-4, updates=12_000
    ),
    ("swift-photo", "squared"): RECIPES["swift-photo"].change(content="mse", learning_rate=3e-4, updates=13_000),
    ("srgan-photo", "taught"): RECIPES["srgan-photo"].change(
        degradation="clean",  # the patches are damaged already
        consistency=1.0,
        spectrum=0.1,
        learning_rate=3e-4,
        decay=0.6,
        updates=13_000,
    ),
    # Since then the mix holds copies from the web, whose last file is better than the one before it.
    ("srresnet-photo", "copies"): RECIPES["srresnet-photo"].change(
        content="mse", batch=4, crop=160, learning_rate=3e-4, updates=18_000
    ),
    ("srgan-photo", "copies"): RECIPES["srgan-photo"].change(
        degradation="clean",
        consistency=1.0,
        spectrum=0.1,
        learning_rate=2.5e-4,
        decay=0.6,
        discriminator_alone=400,
        updates=4_400,
    ),
    ("srresnet-photo", "soap"): RECIPES["srresnet-photo"].change(
        **_SOAP, batch=4, crop=160, learning_rate=5e-4, decay=0.9, updates=7_000
    ),
    ("swift", "soap"): RECIPES["swift"].change(**_SOAP, **_FALLING, updates=22_000, seed=1),
    ("swift-photo", "soap"): RECIPES["swift-photo"].change(**_SOAP, **_FALLING, updates=22_000),
    ("swift-photo", "long"): RECIPES["swift-photo"].change(**_SOAP, **_FALLING, updates=29_500, seed=2),
    ("swift-x2", "first"): RECIPES["swift"].change(**_SOAP, **_TWICE),
    ("swift-x2", "second"): RECIPES["swift"].change(**_SOAP, **_TWICE | _FALLING | {"updates": 12_000, "seed": 1}),
    ("swift-photo-x2", "first"): RECIPES["swift-photo"].change(**_SOAP, **_TWICE),
}
"""What is trained in each stage of a network."""
# Since then the targets of text that cannot be read are soft.
RECIPE_OF["srgan-photo", "text"] = RECIPE_OF["srgan-photo", "copies"].change(updates=6_000)
# Since then there are faces in the data, upright as in photos, and patches with hardly anything in them.
_UPRIGHT = {"quarter_turns": False, "seed": 1}
RECIPE_OF["srgan-photo", "faces"] = RECIPE_OF["srgan-photo", "copies"].change(**_UPRIGHT, updates=4_500)
RECIPE_OF["srresnet-photo", "faces"] = RECIPE_OF["srresnet-photo", "soap"].change(**_UPRIGHT, updates=3_200)
# Since then the mix holds photos taken in little light.
RECIPE_OF["srgan-photo", "noise"] = RECIPE_OF["srgan-photo", "faces"].change(seed=2, updates=6_200)
RECIPE_OF["srresnet-photo", "noise"] = RECIPE_OF["srresnet-photo", "soap"].change(
    learning_rate=4e-4, decay=1.0, seed=2, updates=2_800
)
RECIPE_OF["swift-photo", "noise"] = RECIPE_OF["swift-photo", "long"].change(learning_rate=6e-4, seed=3, updates=5_000)
RECIPE_OF["swift-photo-x2", "noise"] = RECIPE_OF["swift-photo-x2", "first"].change(
    learning_rate=6e-4, decay=1.0, seed=3, updates=8_000
)
# Files that were saved once alone: for a mean with weights that have seen everything.
RECIPE_OF["srresnet-photo", "files"] = RECIPE_OF["srresnet-photo", "noise"].change(
    degradation="photo", seed=3, updates=2_000
)
TAUGHT_DATA = Path("cache/photos-taught")
TAUGHT = tuple(("srgan-photo", stage) for stage in ("taught", "copies", "text", "faces", "noise"))
"""Stages whose targets are a teacher's."""
FROM_RUNS: tuple[Stage, ...] = ("first", "squared", "taught")
"""Stages that begin with the newest run before them, where it is there; all others begin with the released model."""
TEXT_DATA = Path("cache/photos-text")
"""The photos, and images of drawn text."""
GRAIN = {"srgan-photo": 1.5}
"""Standard deviation of the grain that is added to results, in levels of 255, where any is."""
INITIAL = {
    "srresnet-photo": "srresnet",
    "srgan-photo": "srresnet-photo",
    "swift-photo": None,
    "swift": "swift-photo",
    "swift-x2": "swift",
    "swift-photo-x2": "swift-photo",
}
"""The model that each begins with, where there is no run of it; None for a random start."""
SUMMARIES = {
    "srresnet-photo": "Faithful, for photos as people have them: removes noise and compression, invents no texture",
    "srgan-photo": "Photo-real, for photos as people have them: removes noise and compression, invents texture",
    "swift-photo": "Faithful and fast, for large photos as people have them: removes noise and compression",
    "swift": "Faithful and fast, for large clean photos: a small network",
    "swift-x2": "Faithful, enlarges twice, for clean photos: a small network",
    "swift-photo-x2": (
        "Faithful, enlarges twice, for photos as people have them: removes noise and compression; a small network"
    ),
}
LIMITS = {
    "srresnet-photo": (
        "It invents no texture: hair, grass and fabric come out smooth. Grain of film and faint stars are taken for "
        "noise. What strong compression has removed stays away; letters a few pixels high stay blurred or run "
        "together. Trained on little text, and on no drawings or faces in particular."
    ),
    "srgan-photo": (
        "What it draws looks likely, and need not be what was there: do not use it where a picture is evidence. Fur, "
        "grass and gravel turn into strokes, smoother than they are. Small faces and letters may come out wrong; faint "
        "stars are taken for noise. Its results get a fine grain, drawings and screenshots, too; --grain 0 leaves it "
        "out."
    ),
    "swift-photo": (
        "Small, for speed: it removes compression and noise less completely than srresnet-photo, and edges are softer. "
        "It invents no texture: hair, grass and fabric come out smooth. Not trained on drawings or faces in particular."
    ),
    "swift": (
        "It invents no texture: hair, grass and fabric come out smooth; fine repeating patterns may run in a wrong "
        "direction. Trained on clean bicubic reductions: pictures with noise, blur or strong JPEG compression are "
        "enlarged with their faults."
    ),
    "swift-x2": (
        "Trained on clean bicubic reductions: pictures with noise, blur or strong JPEG compression are enlarged with "
        "their faults. Where a result is more than twice as large, swift and srresnet know better what to draw."
    ),
    "swift-photo-x2": (
        "It invents no texture: hair, grass and fabric come out smooth. Not trained on drawings, text or faces in "
        "particular. Where a result is more than twice as large, srresnet-photo knows better what to draw."
    ),
}


_SEEN = (
    ". The first weights of all, of srresnet, had seen 302003 of BSDS500 as well, which shows the woman of Set5 at "
    "another size"
)
"""What a card says of networks that go back to srresnet."""


def run_of(network: str, stage: Stage = "first") -> Run:
    """Return the run of a network's stage, begun or not."""
    return Run(Path("checkpoints") / network / stage)


def _twice(network: str) -> bool:
    return network.endswith("-x2")


def _pictures(network: str) -> Pictures:
    return PHOTOS_X2 if _twice(network) else PHOTOS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=INITIAL, default="srresnet-photo", help="srresnet-photo without it")
    parser.add_argument("--stage", choices=get_args(Stage), default="first", help="first without it")
    parser.add_argument("--begun-from", metavar="MODEL", help="a run or model to begin with")
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--as-run", metavar="TEXT", help="for the card: what was changed while it ran")
    add_mean_options(parser)
    parser.add_argument("--minutes", type=float, help="train for so long, then stop with a checkpoint")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the model's files")
    choices = parser.parse_args()
    network, stage = choices.network, choices.stage
    if (network, stage) not in RECIPE_OF:
        parser.error(f"{network} has no stage {stage}")
    run = run_of(network, stage)
    if not choices.release:
        initial = choices.begun_from or _initial(network, stage)
        photos = TEXT_DATA if is_prepared(TEXT_DATA) and not _twice(network) else prepared(_pictures(network))
        data = TAUGHT_DATA if (network, stage) in TAUGHT else photos
        trained(RECIPE_OF[network, stage], run, data, begun_from=initial, minutes=choices.minutes)
    if choices.release or choices.minutes is None:
        if not run.exists:
            parser.error(f"there is nothing to release: no run of {network} was begun in {run.folder}")
        taught = (network, stage) in TAUGHT
        _release(network, run, choices.output, as_run=choices.as_run, taught=taught, mean_with=chosen_mean(choices))


def _initial(network: str, stage: Stage) -> str | None:
    """Return what a run begins with: the newest run before it, or else the released model; None for a random start."""
    if stage not in FROM_RUNS:
        return network
    if stage != "first":
        return str(run_of(network).folder) if run_of(network).exists else network
    before = INITIAL[network]
    stages: tuple[Stage, ...] = ("first",) if network == "swift" else ("long", "soap", "squared", "first")
    runs = [run_of(before, earlier) for earlier in stages] if before in INITIAL else []
    return next((str(run.folder) for run in runs if run.exists), before)


def _release(
    network: str,
    run: Run,
    output: Path,
    *,
    as_run: str | None,
    taught: bool,
    mean_with: Sequence[Part],
) -> None:
    updates, hours = effort(run)

    def card(described: Card) -> Card:
        recipe = described.training.recipe | ({"as_run": as_run} if as_run else {})
        data = described.training.data + (_teacher(run) if taught else _text(run))
        data += _SEEN if network in ("srresnet-photo", "srgan-photo") else ""
        training = replace(described.training, recipe=recipe, data=data, updates=updates, hours=round(hours, 2))
        grain = GRAIN.get(network, 0.0)
        return replace(described, summary=SUMMARIES[network], limits=LIMITS[network], training=training, grain=grain)

    released(run, output, card, name=network, pictures=_pictures(network), mean_with=mean_with)
    if not taught:  # whose validation is on patches, of other difficulty than photos
        record(network, [run])


def _text(run: Run) -> str:
    """Return what a card says of drawn text, and of faces cut from the photos, in a run's data."""
    kinds = _kinds(run)
    faces = f" and {kinds['face']:,} of faces cut from the photos" if kinds["face"] else ""
    return f". And {kinds['text']:,} images of drawn text{faces}" if kinds["text"] else ""


def _teacher(run: Run) -> str:
    """Return what a card says of a teacher's targets in a run's data."""
    kinds = _kinds(run)
    calm = f" and {kinds['calm']:,} where there is little to see" if kinds["calm"] else ""
    faces = f"{kinds['face']:,} of faces; " if kinds["face"] else ""
    return (
        f". Then {kinds['taught']:,} patches of these photos whose targets were made by Real-ESRGAN x4plus (Wang et "
        "al. 2021, BSD-3-Clause), corrected to the tones of the originals and mixed with a quarter of them; "
        f"{kinds['plain']:,}{calm} whose targets are the originals; {faces}and {kinds['text']:,} of drawn text, "
        "soft where it cannot be read"
    )


def _kinds(run: Run) -> Counter[str]:
    """Return how many entries of a run's data there are of each kind, which their names begin with."""
    return Counter(entry.name.split()[0] for entry in PreparedPictures(Path(run.settings().data)).entries)


if __name__ == "__main__":
    main()
