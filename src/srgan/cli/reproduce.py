"""`srgan reproduce`: published tables and figures made again, ours beside what was printed."""

from pathlib import Path
from typing import Annotated, Literal

import typer

EPILOG = """\
[bold]Examples[/bold]

  srgan reproduce table2                            beside table 2 of the paper
  srgan reproduce table1 --method SRGAN-VGG54=made  a row from made/Set5 and made/Set14
  srgan reproduce table2 --study study              with the opinion scores of your own study
  srgan reproduce figure2                           the pictures side by side
  srgan reproduce depth --model models/deep.onnx    PSNR and time by residual blocks
  srgan reproduce seeds --data DIV2K_valid_HR       the table of the UC San Diego group

Test sets are those in SRGAN_DATA/testsets, or folders named with --set Set5=FOLDER. Rows are filled from the \
interpolations, the models that came with srgan, and --method ROW=FILE_OR_FOLDER. A row whose weights do not exist yet \
says so. MOS of ours are those of a study of yours, named with --study; without one they are empty.

What is in the folder already is not done again: after an interruption, run the same command once more.

Exit code: 0 all well, 1 something cannot be measured, 2 no such row or set, 130 interrupted.
"""

app = typer.Typer(
    no_args_is_help=True,
    epilog=EPILOG,
    help="Make published tables and figures again, ours beside what was printed.",
    context_settings={"help_option_names": ["--help", "-h"]},
)

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
    typer.Option(
        "--set", metavar="SET", show_default=False, help="Set5, or Set5=FOLDER; may be repeated. Without it, all."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FOLDER", help="For all that is written; without it, one in reproduction."),
]
Study = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", show_default=False, help="A study whose methods bear the rows' names: fills the MOS of ours."
    ),
]
Simulated = Annotated[
    bool, typer.Option("--simulated", metavar="", help="With --study: what programs voted, marked SIMULATED.")
]
Engine = Annotated[
    Literal["auto", "openvino", "torch"],
    typer.Option(help="Of models; torch uses a graphics processor, if there is one."),
]
Precision = Annotated[
    Literal["fp32", "bf16"], typer.Option(help="Of models; bf16 is faster on processors made for it.")
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Report as a JSON document.")]


@app.command("table1", epilog=EPILOG)
def table1(
    methods: Methods = None,
    sets: Sets = None,
    study: Study = None,
    simulated: Simulated = False,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Table 1 of the paper: SRResNet and SRGAN by the losses they were trained with."""
    from srgan.cli.reproduction import Asked, paper_table, working

    with working("table1", output, engine, precision, as_json=as_json) as work:
        paper_table(work, "table1", methods, sets, Asked(study, simulated))


@app.command("table2", epilog=EPILOG)
def table2(
    methods: Methods = None,
    sets: Sets = None,
    study: Study = None,
    simulated: Simulated = False,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Table 2 of the paper: nine methods on three sets."""
    from srgan.cli.reproduction import Asked, paper_table, working

    with working("table2", output, engine, precision, as_json=as_json) as work:
        paper_table(work, "table2", methods, sets, Asked(study, simulated))


@app.command("figure2", epilog=EPILOG)
def figure2(
    methods: Methods = None,
    sets: Sets = None,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Figure 2 of the paper: bicubic, SRResNet, SRGAN and the original of Set14's comic."""
    from srgan.cli.reproduction import paper_figure, working

    with working("figure2", output, engine, precision, as_json=as_json) as work:
        paper_figure(work, "figure2", methods, sets)


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
    from srgan.cli.reproduction import paper_figure, working

    with working("figure6", output, engine, precision, as_json=as_json) as work:
        paper_figure(work, "figure6", methods, sets)


@app.command("depth", epilog=EPILOG)
def depth(
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model", metavar="FILE", show_default=False, help="A trained SRResNet to measure; may be repeated."
        ),
    ] = None,
    runs: Annotated[
        list[Path] | None,
        typer.Option("--run", metavar="FOLDER", show_default=False, help="A training run to measure; may be repeated."),
    ] = None,
    blocks: Annotated[str, typer.Option(metavar="LIST", help="Numbers of residual blocks.")] = "1,2,4,8,16,32",
    times: Annotated[int, typer.Option("--times", min=1, metavar="COUNT", help="Reconstructions to time.")] = 100,
    data: Annotated[str, typer.Option("--set", metavar="SET", help="To measure PSNR on; or NAME=FOLDER.")] = "Set5",
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """The paper's study of depth: PSNR and time by residual blocks, with and without skip connections."""
    from srgan.cli.reproduction import depth_study, working

    with working("depth", output, engine, precision, as_json=as_json, torch=True) as work:
        depth_study(work, models or [], runs or [], blocks, times, data)


@app.command("seeds", epilog=EPILOG)
def seeds(
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="DIV2K's validation pictures; without it, other sets and no verdicts."),
    ] = None,
    methods: Methods = None,
    sets: Sets = None,
    study: Study = None,
    simulated: Simulated = False,
    output: Output = None,
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """The table of the UC San Diego group: bicubic, SRCNN, SRResNet and SRGAN by MSE, PSNR and SSIM."""
    from srgan.cli.reproduction import Asked, seeds_table, working

    with working("seeds", output, engine, precision, as_json=as_json) as work:
        seeds_table(work, data, methods, sets, Asked(study, simulated))
