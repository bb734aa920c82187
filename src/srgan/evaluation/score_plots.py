"""Plots of an evaluation: scores and times of every image, and perceptual measures against PSNR."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from srgan.evaluation.results import Results
from srgan.evaluation.score_tables import label
from srgan.evaluation.significance import interval
from srgan.reporting.plot_style import INK, SERIES, Drawing, clean_axes, draw, shorten, use_log_axis_if_wide

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 5.2  # inches
_LINE = 0.34  # inches per method
_GOLDEN = 0.618034  # its multiples spread any number of dots evenly

Values = Mapping[str, Sequence[float]]


def draw_scores(results: Results) -> tuple[Drawing, ...]:
    """Draw every plot that there are measurements for: scores, perceptual measures against PSNR, and times, set by set.

    Raises:
        DataError: if matplotlib is not installed.
    """
    measured = set(results.measures)
    fidelity = next((name for name in ("paper/psnr", "matlab/psnr", "rgb/psnr") if name in measured), None)
    perceptual = sorted((name for name in measured if _is_perceptual(name)), key=lambda name: (name != "niqe", name))
    drawings: list[Drawing | None] = []
    if fidelity is not None:
        for data in results.sets:
            title = f"{data}: PSNR of each picture"
            drawings.append(_strip(title, label(fidelity), _finite_scores(results, data, fidelity), results))
        drawings += [_plane(data, fidelity, other, results) for other in perceptual for data in results.sets]
        drawings += [_speed(data, fidelity, results) for data in results.sets]
    for data in results.sets:
        seconds = {method.name: results.seconds(method.name, data) for method in results.methods}
        drawings.append(_strip(f"{data}: time of each picture", "seconds", seconds, results))
    return tuple(drawing for drawing in drawings if drawing is not None)


def _is_perceptual(measure: str) -> bool:
    return measure == "niqe" or measure.startswith("features/")


def _finite_scores(results: Results, data: str, measure: str) -> dict[str, list[float]]:
    """Return the finite scores of each method: a reference has no finite PSNR."""
    found: dict[str, list[float]] = {method.name: [] for method in results.methods}
    for row in results.rows:
        score = row.scores.get(measure, math.nan)
        if row.data == data and row.method in found and math.isfinite(score):
            found[row.method].append(score)
    return found


def _colours(results: Results) -> dict[str, str]:
    return {method.name: SERIES[place % len(SERIES)] for place, method in enumerate(results.methods)}


def _draw(title: str, caption: str, height: float, fill: Callable[["Axes"], None]) -> Drawing:
    def fill_figure(figure: "Figure") -> None:
        axes = figure.add_subplot()
        fill(axes)
        clean_axes(axes)

    return draw("", title, caption, (_WIDTH, height), fill_figure, adaptive=True)


def _strip(title: str, unit: str, values: Values, results: Results) -> Drawing | None:
    """Draw a dot for each image and a line for each method; None where there is nothing to draw."""
    names = [name for name, numbers in values.items() if numbers]
    if not names:
        return None
    colours = _colours(results)

    def fill(axes: "Axes") -> None:
        for line, name in enumerate(names):
            numbers = np.asarray(values[name], float)
            offsets = 0.5 * ((np.arange(len(numbers)) * _GOLDEN) % 1 - 0.5)
            axes.plot(numbers, line + offsets, "o", color=colours[name], markersize=4, alpha=0.7, markeredgewidth=0)
            mean = interval(values[name])
            axes.plot([mean.low, mean.high], [line, line], color=INK, linewidth=1.6, solid_capstyle="butt")
            axes.plot([mean.mean], [line], "|", color=INK, markersize=13, markeredgewidth=2)
        axes.set_yticks(range(len(names)), [shorten(name) for name in names])
        axes.set(xlabel=unit, ylim=(len(names) - 0.4, -0.6))
        if unit == "seconds":
            use_log_axis_if_wide(axes, (number for name in names for number in values[name]), "x")

    caption = (
        f"{unit[0].upper()}{unit[1:]}. A dot is a picture; the upright stroke is the mean of the set, the line through "
        "it the 95 % BCa bootstrap interval of that mean over the pictures."
    )
    return _draw(title, caption, 0.9 + _LINE * len(names), fill)


def _plane(data: str, fidelity: str, perceptual: str, results: Results) -> Drawing | None:
    """Draw a set's means, a point for each method: PSNR across, a perceptual measure down."""
    scores, perceived = (_finite_scores(results, data, measure) for measure in (fidelity, perceptual))
    points = {
        name: (float(np.mean(scores[name])), float(np.mean(perceived[name])))
        for name in scores
        if scores[name] and perceived[name]
    }
    if len(points) < 2:
        return None
    across, down = label(fidelity), label(perceptual)
    colours = _colours(results)
    references = [method.name for method in results.methods if method.kind == "reference" and perceived[method.name]]
    levels = {name: float(np.mean(perceived[name])) for name in references if name not in points}

    def fill(axes: "Axes") -> None:
        for name, (x, y) in points.items():
            axes.plot([x], [y], "o", color=colours[name], markersize=7)
        for level in levels.values():
            axes.axhline(level, color=INK, linewidth=0.9, linestyle="--")
        axes.margins(0.12)
        axes.set(xlabel=f"{across}: right is better", ylabel=f"{down}: down is better")
        edge = axes.get_xlim()[1]
        ends = {name: (edge, level) for name, level in levels.items()}
        _name_points(axes, {**points, **ends}, {**colours, **dict.fromkeys(levels, INK)})

    caption = (
        f"Means of the set; {across}, {down}. What lies down and to the right is better in both; methods that please "
        "the eye trade one for the other."
    )
    if levels:
        caption += f" The dashed line is {' and '.join(levels)}."
    return _draw(f"{data}: {down} against PSNR", caption, 3.1, fill)


def _speed(data: str, fidelity: str, results: Results) -> Drawing | None:
    """Draw a point for each method whose speed was measured: time across, PSNR up."""
    scores = _finite_scores(results, data, fidelity)
    points = {
        name: (seconds, float(np.mean(scores[name]))) for name, seconds in results.speeds.items() if scores.get(name)
    }
    if len(points) < 2:
        return None
    colours, up = _colours(results), label(fidelity)

    def fill(axes: "Axes") -> None:
        for name, (x, y) in points.items():
            axes.plot([x], [y], "o", color=colours[name], markersize=7)
        axes.set_xscale("log")
        axes.margins(0.12)
        axes.set(xlabel="seconds a megapixel: left is better", ylabel=f"{up}: up is better")
        _name_points(axes, points, colours)

    caption = f"Mean {up} of the set; seconds for a megapixel of the small image, on the computer that measured."
    return _draw(f"{data}: PSNR against time", caption, 3.1, fill)


def _name_points(axes: "Axes", points: Mapping[str, tuple[float, float]], colours: Mapping[str, str]) -> None:
    """Write names to the right of the axes, each at the height of its point or lower, with a line to it."""
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
            shorten(name),
            points[name],
            (1.05, min(place + lift, 1.0) if lift else place),
            textcoords="axes fraction",
            va="center",
            arrowprops={"arrowstyle": "-", "color": colours[name], "linewidth": 0.7},
            annotation_clip=False,
        )
