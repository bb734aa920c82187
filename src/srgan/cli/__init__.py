"""The command `srgan`. Each command is a file here, and imports heavy packages only when it runs."""

import sys
from typing import Annotated, Any

import typer

from srgan import __version__
from srgan.cli import data, doctor, evaluate, export, models, recipes, reproduce, study, train, upscale, web
from srgan.cli.console import failures, say, show
from srgan.cli.shared_options import SeveralWords

EPILOG = """\
[bold]Start here[/bold]

  srgan upscale photo.jpg     makes photo-x4.jpg, four times as wide and high
  srgan upscale photos        the same for every photo of a folder
  srgan doctor                if something does not work

Everything runs on this computer: no photo is uploaded, and no usage data is sent.
"""

_REFUSED: Any = typer.BadParameter.__mro__[2]
"""What typer raises for all wrong command lines; it names only some of its classes."""

app = typer.Typer(
    name="srgan",
    help="Make small photos large, with detail.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command(epilog=upscale.EPILOG, no_args_is_help=True)(upscale.upscale)
app.add_typer(models.app, name="models")
app.command(epilog=web.EPILOG)(web.web)
app.command(epilog=train.EPILOG, no_args_is_help=True)(train.train)
app.add_typer(recipes.app, name="recipes")
app.add_typer(data.app)
app.command(cls=SeveralWords, epilog=evaluate.EPILOG, no_args_is_help=True)(evaluate.evaluate)
app.add_typer(reproduce.app, name="reproduce")
app.add_typer(study.app, name="study")
app.command(epilog=export.EPILOG, no_args_is_help=True)(export.export)
app.command(epilog=doctor.EPILOG)(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        with failures(as_json=False):
            show(f"srgan {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold the options of `srgan` itself."""


def main() -> None:
    """Run the command line."""
    # `import openvino` imports its model converter too, unless it cannot: nearly half of its time, for nothing.
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
    try:
        code = app(standalone_mode=False)
    except _REFUSED as error:  # which typer would draw a frame around
        if message := error.format_message():  # none where help was shown in its place
            context = getattr(error, "ctx", None)
            say(f"Error: {message} (see {context.command_path if context else 'srgan'} --help)")
        sys.exit(error.exit_code)
    except typer.Abort:  # the end of the input, where an answer was expected
        say("")  # below the question
        say("Error: the input ended where an answer was expected: give it as an option")
        sys.exit(1)
    sys.exit(code or 0)
