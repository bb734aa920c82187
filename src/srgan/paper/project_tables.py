"""Tables of two projects built on the paper: that of a group of UC San Diego, and Loridan's log of two stages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from srgan.errors import UsageError
from srgan.evaluation.measures import find_protocol, protocol_measure, rgb_measure
from srgan.evaluation.test_sets import ImageSet, Pixels, find_set, image_name, keep, read_rgb
from srgan.files import write_bytes
from srgan.paper.comparison_table import print_score
from srgan.paper.published import LORIDAN_GAN, LORIDAN_PRE, SEEDS, SEEDS_TRAINING, TABLE2, Published
from srgan.paper.reproduction import Reproducer, Reproduction, compare, training_command
from srgan.paper.table_methods import ChosenMethods
from srgan.paper.verdicts import (
    KINDS,
    NO_OPINIONS,
    NO_RUN,
    OTHER_PICTURES,
    SEED_MEASURES,
    ComparedNumber,
    ComparedRow,
    Opinions,
    compare_results,
)
from srgan.training.monitoring.log import LOG, VALIDATION, read_log

UCSD_ROWS: Mapping[str, str] = {"ucsd-srcnn": "SRCNN", "ucsd-srresnet": "SRResNet", "ucsd-srgan": "SRGAN"}
"""By recipe, the row of the San Diego group's table."""

_LORIDAN_RECIPES: Mapping[str, str] = {"PRE": LORIDAN_PRE.name, "GAN": LORIDAN_GAN.name}
"""By column of his demonstration, the recipe of the stage behind it."""
SHEET = Published("dogs", "LR, SR (PRE), SR (GAN) and the original", "", ("dogs",), ("PRE", "GAN"), (), {})
"""Loridan's demonstration: a photo before and after each stage."""
_SHOWN, _SIDE = 4, 192
"""Number of photos on the sheet, and side of the part that is shown, in pixels of the original."""

Log = Mapping[int, Mapping[str, float]]
"""By update, numbers by their kinds."""

_LEVELS = 127.5**2
"""Squared errors in [-1, 1] times this are those of levels from 0 to 255."""
_GRAY = np.array([0.299, 0.587, 0.114])
"""BT.601."""


def runs_by_recipe(runs: Sequence[Path]) -> dict[str, Path]:
    """Return training runs by the names of their recipes; of several with one recipe, the last.

    Raises:
        TrainingError: if a folder holds no run.
    """
    if not runs:
        return {}
    from srgan.training.run_folder import Run  # imports torch

    return {Run(run).settings().recipe.name: run for run in runs}


def reproduce_seeds(
    work: Reproducer,
    data: Path | None,
    rows: Mapping[str, str],
    sets: Sequence[str],
    opinions: Opinions = NO_OPINIONS,
    *,
    runs: Sequence[Path] = (),
    gray: bool = False,
) -> Reproduction:
    """Measure the table of the UC San Diego group, with the time that each method takes for a picture.

    Args:
        work: folder, progress and engine.
        data: DIV2K's validation images, those of the published numbers.
        rows: by row, what fills it.
        sets: other images, which get no verdicts; without `data` and these, those of the paper.
        opinions: our MOS.
        runs: training runs; those by a recipe of the group fill its rows, and their loss plots are shown.
        gray: whether the images are measured as gray ones, too.

    Raises:
        UsageError: if `data` and `sets` are both given, or a row is unknown.
    """
    if data is not None and sets:
        raise UsageError("data and sets both name images: give one of them", parameter="data")
    words = [f"DIV2K={data}"] if data is not None else sets or TABLE2.sets
    images = [find_set(word) for word in words]
    named = {UCSD_ROWS[recipe]: run for recipe, run in runs_by_recipe(runs).items() if recipe in UCSD_ROWS}
    work.choose(SEEDS, rows)  # errors come before any work
    trained = dict(zip(named, work.release(list(named.values())), strict=True))
    chosen = work.choose(SEEDS, {**trained, **rows})
    if gray:
        images += [_make_gray(one, work.folder / "gray") for one in images]
    matlab = find_protocol("matlab")
    results = work.measure(chosen.methods, images, [protocol_measure(matlab), rgb_measure()])
    names = ", ".join(one.name for one in images)
    which = f"{names}: other pictures than those of the published numbers, DIV2K's, so there is no verdict."
    if data is not None:
        which = f"The pictures of {data.name} are taken to be those of the published numbers, DIV2K's."
    notes = [
        which,
        "MSE and PSNR: of all RGB channels in [0, 1], nothing cropped. SSIM: by the matlab protocol, "
        f"{matlab.description}. How the published ones were measured is not known.",
        SEEDS_TRAINING,
    ]
    compared = compare_results(
        SEEDS, results, chosen.missing, SEED_MEASURES, {one.name: "DIV2K" for one in images}, opinions, timed=True
    )
    made = compare(SEEDS, compared, chosen, notes, opinions)
    missing = {
        f"{row} was not trained as the group did": training_command(recipe, "DIV2K")
        for recipe, row in UCSD_ROWS.items()
        if row not in named
    }
    return replace(made, images=_copy_plots(named, work.folder), commands={**made.commands, **missing})


def _make_gray(images: ImageSet, folder: Path) -> ImageSet:
    """Return a set whose images are the gray ones of another, written into a folder."""
    name, files = f"{images.name} gray", []
    for path in images.files:
        gray = np.rint(read_rgb(path) @ _GRAY).astype(np.uint8)[:, :, None]
        files.append(folder / name / f"{image_name(path)}.png")
        keep(files[-1], gray)
    return ImageSet(name, tuple(files))


def reproduce_loridan(
    work: Reproducer, runs: Sequence[Path], rows: Mapping[str, str], sets: Sequence[str]
) -> Reproduction:
    """Compare the logs of both of Loridan's stages with his, and show photos before and after each.

    Args:
        work: folder, progress and engine.
        runs: training runs, of which those by `loridan-pre` and `loridan-gan` count.
        rows: models for the columns `PRE` and `GAN` of the sheet; without them, those of the runs.
        sets: the set whose first photos are shown; one or none.

    Raises:
        UsageError: if there are several sets, or a column is unknown.
    """
    if len(sets) > 1:
        raise UsageError("set must be given once: a sheet shows the photos of one folder", parameter="set")
    work.choose(SHEET, rows)  # errors come before any work
    photos = [find_set(word) for word in sets]
    found = runs_by_recipe(runs)
    stages = {column: found[recipe] for column, recipe in _LORIDAN_RECIPES.items() if recipe in found}
    trained = dict(zip(stages, work.release(list(stages.values())), strict=True))
    chosen = work.choose(SHEET, {**trained, **rows})
    images = [_write_sheet(work, chosen, photos[0])] if photos and chosen.methods else []
    parts = [
        _compare_stage(LORIDAN_PRE, stages.get("PRE"), _read_validations),
        _compare_stage(LORIDAN_GAN, stages.get("GAN"), _read_losses),
    ]
    commands = {
        f"{recipe} has no run yet": training_command(recipe, "DOGS")
        for column, recipe in _LORIDAN_RECIPES.items()
        if column not in stages
    }
    if not images:
        commands["the sheet of dogs needs photos"] = (
            "srgan reproduce loridan --set DOGS --method PRE=srresnet --method GAN=srgan"
        )
    return Reproduction(
        "loridan",
        {name: table for part in parts for name, table in part.tables.items()},
        {"what": "loridan", "stages": [part.document for part in parts], "pictures": [str(path) for path in images]},
        (*images, *_copy_plots(stages, work.folder)),
        commands=commands,
    )


def _read_validations(run: Path) -> Log:
    table = read_log(run / VALIDATION)
    rows = zip(*(table[name] for name in ("update", "raw_psnr", "average_psnr", "loss")), strict=True)
    return {int(update): {"psnr": max(raw, average), "loss": _LEVELS * loss} for update, raw, average, loss in rows}


def _read_losses(run: Path) -> Log:
    table = read_log(run / LOG)
    rows = zip(*(table[name] for name in ("update", "generator", "discriminator")), strict=True)
    return {int(update): {"perceptual": one, "discriminator": other} for update, one, other in rows}


def _compare_stage(published: Published, run: Path | None, read: Callable[[Path], Log]) -> Reproduction:
    """Compare the logged numbers of each printed update; they are of other photos, so none is judged."""
    (data,), log = published.sets, {} if run is None else read(run)
    rows = []
    for method in published.methods:
        ours, printed = log.get(int(method.split()[0].replace(",", "")), {}), published.of(method, data)
        numbers = [
            ComparedNumber(kind, ours.get(kind), printed[kind], OTHER_PICTURES if kind in ours else NO_RUN)
            for kind in published.kinds
        ]
        rows.append(ComparedRow(data, method, tuple(numbers), None))
    return compare(published, rows, ChosenMethods(()), [] if run is None else [_describe(run, log)])


def _describe(run: Path, log: Log) -> str:
    """Return a note on our run: its photos, its length and the last numbers of its log."""
    from srgan.training.run_folder import Run

    settings, last = Run(run).settings(), max(log, default=0)
    recipe = settings.recipe
    numbers = ", ".join(f"{KINDS[kind].title} {print_score(kind, value)}" for kind, value in log.get(last, {}).items())
    return (
        f"Ours: the run {run.resolve().name}, {settings.updates:,} updates planned of {recipe.crops.batch} crops from "
        f"the photos of {Path(settings.data).name}, content loss {recipe.loss.content}; after {last:,}: {numbers}."
    )


def _copy_plots(runs: Mapping[str, Path], folder: Path) -> tuple[Path, ...]:
    """Copy the loss plots of runs that have one into a folder."""
    from srgan.training.monitoring.loss_plots import PLOT

    made = {folder / f"loss-{name}.png": run / PLOT for name, run in runs.items()}
    return tuple(write_bytes(copy, plot.read_bytes()) for copy, plot in made.items() if plot.is_file())


def _write_sheet(work: Reproducer, chosen: ChosenMethods, photos: ImageSet) -> Path:
    """Write the centres of a few photos: small, by each model, and the original, with PSNR by the paper protocol."""
    from srgan.reporting.contact_sheet import sheet, write_sheet

    some = replace(photos, files=photos.files[:_SHOWN])
    results = work.measure(chosen.methods, [some], [protocol_measure(find_protocol("paper"))])
    folder, names = work.folder / "evaluation", [method.info.name for method in chosen.methods]
    found = {(row.method, row.picture): row for row in results.rows}
    rows, captions = [], []
    for image in some.images:
        own = [found[name, image] for name in names]
        paths = [f"low/{some.name}/{image}.png", *(row.path for row in own), f"reference/{some.name}/{image}.png"]
        rows.append([_cut_centre(read_rgb(folder / path), 1 if place else 4) for place, path in enumerate(paths)])
        captions.append(["", *(f"{row.scores['paper/psnr']:.2f} dB" for row in own), ""])
    path = work.folder / "loridan.png"
    write_sheet(path, sheet(["LR", *(f"SR ({name})" for name in names), "original"], rows, captions))
    return path


def _cut_centre(pixels: Pixels, scale: int) -> Pixels:
    """Return the same part of a small image and, with scale 1, of large ones."""
    side, (height, width) = _SIDE // scale, pixels.shape[:2]
    unit = 4 // scale
    top, left = (max(0, length - side) // 2 // unit * unit for length in (height, width))
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])
