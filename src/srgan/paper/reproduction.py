"""Published tables and figures measured again: which methods run on which sets, and what is written of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from srgan import __version__
from srgan.engines.engine import EngineName, Precision, choose
from srgan.errors import UsageError
from srgan.evaluation.benchmark import Evaluation, evaluate
from srgan.evaluation.measures import Measure, find_protocol, protocol_measure
from srgan.evaluation.methods import Method, find_method
from srgan.evaluation.outputs import RESULTS
from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.evaluation.test_sets import ImageSet, find_set
from srgan.files import make_folder, write_bytes
from srgan.paper.comparison_table import comparison_document, comparison_table
from srgan.paper.paper_figures import FIGURES, compose_figure
from srgan.paper.published import SEEDS, TABLE1, TABLE2, TRAINED_BY, Published
from srgan.paper.table_methods import NO_WEIGHTS, ChosenMethods, choose_methods
from srgan.paper.verdicts import (
    NO_OPINIONS,
    PAPER_MEASURES,
    ComparedRow,
    Opinions,
    compare_results,
    explain_shortfalls,
)
from srgan.progress import Progress
from srgan.reporting.table import Table
from srgan.training.recipes import find_recipe

TABLES: Mapping[str, Published] = {"table1": TABLE1, "table2": TABLE2, "seeds": SEEDS}


@dataclass(frozen=True)
class Reproduction:
    """A table or figure measured again."""

    name: str
    tables: Mapping[str, Table]
    """By the names of their files."""
    document: dict[str, Any]
    """For programs."""
    images: tuple[Path, ...] = ()
    """The written figures."""
    reasons: tuple[str, ...] = ()
    """Why numbers are short of the printed ones, in sentences."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """What is missing, and the commands that make it."""

    def write(self, folder: Path) -> list[Path]:
        """Write the tables as Markdown, CSV and LaTeX, and the document as JSON; return all files, images first.

        Raises:
            OutputError: if a file cannot be written.
        """
        for name, table in self.tables.items():
            table.write(folder, name)
        document = json.dumps(self.document, indent=2, allow_nan=False) + "\n"
        write_bytes(folder / f"{self.name}.json", document.encode())
        files = [folder / f"{name}{suffix}" for name in self.tables for suffix in (".md", ".csv", ".tex")]
        files.append(folder / f"{self.name}.json")
        return [*self.images, *files]


@dataclass(frozen=True)
class Reproducer:
    """Measures published tables and figures again. Work done before in the same folder is kept.

    `rows` fill a row of a table by a model's name or file, or by a folder of results; `sets` are names or NAME=FOLDER,
    and without any all of the table. Methods raise what `evaluate` does, and UsageError for an unknown row or set.
    """

    folder: Path
    """For everything that is written; restored images and scores are in `evaluation`."""
    progress: Progress
    engine: EngineName = "auto"
    precision: Precision = "fp32"

    def table(
        self, name: str, rows: Mapping[str, str], sets: Sequence[str], opinions: Opinions = NO_OPINIONS
    ) -> Reproduction:
        """Measure `table1` or `table2` of the paper by the paper's protocol."""
        published, protocol = TABLES[name], find_protocol("paper")
        chosen, images = self.choose(published, rows), [find_set(word) for word in sets or published.sets]
        for one in images:
            if one.name not in published.sets:
                names = ", ".join(published.sets)
                raise UsageError(f"{name} has no set {one.name}: write NAME=FOLDER, NAME of {names}")
        results = self.measure(chosen.methods, images, [protocol_measure(protocol)])
        compared = compare_results(
            published, results, chosen.missing, PAPER_MEASURES, {one.name: one.name for one in images}, opinions
        )
        return compare(published, compared, chosen, [f"Protocol {protocol.name}: {protocol.description}."], opinions)

    def figure(self, name: str, rows: Mapping[str, str], sets: Sequence[str]) -> Reproduction:
        """Compose `figure2` or `figure6` of the paper as an image and a table of its scores; `sets` is one or empty."""
        from srgan.reporting.contact_sheet import sheet, write_sheet

        figure = FIGURES[name]
        chosen = self.choose(figure.published, rows)
        if len(sets) > 1:
            raise UsageError(f"set must be given once: {name} shows one picture of {figure.data}", parameter="set")
        alone = figure.choose_image(find_set(sets[0] if sets else figure.data))
        results = self.measure(chosen.methods, [alone], [protocol_measure(find_protocol("paper"))])
        content = compose_figure(figure, results, self.folder / "evaluation", chosen.missing)
        path = self.folder / f"{name}.png"
        write_sheet(path, sheet(content.columns, content.rows, content.captions))
        made = compare(figure.published, content.compared, chosen, content.notes)
        document = made.document | {"columns": list(content.columns), "picture": str(path)}
        return replace(made, document=document, images=(path,))

    def depth(
        self, models: Sequence[str], runs: Sequence[Path], blocks: Sequence[int], repetitions: int, data: str
    ) -> Reproduction:
        """Measure PSNR and time by the number of residual blocks.

        PSNR on the set `data` is that of trained models, and of runs, which are released first.
        """
        from srgan.paper import block_depth_study as study

        study.choose_shapes(blocks, ())  # errors come before any work
        trained = study.find_shapes([*models, *self.release(runs)])
        shapes = study.choose_shapes(blocks, tuple(trained))
        make_folder(self.folder)
        options: dict[str, Any] = {"engine": self.engine, "precision": self.precision}
        name, scores = data.partition("=")[0], dict[study.Shape, tuple[float, float]]()
        if trained:
            images = find_set(data)
            methods = {shape: find_method(f"{shape.label}={model}", **options) for shape, model in trained.items()}
            results = self.measure(tuple(methods.values()), [images], [protocol_measure(find_protocol("paper"))])
            name = images.name
            for shape in trained:
                psnr, ssim = (mean(results.values(shape.label, name, f"paper/{kind}")) for kind in ("psnr", "ssim"))
                scores[shape] = psnr, ssim
        seconds = study.time_shapes(shapes, repetitions=repetitions, progress=self.progress, **options)
        points = study.collect_points(seconds, {shape: Path(model).stem for shape, model in trained.items()}, scores)
        notes = [
            f"Time: the mean of {repetitions} reconstructions of a 64x64 picture by {choose(self.engine).engine} in "
            f"{self.precision}, with untrained networks.",
            f"PSNR and SSIM: means of trained models over {name}, by the paper protocol; '-' where there is none yet.",
        ]
        path = study.plot_depth(points, name, self.folder / "depth.png")
        document = {**study.depth_document(points, name, notes), "picture": str(path)}
        return Reproduction("depth", {"depth": study.depth_table(points, name, notes)}, document, (path,))

    def choose(self, published: Published, rows: Mapping[str, str]) -> ChosenMethods:
        """Return the methods that fill the rows of a table."""
        return choose_methods(published.methods, rows, engine=self.engine, precision=self.precision)

    def measure(self, methods: Sequence[Method], sets: Sequence[ImageSet], measures: Sequence[Measure]) -> Results:
        """Return the evaluation of the methods, kept in `evaluation`; empty results if there are none."""
        if not methods:
            return Results(__version__, (), {}, ())
        evaluation, folder = Evaluation(tuple(methods), tuple(sets), tuple(measures)), self.folder / "evaluation"
        results = evaluate(evaluation, folder, self.progress)
        write_bytes(folder / RESULTS, results.to_json().encode())
        return results

    def release(self, runs: Sequence[Path]) -> list[str]:
        """Release training runs into the folder and return the models' files."""
        from srgan.training.release import release
        from srgan.training.run_folder import Run

        folder, models = self.folder / "models", []
        for run in runs:
            name = run.resolve().name
            release(Run(run), folder, name=name, licence="not stated", terms="not stated", say=self.progress.say)
            models.append(str(folder / f"{name}.onnx"))
        return models


def compare(
    published: Published,
    rows: Sequence[ComparedRow],
    chosen: ChosenMethods,
    notes: Sequence[str],
    opinions: Opinions = NO_OPINIONS,
) -> Reproduction:
    """Return compared rows as a table and a document, with reasons for what is short and commands for what is absent.

    Args:
        published: the printed table.
        rows: of `compare_results`.
        chosen: what filled the rows.
        notes: printed below the table.
        opinions: those that the rows were made with.
    """
    commands = {
        f"{row} has no weights yet": training_command(TRAINED_BY[row])
        for row, reason in chosen.missing.items()
        if reason == NO_WEIGHTS and row in TRAINED_BY
    }
    return Reproduction(
        published.name,
        {published.name: comparison_table(published, rows, notes, opinions)},
        comparison_document(published, rows, notes, opinions),
        reasons=explain_shortfalls(rows, chosen.cards),
        commands=commands,
    )


def training_command(recipe: str, data: str = "PHOTOS") -> str:
    """Return the command that trains a recipe, after the run that it begins with."""
    initial = find_recipe(recipe).initial
    return f"srgan train {recipe} --data {data}" + (f" --from runs/{initial}" if initial else "")
