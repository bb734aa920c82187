"""Test images drawn by programs, with textures that are hard to enlarge. Random seeds are fixed."""

from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("Agg")

from matplotlib import pyplot
from matplotlib.patches import Ellipse, Polygon, Rectangle

SIDE = 512

Pixels = NDArray[np.uint8]


def _draw(draw: Callable[[Any, np.random.Generator], None], seed: int) -> Pixels:
    """Return what a function draws into the unit square, (SIDE, SIDE, 3)."""
    figure = pyplot.figure(figsize=(SIDE / 100, SIDE / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_axis_off()
    draw(axes, np.random.default_rng(seed))
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, :3].copy()  # type: ignore[attr-defined]
    pyplot.close(figure)
    return pixels


def wall() -> Pixels:
    """Draw grass in front of bricks, (SIDE, SIDE, 3)."""
    random = np.random.default_rng(6)
    coarse = random.normal(0, 6, (SIDE // 4, SIDE // 4, 1)).repeat(4, axis=0).repeat(4, axis=1)
    grain = coarse + random.normal(0, 6, (SIDE, SIDE, 1))
    return np.clip(np.rint(_draw(_wall, seed=5) + grain), 0, 255).astype(np.uint8)


def _wall(axes: Any, random: np.random.Generator) -> None:
    _bricks(axes, random)
    _grass(axes, random)


def _bricks(axes: Any, random: np.random.Generator) -> None:
    axes.add_patch(Rectangle((0, 0), 1, 1, color=(0.72, 0.69, 0.64)))
    height, width = 0.062, 0.15
    for row in range(17):
        for column in range(-1, 8):
            left, bottom = (column + row % 2 / 2) * width, row * height
            colour = np.clip(np.array([0.58, 0.29, 0.21]) + random.normal(0, [0.05, 0.03, 0.03]), 0, 1)
            axes.add_patch(Rectangle((left, bottom), width - 0.012, height - 0.011, color=colour))
            axes.plot([left, left + width - 0.012], [bottom + height - 0.012] * 2, color=colour + 0.1, linewidth=0.8)


def _grass(axes: Any, random: np.random.Generator) -> None:
    for _ in range(2600):
        root, bottom = random.uniform(-0.05, 1.05), random.uniform(-0.1, 0.2)
        length, lean = random.uniform(0.12, 0.3), random.normal(0, 0.05)
        along = np.linspace(0, 1, 8)
        shade = np.clip(np.array([0.36, 0.46, 0.2]) * random.uniform(0.45, 1.6), 0, 0.95)
        axes.plot(root + lean * along**2, bottom + length * along, color=shade, linewidth=random.uniform(0.6, 1.3))


def fabric() -> Pixels:
    """Draw checked twill: threads that pass over two and under two others, (SIDE, SIDE, 3)."""
    random, thread = np.random.default_rng(8), 12
    threads = -(-SIDE // thread)
    checks = np.where((np.arange(threads) // 6 % 2)[:, None] == 0, [[0.75, 0.68, 0.52]], [[0.25, 0.33, 0.46]])
    checks = np.where((np.arange(threads) % 24 == 5)[:, None], [[0.7, 0.2, 0.18]], checks)
    rows, columns = (np.clip(checks + random.normal(0, 0.03, checks.shape), 0, 1) for _ in range(2))
    y, x = np.indices((SIDE, SIDE))
    over = (x // thread + y // thread) % 4 < 2  # whether the vertical thread is on top
    across = np.where(over, x, y) % thread
    along = np.where(over, y, x) + 3 * np.where(over, x // thread, y // thread)
    round_ = np.sin(np.pi * (across + 0.5) / thread) ** 0.6
    twist = 1 + 0.16 * np.sin(2 * np.pi * (along + 1.5 * across) / 7)
    colour = np.where(over[:, :, None], columns[x // thread], rows[y // thread])
    light = (0.45 + 0.55 * round_) * twist + random.normal(0, 0.03, (SIDE, SIDE))
    woven: Pixels = np.clip(np.rint(255 * colour * light[:, :, None]), 0, 255).astype(np.uint8)
    return woven


def _fur(axes: Any, random: np.random.Generator, centre: tuple[float, float], size: tuple[float, float]) -> None:
    """Draw strokes outwards from the centre of an ellipse."""
    for _ in range(1500):
        angle, distance = random.uniform(0, 2 * np.pi), np.sqrt(random.uniform(0, 1))
        x, y = centre[0] + size[0] * distance * np.cos(angle), centre[1] + size[1] * distance * np.sin(angle)
        bend = angle + random.normal(0, 0.35)
        length = random.uniform(0.02, 0.06)
        shade = np.clip(np.array([0.78, 0.62, 0.42]) + random.normal(0, 0.09), 0, 1)
        axes.plot([x, x + length * np.cos(bend)], [y, y + length * np.sin(bend)], color=shade, linewidth=0.9)


def terrier() -> Pixels:
    """Draw a terrier of curves, fur and whiskers, (SIDE, SIDE, 3)."""
    return _draw(_terrier, seed=3)


def _terrier(axes: Any, random: np.random.Generator) -> None:
    axes.imshow(np.linspace([[0.45, 0.62, 0.75]], [[0.75, 0.82, 0.7]], 64), extent=(0, 1, 0, 1), aspect="auto")
    for left in (True, False):
        xs = np.array([0.22, 0.14, 0.36]) if left else 1 - np.array([0.22, 0.14, 0.36])
        axes.add_patch(Polygon(np.column_stack([xs, [0.66, 0.93, 0.82]]), color=(0.45, 0.3, 0.2)))
    axes.add_patch(Ellipse((0.5, 0.52), 0.66, 0.7, color=(0.74, 0.58, 0.38)))
    _fur(axes, random, (0.5, 0.52), (0.33, 0.35))
    axes.add_patch(Ellipse((0.5, 0.36), 0.34, 0.3, color=(0.86, 0.76, 0.6)))
    _fur(axes, random, (0.5, 0.34), (0.15, 0.12))
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
