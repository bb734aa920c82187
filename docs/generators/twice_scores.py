"""Write the section "Enlarged twice" of docs/results.md: models for a factor of 2 beside those for 4, made smaller.

    SRGAN_DATA=... python -m docs.generators.twice_scores

SRGAN_DATA is the benchmark data folder. Results are cached in cache/twice-results.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from docs.generators.page_parts import TWICE, markdown_table
from srgan.cli.progress_bar import ProgressBar
from srgan.errors import SrganError
from srgan.evaluation.benchmark import Evaluation, evaluate
from srgan.evaluation.damaged_inputs import CLEAN, Damage
from srgan.evaluation.measures import find_protocol, protocol_measure
from srgan.evaluation.methods import find_method
from srgan.evaluation.significance import mean
from srgan.evaluation.test_sets import find_set
from srgan.progress import Progress

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs" / "results.md"
EVALUATION = PROJECT / "cache" / "twice-results"

SCALE, SETS = 2, ("Set5", "Set14")
INPUTS = (CLEAN, *(Damage.parse(text) for text in ("jpeg:93", "jpeg:75", "jpeg:50", "messenger", "noise:10")))
METHODS = ("bicubic", "srresnet", "swift-x2", "srresnet-photo", "swift-photo-x2")
_TEXT = """\
PSNR [dB] by the matlab protocol at x2, means over a test set, measured by
`SRGAN_DATA=... python -m docs.generators.twice_scores`. Results of `srresnet` and `srresnet-photo`, which enlarge four
times, are made half as large. Where no more than twice is asked, `srgan upscale` takes `swift-x2` and `swift-photo-x2`.
"""


@dataclass(frozen=True)
class Row:
    """Scores on a test set of one input."""

    input: str
    data: str
    psnr: tuple[float, ...]
    """One for each of `METHODS`."""


def measured(folder: Path, progress: Progress) -> list[Row]:
    """Measure all methods on all inputs.

    Raises:
        SrganError: if something cannot be measured.
    """
    methods = tuple(find_method(name, scale=SCALE) for name in METHODS)
    measures = (protocol_measure(find_protocol("matlab", SCALE)),)
    rows = []
    for damage in INPUTS:
        sets = tuple(chosen if damage == CLEAN else chosen.damaged(damage) for chosen in map(find_set, SETS))
        results = evaluate(Evaluation(methods, sets, measures, SCALE), folder, progress)
        for chosen, data in zip(sets, SETS, strict=True):
            scores = tuple(mean(results.values(method.info.name, chosen.name, "matlab/psnr")) for method in methods)
            rows.append(Row(damage.text, data, scores))
    return rows


def section(rows: Sequence[Row]) -> str:
    """Return the text between the marks."""
    lines = [(row.input, row.data, *(f"{psnr:.2f}" for psnr in row.psnr)) for row in rows]
    return f"{_TEXT}\n{markdown_table([('input', 'set', *METHODS), *lines], texts=2)}"


def main() -> None:
    try:
        with ProgressBar() as counter:
            rows = measured(EVALUATION, counter)
        TWICE.rewrite(PAGE, section(rows))
    except (SrganError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
