"""One style for all plots, as SVG and PNG; the same numbers give the same files. It does not know what is drawn."""

import io
import math
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from srgan.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, PALE = "#1f2328", "#59636e", "#d1d9e0"
"""Colours of text and marks, of axes, and of grids."""
RED, BLUE, ORANGE = "#d5281b", "#0072b2", "#d55e00"
SERIES = (BLUE, ORANGE, "#009e73", "#cc79a7", "#8a6fd1", "#e69f00", "#56b4e9", "#a08a1f")
"""Colours of methods or sets in order; readers who confuse red with green can tell neighbours apart."""

_RESOLUTION = 200  # dots per inch of a PNG
_LONGEST = 24  # letters of a name that are drawn
_LETTERS = 22  # of the foot that fit into an inch
_WIDE = 8.0  # ratio of the largest to the smallest value from which an axis is logarithmic
_SETTINGS: Any = {
    "svg.fonttype": "none",  # letters stay letters, also those that matplotlib's font lacks
    "svg.hashsalt": "srgan",  # no random ids
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
_DARK = {INK: "#d8dde3", QUIET: "#9aa4af", PALE: "#4a525c"}


@dataclass(frozen=True)
class Drawing:
    """One plot."""

    name: str
    """File name without suffix."""
    title: str
    caption: str
    svg: str
    """A whole document that refers to nothing outside it."""
    png: bytes
    """Empty for plots that adapt to the reader's colour scheme."""

    def html(self) -> str:
        """Return a `figure` element with title and caption; safe to use in a Jinja template.

        Raises:
            DataError: if jinja2 is not installed.
        """
        from srgan.reporting.page import data_url, render

        source = data_url("image/svg+xml", self.svg.encode("utf-8", "replace"))
        return render("srgan.reporting", "templates/figure.html", drawing=self, source=source)


def draw(
    name: str,
    title: str,
    caption: str,
    size: tuple[float, float],
    fill: Callable[["Figure"], None],
    *,
    foot: str = "",
    watermark: str = "",
    adaptive: bool = False,
    resolution: int = _RESOLUTION,
) -> Drawing:
    """Draw a plot as SVG and PNG.

    Args:
        name: of its files, without suffix.
        title: what is shown; also stored in the files.
        caption: how to read it.
        size: width and height in inches.
        fill: draws into an empty figure.
        foot: a line in small print below the plot, such as where the numbers are from.
        watermark: a word printed across the plot, which also turns the foot red.
        adaptive: whether the SVG has no background and follows the reader's light or dark scheme, for pages; then
            there is no PNG.
        resolution: dots per inch of the PNG.

    Raises:
        DataError: if matplotlib is not installed.
    """
    figure = new_figure(*size)
    import matplotlib

    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        fill(figure)
        _add_foot(figure, foot, watermark)
        words = f"{title}. {foot}" if foot else title
        metadata = {"Date": None, "Creator": None, "Title": "".join(char for char in words if char.isprintable())}
        svg, png = io.StringIO(), io.BytesIO()
        figure.savefig(svg, format="svg", facecolor="white", transparent=adaptive, metadata=metadata)
        if adaptive:
            return Drawing(name, title, caption, _adapt(svg.getvalue()), b"")
        figure.set_layout_engine("none")  # it is laid out already
        metadata = {"Software": None, "Title": metadata["Title"]}
        figure.savefig(png, format="png", dpi=resolution, facecolor="white", metadata=metadata)
    return Drawing(name, title, caption, svg.getvalue(), png.getvalue())


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty white figure of that many inches, at 100 pixels per inch, apart from pyplot's.

    Raises:
        DataError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DataError("drawing needs matplotlib: pip install 'srgan[evaluate]'") from error
    return Figure(figsize=(width, height), dpi=100, facecolor="white", layout="constrained")


def clean_axes(axes: "Axes", grid: Literal["both", "x", "y"] = "both") -> None:
    """Give axes a pale grid behind the marks, and no frame at the top and right."""
    axes.grid(axis=grid, color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def use_log_axis_if_wide(axes: "Axes", values: Iterable[float], axis: Literal["x", "y"] = "y") -> None:
    """Make an axis logarithmic where positive values spread over nearly a decade."""
    known = [value for value in values if math.isfinite(value)]
    if known and min(known) > 0 and max(known) > _WIDE * min(known):
        axes.set(**{f"{axis}scale": "log"})
        ticks = getattr(axes, f"{axis}axis")
        ticks.set_major_formatter("{x:g}")
        ticks.set_minor_formatter("")


def shorten(name: str) -> str:
    """Return a name in one printable line of at most 24 letters."""
    line = " ".join("".join(letter if letter.isprintable() else "?" for letter in part) for part in name.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _add_foot(figure: "Figure", foot: str, watermark: str) -> None:
    width, height = figure.get_size_inches()
    if foot:
        words = foot if len(foot) <= width * _LETTERS else foot.replace("; ", ";\n")
        colour = RED if watermark else QUIET
        figure.supxlabel(words, x=0.995, ha="right", multialignment="right", fontsize=6, color=colour)
    if watermark:
        figure.text(
            0.5, 0.5, watermark, ha="center", va="center", rotation=math.degrees(math.atan2(height, width)),
            fontsize=11.0 * min(width, 1.6 * height), color=RED, alpha=0.18, weight="bold", zorder=100,
        )  # fmt: skip


def _adapt(svg: str) -> str:
    """Replace the style's colours by variables of the reader's colour scheme."""
    names = {INK: "--ink", QUIET: "--quiet", PALE: "--pale"}
    light = ";".join(f"{names[colour]}:{colour}" for colour in names)
    dark = ";".join(f"{names[colour]}:{_DARK[colour]}" for colour in names)
    for colour, variable in names.items():
        svg = svg.replace(colour, f"var({variable})")
    style = f"<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    return svg.replace("<defs>", f"{style}<defs>", 1)
