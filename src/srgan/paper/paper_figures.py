"""Figures 2 and 6 of the paper: one image by several methods, whole and in detail, with its scores."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from srgan.errors import DataError
from srgan.evaluation.results import Results
from srgan.evaluation.test_sets import ImageSet, Pixels, image_name, read_rgb
from srgan.paper.comparison_table import print_score
from srgan.paper.published import FIGURE2, FIGURE6, Published
from srgan.paper.verdicts import PAPER_MEASURES, ComparedRow, compare_results

ORIGINAL = "HR"


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the paper, and the part of its image that is shown in detail."""

    published: Published
    image: str
    """Name in the set."""
    left: int
    top: int
    side: int
    factor: int
    """Enlargement of the detail, by repeating pixels."""

    @property
    def data(self) -> str:
        """Name of the image's set."""
        return self.published.sets[0]

    @property
    def label(self) -> str:
        """Set and image, for tables."""
        return f"{self.data}/{self.image}"

    def choose_image(self, chosen: ImageSet) -> ImageSet:
        """Return the set with the figure's image alone.

        Raises:
            DataError: if it is not in the set.
        """
        files = tuple(path for path in chosen.files if image_name(path) == self.image)
        if not files:
            raise DataError(f"the set {chosen.name} has no picture {self.image}: name a folder with it")
        return ImageSet(self.data, files)

    def detail(self, pixels: Pixels) -> Pixels:
        """Return the detail enlarged; of a smaller image than the paper's, the part that exists."""
        part = pixels[self.top : self.top + self.side, self.left : self.left + self.side]
        part = part if part.size else pixels
        return part.repeat(self.factor, axis=0).repeat(self.factor, axis=1)


FIGURES: Mapping[str, PaperFigure] = {
    "figure2": PaperFigure(FIGURE2, "comic", left=84, top=44, side=80, factor=3),
    "figure6": PaperFigure(FIGURE6, "baboon", left=115, top=5, side=120, factor=4),
}


@dataclass(frozen=True)
class FigureContent:
    """The content of a figure: a column for each method, the whole image above the detail."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Pixels, ...], ...]
    captions: tuple[tuple[str, ...], ...]
    compared: tuple[ComparedRow, ...]
    notes: tuple[str, ...]


def compose_figure(figure: PaperFigure, results: Results, folder: Path, missing: Mapping[str, str]) -> FigureContent:
    """Arrange the images of an evaluation as in the paper; methods without an image are left out and named.

    Args:
        figure: of the paper.
        results: of its image alone.
        folder: of the evaluation, with the restored images.
        missing: by method, why it has no image.

    Raises:
        PictureError: if an image cannot be read.
    """
    published = figure.published
    paths = {row.method: row.path for row in results.rows}
    images = {method: read_rgb(folder / paths[method]) for method in published.methods if method in paths}
    compared = compare_results(published, results, missing, PAPER_MEASURES, {figure.data: figure.data})
    compared = tuple(replace(row, data=figure.label) for row in compared)
    ours = {row.method: {number.kind: number.ours or 0.0 for number in row.numbers} for row in compared}
    notes = [f"Scores by the paper protocol, of the whole picture {figure.label}."]
    if missing:
        left_out = ", ".join(f"{method} ({why})" for method, why in missing.items())
        notes.append(f"Left out of the picture: {left_out}.")
    printed = {method: published.of(method, figure.data) for method in images}
    return FigureContent(
        columns=tuple("original" if method == ORIGINAL else method for method in images),
        rows=(tuple(images.values()), tuple(figure.detail(pixels) for pixels in images.values())),
        captions=(
            tuple("" if method == ORIGINAL else _caption(ours[method]) for method in images),
            tuple(f"published {_caption(printed[method])}" if printed[method] else "" for method in images),
        ),
        compared=compared,
        notes=tuple(notes),
    )


def _caption(scores: Mapping[str, object]) -> str:
    """Return scores as the paper prints them: (21.59 dB / .6423)."""
    psnr, ssim = (print_score(kind, float(str(scores[kind]))) for kind in ("psnr", "ssim"))
    return f"({psnr} dB / {ssim})"
