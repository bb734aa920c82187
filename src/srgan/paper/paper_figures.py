"""Figures 2 and 6 of the paper: one picture by several methods, whole and in detail, with its scores.

Methods that have no weights yet are left out and named. This module does not draw: it says what goes where.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from srgan.errors import DataError
from srgan.evaluation.results import Results
from srgan.evaluation.test_sets import ImageSet, Pixels, read_rgb
from srgan.paper.published import FIGURE2, FIGURE6, Published, Scores
from srgan.paper.verdicts import PAPER_MEASURES, Line, as_printed, document, lines

ORIGINAL = "HR"


@dataclass(frozen=True)
class Figure:
    """A figure of the paper, and the part of its picture that is shown in detail."""

    published: Published
    picture: str
    """Its name in the set."""
    left: int
    top: int
    side: int
    factor: int
    """By which the detail is enlarged, each pixel repeated."""

    @property
    def data(self) -> str:
        """The set with the picture."""
        return self.published.sets[0]

    @property
    def label(self) -> str:
        """What tables call the picture."""
        return f"{self.data}/{self.picture}"

    def only(self, chosen: ImageSet) -> ImageSet:
        """The set with this picture alone.

        Raises:
            DataError: if it is not in the set.
        """
        files = tuple(path for path in chosen.files if path.stem == self.picture)
        if not files:
            raise DataError(f"the set {chosen.name} has no picture {self.picture}: name a folder with it")
        return ImageSet(self.data, files)

    def detail(self, pixels: Pixels) -> Pixels:
        """The part shown in detail; of a picture that is smaller than the paper's, what there is of it."""
        part = pixels[self.top : self.top + self.side, self.left : self.left + self.side]
        part = part if part.size else pixels
        return part.repeat(self.factor, axis=0).repeat(self.factor, axis=1)


FIGURES: Mapping[str, Figure] = {
    "figure2": Figure(FIGURE2, "comic", left=84, top=44, side=80, factor=3),
    "figure6": Figure(FIGURE6, "baboon", left=115, top=5, side=120, factor=4),
}


@dataclass(frozen=True)
class Plate:
    """What a figure consists of: a column for each method, the whole picture above the detail."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Pixels, ...], ...]
    captions: tuple[tuple[str, ...], ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def plate(figure: Figure, results: Results, folder: Path, missing: Mapping[str, str]) -> Plate:
    """Put the pictures of an evaluation side by side.

    Args:
        figure: of the paper.
        results: of its picture alone.
        folder: of the evaluation, with the restored pictures.
        missing: by method, why it has no picture.

    Raises:
        PictureError: if a picture cannot be read.
    """
    published = figure.published
    rows = {row.method: row for row in results.rows}
    shown = [method for method in published.methods if method in rows]
    pictures = {method: read_rgb(folder / rows[method].path) for method in shown}
    found = lines(published, results, missing, PAPER_MEASURES, {figure.data: figure.data})
    found = tuple(replace(line, data=figure.label) for line in found)
    scores = {line.method: {number.kind: number.ours for number in line.numbers} for line in found}
    left_out = [f"{method} ({why})" for method, why in missing.items()]
    notes = [f"Scores by the paper protocol, of the whole picture {figure.label}."]
    if left_out:
        notes.append(f"Left out of the picture: {', '.join(left_out)}.")
    return Plate(
        columns=tuple("original" if method == ORIGINAL else method for method in shown),
        rows=(tuple(pictures.values()), tuple(figure.detail(pixels) for pixels in pictures.values())),
        captions=(
            tuple("" if method == ORIGINAL else _caption(scores[method]) for method in shown),
            tuple(_as_published(published.of(method, figure.data)) for method in shown),
        ),
        lines=found,
        notes=tuple(notes),
    )


def _caption(scores: Mapping[str, Any]) -> str:
    """As in the paper: (21.59 dB / .6423)."""
    return f"({as_printed('psnr', scores['psnr'])} dB / {as_printed('ssim', scores['ssim'])})"


def _as_published(scores: Scores) -> str:
    return f"published {_caption(scores)}" if scores else ""


def figure_document(figure: Figure, found: Plate) -> dict[str, Any]:
    """The figure's numbers for programs."""
    return {**document(figure.published, found.lines, found.notes), "columns": list(found.columns)}
