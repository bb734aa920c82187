"""`srgan reproduce`: published tables and figures made again, ours beside what was printed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srgan.cli.console import failures, interruptible, need_packages, show_json, show_lines
from srgan.cli.shared_options import Engine, Json, ModelPrecision, flag, option
from srgan.cli.study_opinions import collect_opinions, draw_figure5, read_opinions, simulate_study
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.paper.reproduction import Reproducer, Reproduction

EPILOG = """\
[bold]Examples[/bold]

  srgan reproduce all                               every table and figure on one page
  srgan reproduce table2                            beside table 2 of the paper
  srgan reproduce table1 --method SRGAN-VGG54=made  a row from made/Set5 and made/Set14
  srgan reproduce table2 --study study              with the opinion scores of your own study
  srgan reproduce figure2                           the pictures side by side
  srgan reproduce depth --model models/deep.onnx    PSNR and time by residual blocks
  srgan reproduce length --run runs/srgan-vgg22-quick    PSNR by updates of a GAN
  srgan reproduce seeds --data DIV2K_valid_HR       the table of the UC San Diego group
  srgan reproduce seeds --set Set5 --gray           also on gray pictures
  srgan reproduce loridan --set DOGS --method PRE=srresnet --method GAN=srgan   small, enlarged, original

Test sets are those in SRGAN_DATA/testsets, or folders named with --set Set5=FOLDER. Rows are filled from the \
interpolations, the models that came with srgan, and --method ROW=FILE_OR_FOLDER. A row whose weights do not exist yet \
says so. MOS of ours are those of a study of yours, named with --study; without one they are empty.

What is in the folder already is not done again: after an interruption, run the same command once more.

Exit code: 0 all well, 1 something cannot be measured, 2 no such row or set, 130 interrupted.
"""

BLOCKS = "1,2,4,8,16,32"

app = typer.Typer(
    no_args_is_help=True,
    epilog=EPILOG,
    help="Make published tables and figures again, ours beside what was printed.",
    context_settings={"help_option_names": ["--help", "-h"]},
)

Methods = Annotated[
    list[str] | None,
    option(
        "Fill a row from a model or a folder of pictures; may be repeated.", "--method", metavar="ROW=FILE_OR_FOLDER"
    ),
]
Sets = Annotated[
    list[str] | None, option("Set5, or Set5=FOLDER; may be repeated. Without it, all.", "--set", metavar="SET")
]
Output = Annotated[
    Path | None, option("For all that is written; without it, one in reproduction.", "--output", "-o", metavar="FOLDER")
]
Runs = Annotated[list[Path] | None, option("A training run; may be repeated.", "--run", metavar="FOLDER")]
Study = Annotated[
    Path | None, option("A study whose methods bear the rows' names: fills the MOS of ours.", metavar="FOLDER")
]
Simulated = Annotated[bool, flag("With --study: what programs voted, marked SIMULATED.", "--simulated")]


@dataclass(frozen=True)
class _Common:
    """Options of every table and figure."""

    output: Path | None
    engine: Engine
    precision: ModelPrecision
    as_json: Json

    def run(self, name: str, make: "Callable[[Reproducer], Reproduction]") -> None:
        """Make a table or figure, write it into its folder and show it."""
        from srgan.cli.progress_bar import ProgressBar
        from srgan.files import check_folder
        from srgan.paper.reproduction import Reproducer

        folder = self.output or Path("reproduction") / name
        check_folder(folder)
        done = f"what is done is in {folder}; run the same command again to go on"
        with interruptible(done), ProgressBar(shown=not self.as_json, quiet=self.as_json) as progress:
            made = make(Reproducer(folder, progress, self.engine, self.precision))
            files = made.write(folder)
        if self.as_json:
            show_json({**made.document, "files": [str(path) for path in files], "heard": progress.lines})
        else:
            tables = [table.markdown() for table in made.tables.values()]
            show_lines([*tables, *(f"{path.suffix[1:]:5} {path}" for path in files)])


def _add_table(name: str, summary: str) -> None:
    @app.command(name, epilog=EPILOG, help=summary)
    def table(
        methods: Methods = None,
        sets: Sets = None,
        study: Study = None,
        simulated: Simulated = False,
        output: Output = None,
        engine: Engine = "auto",
        precision: ModelPrecision = "fp32",
        as_json: Json = False,
    ) -> None:
        with failures(as_json=as_json):
            need_packages("matplotlib")
            opinions, rows = read_opinions(name, study, simulated), _parse_rows(methods)
            common = _Common(output, engine, precision, as_json)
            common.run(name, lambda work: work.table(name, rows, sets or (), opinions))


def _add_figure(name: str, summary: str) -> None:
    @app.command(name, epilog=EPILOG, help=summary)
    def figure(
        methods: Methods = None,
        sets: Sets = None,
        output: Output = None,
        engine: Engine = "auto",
        precision: ModelPrecision = "fp32",
        as_json: Json = False,
    ) -> None:
        with failures(as_json=as_json):
            need_packages("matplotlib")
            rows, common = _parse_rows(methods), _Common(output, engine, precision, as_json)
            common.run(name, lambda work: work.figure(name, rows, sets or ()))


def _parse_blocks(text: str) -> list[int]:
    """Return the numbers of a comma-separated list."""
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise UsageError(f"blocks {text} is no list of numbers: write 1,2,4", parameter="blocks") from error


def _parse_rows(words: Sequence[str] | None) -> dict[str, str]:
    """Return what fills each row."""
    rows: dict[str, str] = {}
    for word in words or ():
        row, _, what = word.partition("=")
        if not what or row in rows:
            raise UsageError(f"method {word}: write ROW=FILE_OR_FOLDER, and each row once", parameter="method")
        rows[row] = what
    return rows


_add_table("table1", "Table 1 of the paper: SRResNet and SRGAN by the losses they were trained with.")
_add_table("table2", "Table 2 of the paper: nine methods on three sets.")
_add_figure("figure2", "Figure 2 of the paper: bicubic, SRResNet, SRGAN and the original of Set14's comic.")
_add_figure("figure6", "Figure 6 of the paper: the losses beside each other, on Set14's baboon.")


@app.command("depth", epilog=EPILOG)
def depth(
    models: Annotated[
        list[str] | None, option("A trained SRResNet to measure; may be repeated.", "--model", metavar="FILE")
    ] = None,
    runs: Runs = None,
    blocks: Annotated[str, option("Numbers of residual blocks.", metavar="LIST")] = BLOCKS,
    times: Annotated[int, option("Reconstructions to time.", "--times", metavar="COUNT", min=1)] = 100,
    data: Annotated[str, option("To measure PSNR on; or NAME=FOLDER.", "--set", metavar="SET")] = "Set5",
    output: Output = None,
    engine: Engine = "auto",
    precision: ModelPrecision = "fp32",
    as_json: Json = False,
) -> None:
    """Depth study of the paper: PSNR and time by residual blocks, with and without skip connections."""
    with failures(as_json=as_json):
        need_packages("matplotlib", "torch", "onnx")
        numbers = _parse_blocks(blocks)
        common = _Common(output, engine, precision, as_json)
        common.run("depth", lambda work: work.depth(models or (), runs or (), numbers, times, data))


@app.command("seeds", epilog=EPILOG)
def seeds(
    data: Annotated[
        Path | None,
        option("DIV2K's validation pictures; without it, other sets and no verdicts.", metavar="FOLDER"),
    ] = None,
    methods: Methods = None,
    sets: Sets = None,
    runs: Runs = None,
    gray: Annotated[bool, flag("Measure gray versions of the pictures, too.", "--gray")] = False,
    study: Study = None,
    simulated: Simulated = False,
    output: Output = None,
    engine: Engine = "auto",
    precision: ModelPrecision = "fp32",
    as_json: Json = False,
) -> None:
    """Table of the UC San Diego group: bicubic, SRCNN, SRResNet and SRGAN by MSE, PSNR, SSIM and time."""
    with failures(as_json=as_json):
        need_packages("matplotlib", *(("torch",) if runs else ()))
        from srgan.paper.project_tables import reproduce_seeds

        opinions, rows = read_opinions("seeds", study, simulated), _parse_rows(methods)
        common = _Common(output, engine, precision, as_json)
        common.run(
            "seeds",
            lambda work: reproduce_seeds(work, data, rows, sets or (), opinions, runs=runs or (), gray=gray),
        )


@app.command("loridan", epilog=EPILOG)
def loridan(
    runs: Runs = None,
    methods: Methods = None,
    sets: Sets = None,
    output: Output = None,
    engine: Engine = "auto",
    precision: ModelPrecision = "fp32",
    as_json: Json = False,
) -> None:
    """Log of Loridan's two stages beside ours, and dogs of --set: small, after each stage (PRE, GAN), and original."""
    with failures(as_json=as_json):
        need_packages("matplotlib", *(("torch",) if runs else ()))
        from srgan.paper.project_tables import reproduce_loridan

        rows, common = _parse_rows(methods), _Common(output, engine, precision, as_json)
        common.run("loridan", lambda work: reproduce_loridan(work, runs or (), rows, sets or ()))


@app.command("length", epilog=EPILOG)
def length(
    models: Annotated[
        list[str] | None,
        option("A model to measure; its card has its updates; may be repeated.", "--model", metavar="FILE"),
    ] = None,
    runs: Annotated[
        list[Path] | None,
        option("A run, or a table of its validations; may be repeated.", "--run", metavar="FOLDER_OR_CSV"),
    ] = None,
    data: Annotated[str, option("To measure models on; or NAME=FOLDER.", "--set", metavar="SET")] = "Set14",
    output: Output = None,
    engine: Engine = "auto",
    precision: ModelPrecision = "fp32",
    as_json: Json = False,
) -> None:
    """Length study of the paper: what a GAN's generator makes after more and more updates."""
    with failures(as_json=as_json):
        need_packages("matplotlib")
        from srgan.paper.training_length_study import reproduce_length

        common = _Common(output, engine, precision, as_json)
        common.run("length", lambda work: reproduce_length(work, models or (), runs or (), data))


@app.command("all", epilog=EPILOG)
def everything(
    methods: Methods = None,
    sets: Sets = None,
    runs: Annotated[
        list[Path] | None,
        option("A training run, shown where its recipe belongs; may be repeated.", "--run", metavar="FOLDER_OR_CSV"),
    ] = None,
    models: Annotated[
        list[str] | None, option("For the depth study: a trained SRResNet; may be repeated.", "--model", metavar="FILE")
    ] = None,
    data: Annotated[Path | None, option("DIV2K's validation pictures.", metavar="FOLDER")] = None,
    dogs: Annotated[str | None, option("Photos of dogs, of which the first are shown.", metavar="FOLDER")] = None,
    study: Study = None,
    simulated: Simulated = False,
    rated: Annotated[
        int, option("Without --study: pictures that simulated raters rate for Figure 5.", metavar="COUNT", min=1)
    ] = 20,
    raters: Annotated[int, option("Without --study: number of simulated raters.", metavar="COUNT", min=1)] = 26,
    blocks: Annotated[str, option("For the depth study: numbers of residual blocks.", metavar="LIST")] = BLOCKS,
    times: Annotated[
        int, option("For the depth study: reconstructions to time.", "--times", metavar="COUNT", min=1)
    ] = 100,
    output: Output = None,
    engine: Engine = "auto",
    precision: ModelPrecision = "fp32",
    as_json: Json = False,
) -> None:
    """Every table and figure of the paper and of two projects on one page, with verdicts, and what is missing."""
    with failures(as_json=as_json):
        need_packages("matplotlib", "jinja2", "torch", "onnx")
        from srgan.cli.progress_bar import ProgressBar
        from srgan.files import check_folder
        from srgan.paper.reproduction import TABLES, Reproducer
        from srgan.paper.reproduction_page import PageOptions, check_rows, make_parts, write_page

        rows = _parse_rows(methods)
        check_rows(rows)
        opinions = collect_opinions(list(TABLES), study, simulated)
        numbers, folder = _parse_blocks(blocks), output or Path("reproduction") / "all"
        check_folder(folder)
        options = PageOptions(
            rows, sets or (), runs or (), models or (), data, (dogs,) if dogs else (), opinions, numbers, times
        )
        left = f"what is done is in {folder}; run the same command again to go on"
        with interruptible(left), ProgressBar(shown=not as_json, quiet=as_json) as progress:
            work = Reproducer(folder, progress, engine, precision)

            def figure5() -> list[Any]:
                rating = study or simulate_study(work, rated, raters)
                return draw_figure5(rating, simulated=simulated or study is None)

            parts = make_parts(work, options, figure5)
            page = write_page(parts, folder, simulated=simulated or study is None)
        if as_json:
            made = {part.name: part.made.document for part in parts if part.made}
            failed = {part.name: part.failure for part in parts if part.failure}
            show_json({"what": "all", "page": str(page), "parts": made, "not_made": failed, "heard": progress.lines})
        else:
            show_lines([f"{part.heading:22} {part.outcome}" for part in parts] + [f"page  {page}"])
