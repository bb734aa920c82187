"""Draw docs/images/curves.png: validation scores of released runs, from runs/records.

A record is a run's validation.csv with the name of the stage in front of each row; updates of later stages continue
those of earlier ones. Stages are drawn apart: later ones may have other validation images.
"""

import csv
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from docs.generators.page_parts import tidy, write_plot
from runs.pictures import OPEN
from srgan.errors import TrainingError
from srgan.reporting.plot_style import new_figure

_WIDE = 8.0  # longest over shortest training from which updates are drawn on a logarithmic axis
_COLOURS = (
    *("#1f77b4", "#d95f02", "#2f9e6e", "#c2557f", "#7570b3", "#a08a1f", "#4aa3b5", "#24292f", "#b5524a"),
    *("#6b4c2a", "#9ac24b", "#e6a5c0", "#5b6770"),
)
_KINDS = ("", OPEN.name, "-photo")
"""Suffixes of the names of models with other validation images; each gets a panel."""


@dataclass(frozen=True)
class Curve:
    """PSNR of a model on validation images during training."""

    model: str
    updates: tuple[int, ...]
    """Updates at each measurement, earlier stages included."""
    psnr: tuple[float, ...]
    """In dB, of the averaged weights."""
    starts: tuple[int, ...]
    """Index of the first measurement of each stage."""


def read_curves(folder: Path) -> tuple[Curve, ...]:
    """Read the records of a folder, sorted by model; empty if the folder does not exist.

    Raises:
        TrainingError: if a file is not a record.
    """
    return tuple(_read(path) for path in sorted(folder.glob("*.csv"), key=lambda path: path.stem))


def _read(path: Path) -> Curve:
    updates, psnr, starts = list[int](), list[float](), list[int]()
    before, stage = 0, None
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["stage"] != stage:
                    before, stage = updates[-1] if updates else 0, row["stage"]
                    starts.append(len(updates))
                updates.append(before + int(row["update"]))
                psnr.append(float(row["average_psnr"]))
    except (KeyError, ValueError) as error:
        raise TrainingError(f"{path} is no record of training ({error}): release the model again") from error
    return Curve(path.stem, tuple(updates), tuple(psnr), tuple(starts))


def _kind(model: str) -> str:
    """Return the suffix of `_KINDS` that a model has."""
    return next((kind for kind in _KINDS[1:] if model.endswith(kind)), "")


def draw_curves(curves: Sequence[Curve], path: Path) -> None:
    """Draw the curves, a line for each model and a panel for each set of validation images.

    Raises:
        DataError: if matplotlib is not installed.
        OutputError: if the file cannot be written.
    """
    colours = dict(zip((curve.model for curve in curves), itertools.cycle(_COLOURS), strict=False))
    panels = [panel for panel in ([one for one in curves if _kind(one.model) == kind] for kind in _KINDS) if panel]
    figure = new_figure(8.0, 1.0 + 2.5 * len(panels))
    ends = [curve.updates[-1] for curve in curves if curve.updates]
    for axes, panel in zip(figure.subplots(len(panels), sharex=True, squeeze=False).flat, panels, strict=True):
        for curve in panel:
            style = {"color": colours[curve.model], "marker": "o" if len(curve.updates) < 30 else "", "markersize": 3}
            for first, last in itertools.pairwise((*curve.starts, None)):
                label = "" if first else curve.model  # once in the legend
                axes.plot(curve.updates[first:last], curve.psnr[first:last], label=label, **style)
        if ends and max(ends) > _WIDE * min(ends):
            axes.set_xscale("log")
        axes.set(ylabel="PSNR [dB]")
        tidy(axes)
        axes.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes.set(xlabel="updates")
    write_plot(path, figure)
