"""Write the table "Photos" of docs/results.md and README.md: methods on damaged input.

    SRGAN_DATA=... python -m docs.generators.photo_scores

SRGAN_DATA is the benchmark data folder. Results are cached in cache/photo-results. Real-ESRGAN x4plus is included if
`python -m runs.real_esrgan` has made its model; its weights and images are not part of the project.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from docs.generators.page_parts import PHOTOS, benchmark_data, markdown_table
from docs.generators.result_scores import measures
from runs.models import released
from srgan.cli.progress_bar import ProgressBar
from srgan.errors import SrganError
from srgan.evaluation.benchmark import Evaluation, evaluate
from srgan.evaluation.damaged_inputs import Damage
from srgan.evaluation.methods import find_method
from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.evaluation.test_sets import find_set
from srgan.progress import Progress

PROJECT = Path(__file__).resolve().parents[2]
PAGE, README = PROJECT / "docs" / "results.md", PROJECT / "README.md"
EVALUATION = PROJECT / "cache" / "photo-results"

INPUTS = dict.fromkeys(("jpeg:75", "jpeg:50", "messenger", "web", "noise:10"), ("Set14",)) | {
    kind: ("Set14", "BSD100") for kind in ("jpeg:75", "messenger")
}
"""Inputs, and the test sets for each."""
MODELS = ("srresnet", "srgan", "swift-photo", "srresnet-photo", "srgan-photo")
OTHER = "Real-ESRGAN x4plus"
OTHER_MODEL = PROJECT / "cache" / "real_esrgan" / "real-esrgan.json"
README_SET, README_INPUTS = "Set14", ("jpeg:75",)
README_METHODS = ("bicubic", "srresnet", "swift-photo", "srresnet-photo", "srgan-photo", OTHER)
"""The rows of README."""
COLUMNS = {
    "matlab/psnr": ("PSNR", 2),
    "features/squeezenet1.1": ("features", 3),
    "niqe": ("NIQE", 2),
    "consistency": ("consistency", 1),
}
"""Title and digits of each metric's column."""
_WHAT = """\
Everyday photos: the small image was saved as JPEG of quality 75 or 50 (libjpeg, 4:2:0), sent through a messenger, is a
web page's copy, or has noise of 10 levels ([degradations.md](degradations.md)). Means over a test set, measured by
`SRGAN_DATA=... python -m docs.generators.photo_scores`.
"""
_NOTES = """\
PSNR [dB] by the matlab protocol; features and NIQE: see below; consistency: PSNR [dB] of the result, downscaled again,
against the *clean* small image; seconds: per image on the computer that measured, only to compare methods on one set.
Real-ESRGAN x4plus (Wang et al. 2021) by `python -m runs.real_esrgan`, on the same images.
"""


@dataclass(frozen=True)
class PhotoRow:
    """Means of a method over the pictures of a set, from one kind of input."""

    input: str
    data: str
    method: str
    scores: tuple[str, ...]
    """One for each of `COLUMNS`, as printed."""
    seconds: str
    """Mean time per image, as printed; `-` where it was not measured."""


def photos_measured(data: Path, folder: Path, progress: Progress) -> Results:
    """Return the scores of all methods on all damaged sets.

    Args:
        data: the benchmark data folder, which SRGAN_DATA names; `weights` lies beside it.
        folder: of the evaluation.
        progress: counts images.

    Raises:
        SrganError: if something cannot be measured.
    """
    models = released()
    words = ["bicubic", *(f"{name}={models[name].folder / name}.onnx" for name in MODELS if name in models)]
    if OTHER_MODEL.is_file():
        words.append(f"{OTHER}={OTHER_MODEL}")
    damaged = [find_set(name).damaged(Damage.parse(kind)) for kind, names in INPUTS.items() for name in names]
    shown = {name.partition("/")[0] for name in COLUMNS}
    taken = [one for one in measures(data.parent / "weights", progress) if one.scores[0].partition("/")[0] in shown]
    plan = Evaluation(tuple(find_method(word) for word in words), tuple(damaged), tuple(taken))
    return evaluate(plan, folder, progress)


def photo_rows(results: Results) -> list[PhotoRow]:
    """Return the rows of the table, in the order of `INPUTS`."""
    rows = []
    for kind, names in INPUTS.items():
        for name in names:
            data = f"{name}+{Damage.parse(kind).slug}"
            for method in results.methods:
                values = [
                    (results.values(method.name, data, measure), digits) for measure, (_, digits) in COLUMNS.items()
                ]
                scores = tuple(f"{mean(found):.{digits}f}" if found else "-" for found, digits in values)
                times = results.seconds(method.name, data)
                rows.append(PhotoRow(kind, name, method.name, scores, f"{mean(times):.2f}" if times else "-"))
    return rows


def photo_table(rows: Sequence[PhotoRow]) -> str:
    """Return the table in Markdown."""
    heads = ("input", "set", "method", *(title for title, _ in COLUMNS.values()), "seconds")
    lines = [(row.input, row.data, row.method, *row.scores, row.seconds) for row in rows]
    return markdown_table([heads, *lines], texts=3)


def section(rows: Sequence[PhotoRow]) -> str:
    """Return the section of docs/results.md."""
    return f"{_WHAT}\n{photo_table(rows)}\n{_NOTES}"


def main() -> None:
    data = benchmark_data()
    try:
        with ProgressBar() as counter:
            rows = photo_rows(photos_measured(data, EVALUATION, counter))
        shown = [
            row
            for row in rows
            if row.data == README_SET and row.input in README_INPUTS and row.method in README_METHODS
        ]
        PHOTOS.rewrite(PAGE, section(rows))
        PHOTOS.rewrite(README, photo_table(shown))
    except (SrganError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
