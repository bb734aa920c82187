"""`srgan reproduce`: published tables and figures made again, ours beside what was printed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from srgan.cli.console import failures, printable, say, show, show_json
from srgan.errors import SrganError, UsageError

if TYPE_CHECKING:
    from srgan.cli.progress import Counter
    from srgan.evaluation.markup import Table
    from srgan.evaluation.published import Published
    from srgan.evaluation.reproduce import Chosen
    from srgan.evaluation.results import Results
    from srgan.evaluation.sets import PictureSet

EPILOG = """\
[bold]Examples[/bold]

  srgan reproduce table2                            methods on Set5, Set14 and BSD100, beside table 2 of the paper
  srgan reproduce table1 --method SRGAN-VGG54=made  the row from pictures in made/Set5 and made/Set14
  srgan reproduce figure2                           bicubic, SRResNet, SRGAN and the original, as a picture
  srgan reproduce depth --model models/deep.onnx    PSNR and time against the number of residual blocks
  srgan reproduce seeds --data DIV2K_valid_HR       the table of the UC San Diego group

Test sets are those in SRGAN_DATA/testsets, or folders named with --set Set5=FOLDER. Rows are filled from the \
interpolations, the models that came with srgan, and --method ROW=FILE_OR_FOLDER. A row whose weights do not exist yet \
says so. MOS of ours are empty: they will be those of a study.

What is in the folder already is not done again: after an interruption, run the same command once more.

Exit code: 0 all well, 1 something cannot be measured, 2 no such row or set, 130 interrupted.
"""

app = typer.Typer(
    no_args_is_help=True,
    epilog=EPILOG,
    help="Make published tables and figures again, ours beside what was printed.",
    context_settings={"help_option_names": ["--help", "-h"]},
)

_HERE = "reproduction"

Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        metavar="ROW=FILE_OR_FOLDER",
        show_default=False,
        help="Fill a row from a model or a folder of pictures; may be repeated.",
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SET", help="Set5, or Set5=FOLDER; without any, all sets; may be repeated."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FOLDER", help="For all that is written; without it, one in reproduction/."),
]
Engine = Annotated[
    Literal["auto", "openvino", "torch"],
    typer.Option(help="Of models; torch uses a graphics processor, if there is one."),
]
Precision = Annotated[
    Literal["fp32", "bf16"], typer.Option(help="Of models; bf16 is faster on processors made for it.")
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Report as a JSON document.")]


@dataclass
class _Work:
    """A reproduction in the making: where it is written, how models run, and who hears of it."""

    folder: Path
    engine: Literal["auto", "openvino", "torch"]
    precision: Literal["fp32", "bf16"]
    as_json: bool
    counter: "Counter"
    heard: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.heard.append(line)
        if not self.as_json:
            self.counter.say(line)

    def count(self, what: str, done: int, whole: int) -> None:
        self.counter.count(what, done, whole)

    @property
    def evaluation(self) -> Path:
        """The folder in which pictures and scores are kept."""
        return self.folder / "evaluation"

    @property
    def options(self) -> dict[str, Any]:
        """Of models, as `find_method` takes them."""
        return {"engine": self.engine, "precision": self.precision}


@app.command("table1", epilog=EPILOG)
def table1(
    methods: Methods = None,
    sets: Sets = None,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Table 1 of the paper: SRResNet and SRGAN by the losses they were trained with."""
    with _working("table1", output, engine, precision, as_json=as_json) as work:
        from srgan.evaluation.published import TABLE1

        _paper_table(work, TABLE1, methods, sets)


@app.command("table2", epilog=EPILOG)
def table2(
    methods: Methods = None,
    sets: Sets = None,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Table 2 of the paper: nine methods on three sets."""
    with _working("table2", output, engine, precision, as_json=as_json) as work:
        from srgan.evaluation.published import TABLE2

        _paper_table(work, TABLE2, methods, sets)


@app.command("figure2", epilog=EPILOG)
def figure2(
    methods: Methods = None,
    sets: Sets = None,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Figure 2 of the paper: bicubic, SRResNet, SRGAN and the original, on Set14's comic."""
    with _working("figure2", output, engine, precision, as_json=as_json) as work:
        _figure(work, "figure2", methods, sets)


@app.command("figure6", epilog=EPILOG)
def figure6(
    methods: Methods = None,
    sets: Sets = None,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Figure 6 of the paper: the losses beside each other, on Set14's baboon."""
    with _working("figure6", output, engine, precision, as_json=as_json) as work:
        _figure(work, "figure6", methods, sets)


@app.command("depth", epilog=EPILOG)
def depth(
    models: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="FILE", help="A trained SRResNet, whose PSNR is measured; may be repeated."),
    ] = None,
    runs: Annotated[
        list[Path] | None,
        typer.Option("--run", metavar="RUN", help="The folder of a training run, likewise; may be repeated."),
    ] = None,
    blocks: Annotated[str, typer.Option(metavar="LIST", help="Numbers of residual blocks.")] = "1,2,4,8,16,32",
    repetitions: Annotated[int, typer.Option(min=1, metavar="TIMES", help="Reconstructions timed.")] = 100,
    sets: Annotated[
        str, typer.Option("--set", metavar="SET", help="On which PSNR is measured: Set5, or NAME=FOLDER.")
    ] = "Set5",
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """The paper's study of depth: PSNR and time by residual blocks, with and without skip connections."""
    with _working("depth", output, engine, precision, as_json=as_json, torch=True) as work:
        _depth(work, [*(models or []), *_released(work, runs or [])], _counts(blocks), repetitions, sets)


@app.command("seeds", epilog=EPILOG)
def seeds(
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="DIV2K's validation pictures; without it, other sets and no verdicts."),
    ] = None,
    methods: Methods = None,
    sets: Sets = None,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """The table of the UC San Diego group: bicubic, SRCNN, SRResNet and SRGAN by MSE, PSNR and SSIM."""
    with _working("seeds", output, engine, precision, as_json=as_json) as work:
        from srgan.evaluation.measures import always_taken, find_protocol, protocol_measure
        from srgan.evaluation.published import SEEDS
        from srgan.evaluation.reproduce import SEED_MEASURES
        from srgan.evaluation.sets import find_set

        if data is not None and sets:
            raise UsageError("--data and --set both name pictures: give one of them")
        words = [f"DIV2K={data}"] if data is not None else sets or ["Set5", "Set14", "BSD100"]
        chosen = tuple(find_set(word) for word in words)
        notes = [
            "MSE and PSNR are of all RGB channels in [0, 1], nothing cropped; SSIM is by the matlab protocol. The "
            "group does not say how theirs were measured.",
        ]
        if data is None:
            names = ", ".join(found.name for found in chosen)
            notes.append(f"{names} are other pictures than the published ones, DIV2K's: there is no verdict.")
        else:
            notes.append(f"The pictures of {data} are taken to be the group's, from DIV2K.")
        measures = (protocol_measure(find_protocol("matlab")), always_taken(4)[0])
        _table(work, SEEDS, _filled(work, SEEDS, methods), chosen, measures, SEED_MEASURES, "DIV2K", notes)


@contextmanager
def _working(
    what: str,
    output: Path | None,
    engine: Literal["auto", "openvino", "torch"],
    precision: Literal["fp32", "bf16"],
    *,
    as_json: bool,
    torch: bool = False,
) -> Iterator[_Work]:
    """Around a reproduction: its packages, its progress, and what becomes of errors and interruptions."""
    with failures(as_json=as_json):
        _need_packages(torch=torch)
        from srgan.cli.interruption import one_interruption
        from srgan.cli.progress import Counter, on_terminal

        folder = output or Path(_HERE) / what
        try:
            with one_interruption(), Counter(shown=on_terminal() and not as_json) as counter:
                yield _Work(folder, engine, precision, as_json, counter)
        except KeyboardInterrupt:
            say(f"Interrupted: what is done is in {folder}; run the same command again to go on")
            raise typer.Exit(130) from None


def _need_packages(*, torch: bool) -> None:
    import importlib.util

    wanted = (("matplotlib", "evaluate"), *((("torch", "train"), ("onnx", "train")) if torch else ()))
    for package, extra in wanted:
        if importlib.util.find_spec(package) is None:
            raise SrganError(f"this needs {package}, which is not installed: pip install 'srgan[{extra}]'")


def _paper_table(
    work: _Work, published: "Published", methods: Sequence[str] | None, sets: Sequence[str] | None
) -> None:
    """One of the paper's tables, by the paper's protocol."""
    from srgan.evaluation.measures import find_protocol, protocol_measure
    from srgan.evaluation.reproduce import PAPER_MEASURES

    protocol = find_protocol("paper")
    measures = (protocol_measure(protocol),)
    notes = [f"Protocol {protocol.name}: {protocol.description}."]
    chosen = _published_sets(published, sets)
    _table(work, published, _filled(work, published, methods), chosen, measures, PAPER_MEASURES, None, notes)


def _published_sets(published: "Published", sets: Sequence[str] | None) -> "tuple[PictureSet, ...]":
    from srgan.evaluation.sets import find_set

    chosen = tuple(find_set(word) for word in sets or published.sets)
    for found in chosen:
        if found.name not in published.sets:
            raise UsageError(
                f"{published.name} has no set {found.name}: name one of {', '.join(published.sets)}, as Set5=FOLDER"
            )
    return chosen


def _filled(work: _Work, published: "Published", methods: Sequence[str] | None) -> "Chosen":
    """The methods of the rows, as --method says and otherwise as installed."""
    from srgan.evaluation.reproduce import choose_methods

    given: dict[str, str] = {}
    for word in methods or ():
        row, _, what = word.partition("=")
        if not what or row in given:
            raise UsageError(
                f"--method {word}: write ROW=FILE_OR_FOLDER, once for a row of {', '.join(published.methods)}"
            )
        given[row] = what
    return choose_methods(published.methods, given, **work.options)


def _measured(work: _Work, chosen: "Chosen", sets: "Sequence[PictureSet]", measures: Sequence[Any]) -> "Results":
    """The evaluation of what can be measured; nothing at all if nothing can."""
    from srgan import __version__
    from srgan.evaluation.benchmark import Plan, evaluate
    from srgan.evaluation.results import Results

    if not chosen.methods:
        return Results(__version__, (), {}, ())
    return evaluate(Plan(chosen.methods, tuple(sets), tuple(measures)), work.evaluation, work)


def _table(
    work: _Work,
    published: "Published",
    chosen: "Chosen",
    sets: "tuple[PictureSet, ...]",
    measures: Sequence[Any],
    kinds: Mapping[str, str],
    stands_for: str | None,
    notes: Sequence[str],
) -> None:
    """Measure what can be measured, and set it beside what was printed of the sets, or of the set that stands for all."""
    from srgan.evaluation.reproduce import document, lines, table

    results = _measured(work, chosen, sets, measures)
    beside = {found.name: stands_for or found.name for found in sets}
    found = lines(published, results, chosen.missing, kinds, beside)
    _put(work, published.name, table(published, found, notes), document(published, found, notes))


def _figure(work: _Work, what: str, methods: Sequence[str] | None, sets: Sequence[str] | None) -> None:
    from srgan.evaluation.measures import find_protocol, protocol_measure
    from srgan.evaluation.paper_figures import FIGURES, figure_document, plate
    from srgan.evaluation.reproduce import table
    from srgan.evaluation.sets import find_set
    from srgan.training.sheet import sheet, write_sheet

    figure = FIGURES[what]
    chosen = _filled(work, figure.published, methods)
    words = sets or [figure.data]
    if len(words) > 1:
        raise UsageError(f"{what} shows one picture of {figure.data}: give --set once")
    alone = figure.only(find_set(words[0]))
    results = _measured(work, chosen, [alone], [protocol_measure(find_protocol("paper"))])
    found = plate(figure, results, work.evaluation, chosen.missing)
    path = work.folder / f"{what}.png"
    write_sheet(path, sheet(found.columns, found.rows, found.captions))
    _put(work, what, table(figure.published, found.lines, found.notes), figure_document(figure, found), path)


def _released(work: _Work, runs: Sequence[Path]) -> list[str]:
    """The models of training runs, exported into the folder."""
    models = []
    for run in runs:
        from srgan.training.release import release
        from srgan.training.run import Run

        folder, name = work.folder / "models", run.resolve().name
        release(Run(run), folder, name=name, licence="not stated", terms="not stated", say=work.say)
        models.append(str(folder / f"{name}.onnx"))
    return models


def _depth(work: _Work, models: Sequence[str], blocks: Sequence[int], repetitions: int, data: str) -> None:
    from srgan.engines.choice import choose
    from srgan.evaluation.depth import depth_document, depth_table, plot_depth, points, shapes, shapes_of, time_shapes
    from srgan.evaluation.sets import make_folder

    trained = shapes_of(models)
    chosen = shapes(blocks, tuple(trained))
    scores = _depth_scores(work, trained, data)
    seconds = time_shapes(chosen, work.count, repetitions=repetitions, engine=work.engine, precision=work.precision)
    name = data.partition("=")[0]
    found = points(seconds, {shape: Path(model).stem for shape, model in trained.items()}, scores)
    engine = choose(work.engine).engine
    notes = [
        f"Time: the mean of {repetitions} reconstructions of a 64x64 picture by {engine} in {work.precision}, with "
        "untrained networks.",
        f"PSNR and SSIM: of trained models, means over {name} by the paper protocol; '-' where there are none yet.",
    ]
    make_folder(work.folder)
    path = plot_depth(found, name, work.folder / "depth.png")
    _put(work, "depth", depth_table(found, name, notes), depth_document(found, name, notes), path)


def _depth_scores(work: _Work, trained: Mapping[Any, str], data: str) -> dict[Any, tuple[float, float]]:
    """PSNR and SSIM of the trained models, by their shapes."""
    from srgan.evaluation.measures import find_protocol, protocol_measure
    from srgan.evaluation.methods import find_method
    from srgan.evaluation.reproduce import Chosen
    from srgan.evaluation.sets import find_set
    from srgan.evaluation.significance import mean

    if not trained:
        return {}
    methods = {shape: find_method(f"{shape.label}={model}", **work.options) for shape, model in trained.items()}
    pictures = find_set(data)
    results = _measured(work, Chosen(tuple(methods.values())), [pictures], [protocol_measure(find_protocol("paper"))])

    def score(shape: Any, measure: str) -> float:
        return mean(results.values(methods[shape].info.name, pictures.name, measure))

    return {shape: (score(shape, "paper/psnr"), score(shape, "paper/ssim")) for shape in trained}


def _counts(words: str) -> list[int]:
    try:
        return [int(word) for word in words.split(",")]
    except ValueError as error:
        raise UsageError(f"--blocks {words} is no list of numbers: give --blocks as 1,2,4") from error


def _put(work: _Work, what: str, made: "Table", plain: dict[str, Any], picture: Path | None = None) -> None:
    """Write the table in every language, and show it."""
    from srgan.evaluation.folder import write_text

    paths = {suffix: work.folder / f"{what}{suffix}" for suffix in (".md", ".csv", ".tex", ".json")}
    document = {**plain, **({} if picture is None else {"picture": str(picture)})}
    writers: dict[str, Callable[[], str]] = {".md": made.markdown, ".csv": made.csv, ".tex": made.latex}
    for suffix, writer in writers.items():
        write_text(paths[suffix], writer())
    write_text(paths[".json"], json.dumps(document, indent=2, allow_nan=False) + "\n")
    if work.as_json:
        show_json({**document, "files": [str(path) for path in paths.values()]})
        return
    places = [f"{path.suffix[1:]:5} {path}" for path in [*([] if picture is None else [picture]), *paths.values()]]
    show("\n".join(printable(line) for line in [*made.markdown().split("\n"), *places]))
