"""Curves of a training run, drawn from its tables."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from srgan.errors import OutputError, TrainingError
from srgan.files import Destination
from srgan.training.monitoring.alerts import BLIND_LOSS
from srgan.training.monitoring.log import LOG, VALIDATION, read_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLOT = "loss.png"

_DPI = 100
_PANEL = (6.0, 3.6)  # inches
_TRAINING, _VALIDATION, _OTHER = "#1f77b4", "#d95f02", "#7570b3"
_GUIDE = "0.55"
_FEW = 30  # points that are shown as points
_SMOOTH = 40  # parts of a curve over which it is averaged
_WIDE = 8.0  # largest over smallest from which an axis is logarithmic

Columns = dict[str, list[float]]


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches, 100 pixels to the inch, that knows nothing of other figures.

    Raises:
        TrainingError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TrainingError("drawing needs matplotlib: pip install 'srgan[train]'") from error
    return Figure(figsize=(width, height), dpi=_DPI, facecolor="white")


def plot_losses(run: Path) -> Path:
    """Draw the curves of a run into `loss.png` of its folder; a panel that has no data yet says so.

    Losses and PSNR of every run; what the discriminator believes, its loss, fine detail and gradients where there is
    one.

    Raises:
        OutputError: if the file cannot be written.
        TrainingError: if matplotlib is not installed, or a table cannot be read.
    """
    log, validation = read_log(run / LOG), read_log(run / VALIDATION)
    panels = [_losses, _psnr]
    if "discriminator" in log:
        panels += [_beliefs, _discriminator, _detail, _gradients]
    rows = math.ceil(len(panels) / 2)
    figure = new_figure(2 * _PANEL[0], rows * _PANEL[1])
    for position, draw in enumerate(panels, start=1):
        axes = figure.add_subplot(rows, 2, position)
        draw(axes, log, validation)
        _finish(axes, max([*log.get("update", []), *validation.get("update", []), 1.0]))
    figure.tight_layout()
    return _save(figure, run / PLOT)


def _losses(axes: "Axes", log: Columns, validation: Columns) -> None:
    axes.set_title("Loss of the generator")
    if "discriminator" in log:
        _curve(axes, log, "generator", "training, whole", _OTHER)
        _curve(axes, log, "content", "training, content", _TRAINING)
    else:
        _curve(axes, log, "generator", "training", _TRAINING)
    _curve(axes, validation, "loss", "validation", _VALIDATION, smooth=False)
    _logarithmic_if_wide(axes)


def _psnr(axes: "Axes", log: Columns, validation: Columns) -> None:
    axes.set_title("PSNR on validation pictures [dB]")
    _curve(axes, validation, "raw_psnr", "generator", _TRAINING, smooth=False)
    _curve(axes, validation, "average_psnr", "average of its weights", _VALIDATION, smooth=False)


def _beliefs(axes: "Axes", log: Columns, validation: Columns) -> None:
    axes.set_title("Taken for real by the discriminator")
    _curve(axes, log, "real", "real pictures, D(HR)", _TRAINING)
    _curve(axes, log, "restored", "restored pictures, D(SR)", _VALIDATION)
    axes.axhline(0.5, color=_GUIDE, linewidth=0.8, linestyle="--")
    axes.set_ylim(-0.03, 1.03)


def _discriminator(axes: "Axes", log: Columns, validation: Columns) -> None:
    axes.set_title("Loss of the discriminator")
    _curve(axes, log, "discriminator", "training", _TRAINING)
    axes.axhline(BLIND_LOSS, color=_GUIDE, linewidth=0.8, linestyle="--", label="guessing, 2 log 2")
    _logarithmic_if_wide(axes)


def _detail(axes: "Axes", log: Columns, validation: Columns) -> None:
    axes.set_title("Fine detail of restored pictures")
    _curve(axes, log, "detail", "training", _TRAINING)
    axes.axhline(1.0, color=_GUIDE, linewidth=0.8, linestyle="--", label="as in real ones")
    _logarithmic_if_wide(axes)


def _gradients(axes: "Axes", log: Columns, validation: Columns) -> None:
    axes.set_title("Norm of gradients")
    _curve(axes, log, "generator_gradient", "generator", _TRAINING)
    _curve(axes, log, "discriminator_gradient", "discriminator", _VALIDATION)
    _logarithmic_if_wide(axes)


def _curve(axes: "Axes", table: Columns, name: str, label: str, colour: str, *, smooth: bool = True) -> None:
    """One column over updates: points while they are few, and its running mean over the curve once they are many."""
    pairs = zip(table.get("update", []), table.get(name, []), strict=False)
    points = [(update, value) for update, value in pairs if math.isfinite(value)]
    if not points:
        return
    updates, values = zip(*points, strict=True)
    if smooth and len(values) > _FEW:
        axes.plot(updates, values, color=colour, linewidth=0.7, alpha=0.3)
        values = _running_mean(values, max(3, len(values) // _SMOOTH))
    marker = "o" if len(values) <= _FEW else ""
    axes.plot(updates, values, color=colour, linewidth=1.5, marker=marker, markersize=3.5, label=label)


def _running_mean(values: Sequence[float], width: int) -> tuple[float, ...]:
    """The mean of each value and those before it, at most `width` in all."""
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    starts = [max(0, end - width) for end in range(1, len(sums))]
    return tuple((sums[end] - sums[start]) / (end - start) for end, start in enumerate(starts, start=1))


def _logarithmic_if_wide(axes: "Axes") -> None:
    """A logarithmic axis where curves spread over nearly a decade, and none of them touches zero."""
    values = [value for line in axes.get_lines() for value in np.asarray(line.get_ydata(), float)]
    if values and min(values) > 0 and max(values) > _WIDE * min(values):
        axes.set_yscale("log")


def _finish(axes: "Axes", updates: float) -> None:
    """What all panels have in common, once the curves are drawn: not least the updates that they span."""
    axes.grid(color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if all(line.get_color() == _GUIDE for line in axes.get_lines()):
        axes.text(0.5, 0.4, "nothing yet", transform=axes.transAxes, ha="center", va="center", color=_GUIDE)
        axes.set(xticks=[], yticks=[])
    axes.set(xlabel="updates", xlim=(0, 1.02 * updates))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize="small")


def _save(figure: "Figure", path: Path) -> Path:
    """Write the figure, whole or not at all."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=_DPI)
    destination = Destination(path, overwrite=True)
    try:
        with open(destination.open(), "wb", closefd=False) as file:
            file.write(data.getvalue())
        destination.appear()
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}): free some space") from error
    finally:
        destination.close()
    return path
