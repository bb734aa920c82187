"""A terrier of curves, fur and whiskers, drawn with a fixed seed: what pages show where no photo may stand."""

from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("Agg")

from matplotlib import pyplot
from matplotlib.patches import Ellipse, Polygon

SIDE = 512


def fur(axes: Any, random: np.random.Generator, centre: tuple[float, float], size: tuple[float, float]) -> None:
    """Strokes that grow outwards from the middle of an ellipse."""
    for _ in range(1500):
        angle, distance = random.uniform(0, 2 * np.pi), np.sqrt(random.uniform(0, 1))
        x, y = centre[0] + size[0] * distance * np.cos(angle), centre[1] + size[1] * distance * np.sin(angle)
        bend = angle + random.normal(0, 0.35)
        length = random.uniform(0.02, 0.06)
        shade = np.clip(np.array([0.78, 0.62, 0.42]) + random.normal(0, 0.09), 0, 1)
        axes.plot([x, x + length * np.cos(bend)], [y, y + length * np.sin(bend)], color=shade, linewidth=0.9)


def terrier() -> NDArray[np.uint8]:
    """The drawing, (SIDE, SIDE, 3)."""
    random = np.random.default_rng(3)
    figure = pyplot.figure(figsize=(SIDE / 100, SIDE / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_axis_off()
    axes.imshow(np.linspace([[0.45, 0.62, 0.75]], [[0.75, 0.82, 0.7]], 64), extent=(0, 1, 0, 1), aspect="auto")
    for left in (True, False):
        xs = np.array([0.22, 0.14, 0.36]) if left else 1 - np.array([0.22, 0.14, 0.36])
        axes.add_patch(Polygon(np.column_stack([xs, [0.66, 0.93, 0.82]]), color=(0.45, 0.3, 0.2)))
    axes.add_patch(Ellipse((0.5, 0.52), 0.66, 0.7, color=(0.74, 0.58, 0.38)))
    fur(axes, random, (0.5, 0.52), (0.33, 0.35))
    axes.add_patch(Ellipse((0.5, 0.36), 0.34, 0.3, color=(0.86, 0.76, 0.6)))
    fur(axes, random, (0.5, 0.34), (0.15, 0.12))
    for x in (0.36, 0.64):
        axes.add_patch(Ellipse((x, 0.6), 0.12, 0.12, color=(0.96, 0.95, 0.92), zorder=5))
        axes.add_patch(Ellipse((x, 0.6), 0.085, 0.09, color=(0.3, 0.17, 0.08), zorder=6))
        axes.add_patch(Ellipse((x, 0.6), 0.045, 0.05, color="black", zorder=7))
        axes.add_patch(Ellipse((x + 0.015, 0.615), 0.016, 0.016, color="white", zorder=8))
    axes.add_patch(Ellipse((0.5, 0.43), 0.13, 0.09, color=(0.1, 0.08, 0.08), zorder=5))
    axes.add_patch(Ellipse((0.48, 0.45), 0.03, 0.014, color=(0.5, 0.5, 0.52), zorder=6))
    for side in (-1, 1):
        bow = np.linspace(0, 1, 30)
        axes.plot(
            0.5 + side * 0.11 * bow, 0.385 - 0.09 * np.sin(2.2 * bow), color=(0.15, 0.1, 0.1), linewidth=2, zorder=5
        )
        for height in (0.0, 0.025, 0.05):
            axes.plot(
                [0.5 + side * 0.1, 0.5 + side * 0.42],
                [0.36 + height / 2, 0.3 + 3 * height],
                "w",
                linewidth=0.7,
                zorder=5,
            )
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, :3].copy()  # type: ignore[attr-defined]
    pyplot.close(figure)
    return pixels
