"""Plots of a training run, drawn from its tables."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from srgan.files import write_bytes
from srgan.reporting.plot_style import BLUE, ORANGE, QUIET, SERIES, clean_axes, new_figure, use_log_axis_if_wide
from srgan.training.monitoring.alerts import BLIND_LOSS
from srgan.training.monitoring.log import LOG, VALIDATION, read_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLOT = "loss.png"

_PANEL = (6.0, 3.6)  # inches
_FEW = 30  # values that are drawn as points
_SMOOTH = 40  # parts of a curve over which it is averaged

Columns = Mapping[str, Sequence[float]]
Curve = tuple[str, str, str, str]
"""Table, column, label, colour."""


@dataclass(frozen=True)
class Panel:
    """One plot: curves over updates, and perhaps a dashed line to compare them with."""

    title: str
    curves: tuple[Curve, ...]
    guide: float | None = None
    guide_label: str = ""
    is_probability: bool = False


_VALIDATION_LOSS = (VALIDATION, "loss", "validation", ORANGE)
_PSNR_CURVES = (
    (VALIDATION, "raw_psnr", "generator", BLUE),
    (VALIDATION, "average_psnr", "average of its weights", ORANGE),
)
_GUESSES = ((LOG, "real", "real pictures, D(HR)", BLUE), (LOG, "restored", "restored pictures, D(SR)", ORANGE))
_GRADIENTS = (
    (LOG, "generator_gradient", "generator", BLUE),
    (LOG, "discriminator_gradient", "discriminator", ORANGE),
)
_WHOLE_LOSS, _CONTENT = (LOG, "generator", "training, whole", SERIES[4]), (LOG, "content", "training, content", BLUE)
_PSNR_PANEL = Panel("PSNR on validation pictures [dB]", _PSNR_CURVES)
_PIXEL_PANELS = (
    Panel("Loss of the generator", ((LOG, "generator", "training", BLUE), _VALIDATION_LOSS)),
    _PSNR_PANEL,
)
_ADVERSARIAL_PANELS = (
    Panel("Loss of the generator", (_WHOLE_LOSS, _CONTENT, _VALIDATION_LOSS)),
    _PSNR_PANEL,
    Panel("Taken for real by the discriminator", _GUESSES, 0.5, is_probability=True),
    Panel("Loss of the discriminator", ((LOG, "discriminator", "training", BLUE),), BLIND_LOSS, "guessing, 2 log 2"),
    Panel("Fine detail of restored pictures", ((LOG, "detail", "training", BLUE),), 1.0, "as in real ones"),
    Panel("Norm of gradients", _GRADIENTS),
)


def plot_losses(run: Path) -> Path:
    """Draw the curves of a run into `loss.png` of its folder; a panel without data says so.

    Losses and PSNR of every run; with a discriminator also its probabilities, its loss, fine detail and gradients.

    Raises:
        OutputError: if the file cannot be written.
        DataError: if matplotlib is not installed.
        TrainingError: if a table cannot be read.
    """
    tables = {name: read_log(run / name) for name in (LOG, VALIDATION)}
    panels = _ADVERSARIAL_PANELS if "discriminator" in tables[LOG] else _PIXEL_PANELS
    rows = math.ceil(len(panels) / 2)
    figure = new_figure(2 * _PANEL[0], rows * _PANEL[1])
    last = max([1.0, *(update for table in tables.values() for update in table.get("update", []))])
    for position, panel in enumerate(panels, start=1):
        axes = figure.add_subplot(rows, 2, position)
        _draw(axes, panel, tables)
        axes.set(title=panel.title, xlabel="updates", xlim=(0, 1.02 * last))
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return write_bytes(run / PLOT, data.getvalue())


def _draw(axes: "Axes", panel: Panel, tables: Mapping[str, Columns]) -> None:
    drawn = [value for curve in panel.curves for value in _draw_curve(axes, curve, tables[curve[0]])]
    clean_axes(axes)
    if panel.is_probability:
        axes.set_ylim(-0.03, 1.03)
    else:
        use_log_axis_if_wide(axes, drawn)
    if panel.guide is not None:
        axes.axhline(panel.guide, color=QUIET, linewidth=0.8, linestyle="--", label=panel.guide_label or None)
    if not drawn:
        axes.text(0.5, 0.4, "nothing yet", transform=axes.transAxes, ha="center", va="center", color=QUIET)
        axes.set(xticks=[], yticks=[])
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize="small")


def _draw_curve(axes: "Axes", curve: Curve, table: Columns) -> Sequence[float]:
    """Draw a column, as points while it is short, and smoothed once a log is long; return the values drawn."""
    source, column, label, colour = curve
    pairs = zip(table.get("update", []), table.get(column, []), strict=False)
    points = [(update, value) for update, value in pairs if math.isfinite(value)]
    if not points:
        return []
    updates, values = zip(*points, strict=True)
    is_long = len(values) > _FEW
    if is_long and source == LOG:
        axes.plot(updates, values, color=colour, linewidth=0.7, alpha=0.3)
        values = _average(values, max(3, len(values) // _SMOOTH))
    marker = "" if is_long else "o"
    axes.plot(updates, values, color=colour, linewidth=1.5, marker=marker, markersize=3.5, label=label)
    return values


def _average(values: Sequence[float], width: int) -> tuple[float, ...]:
    """Return the mean of each value and those before it, at most `width` in all."""
    sums, ends = np.cumsum([0.0, *values]), np.arange(1, len(values) + 1)
    starts = np.maximum(ends - width, 0)
    return tuple(((sums[ends] - sums[starts]) / (ends - starts)).tolist())
