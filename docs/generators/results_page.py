"""Write docs/results.md and its images: scores of the released models, and the published ones.

    SRGAN_DATA=... python -m docs.generators.results_page                   measures what is new, writes page and images
    SRGAN_DATA=... python -m docs.generators.results_page --sheets FOLDER   writes details of the test sets as well

SRGAN_DATA is the benchmark data folder. Results are cached in cache/results, by checksums of weights. Text between the
marks of the page is written by hand and kept.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from docs.generators.detail_sheets import LOSSES, SHOWN, write_own_sheet, write_test_sheets
from docs.generators.page_parts import BY_HAND, FIDELITY, PHOTOS, SPEED, TWICE, Marks, benchmark_data, markdown_table
from docs.generators.result_scores import COLOUR_SHIFT, PAPERS_PICTURES, fill_table, measure_all, published_name
from docs.generators.training_curves import Curve, draw_curves, read_curves
from runs.models import released
from srgan.cli.progress_bar import ProgressBar
from srgan.errors import SrganError
from srgan.evaluation.measures import find_protocol
from srgan.evaluation.methods import REFERENCE
from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.files import write_bytes
from srgan.paper.comparison_table import order_notes, print_score
from srgan.paper.published import TABLE1, TABLE2, Published
from srgan.paper.verdicts import PAPER_MEASURES, ComparedNumber, compare_results
from srgan.reporting.table import MISSING

DOCS = Path(__file__).resolve().parents[1]
PAGE = DOCS / "results.md"
CURVES, SHEET, LOSS_SHEET = (DOCS / "images" / name for name in ("curves.png", "sheet.png", "losses.png"))
RECORDS = DOCS.parent / "runs" / "records"
EVALUATION = DOCS.parent / "cache" / "results"

FAILED = "Failed attempts, with numbers: [the log](log.md)."
"""Text between the marks BY_HAND of a new page."""

_HEAD = """\
# Results

Written by `SRGAN_DATA=... python -m docs.generators.results_page`, which measures the models that come with srgan,
and those in `runs/comparisons`, on the benchmark images (the latter on Set5 and Set14). What each
metric means, and what it does not: [evaluation.md](evaluation.md). How each model was trained: [models.md](models.md).
"""
_PUBLISHED = """\
Our models were trained for minutes or hours on CPU cores, the paper's SRResNet for 10^6 updates on ImageNet.
Differences and verdicts: `srgan reproduce table1`, `srgan reproduce table2`. There are no mean opinion scores, since no
study was held yet ([studies.md](studies.md)).
"""
_OUR_SRGAN = (
    "The paper's SRGAN was trained with features of VGG54, our `srgan` with those of VGG22 and ResNet-50 v2, spectra "
    "of texture, and pixels: it fills the row of SRGAN-VGG54 as the nearest model."
)
_MEASURES = """\
- **paper**, **matlab**: mean PSNR [dB] / SSIM by the two protocols, whose SSIM values cannot be compared.
- **features**: mean distance of SqueezeNet 1.1 features from the original's, 0 for no difference. It is not LPIPS.
- **NIQE**: mean; how unlike natural photos the texture is, without the original. A value below the original's is not
  better.
- **colour**: largest difference of a channel's mean from the original's, in levels of 255, over images and channels.
"""
_SHEET = """\
Drawings, downscaled by four and enlarged again, shown at twice their size: fur, a wall, a fabric.

![Details of three drawings enlarged by each method](images/sheet.png)

One network trained with five losses, as in the paper's figure 6 and table 1. From left to right: pixel error; VGG22
features; pixel error and a discriminator; VGG22 features and a discriminator; the same with deep features, spectra and
pixel error.

![The same details by networks trained with different losses](images/losses.png)
"""


def page(results: Results, curves: Sequence[Curve], kept: Mapping[Marks, str]) -> str:
    """Return the text of the page; `kept` are sections that other scripts write, or people."""

    def section(title: str, marks: Marks) -> str:
        return f"## {title}\n\n{marks.around(kept.get(marks, ''))}\n"

    weights = ", ".join(f"{name} `{model.card.identity}`" for name, model in released().items())
    parts = [
        _HEAD,
        f"Weights, by the first digits of their checksums: {weights}.\n",
        section("Photos", PHOTOS),
        section("Enlarged twice", TWICE),
        "## Compared with the paper\n",
        _PUBLISHED,
        compare(TABLE1, results),
        compare(TABLE2, results),
        "## All methods by all metrics\n",
        every_method(results),
        _MEASURES,
        "\n".join(f"- Protocol {name}: {find_protocol(name).description}." for name in ("paper", "matlab")) + "\n",
        section("Quality against time", SPEED),
        section("Between faithful and photo-real", FIDELITY),
        "## Training\n",
        training(curves),
        "## Images\n",
        _SHEET,
        section("What failed", BY_HAND),
    ]
    return "\n".join(parts)


def compare(published: Published, results: Results) -> str:
    """Return a table of the paper with our numbers next to the printed ones."""
    found = fill_table(published, results)
    sets = {name: name for name in published.sets}
    judged = compare_results(published, found.results, found.missing, PAPER_MEASURES, sets)
    cells = {(line.method, line.data): (_ours(line.numbers), _printed(line.numbers)) for line in judged}
    heads = ["method", "our model", *(f"{data}, {whose}" for data in published.sets for whose in ("ours", "published"))]
    rows = [
        [row, found.by.get(row, MISSING), *(cell for data in published.sets for cell in cells[row, data])]
        for row in published.methods
    ]
    notes = ["PSNR [dB] / SSIM, means over the sets, by the paper protocol (below)."]
    for why in dict.fromkeys(found.missing.values()):
        rows_without = [row for row, reason in found.missing.items() if reason == why]
        notes.append(f"{why.capitalize()}: {', '.join(rows_without)}.")
    if "srgan" in found.by.values():
        notes.append(_OUR_SRGAN)
    notes += order_notes(published, judged)
    table = markdown_table([heads, *rows], texts=2)
    return f"**{published.title}** ({published.source})\n\n{table}\n{' '.join(notes)}\n"


def _ours(numbers: Sequence[ComparedNumber]) -> str:
    if any(number.ours is None for number in numbers):
        return MISSING
    return " / ".join(print_score(number.kind, number.ours) for number in numbers if number.ours is not None)


def _printed(numbers: Sequence[ComparedNumber]) -> str:
    """Return the numbers with the digits that were printed."""
    if any(number.printed is None for number in numbers):
        return MISSING
    texts = [str(number.printed).replace("Infinity", "inf") for number in numbers]
    return " / ".join(text.removeprefix("0") for text in texts)


def every_method(results: Results) -> str:
    """Return a table of models, bicubic interpolation and the paper's images on every set; `-` means not measured."""
    rows = [["set", "method", "paper", "matlab", "features", "NIQE", "colour"]]
    for data in results.sets:
        for method in results.methods:
            scores = {name: values for name in _SCORES if (values := results.values(method.name, data, name))}
            if scores and method.name != "nearest":  # it is in table 2
                rows.append([data, _NAMES.get(method.name, method.name), *_cells(scores)])
    sizes = ", ".join(f"{len(pictures)} in {name}" for name, pictures in results.sets.items())
    note = f"Pictures: {sizes}; the paper's authors published theirs of Set5 and Set14."
    return f"{markdown_table(rows, texts=2)}\n{note}\n"


_SCORES = (
    *(f"{protocol}/{kind}" for protocol in ("paper", "matlab") for kind in ("psnr", "ssim")),
    "features/squeezenet1.1",
    "niqe",
    COLOUR_SHIFT,
)
_NAMES = {
    REFERENCE: "the original",
    **{published_name(name): f"{name}, the paper's own pictures" for name in PAPERS_PICTURES},
}


def _cells(scores: Mapping[str, Sequence[float]]) -> list[str]:
    means = {name: mean(values) for name, values in scores.items()}
    pairs = [
        f"{print_score('psnr', means[f'{protocol}/psnr'])} / {print_score('ssim', means[f'{protocol}/ssim'])}"
        for protocol in ("paper", "matlab")
    ]
    others = [f"{means[name]:.{digits}f}" if name in means else MISSING for name, digits in _DIGITS.items()]
    return [*pairs, *others, f"{max(scores[COLOUR_SHIFT]):.1f}"]


_DIGITS = {"features/squeezenet1.1": 3, "niqe": 2}


def training(curves: Sequence[Curve]) -> str:
    """Return the section of training curves."""
    if not curves:
        return "No record of a released run is kept in `runs/records` yet.\n"
    return (
        "PSNR by the paper protocol on the centres of validation photos; a model that starts from the weights of "
        "another counts its own updates only. Stages are drawn apart: where a line begins anew, the validation photos "
        "may be others. Models called `-open` have other photos, and those called `-photo` "
        "damaged ones: they have their own panels.\n\n"
        "![PSNR over updates, a line for each model](images/curves.png)\n"
    )


def kept_sections(page: str | None) -> dict[Marks, str]:
    """Return the sections of a page that this script does not write; the default if there is no page.

    Raises:
        ValueError: if a mark is missing or occurs twice.
    """
    if page is None:
        return {BY_HAND: FAILED}
    return {marks: marks.find(page) for marks in (PHOTOS, TWICE, SPEED, FIDELITY, BY_HAND)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sheets", type=Path, metavar="FOLDER", help="folder for details of the test sets, outside the project"
    )
    folder = parser.parse_args().sheets
    data = benchmark_data()
    try:
        kept = kept_sections(PAGE.read_text(encoding="utf-8") if PAGE.exists() else None)
        curves = read_curves(RECORDS)
        with ProgressBar() as counter:
            results = measure_all(data, EVALUATION, counter)
        models = released()
        write_own_sheet(SHEET, {name: models[name] for name in SHOWN})
        write_own_sheet(LOSS_SHEET, {name: models[name] for name in LOSSES if name in models})
        if curves:
            draw_curves(curves, CURVES)
        write_bytes(PAGE, page(results, curves, kept).encode())
        if folder is not None:
            write_test_sheets(results, EVALUATION, folder)
    except (SrganError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
