"""Study of training length: what a GAN's generator makes after more and more updates.

The paper's supplement shows one generator at growing numbers of updates. Here they are models whose cards state their
updates, measured on a test set, and the validations that a training run logged.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srgan.errors import DataError
from srgan.evaluation.measures import find_protocol, protocol_measure
from srgan.evaluation.methods import find_method
from srgan.evaluation.significance import mean
from srgan.evaluation.test_sets import find_set, read_rgb
from srgan.files import make_folder, write_bytes
from srgan.paper.comparison_table import print_score
from srgan.paper.paper_figures import FIGURES
from srgan.paper.reproduction import Reproducer, Reproduction
from srgan.reporting.plot_style import SERIES, clean_axes, draw
from srgan.reporting.table import Column, Number, Table
from srgan.training.monitoring.log import VALIDATION
from srgan.weights.catalogue import find

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Length of GAN training: PSNR and SSIM by updates"
COMMAND = "srgan train srgan-vgg22-quick --from runs/srresnet-mse-quick"
"""A training whose run this study can show."""
_NOTES = (
    "PSNR and SSIM: means by the paper protocol, over a test set for models, over its validation photos for a run.",
    "The paper shows pictures and prints no numbers: there is no verdict.",
)


@dataclass(frozen=True)
class LengthPoint:
    """A generator after some updates."""

    data: str
    """Name of the images, or of the run that validated."""
    updates: int
    psnr: float
    ssim: float
    model: str = ""


def reproduce_length(work: Reproducer, models: Sequence[str], runs: Sequence[Path], data: str) -> Reproduction:
    """Show PSNR and SSIM by the number of updates, and one image as each model makes it.

    Args:
        work: folder, progress and engine.
        models: names or files, measured on the test set.
        runs: folders of training runs, or tables of their validations; with a column `stage`, one line per stage.
        data: the test set.

    Raises:
        DataError: if a run has no table of validations.
        ModelError: if a model is unknown.
    """
    make_folder(work.folder)
    points = [point for run in runs for point in _read_validations(run)]
    sheet: tuple[Path, ...] = ()
    if models:
        measured, sheet = _measure_models(work, models, data)
        points = [*measured, *points]
    title = (Column("pictures"), Column("updates"), Column("PSNR [dB]"), Column("SSIM"), Column("model"))
    rows = tuple(
        (
            point.data,
            (Number.of(point.updates, spec=",.0f"),),
            (Number.of(point.psnr, spec=lambda value: print_score("psnr", value)),),
            (Number.of(point.ssim, spec=lambda value: print_score("ssim", value)),),
            point.model or "-",
        )
        for point in points
    )
    document: dict[str, Any] = {
        "what": "length",
        "notes": list(_NOTES),
        "rows": [{**vars(point), "model": point.model or None} for point in points],
    }
    plot = (_plot(points, work.folder / "length.png"),) if points else ()
    commands = {} if points else {"no GAN was trained at several lengths": COMMAND}
    return Reproduction("length", {"length": Table(TITLE, title, rows, _NOTES)}, document, plot + sheet, (), commands)


def _measure_models(work: Reproducer, models: Sequence[str], data: str) -> tuple[list[LengthPoint], tuple[Path, ...]]:
    """Measure models on a set, fewest updates first, and write a sheet of a detail of one image."""
    from srgan.reporting.contact_sheet import sheet, write_sheet

    cards = sorted(((find(model).card, model) for model in models), key=lambda pair: pair[0].training.updates)
    images, protocol = find_set(data), find_protocol("paper")
    names = {card.name: f"{card.training.updates:,} updates" for card, _ in cards}
    methods = [
        find_method(f"{card.name}={model}", engine=work.engine, precision=work.precision) for card, model in cards
    ]
    results = work.measure(methods, [images], [protocol_measure(protocol)])
    points = []
    for card, _ in cards:
        psnr, ssim = (mean(results.values(card.name, images.name, f"paper/{kind}")) for kind in ("psnr", "ssim"))
        points.append(LengthPoint(images.name, card.training.updates, psnr, ssim, card.name))
    figure = FIGURES["figure6"]
    image = figure.image if figure.image in images.images else images.images[0]
    paths = {row.method: row.path for row in results.rows if row.picture == image}
    files = [*(paths[name] for name in names), f"reference/{images.name}/{image}.png"]
    details = [figure.detail(read_rgb(work.folder / "evaluation" / file)) for file in files]
    path = work.folder / "length-pictures.png"
    write_sheet(path, sheet([*names.values(), "original"], [details]))
    return points, (path,)


def _read_validations(run: Path) -> list[LengthPoint]:
    """Read the validations of a run, or a table of them: the better of raw and averaged weights."""
    path = run / VALIDATION if run.is_dir() else run
    name = run.resolve().name if run.is_dir() else run.stem
    points = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                best = max(("raw", "average"), key=lambda kind: float(row[f"{kind}_psnr"]))
                label = f"validation of {name}" + (f", stage {row['stage']}" if "stage" in row else "")
                psnr, ssim = (float(row[f"{best}_{kind}"]) for kind in ("psnr", "ssim"))
                points.append(LengthPoint(label, int(row["update"]), psnr, ssim))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} holds no validations of a training run: name the folder of a run") from error
    return points


def _plot(points: Sequence[LengthPoint], path: Path) -> Path:
    """Draw PSNR over updates, a line for each group of images."""
    groups = list(dict.fromkeys(point.data for point in points))

    def fill(figure: "Figure") -> None:
        axes = figure.add_subplot()
        for place, group in enumerate(groups):
            own = sorted((point.updates, point.psnr) for point in points if point.data == group)
            axes.plot(*zip(*own, strict=True), "o-", color=SERIES[place % len(SERIES)], markersize=4, label=group)
        axes.set(xlabel="updates", title="PSNR [dB], paper protocol")
        axes.legend(frameon=False, fontsize="small")
        clean_axes(axes)

    return write_bytes(path, draw("length", TITLE, "", (6.0, 3.6), fill, resolution=100).png)
