"""How a figure of a study is drawn: its manner, the study's words at its foot, and as which files it comes.

Every figure is stamped SIMULATED where programs voted. This module does not know what is drawn.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from srgan.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, PALE = "#1f2328", "#59636e", "#d1d9e0"
RED, BLUE, ORANGE = "#d5281b", "#0072b2", "#d55e00"
"""Told apart also by readers who confuse red with green."""

_RESOLUTION = 200  # dots an inch
_LONGEST = 22  # letters of a name that are drawn
_LETTERS = 22  # of the words at the foot for which an inch has room
_SETTINGS: Any = {
    "svg.fonttype": "none",  # letters stay letters
    "svg.hashsalt": "srgan",  # the same votes give the same file
    "text.parse_math": False,  # a name with two dollars is no formula
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
}


@dataclass(frozen=True)
class Stamp:
    """What is written at the foot of every figure."""

    words: str
    """Which study it is of, and who rated."""
    simulated: bool


@dataclass(frozen=True)
class Drawing:
    """One figure."""

    name: str
    """Of its files, without ending."""
    title: str
    caption: str
    svg: str
    """A whole document that needs nothing else."""
    png: bytes


def draw(
    name: str, title: str, caption: str, size: tuple[float, float], fill: Callable[["Figure"], None], stamp: Stamp
) -> Drawing:
    """The figure that `fill` draws into, stamped, as SVG and PNG.

    Raises:
        DataError: if matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DataError("drawing needs matplotlib: pip install 'srgan[study]'") from error
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure: Figure = Figure(figsize=size, layout="constrained")
        fill(figure)
        _put(figure, stamp)
        data, pixels = io.StringIO(), io.BytesIO()
        words = f"{title}. {stamp.words}"
        figure.savefig(data, format="svg", facecolor="white", metadata={"Date": None, "Creator": None, "Title": words})
        figure.set_layout_engine("none")  # it is laid out: once is enough
        figure.savefig(pixels, format="png", dpi=_RESOLUTION, metadata={"Software": None, "Title": words})
    return Drawing(name, title, caption, data.getvalue(), pixels.getvalue())


def _put(figure: "Figure", stamp: Stamp) -> None:
    """The study's words at the foot; across a figure of simulated ratings, what they are."""
    width, height = figure.get_size_inches()
    words = stamp.words if len(stamp.words) <= width * _LETTERS else stamp.words.replace("; ", ";\n")
    colour = RED if stamp.simulated else QUIET
    figure.supxlabel(words, x=0.995, ha="right", multialignment="right", fontsize=6, color=colour)
    if stamp.simulated:
        angle = float(np.degrees(np.arctan2(height, width)))
        figure.text(
            0.5, 0.5, "SIMULATED", ha="center", va="center", rotation=angle, fontsize=11.0 * min(width, 1.6 * height),
            color=RED, alpha=0.18, weight="bold", zorder=100,
        )  # fmt: skip


def name_columns(axes: "Axes", names: Sequence[str]) -> None:
    axes.set_xticks(range(len(names)), [short(name) for name in names])
    slanted = max(map(len, names)) > 5
    axes.tick_params(axis="x", labelrotation=40 if slanted else 0, pad=2)
    for label in axes.get_xticklabels() if slanted else ():
        label.set(ha="right", rotation_mode="anchor")


def short(name: str) -> str:
    """The name as a figure has room for it, in one line."""
    line = " ".join("".join(letter if letter.isprintable() else "?" for letter in part) for part in name.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
