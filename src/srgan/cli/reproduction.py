"""How `srgan reproduce` makes a table or a figure again: what is measured, what is written, what is shown."""

import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from srgan import __version__
from srgan.cli.console import failures, one_interruption, printable, say, show, show_json
from srgan.cli.progress_bar import ProgressBar
from srgan.engines.engine import EngineName, Precision, choose
from srgan.errors import SrganError, UsageError
from srgan.evaluation.benchmark import Evaluation, evaluate
from srgan.evaluation.measures import Measure, always_taken, find_protocol, protocol_measure
from srgan.evaluation.methods import Method, find_method
from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.evaluation.test_sets import ImageSet, find_set
from srgan.files import make_folder, write_bytes
from srgan.paper.opinions import NO_OPINIONS, Opinions
from srgan.paper.paper_figures import FIGURES, figure_document, plate
from srgan.paper.published import SEEDS, TABLE1, TABLE2, Published
from srgan.paper.table_methods import Chosen, choose_methods
from srgan.paper.verdicts import (
    PAPER_MEASURES,
    SEED_MEASURES,
    document,
    lines,
    table,
)
from srgan.reporting.table import Table

if TYPE_CHECKING:
    from srgan.paper.block_depth_study import Shape

TABLES: Mapping[str, Published] = {"table1": TABLE1, "table2": TABLE2}


@dataclass
class Work:
    """A reproduction in the making: where it is written, how models run, and who hears of it."""

    folder: Path
    engine: EngineName
    precision: Precision
    as_json: bool
    counter: ProgressBar

    def say(self, line: str) -> None:
        self.counter.say(line)

    def count(self, what: str, done: int, whole: int) -> None:
        if done == 0:
            self.counter.start(what, whole)
        else:
            self.counter.advance()

    @property
    def evaluation(self) -> Path:
        """The folder in which pictures and scores are kept."""
        return self.folder / "evaluation"

    def fill(self, published: Published, methods: Sequence[str] | None) -> Chosen:
        """The methods of the rows, as --method says and otherwise as installed."""
        given: dict[str, str] = {}
        for word in methods or ():
            row, _, what = word.partition("=")
            if not what or row in given:
                raise UsageError(f"--method {word}: write ROW=FILE_OR_FOLDER, and each row once")
            given[row] = what
        return choose_methods(published.methods, given, engine=self.engine, precision=self.precision)

    def measure(self, methods: Sequence[Method], sets: Sequence[ImageSet], measures: Sequence[Measure]) -> Results:
        """The evaluation of what can be measured; nothing at all if nothing can."""
        if not methods:
            return Results(__version__, (), {}, ())
        return evaluate(Evaluation(tuple(methods), tuple(sets), tuple(measures)), self.evaluation, self.counter)

    def put(self, what: str, made: Table, plain: dict[str, Any], picture: Path | None = None) -> None:
        """Write the table in every language, and show it."""
        plain = {**plain, **({} if picture is None else {"picture": str(picture)})}
        whole = json.dumps(plain, indent=2, allow_nan=False) + "\n"
        texts = {".md": made.markdown(), ".csv": made.csv(), ".tex": made.latex(), ".json": whole}
        make_folder(self.folder)
        paths = [self.folder / f"{what}{suffix}" for suffix in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            write_bytes(path, text.encode())
        paths = paths if picture is None else [picture, *paths]
        if self.as_json:
            show_json({**plain, "files": [str(path) for path in paths], "heard": self.counter.lines})
            return
        places = [f"{path.suffix[1:]:5} {path}" for path in paths]
        show("\n".join(printable(line) for line in [*made.markdown().split("\n"), *places]))


@contextmanager
def working(
    what: str, output: Path | None, engine: EngineName, precision: Precision, *, as_json: bool, torch: bool = False
) -> Iterator[Work]:
    """Around a reproduction: its packages, its progress, and what becomes of errors and interruptions."""
    with failures(as_json=as_json):
        _need_packages(torch=torch)
        folder = output or Path("reproduction") / what
        try:
            with one_interruption(), ProgressBar(shown=not as_json, quiet=as_json) as counter:
                yield Work(folder, engine, precision, as_json, counter)
        except KeyboardInterrupt:
            say(f"Interrupted: what is done is in {folder}; run the same command again to go on")
            raise typer.Exit(130) from None


def _need_packages(*, torch: bool) -> None:
    wanted = {"matplotlib": "evaluate", **({"torch": "train", "onnx": "train"} if torch else {})}
    for package, extra in wanted.items():
        if importlib.util.find_spec(package) is None:
            raise SrganError(f"this needs {package}, which is not installed: pip install 'srgan[{extra}]'")


@dataclass(frozen=True)
class Asked:
    """Whose opinions fill a table's column."""

    study: Path | None
    """The folder of a study; None for an empty column."""
    simulated: bool
    """Whether programs' votes are wanted, and not people's."""

    def opinions(self, published: Published) -> Opinions:
        """Those of the study, by the rows of a table.

        Raises:
            DataError: if there is no study, or no vote.
            UsageError: if simulated votes of no study are asked for.
        """
        if self.study is None:
            if self.simulated:
                raise UsageError("--simulated tells of a study's votes: name the study with --study FOLDER")
            return NO_OPINIONS
        if importlib.util.find_spec("scipy") is None:
            raise SrganError("this needs scipy, which is not installed: pip install 'srgan[study]'")
        from srgan_study.analysis.paper_comparison import collect_opinions
        from srgan_study.votes.store import read_ratings

        return collect_opinions(read_ratings(self.study, simulated=self.simulated), published)


def paper_table(work: Work, what: str, methods: Sequence[str] | None, sets: Sequence[str] | None, asked: Asked) -> None:
    """One of the paper's tables, by the paper's protocol."""
    published, protocol = TABLES[what], find_protocol("paper")
    opinions = asked.opinions(published)  # is refused before anything is done
    chosen, pictures = work.fill(published, methods), tuple(find_set(word) for word in sets or published.sets)
    for found in pictures:
        if found.name not in published.sets:
            raise UsageError(
                f"{what} has no set {found.name}: write --set NAME=FOLDER, NAME of {_list(published.sets)}"
            )
    results = work.measure(chosen.methods, pictures, [protocol_measure(protocol)])
    beside = {found.name: found.name for found in pictures}
    compared = lines(published, results, chosen.missing, PAPER_MEASURES, beside, opinions)
    notes = [f"Protocol {protocol.name}: {protocol.description}."]
    work.put(what, table(published, compared, notes, opinions), document(published, compared, notes, opinions))


def paper_figure(work: Work, what: str, methods: Sequence[str] | None, sets: Sequence[str] | None) -> None:
    """One of the paper's figures, as a picture and a table of its scores."""
    from srgan.reporting.contact_sheet import sheet, write_sheet

    figure = FIGURES[what]
    chosen, words = work.fill(figure.published, methods), sets or [figure.data]
    if len(words) > 1:
        raise UsageError(f"{what} shows one picture of {figure.data}: give --set once")
    alone = figure.only(find_set(words[0]))
    results = work.measure(chosen.methods, [alone], [protocol_measure(find_protocol("paper"))])
    found = plate(figure, results, work.evaluation, chosen.missing)
    path = work.folder / f"{what}.png"
    write_sheet(path, sheet(found.columns, found.rows, found.captions))
    work.put(what, table(figure.published, found.lines, found.notes), figure_document(figure, found), path)


def seeds_table(
    work: Work, data: Path | None, methods: Sequence[str] | None, sets: Sequence[str] | None, asked: Asked
) -> None:
    """The table of the UC San Diego group, on its pictures or, without verdicts, on others."""
    if data is not None and sets:
        raise UsageError("--data and --set both name pictures: give one of them")
    opinions = asked.opinions(SEEDS)
    pictures = [find_set(f"DIV2K={data}")] if data is not None else [find_set(word) for word in sets or TABLE2.sets]
    chosen = work.fill(SEEDS, methods)
    results = work.measure(chosen.methods, pictures, [protocol_measure(find_protocol("matlab")), always_taken(4)[0]])
    beside = {found.name: "DIV2K" for found in pictures}
    compared = lines(SEEDS, results, chosen.missing, SEED_MEASURES, beside, opinions)
    if data is None:
        names = _list([found.name for found in pictures])
        which = f"{names}: other pictures than those of the published numbers, DIV2K's, so there is no verdict."
    else:
        which = f"The pictures of {data.name} are taken to be those of the published numbers, DIV2K's."
    notes = [
        which,
        "MSE and PSNR: of all RGB channels in [0, 1], nothing cropped. SSIM: by the matlab protocol, "
        f"{find_protocol('matlab').description}. How the published ones were measured is not known.",
    ]
    work.put("seeds", table(SEEDS, compared, notes, opinions), document(SEEDS, compared, notes, opinions))


def depth_study(work: Work, models: Sequence[str], runs: Sequence[Path], blocks: str, times: int, data: str) -> None:
    """PSNR and time against the number of residual blocks, as a table and a plot."""
    from srgan.paper.block_depth_study import (
        depth_document,
        depth_table,
        plot_depth,
        points,
        shapes,
        shapes_of,
        time_shapes,
    )

    chosen = shapes(_numbers(blocks), ())  # is refused before anything is done
    trained = shapes_of([*models, *_released(work, runs)])
    chosen = shapes([shape.blocks for shape in chosen], tuple(trained))
    make_folder(work.folder)
    name, scores = _depth_scores(work, trained, data)
    seconds = time_shapes(chosen, work.count, repetitions=times, engine=work.engine, precision=work.precision)
    found = points(seconds, {shape: Path(model).stem for shape, model in trained.items()}, scores)
    notes = [
        f"Time: the mean of {times} reconstructions of a 64x64 picture by {choose(work.engine).engine} in "
        f"{work.precision}, with untrained networks.",
        f"PSNR and SSIM: means of trained models over {name}, by the paper protocol; '-' where there is none yet.",
    ]
    path = plot_depth(found, name, work.folder / "depth.png")
    work.put("depth", depth_table(found, name, notes), depth_document(found, name, notes), path)


def _depth_scores(
    work: Work, trained: "Mapping[Shape, str]", data: str
) -> "tuple[str, dict[Shape, tuple[float, float]]]":
    """The name of the set, and on it PSNR and SSIM of the trained models, by their shapes."""
    if not trained:
        return data.partition("=")[0], {}
    pictures = find_set(data)
    options: dict[str, Any] = {"engine": work.engine, "precision": work.precision}
    methods = {shape: find_method(f"{shape.label}={model}", **options) for shape, model in trained.items()}
    results = work.measure(tuple(methods.values()), [pictures], [protocol_measure(find_protocol("paper"))])

    def score(shape: "Shape", measure: str) -> float:
        return mean(results.values(methods[shape].info.name, pictures.name, measure))

    return pictures.name, {shape: (score(shape, "paper/psnr"), score(shape, "paper/ssim")) for shape in trained}


def _released(work: Work, runs: Sequence[Path]) -> list[str]:
    """The models of training runs, exported into the folder."""
    from srgan.training.release import release
    from srgan.training.run_folder import Run

    folder, models = work.folder / "models", []
    for run in runs:
        name = run.resolve().name
        release(Run(run), folder, name=name, licence="not stated", terms="not stated", say=work.say)
        models.append(str(folder / f"{name}.onnx"))
    return models


def _numbers(words: str) -> list[int]:
    try:
        return [int(word) for word in words.split(",")]
    except ValueError as error:
        raise UsageError(f"--blocks {words} is no list of numbers: give --blocks as 1,2,4") from error


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
