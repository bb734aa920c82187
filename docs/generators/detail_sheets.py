"""Sheets of details side by side: of drawings, for the results page, and of test sets, for a folder of the user."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docs.generators.drawings import fabric, terrier, wall
from docs.generators.result_scores import published_name
from srgan.evaluation.methods import REFERENCE
from srgan.evaluation.results import Results
from srgan.evaluation.test_sets import read_rgb
from srgan.files import make_folder
from srgan.images.resize import imresize
from srgan.reporting.contact_sheet import sheet, write_sheet
from srgan.reporting.inline_images import find_crop
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import Model

Pixels = NDArray[np.uint8]

SHOWN = ("srresnet", "srgan")
"""Models of the first sheet."""
LOSSES = ("srresnet", "srresnet-vgg22", "srgan-mse", "srgan-vgg22", "srgan")
"""One network trained with different losses, in the order of the paper's table 1."""
ORIGINAL = "original"
_SIDE, _FACTOR = 96, 2
_ROWS = 10  # details on a sheet of a test set


@dataclass(frozen=True)
class Detail:
    """A part of a drawing."""

    draw: Callable[[], Pixels]
    left: int
    top: int

    def crop(self, pixels: Pixels) -> Pixels:
        """Return the part, with repeated pixels."""
        return _cut(pixels, self.left, self.top)


DRAWN = (Detail(terrier, 200, 262), Detail(wall, 208, 224), Detail(fabric, 136, 96))


def write_own_sheet(path: Path, models: Mapping[str, Model]) -> None:
    """Write a sheet of the drawings, downscaled, and enlarged by bicubic interpolation and by models.

    Raises:
        OutputError: if the sheet cannot be written.
    """
    upscalers = [Upscaler(model.folder / f"{name}.onnx", precision="fp32") for name, model in models.items()]
    rows = []
    for detail in DRAWN:
        high = detail.draw()
        low = imresize(high, 0.25, border="replicate")
        restored = [upscaler.upscale(low).astype(np.uint8) for upscaler in upscalers]
        rows.append([detail.crop(pixels) for pixels in (imresize(low, 4.0, border="replicate"), *restored, high)])
    write_sheet(path, sheet(["bicubic", *models, ORIGINAL], rows))


def write_test_sheets(results: Results, evaluation: Path, folder: Path) -> list[Path]:
    """Write sheets of every test image, each where bicubic interpolation has the largest error.

    Args:
        results: of the evaluation.
        evaluation: its folder, with the restored images.
        folder: for the sheets, made if it is absent.

    Raises:
        PictureError: if an image cannot be read.
        OutputError: if a sheet cannot be written.
    """
    make_folder(folder)
    found = []
    for data, pictures in results.sets.items():
        paths = {(row.method, row.picture): evaluation / row.path for row in results.rows if row.data == data}
        wanted = ["bicubic", *SHOWN, published_name("SRGAN-VGG54"), REFERENCE]
        methods = [name for name in wanted if (name, pictures[0]) in paths]
        for start in range(0, len(pictures), _ROWS):
            names = pictures[start : start + _ROWS]
            rows = [_details([read_rgb(paths[method, name]) for method in methods]) for name in names]
            captions = [[name, *[""] * (len(methods) - 1)] for name in names]
            columns = [ORIGINAL if method == REFERENCE else method for method in methods]
            found.append(folder / f"{data}-{start // _ROWS + 1}.png")
            write_sheet(found[-1], sheet(columns, rows, captions))
    return found


def _details(pictures: Sequence[Pixels]) -> list[Pixels]:
    """Return the same part of each image: where the first, bicubic, differs most from the last, the original."""
    left, top, _, _ = find_crop([pictures[0], pictures[-1]], _SIDE, 4)
    return [_cut(pixels, left, top) for pixels in pictures]


def _cut(pixels: Pixels, left: int, top: int) -> Pixels:
    part = pixels[top : top + _SIDE, left : left + _SIDE]
    return part.repeat(_FACTOR, axis=0).repeat(_FACTOR, axis=1)
