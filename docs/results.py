"""Writes docs/results.md and its pictures: what the released models score, beside what was published.

    SRGAN_DATA=... python docs/results.py                   measure what is not measured yet, write page and pictures
    SRGAN_DATA=... python docs/results.py --sheets FOLDER   write details of the test sets, to look at, as well

SRGAN_DATA names the benchmark data folder. What was measured is kept in cache/results, by the weights' checksums. What
stands between the two marks of the page is written by hand, and left as it is.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from docs.curves import Curve, draw_curves, read_curves
from docs.photo_scores import PHOTOS_BEGIN, PHOTOS_END, between
from docs.scores import COLOUR_SHIFT, PAPERS_PICTURES, filled, measured, papers
from docs.sheets import LOSSES, SHOWN, write_own_sheet, write_test_sheets
from runs.models import released
from srgan.cli.progress_bar import ProgressBar
from srgan.errors import SrganError
from srgan.evaluation.measures import find_protocol
from srgan.evaluation.methods import REFERENCE
from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.files import write_bytes
from srgan.paper.published import TABLE1, TABLE2, Published
from srgan.paper.verdicts import PAPER_MEASURES, Judged, as_printed, lines
from srgan.reporting.table import MISSING

DOCS = Path(__file__).resolve().parent
PAGE, CURVES, SHEET, LOSS_SHEET = (DOCS / name for name in ("results.md", "curves.png", "sheet.png", "losses.png"))
RECORDS = DOCS.parent / "runs" / "records"
EVALUATION = DOCS.parent / "cache" / "results"

BEGIN, END = "<!-- by hand: begin -->", "<!-- by hand: end -->"
FAILED = "What was tried and given up, with its numbers: [the log](log.md)."
"""What stands between the marks of a new page."""

_HEAD = """\
# Results

Written by `SRGAN_DATA=... python docs/results.py`, numbers and pictures: it measures the models that come with srgan,
and those in `runs/comparisons`, on the benchmark pictures, the latter on Set5 and Set14. What each measure means, and
what it does not: [evaluation.md](evaluation.md). How a model was trained: [models.md](models.md).
"""
_PUBLISHED = """\
Ours learned for minutes or hours on CPU cores, the paper's SRResNet for 10^6 updates on ImageNet. Differences and
verdicts: `srgan reproduce table1`, `srgan reproduce table2`. MOS are left out: nobody was asked yet
([studies.md](studies.md)).
"""
_OUR_SRGAN = (
    "The paper's SRGAN learned by features of VGG54, our `srgan` by those of VGG22, deep ones of ResNet-50 v2, spectra "
    "of texture, and pixels: it stands for SRGAN-VGG54 as the nearest that there is."
)
_MEASURES = """\
- **paper**, **matlab**: mean PSNR [dB] / SSIM by the two protocols, whose SSIMs must not be compared with each other.
- **features**: mean distance of SqueezeNet 1.1's features from the original's, 0 for no difference. It is not LPIPS.
- **NIQE**: mean; how unlike natural photos the texture is, whatever the original. Below the original's is no merit.
- **colour**: by how many levels of 255 the mean of a channel differs from the original's, where it differs most of all
  pictures and channels.
"""
_SHEET = """\
Drawings of our own, made four times smaller and enlarged again, shown at twice their size: fur, a wall, a fabric.

![Details of three drawings enlarged by each method](sheet.png)

One network by five losses, as in the paper's figure 6 and table 1. From left to right: pixel error; features of VGG22;
pixel error and a discriminator; features of VGG22 and a discriminator; and those with deep features, spectra and
pixels.

![The same details by networks that learned by different losses](losses.png)
"""


def page(results: Results, curves: Sequence[Curve], by_hand: str, photos: str = "") -> str:
    """The whole page; `photos` is the section that `docs/photo_scores.py` writes."""
    weights = ", ".join(f"{name} `{model.card.identity}`" for name, model in released().items())
    parts = [
        _HEAD,
        f"Weights, by the first digits of their checksums: {weights}.\n",
        f"## Photos\n\n{PHOTOS_BEGIN}\n{photos}\n{PHOTOS_END}\n",
        "## Beside the paper\n",
        _PUBLISHED,
        beside(TABLE1, results),
        beside(TABLE2, results),
        "## All methods by all measures\n",
        every_method(results),
        _MEASURES,
        "\n".join(f"- Protocol {name}: {find_protocol(name).description}." for name in ("paper", "matlab")) + "\n",
        "## Training\n",
        training(curves),
        "## To look at\n",
        _SHEET,
        f"## What failed\n\n{BEGIN}\n{by_hand}\n{END}\n",
    ]
    return "\n".join(parts)


def beside(published: Published, results: Results) -> str:
    """A table of the paper, each number of ours beside the printed one."""
    found = filled(published, results)
    judged = lines(published, found.results, found.missing, PAPER_MEASURES, {name: name for name in published.sets})
    cells = {(line.method, line.data): (_ours(line.numbers), _printed(line.numbers)) for line in judged}
    heads = ["method", "ours is", *(f"{data}, {whose}" for data in published.sets for whose in ("ours", "published"))]
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
    return f"**{published.title}** ({published.source})\n\n{_table(heads, rows)}\n{' '.join(notes)}\n"


def _ours(numbers: Sequence[Judged]) -> str:
    if any(number.ours is None for number in numbers):
        return MISSING
    return " / ".join(as_printed(number.kind, number.ours) for number in numbers if number.ours is not None)


def _printed(numbers: Sequence[Judged]) -> str:
    """With the digits that were printed, be they fewer than ours."""
    if any(number.printed is None for number in numbers):
        return MISSING
    texts = [str(number.printed).replace("Infinity", "inf") for number in numbers]
    return " / ".join(text.removeprefix("0") for text in texts)


def every_method(results: Results) -> str:
    """Models, bicubic interpolation and the paper's pictures on every set; `-` is what was not measured."""
    heads = ["set", "method", "paper", "matlab", "features", "NIQE", "colour"]
    rows = []
    for data in results.sets:
        for method in results.methods:
            scores = {name: values for name in _SCORES if (values := results.values(method.name, data, name))}
            if scores and method.name != "nearest":  # it is in table 2, and that is enough of it
                rows.append([data, _NAMES.get(method.name, method.name), *_cells(scores)])
    sizes = ", ".join(f"{len(pictures)} in {name}" for name, pictures in results.sets.items())
    return f"{_table(heads, rows)}\nPictures: {sizes}; the paper's authors published theirs of Set5 and Set14.\n"


_SCORES = (
    *(f"{protocol}/{kind}" for protocol in ("paper", "matlab") for kind in ("psnr", "ssim")),
    "features/squeezenet1.1",
    "niqe",
    COLOUR_SHIFT,
)
_NAMES = {REFERENCE: "the original", **{papers(name): f"{name}, the paper's own pictures" for name in PAPERS_PICTURES}}


def _cells(scores: Mapping[str, Sequence[float]]) -> list[str]:
    means = {name: mean(values) for name, values in scores.items()}
    pairs = [
        f"{as_printed('psnr', means[f'{protocol}/psnr'])} / {as_printed('ssim', means[f'{protocol}/ssim'])}"
        for protocol in ("paper", "matlab")
    ]
    others = [f"{means[name]:.{digits}f}" if name in means else MISSING for name, digits in _DIGITS.items()]
    return [*pairs, *others, f"{max(scores[COLOUR_SHIFT]):.1f}"]


_DIGITS = {"features/squeezenet1.1": 3, "niqe": 2}


def training(curves: Sequence[Curve]) -> str:
    """The curves, or that there are none."""
    if not curves:
        return "No record of a released run is kept in `runs/records` yet.\n"
    return (
        "PSNR by the paper protocol on the middles of photos held out from training; a model that begins with the "
        "weights of another counts its own updates alone. Those called `-open` have other photos, and those called "
        "`-photo` damaged ones: they have panels of their own.\n\n"
        "![PSNR over updates, a line for each model](curves.png)\n"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---" if place < 2 else "---:" for place in range(len(heads))]
    return "".join(f"| {' | '.join(line)} |\n" for line in (heads, rule, *rows))


def written_by_hand(page: str | None) -> str:
    """What stands between the marks of the page as it is; the usual line if there is no page.

    Raises:
        ValueError: if the marks are not there, or not once each: nothing that was written may be lost.
    """
    if page is None:
        return FAILED
    return between(page, BEGIN, END)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="for details of the test sets; never tracked")
    folder = parser.parse_args().sheets
    data = Path(os.environ.get("SRGAN_DATA", ""))
    if not (data / "testsets").is_dir():
        sys.exit("SRGAN_DATA must name the benchmark data folder, with testsets/ in it")
    try:
        before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else None
        by_hand = written_by_hand(before)
        photos = "" if before is None else between(before, PHOTOS_BEGIN, PHOTOS_END)
        curves = read_curves(RECORDS)
        with ProgressBar() as counter:
            results = measured(data.resolve(), EVALUATION, counter)
        models = released()
        write_own_sheet(SHEET, {name: models[name] for name in SHOWN})
        write_own_sheet(LOSS_SHEET, {name: models[name] for name in LOSSES if name in models})
        if curves:
            draw_curves(curves, CURVES)
        write_bytes(PAGE, page(results, curves, by_hand, photos).encode())
        if folder is not None:
            write_test_sheets(results, EVALUATION, folder)
    except (SrganError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
