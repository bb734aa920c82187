"""What enlarging does badly, drawn: the pictures of docs/failures, and what is to be seen in them.

This module does not know which models there are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyvips
from matplotlib.backends.backend_agg import FigureCanvasAgg
from numpy.typing import NDArray

from docs.drawing import wall
from docs.picture import terrier
from srgan.images.resample import imresize
from srgan.reporting.contact_sheet import sheet
from srgan.training.monitoring.loss_plots import new_figure
from srgan.upscale.upscaler import Upscaler

Pixels = NDArray[np.uint8]

SCALE = 4
SIDE, SHOWN = 160, 128
"""Of a drawing and of the middle part that is shown: at the rim a network sees less."""

WHAT_IS_SEEN = {
    "text": "letters, the smallest less than two pixels high in the small picture. Large ones stay readable; of the "
    "smallest little more than their places is left, and between the two a letter may be read as another.",
    "fine stripes": "boards that become narrower than a pixel of the small picture. There it shows other stripes, "
    "which run another way, and these are enlarged as if they were the wall; further back little is left of boards.",
    "texture": "grass, most blades thinner than a pixel of the small picture. Held against the original, blades are "
    "merged, smoothed away or made up.",
    "JPEG": "the small picture saved as JPEG of quality 30. Its blocks, and colours that run over edges, are "
    "enlarged too.",
    "noise": "the small picture with noise as of a sensor, of standard deviation 14 of 255. It is enlarged too.",
}
"""The rows, from the top down. Said of every model, so nothing in it is about one."""


@dataclass(frozen=True)
class Subject:
    """A row: what was drawn, and what a model is given of it."""

    name: str
    """One of WHAT_IS_SEEN."""
    high: Pixels
    low: Pixels


def subjects() -> list[Subject]:
    """All of them, drawn."""
    dog = imresize(terrier(), size=(SIDE, SIDE))
    drawn: dict[str, tuple[Pixels, Callable[[Pixels], Pixels]]] = {
        "text": (_text(), _as_it_is),
        "fine stripes": (_boards(), _as_it_is),
        "texture": (wall()[300:460, 100:260], _as_it_is),
        "JPEG": (dog, _compressed),
        "noise": (dog, _noisy),
    }
    return [Subject(name, high, worsened(imresize(high, 1 / SCALE))) for name, (high, worsened) in drawn.items()]


def failures(found: list[Subject], label: str, upscaler: Upscaler) -> Pixels:
    """The sheet of a model: small, bicubic, by the model, original."""
    rows = []
    for subject in found:
        small = subject.low.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
        restored = upscaler.upscale(subject.low).astype(np.uint8)
        rows.append([_middle(one) for one in (small, imresize(subject.low, float(SCALE)), restored, subject.high)])
    captions = [[subject.name, "", "", ""] for subject in found]
    return sheet(("small", "bicubic", label, "original"), rows, captions)


def packed(picture: Pixels) -> bytes:
    """As PNG of 256 colours: less than a third of the bytes, and hardly a difference to the eye."""
    image = pyvips.Image.new_from_array(picture)
    data: bytes = image.pngsave_buffer(palette=True, Q=100, dither=0.0, effort=10, compression=9)
    return data


def _middle(picture: Pixels) -> Pixels:
    rim = (SIDE - SHOWN) // 2
    return picture[rim : rim + SHOWN, rim : rim + SHOWN]


def _text() -> Pixels:
    figure = new_figure(SIDE / 100, SIDE / 100)
    figure.set_facecolor((0.95, 0.93, 0.88))
    canvas = FigureCanvasAgg(figure)
    lines = (
        ("Hotel 38", 26, 0.77),
        ("Open 9 to 17", 17, 0.57),
        ("Tickets and maps", 12, 0.39),
        ("Ring twice", 9, 0.22),
    )
    for line, height, place in lines:
        figure.text(0.5, place, line, fontsize=0.72 * height, color=(0.1, 0.15, 0.35), ha="center", va="center")
    canvas.draw()  # type: ignore[no-untyped-call]
    drawn: Pixels = np.asarray(canvas.buffer_rgba())[:, :, :3].copy()  # type: ignore[no-untyped-call]
    return drawn


def _boards() -> Pixels:
    """A wall of boards that recedes to the right, so that they become ever narrower."""
    finer = 4  # drawn so many times as large and averaged: edges between pixels are no steps
    y, x = np.mgrid[: finer * SIDE, : finer * SIDE] / finer
    depth = 1 + 2.2 * x / SIDE
    height = (y - SIDE / 2) * depth
    boards = np.full((*x.shape, 3), (0.86, 0.8, 0.7))
    boards[height % 13 < 6] = (0.35, 0.25, 0.22)
    boards[np.abs(height) > 0.68 * SIDE] = (0.62, 0.75, 0.88)
    averaged = boards.reshape(SIDE, finer, SIDE, finer, 3).mean(axis=(1, 3))
    drawn: Pixels = np.rint(255 * averaged).astype(np.uint8)
    return drawn


def _as_it_is(low: Pixels) -> Pixels:
    return low


def _compressed(low: Pixels) -> Pixels:
    data = pyvips.Image.new_from_array(low).jpegsave_buffer(Q=30)
    compressed: Pixels = pyvips.Image.new_from_buffer(data, "").numpy()
    return compressed


def _noisy(low: Pixels) -> Pixels:
    noise = np.random.default_rng(1).normal(0, 14, low.shape)
    noisy: Pixels = np.clip(np.rint(low + noise), 0, 255).astype(np.uint8)
    return noisy
