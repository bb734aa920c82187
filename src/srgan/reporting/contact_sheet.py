"""Contact sheets: labelled images side by side, one pixel to one pixel."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.images.image import write
from srgan.reporting.plot_style import new_figure

Pixels = NDArray[np.uint8]

_GAP = 8  # pixels between images, and around them
_TITLE, _CAPTION = 10.0, 8.5  # points
_DPI = 100


def sheet(
    columns: Sequence[str],
    rows: Sequence[Sequence[Pixels]],
    captions: Sequence[Sequence[str]] | None = None,
) -> Pixels:
    """Return images in a grid, with a title over each column: (H, W, 3) uint8.

    No pixel is changed. Only an image that is smaller than the largest of its row by a whole factor, as the
    low-resolution one is, is enlarged by repeating its pixels.

    Args:
        columns: titles, such as "LR", "pre-trained", "GAN", "HR".
        rows: an image, (h, w, 3) uint8, for each column.
        captions: text below each image, such as "28.43 dB".

    Raises:
        DataError: if matplotlib, which draws the letters, is not installed.
        ValueError: if there is nothing to show, or rows, captions and columns do not match.
    """
    texts = [[""] * len(columns) for _ in rows] if captions is None else captions
    if not columns or not rows or len(texts) != len(rows) or any(len(row) != len(columns) for row in [*rows, *texts]):
        raise ValueError("a sheet has rows with one image, and one caption if any, for each column")
    titles = [_draw_label(title, _TITLE, bold=True) for title in columns]
    lines = [
        list(zip(_match_sizes(row), (_draw_label(caption, _CAPTION) for caption in text), strict=True))
        for row, text in zip(rows, texts, strict=True)
    ]
    widths = [
        max(titles[place].shape[1], *(part.shape[1] for line in lines for part in line[place]))
        for place in range(len(columns))
    ]
    bands = [_make_band(titles, widths)]
    for line in lines:
        bands += [_make_band(parts, widths) for parts in zip(*line, strict=True)]
        bands.append(_make_blank(_GAP, bands[0].shape[1]))
    return np.concatenate([_make_blank(_GAP, bands[0].shape[1]), *bands])


def write_sheet(path: Path, pixels: Pixels) -> None:
    """Write a sheet; an existing file is replaced.

    Raises:
        OutputError: if the file cannot be written.
    """
    write(path, pixels, overwrite=True)


def _make_blank(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), 255, np.uint8)


def _match_sizes(row: Sequence[Pixels]) -> list[Pixels]:
    """Enlarge the images that are smaller than the largest by a whole factor."""
    height, width = (max(image.shape[axis] for image in row) for axis in (0, 1))
    matched = []
    for image in row:
        factor, rest = divmod(height, image.shape[0])
        fits = rest == 0 and image.shape[1] * factor == width
        matched.append(image.repeat(factor, axis=0).repeat(factor, axis=1) if fits else image)
    return matched


def _make_band(parts: Sequence[Pixels], widths: Sequence[int]) -> Pixels:
    """Place images or labels side by side, each in the middle of its column."""
    height = max(part.shape[0] for part in parts)
    band = _make_blank(height, sum(widths) + _GAP * (len(widths) + 1))
    left = _GAP
    for part, width in zip(parts, widths, strict=True):
        start = left + (width - part.shape[1]) // 2
        band[: part.shape[0], start : start + part.shape[1]] = part
        left += width + _GAP
    return band


def _draw_label(text: str, size: float, *, bold: bool = False) -> Pixels:
    """Draw a text in black on white, with matplotlib's own font: the same everywhere."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    height = round(2 * size * _DPI / 72)
    figure = new_figure((len(text) + 2) * size / 72, height / _DPI)  # no letter is wider than the font is high
    canvas = FigureCanvasAgg(figure)
    weight = "bold" if bold else "normal"
    figure.text(0, 0.35, text, fontsize=size, family="DejaVu Sans", weight=weight, parse_math=False)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels: Pixels = np.asarray(canvas.buffer_rgba())[:, :, :3]  # type: ignore[no-untyped-call]
    inked = np.flatnonzero((pixels < 255).any(axis=(0, 2)))
    return pixels[:, : inked[-1] + 1].copy() if len(inked) else _make_blank(0, 0)
