"""Write the section "Between faithful and photo-real" of docs/results.md, and docs/images/fidelity.png.

    SRGAN_DATA=... python -m docs.generators.fidelity_plot

The networks that `--fidelity` makes between the two models of each pair, measured on Set14: the clean pair on clean
input, the pair for photos on JPEG files. SRGAN_DATA is the benchmark data folder; results are cached in
cache/fidelity.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docs.generators.page_parts import FIDELITY, benchmark_data, markdown_table, tidy, write_plot
from docs.generators.result_scores import measures
from srgan.cli.progress_bar import ProgressBar
from srgan.errors import SrganError
from srgan.evaluation.benchmark import Evaluation, evaluate
from srgan.evaluation.damaged_inputs import CLEAN, Damage
from srgan.evaluation.methods import Method
from srgan.evaluation.results import MethodInfo
from srgan.evaluation.significance import mean
from srgan.evaluation.test_sets import Pair, Pixels, find_set
from srgan.progress import Progress
from srgan.reporting.plot_style import new_figure
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import find

DOCS = Path(__file__).resolve().parents[1]
PAGE, PLOT = DOCS / "results.md", DOCS / "images" / "fidelity.png"
EVALUATION = DOCS.parent / "cache" / "fidelity"

FIDELITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
PAIRS = (("srgan", "srresnet", CLEAN), ("srgan-photo", "srresnet-photo", Damage.parse("jpeg:75")))
"""Photo-real and faithful model, and the damage of the input."""
SET = "Set14"
COLUMNS = {
    "matlab/psnr": ("PSNR", 2),
    "features/squeezenet1.1": ("features", 3),
    "consistency": ("consistency", 1),
}
"""Title and digits of each metric's column."""
_WARM = np.full((64, 64, 3), 128, np.uint8)
_TEXT = """\
Networks between the two models of a pair (`srgan upscale photo.jpg --fidelity 0.5`), means over Set14, written by
`SRGAN_DATA=... python -m docs.generators.fidelity_plot`. Fidelity 0 is the photo-real model, 1 the faithful one. The
metrics are those above.
"""


class Between(Method):
    """The network between two models, as `--fidelity` makes it."""

    def __init__(self, photo_real: str, faithful: str, fidelity: float) -> None:
        cards = [find(name).card for name in (photo_real, faithful)]
        identity = f"{' '.join(card.identity for card in cards)} {fidelity}"
        self.info = MethodInfo(
            f"{photo_real}@{fidelity:g}", "model", identity, f"{fidelity:g} of the way to {faithful}"
        )
        self.work = cards[0].multiply_adds / 1e6
        self._arguments = photo_real, faithful, fidelity
        self._upscaler: Upscaler | None = None

    @contextmanager
    def ready(self) -> Iterator[None]:
        model, faithful, fidelity = self._arguments
        self._upscaler = Upscaler(model, faithful=faithful, fidelity=fidelity, precision="fp32")
        self._upscaler.upscale(_WARM)
        try:
            yield
        finally:
            self._upscaler = None

    def restore(self, pair: Pair) -> tuple[Pixels, float | None]:
        assert self._upscaler is not None
        started = time.perf_counter()
        return self._upscaler.upscale(pair.low).astype(np.uint8, copy=False), time.perf_counter() - started


@dataclass(frozen=True)
class Point:
    """Means of the network at one fidelity."""

    photo_real: str
    faithful: str
    input: str
    fidelity: float
    scores: tuple[float, ...]
    """One for each of `COLUMNS`."""


def points(data: Path, folder: Path, progress: Progress) -> list[Point]:
    """Measure every network between the models of each pair.

    Raises:
        SrganError: if something cannot be measured.
    """
    taken = tuple(one for one in measures(data.parent / "weights", progress) if set(one.scores) & set(COLUMNS))
    found = []
    for photo_real, faithful, damage in PAIRS:
        methods = tuple(Between(photo_real, faithful, fidelity) for fidelity in FIDELITIES)
        chosen = find_set(SET) if damage == CLEAN else find_set(SET).damaged(damage)
        results = evaluate(Evaluation(methods, (chosen,), taken), folder, progress)
        for method, fidelity in zip(methods, FIDELITIES, strict=True):
            scores = tuple(mean(results.values(method.info.name, chosen.name, measure)) for measure in COLUMNS)
            found.append(Point(photo_real, faithful, damage.text, fidelity, scores))
    return found


def table(found: Sequence[Point]) -> str:
    """Return the table in Markdown."""
    heads = ["models", "input", "fidelity", *(title for title, _ in COLUMNS.values())]
    lines = [heads]
    for point in found:
        scores = [f"{value:.{digits}f}" for value, (_, digits) in zip(point.scores, COLUMNS.values(), strict=True)]
        lines.append([f"{point.photo_real} to {point.faithful}", point.input, f"{point.fidelity:g}", *scores])
    return markdown_table(lines, texts=2)


def draw(found: Sequence[Point], path: Path) -> None:
    """Draw the distance of features against PSNR: a line for each pair, a point for each fidelity."""
    figure = new_figure(8.0, 3.2)
    axes = figure.subplots(1, len(PAIRS), squeeze=False)[0]
    for panel, (photo_real, faithful, damage) in zip(axes, PAIRS, strict=True):
        mine = [point for point in found if point.photo_real == photo_real]
        across, up = ([point.scores[place] for point in mine] for place in (0, 1))
        panel.plot(across, up, marker="o", markersize=4, color="#1f77b4")
        for point, x, y in zip(mine, across, up, strict=True):
            panel.annotate(f"{point.fidelity:g}", (x, y), xytext=(5, 4), textcoords="offset points", fontsize="small")
        panel.set(xlabel="PSNR [dB]", ylabel="distance of features", title=f"{photo_real} to {faithful}, {damage.text}")
        tidy(panel)
    write_plot(path, figure)


def section(found: Sequence[Point]) -> str:
    """Return the text between the marks."""
    return f"{_TEXT}\n{table(found)}\n![Distance of features against PSNR at five fidelities](images/fidelity.png)"


def main() -> None:
    data = benchmark_data()
    try:
        with ProgressBar() as counter:
            found = points(data, EVALUATION, counter)
        FIDELITY.rewrite(PAGE, section(found))
        draw(found, PLOT)
    except (SrganError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
