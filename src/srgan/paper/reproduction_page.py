"""One page with every reproduced table and figure, to be read beside the paper; it says what is missing, and why."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from srgan import __version__
from srgan.errors import DataError, SrganError, UsageError
from srgan.files import write_bytes
from srgan.paper.paper_figures import FIGURES
from srgan.paper.project_tables import SHEET, reproduce_loridan, reproduce_seeds
from srgan.paper.published import SEEDS, TABLE1, TABLE2, Published
from srgan.paper.reproduction import TABLES, Reproducer, Reproduction
from srgan.paper.training_length_study import reproduce_length
from srgan.paper.verdicts import KINDS, NO_OPINIONS, Opinions
from srgan.reporting.page import data_url, render_page
from srgan.reporting.plot_style import Drawing
from srgan.reporting.table import Cell, Column, Number, Table
from srgan.weights.catalogue import installed

PAGE = "report.html"

_HEADINGS: Mapping[str, tuple[str, str]] = {
    "table1": ("Table 1", "The losses of SRResNet and SRGAN on Set5 and Set14."),
    "table2": ("Table 2", "Nine methods on Set5, Set14 and BSD100."),
    "figure2": ("Figure 2", "Set14's comic by bicubic interpolation, SRResNet and SRGAN, and the original."),
    "figure5": ("Figure 5", "How opinion scores are distributed, by method."),
    "figure6": ("Figure 6", "Set14's baboon by networks trained with different losses."),
    "depth": ("Depth and skips", "PSNR and time by the number of residual blocks, from the paper's supplement."),
    "length": ("Length of GAN training", "A generator after more and more updates, from the paper's supplement."),
    "seeds": ("UC San Diego's table", "Bicubic, SRCNN, SRResNet and SRGAN by MSE, PSNR, SSIM and time."),
    "loridan": ("Loridan's dogs", "The log of both stages, and dogs before and after each."),
}
_SHORT = {"worse": "short of"}
"""Words of the page for a verdict."""


@dataclass(frozen=True)
class PageOptions:
    """Options of a page: its methods, test sets, runs and studies."""

    rows: Mapping[str, str]
    """By row of any table, a model's name or file, or a folder of results."""
    sets: Sequence[str]
    """Test sets, as names or NAME=FOLDER; none for all."""
    runs: Sequence[Path]
    """Training runs; each goes where its recipe belongs."""
    models: Sequence[str]
    """Models for the study of depth."""
    data: Path | None
    """DIV2K's validation images."""
    dogs: Sequence[str]
    """The set whose first photos are shown for Loridan; one or none."""
    opinions: Mapping[str, Opinions]
    """By table, our MOS."""
    blocks: Sequence[int]
    repetitions: int


@dataclass(frozen=True)
class PagePart:
    """A section of the page."""

    name: str
    made: Reproduction | None = None
    failure: str = ""
    """Why nothing was made."""
    drawings: Sequence[Drawing] = ()

    @property
    def heading(self) -> str:
        return _HEADINGS[self.name][0]

    @property
    def summary(self) -> str:
        return _HEADINGS[self.name][1]

    @property
    def tables(self) -> list[Table]:
        """The tables in the words of the page."""
        return [_reword(table) for table in self.made.tables.values()] if self.made else []

    @property
    def images(self) -> list[tuple[str, str]]:
        """Names and `data:` URLs of the written figures."""
        return [(path.stem, data_url("image/png", path.read_bytes())) for path in self.made.images] if self.made else []

    @property
    def outcome(self) -> str:
        """Number of numbers by verdict, in words."""
        made = self.drawings or (self.made and self.made.images)
        numbers = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items())
        return self.failure or numbers or ("made" if made else "not made yet")

    @property
    def verdicts(self) -> Counter[str]:
        """Number of judged numbers by verdict, and of those that are missing."""
        found = _find_numbers(self.made.document) if self.made else ()
        return Counter(_classify(number["verdict"]) for number in found)


def check_rows(rows: Mapping[str, str]) -> None:
    """Check that every row is one of a table or figure.

    Raises:
        UsageError: otherwise.
    """
    published = (TABLE1, TABLE2, SEEDS, SHEET, *(figure.published for figure in FIGURES.values()))
    known = list(dict.fromkeys(method for one in published for method in one.methods))
    for row in rows:
        if row not in known:
            raise UsageError(f"there is no row {row}: choose one of {', '.join(known)}", parameter="method")


def make_parts(work: Reproducer, options: PageOptions, draw_figure5: Callable[[], Sequence[Drawing]]) -> list[PagePart]:
    """Return every part of the page in the order of the paper; one that cannot be made says why.

    Args:
        work: folder, progress and engine; all parts share one evaluation.
        options: what to make them of.
        draw_figure5: draws Figure 5 from the votes of a study.
    """
    own = {one.name: _choose_rows(options.rows, one) for one in (TABLE1, TABLE2, SEEDS, SHEET)}

    def table(name: str) -> Reproduction:
        published = TABLES[name]
        sets = [word for word in options.sets if word.partition("=")[0] in published.sets]
        if options.sets and not sets:
            raise DataError(f"it needs {', '.join(published.sets)}: name one of them with --set")
        return work.table(name, own[name], sets, options.opinions.get(name, NO_OPINIONS))

    def figure(name: str) -> Reproduction:
        chosen = FIGURES[name]
        sets = [word for word in options.sets if word.partition("=")[0] == chosen.data]
        return work.figure(name, _choose_rows(options.rows, chosen.published), sets)

    def depth() -> Reproduction:
        models = options.models or [name for name in ("srresnet",) if name in installed()]
        return work.depth(models, (), options.blocks, options.repetitions, (options.sets or ("Set5",))[0])

    def seeds() -> Reproduction:
        sets = () if options.data else options.sets
        opinions = options.opinions.get("seeds", NO_OPINIONS)
        return reproduce_seeds(work, options.data, own["seeds"], sets, opinions, runs=_folders(options.runs), gray=True)

    makers: Mapping[str, Callable[[], Reproduction | Sequence[Drawing]]] = {
        "table1": lambda: table("table1"),
        "table2": lambda: table("table2"),
        "figure5": draw_figure5,  # of the evaluation of Table 2, while it is the last
        "figure2": lambda: figure("figure2"),
        "figure6": lambda: figure("figure6"),
        "depth": depth,
        "length": lambda: reproduce_length(work, (), [run for run in options.runs if _is_adversarial(run)], "Set14"),
        "seeds": seeds,
        "loridan": lambda: reproduce_loridan(work, _folders(options.runs), own["dogs"], options.dogs),
    }
    parts = {}
    for name, make in makers.items():
        try:
            made = make()
            if isinstance(made, Reproduction):
                made.write(work.folder)
                parts[name] = PagePart(name, made)
            else:
                parts[name] = PagePart(name, drawings=made)
        except SrganError as error:
            work.progress.say(f"{_HEADINGS[name][0]}: {error}")
            parts[name] = PagePart(name, failure=str(error))
    return [parts[name] for name in _HEADINGS]


def write_page(parts: Sequence[PagePart], folder: Path, *, simulated: bool) -> Path:
    """Write the page into a folder and return its path.

    Args:
        parts: in the order of the page.
        folder: where it is written.
        simulated: whether programs cast the votes of Figure 5.

    Raises:
        DataError: if jinja2 is not installed.
        OutputError: if it cannot be written.
    """
    page = render_page(
        "srgan.paper",
        "reproduction_page.html",
        title="Photo-realistic single image super-resolution using a GAN, reproduced",
        subtitle=f"Every table and figure beside what was printed. Made by srgan {__version__}.",
        version=__version__,
        parts=parts,
        overview=_make_overview(parts),
        simulated=simulated,
    )
    return write_bytes(folder / PAGE, page.encode("utf-8", "replace"))


def _choose_rows(rows: Mapping[str, str], published: Published) -> dict[str, str]:
    return {row: word for row, word in rows.items() if row in published.methods}


def _folders(runs: Sequence[Path]) -> list[Path]:
    """Return the runs themselves, without tables of validations."""
    return [run for run in runs if run.is_dir()]


def _is_adversarial(run: Path) -> bool:
    """Return whether a run, or the run behind a table of validations, trains against a discriminator."""
    if not run.is_dir():
        return True
    from srgan.training.run_folder import Run  # imports torch

    return Run(run).settings().recipe.loss.discriminator != "none"


def _reword(table: Table) -> Table:
    rows = tuple(tuple(_SHORT.get(cell, cell) if isinstance(cell, str) else cell for cell in row) for row in table.rows)
    notes = tuple(note.replace("better or worse", "better or short of it") for note in table.notes)
    return replace(table, rows=rows, notes=notes)


def _find_numbers(document: Any) -> Iterator[dict[str, Any]]:
    """Yield every number of a document that has a verdict."""
    if isinstance(document, dict):
        if "verdict" in document:
            yield document
        for value in document.values():
            yield from _find_numbers(value)
    elif isinstance(document, list):
        for value in document:
            yield from _find_numbers(value)


def _classify(verdict: str) -> str:
    near = {kind.near for kind in KINDS.values()}
    return "within" if verdict in near else _SHORT.get(verdict, verdict)


def _make_overview(parts: Iterable[PagePart]) -> Table:
    """Return how many numbers of each part have which verdict."""
    judged = ("equal", "within", "better", "short of")
    rows: list[tuple[Cell, ...]] = []
    for part in parts:
        counts = part.verdicts
        others = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if verdict not in judged)
        state = others if counts else part.outcome
        numbers = tuple((Number.of(counts[verdict] or None, spec=".0f"),) for verdict in judged)
        rows.append((part.heading, *numbers, state))
    header = (Column("part"), *map(Column, judged), Column("not judged"))
    return Table("Numbers by verdict", header, tuple(rows))
