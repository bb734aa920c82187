"""Images that enlarging does badly: the drawings behind docs/failure_cases, and descriptions of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyvips
from matplotlib.backends.backend_agg import FigureCanvasAgg
from numpy.typing import NDArray

from docs.generators.drawings import terrier, wall
from srgan.images.resize import imresize
from srgan.reporting.contact_sheet import sheet
from srgan.reporting.plot_style import new_figure
from srgan.upscale.upscaler import Upscaler

Pixels = NDArray[np.uint8]

SCALE = 4
SIDE, SHOWN = 160, 128
"""Width of a drawing and of its middle part that is shown: near the border a network sees less."""

DESCRIPTIONS = {
    "text": "letters, the smallest less than two pixels high in the small image. Large letters stay readable, the "
    "smallest do not, and those between may turn into other letters.",
    "fine stripes": "boards that become narrower than a pixel of the small image. There it shows aliasing: stripes in "
    "another direction, which are enlarged as if they were real.",
    "texture": "grass, with most blades thinner than a pixel of the small image. Blades are merged, smoothed or "
    "invented.",
    "JPEG": "the small image saved as JPEG of quality 30. Its blocks and smeared colours are enlarged too.",
    "noise": "the small image with sensor noise of standard deviation 14 of 255. The noise is enlarged too.",
}
"""The rows from top to bottom, described for all models alike."""


@dataclass(frozen=True)
class FailureCase:
    """One row of the images."""

    name: str
    """A key of DESCRIPTIONS."""
    high: Pixels
    low: Pixels


def draw_cases() -> list[FailureCase]:
    """Draw all cases."""
    dog = imresize(terrier(), size=(SIDE, SIDE))
    drawn: dict[str, tuple[Pixels, Callable[[Pixels], Pixels]]] = {
        "text": (_text(), _unchanged),
        "fine stripes": (_boards(), _unchanged),
        "texture": (wall()[300:460, 100:260], _unchanged),
        "JPEG": (dog, _compress),
        "noise": (dog, _add_noise),
    }
    return [FailureCase(name, high, degrade(imresize(high, 1 / SCALE))) for name, (high, degrade) in drawn.items()]


def failure_sheet(cases: list[FailureCase], label: str, upscaler: Upscaler) -> Pixels:
    """Return the sheet of a model: small, bicubic, enlarged by the model, original."""
    rows = []
    for case in cases:
        small = case.low.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
        restored = upscaler.upscale(case.low, scale=SCALE).astype(np.uint8)
        rows.append([_middle(one) for one in (small, imresize(case.low, float(SCALE)), restored, case.high)])
    captions = [[case.name, "", "", ""] for case in cases]
    return sheet(("small", "bicubic", label, "original"), rows, captions)


def encode_palette(picture: Pixels) -> bytes:
    """Encode as PNG of 256 colours: less than a third of the bytes, with hardly visible differences."""
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
    """Draw a wall of boards that recedes to the right, so that the boards become narrower."""
    finer = 4  # drawn larger by this factor and averaged, against aliasing
    y, x = np.mgrid[: finer * SIDE, : finer * SIDE] / finer
    depth = 1 + 2.2 * x / SIDE
    height = (y - SIDE / 2) * depth
    boards = np.full((*x.shape, 3), (0.86, 0.8, 0.7))
    boards[height % 13 < 6] = (0.35, 0.25, 0.22)
    boards[np.abs(height) > 0.68 * SIDE] = (0.62, 0.75, 0.88)
    averaged = boards.reshape(SIDE, finer, SIDE, finer, 3).mean(axis=(1, 3))
    drawn: Pixels = np.rint(255 * averaged).astype(np.uint8)
    return drawn


def _unchanged(low: Pixels) -> Pixels:
    return low


def _compress(low: Pixels) -> Pixels:
    data = pyvips.Image.new_from_array(low).jpegsave_buffer(Q=30)
    compressed: Pixels = pyvips.Image.new_from_buffer(data, "").numpy()
    return compressed


def _add_noise(low: Pixels) -> Pixels:
    noise = np.random.default_rng(1).normal(0, 14, low.shape)
    noisy: Pixels = np.clip(np.rint(low + noise), 0, 255).astype(np.uint8)
    return noisy
