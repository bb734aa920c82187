"""Figures of an evaluation as SVG: scores and times of every picture, and perception against distortion.

It knows neither pages nor files: what it returns can be put into either. The drawings take their ink from the reader's
light or dark setting.
"""

import io
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from srgan.errors import DataError
from srgan.evaluation.results import Results
from srgan.evaluation.significance import interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 5.2  # inches
_LINE = 0.34  # inches that a method takes
_WIDE = 8.0  # largest over smallest from which an axis is logarithmic
_GOLDEN = 0.618034  # its multiples spread dots evenly, however many there are
_LONGEST = 24  # letters of a name that are drawn
_PALETTE = ("#3b82c4", "#d9772b", "#2f9e6e", "#c2557f", "#8a6fd1", "#a08a1f", "#4aa3b5", "#b5524a")
_INK, _PALE = "#010203", "#040506"  # stand for colours that the style below gives
_STYLE = (
    "<style>:root{--ink:#24292f;--pale:#c9ced4}"
    "@media (prefers-color-scheme:dark){:root{--ink:#d8dde3;--pale:#4a525c}}</style>"
)
_SETTINGS: Any = {
    "svg.fonttype": "none",  # letters stay letters, also those that matplotlib's font lacks
    "svg.hashsalt": "srgan",  # the same results give the same file
    "text.parse_math": False,  # a name with two dollars is no formula
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "font.size": 9.0,
}

Values = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Drawing:
    """One figure."""

    title: str
    caption: str
    """What is to be seen, and the protocol of its numbers."""
    svg: str
    """A whole SVG document that needs nothing else."""


def draw(results: Results) -> tuple[Drawing, ...]:
    """Every figure that there are measurements for, each set by set: scores, then what they cost the eye, then time.

    Raises:
        DataError: if matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise DataError("drawing needs matplotlib: pip install 'srgan[evaluate]'") from error
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        return (*_scores(results), *_trades(results), *_times(results))


def _scores(results: Results) -> list[Drawing]:
    measure = _fidelity(results)
    if measure is None:
        return []
    scores = {data: _measured(results, data, measure) for data in results.sets}
    return [
        drawing
        for data, values in scores.items()
        for drawing in _strip(f"{data}: PSNR of each picture", label(measure), values, _colours(results))
    ]


def _trades(results: Results) -> list[Drawing]:
    measure = _fidelity(results)
    if measure is None:
        return []
    return [
        drawing
        for perceptual in _perceptual(results)
        for data in results.sets
        for drawing in _plane(data, (measure, perceptual), results)
    ]


def _times(results: Results) -> list[Drawing]:
    drawings = []
    for data in results.sets:
        rows = [row for row in results.rows if row.data == data]
        seconds = {
            method.name: [row.seconds for row in rows if row.method == method.name and row.seconds is not None]
            for method in results.methods
        }
        drawings += _strip(f"{data}: time of each picture", "seconds", seconds, _colours(results), wide=True)
    return drawings


def label(measure: str) -> str:
    """What an axis or a column calls a measure: its unit, and its protocol where it has one."""
    protocol, _, kind = measure.partition("/")
    if protocol == "features":
        return f"{kind} features"
    names = {"psnr": "PSNR [dB]", "ssim": "SSIM", "mse": "MSE"}
    if kind in names:
        return f"{names[kind]} ({protocol})"
    return {"niqe": "NIQE", "ms-ssim": "MS-SSIM", "consistency": "consistency [dB]"}.get(measure, measure)


def _fidelity(results: Results) -> str | None:
    """The PSNR to draw: the paper's where it was measured."""
    measured = {measure for row in results.rows for measure in row.scores}
    return next((name for name in ("paper/psnr", "matlab/psnr", "rgb/psnr") if name in measured), None)


def _perceptual(results: Results) -> list[str]:
    measured = {measure for row in results.rows for measure in row.scores}
    return [
        *(["niqe"] if "niqe" in measured else []),
        *sorted(name for name in measured if name.startswith("features/")),
    ]


def _measured(results: Results, data: str, measure: str) -> dict[str, list[float]]:
    """The finite scores of each method: a reference has no finite PSNR."""
    found: dict[str, list[float]] = {method.name: [] for method in results.methods}
    for row in results.rows:
        score = row.scores.get(measure, math.nan)
        if row.data == data and row.method in found and math.isfinite(score):
            found[row.method].append(score)
    return found


def _colours(results: Results) -> dict[str, str]:
    return {method.name: _PALETTE[place % len(_PALETTE)] for place, method in enumerate(results.methods)}


def _strip(title: str, unit: str, values: Values, colours: Mapping[str, str], *, wide: bool = False) -> list[Drawing]:
    """A dot for each picture and a line for each method; no drawing where there is nothing to draw."""
    names = [name for name, numbers in values.items() if numbers]
    if not names:
        return []

    def fill(axes: "Axes") -> None:
        for line, name in enumerate(names):
            numbers = np.asarray(values[name], float)
            offsets = 0.5 * ((np.arange(len(numbers)) * _GOLDEN) % 1 - 0.5)
            axes.plot(numbers, line + offsets, "o", color=colours[name], markersize=4, alpha=0.7, markeredgewidth=0)
            mean = interval(values[name])
            axes.plot([mean.low, mean.high], [line, line], color=_INK, linewidth=1.6, solid_capstyle="butt")
            axes.plot([mean.mean], [line], "|", color=_INK, markersize=13, markeredgewidth=2)
        axes.set_yticks(range(len(names)), [_short(name) for name in names])
        axes.set(xlabel=unit, ylim=(len(names) - 0.4, -0.6))
        every = [number for name in names for number in values[name]]
        if wide and min(every) > 0 and max(every) > _WIDE * min(every):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter("")

    caption = (
        f"{unit[0].upper()}{unit[1:]}. A dot is a picture; the upright stroke is the mean of the set, the line through "
        "it the 95 % BCa bootstrap interval of that mean over the pictures."
    )
    return [Drawing(title, caption, _svg(fill, 0.9 + _LINE * len(names)))]


def _plane(data: str, measures: tuple[str, str], results: Results) -> list[Drawing]:
    """Means of a set: fidelity across, a perceptual measure down, a point for each method."""
    scores, perceived = (_measured(results, data, measure) for measure in measures)
    title = f"{data}: {label(measures[1])} against PSNR"
    points = {
        name: (float(np.mean(scores[name])), float(np.mean(perceived[name])))
        for name in scores
        if scores[name] and perceived[name]
    }
    if len(points) < 2:
        return []
    across, down = (label(measure) for measure in measures)
    colours = _colours(results)
    references = [method.name for method in results.methods if method.kind == "reference" and perceived[method.name]]
    levels = {name: float(np.mean(perceived[name])) for name in references if name not in points}

    def fill(axes: "Axes") -> None:
        for name, (x, y) in points.items():
            axes.plot([x], [y], "o", color=colours[name], markersize=7)
        for level in levels.values():
            axes.axhline(level, color=_INK, linewidth=0.9, linestyle="--")
        axes.margins(0.12)
        axes.set(xlabel=f"{across}: right is better", ylabel=f"{down}: down is better")
        edge = axes.get_xlim()[1]
        ends = {name: (edge, level) for name, level in levels.items()}
        _name_points(axes, {**points, **ends}, {**colours, **dict.fromkeys(levels, _INK)})

    caption = (
        f"Means of the set; {across}, {down}. What lies down and to the right is better in both; methods that please "
        "the eye trade one for the other."
    )
    if levels:
        caption += f" The dashed line is {' and '.join(levels)}."
    return [Drawing(title, caption, _svg(fill, 3.1))]


def _name_points(axes: "Axes", points: Mapping[str, tuple[float, float]], colours: Mapping[str, str]) -> None:
    """Names on the right, each as high as its point or, where names would meet, a line lower, with a thread to it."""
    bottom, top = axes.get_ylim()
    gap = min(0.085, 1 / len(points))
    heights = {name: (y - bottom) / (top - bottom) for name, (_, y) in points.items()}
    ceiling = 1.0
    places: list[tuple[str, float]] = []
    for name in sorted(heights, key=lambda name: -heights[name]):
        ceiling = min(heights[name], ceiling)
        places.append((name, ceiling))
        ceiling -= gap
    lift = max(0.0, -places[-1][1])  # names that would fall below the axes push the others up
    for name, place in places:
        axes.annotate(
            _short(name),
            points[name],
            (1.05, min(place + lift, 1.0) if lift else place),
            textcoords="axes fraction",
            va="center",
            arrowprops={"arrowstyle": "-", "color": colours[name], "linewidth": 0.7},
            annotation_clip=False,
        )


def _short(name: str) -> str:
    """The name as a figure has room for it, in one line."""
    line = " ".join("".join(letter if letter.isprintable() else "?" for letter in part) for part in name.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _svg(fill: Callable[["Axes"], None], height: float) -> str:
    """An SVG document of the axes that `fill` draws into."""
    from matplotlib.figure import Figure

    figure: Figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    fill(axes)
    axes.grid(color=_PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(_INK)
    axes.tick_params(color=_INK)
    data = io.StringIO()
    figure.savefig(data, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = data.getvalue().replace(_INK, "var(--ink)").replace(_PALE, "var(--pale)")
    return text.replace("<defs>", f"{_STYLE}<defs>", 1)
