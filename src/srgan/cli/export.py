"""`srgan export`: what a training run made, as a model to use."""

from pathlib import Path
from typing import Annotated

import typer

from srgan.cli.console import count, failures, say, show, show_json

EPILOG = """\
[bold]Examples[/bold]

  srgan export runs/srgan-vgg22-quick                 writes three files into runs/srgan-vgg22-quick/model
  srgan export runs/dogs --name dogs -o models        writes models/dogs.onnx, .safetensors and .json
  srgan upscale photo.jpg --model models/dogs.onnx    uses it

Of the trained weights and their moving average, those that did better in validation are taken.

Exit code: 0 all well, 1 there is no run, or it has no checkpoint.
"""


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", show_default=False, help="The folder of a training run.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="For the model; without it, RUN/model.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the model; without it, that of the run's folder.")
    ] = None,
    licence: Annotated[
        str, typer.Option(metavar="TEXT", help="Under which the model may be used: goes on its card.")
    ] = "not stated",
    terms: Annotated[
        str, typer.Option(metavar="TEXT", help="Under which the training photos may be used: goes on its card.")
    ] = "not stated",
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Report as a JSON document.")] = False,
) -> None:
    """Make a trained network a model that `srgan upscale` uses."""
    with failures(as_json=as_json):
        from srgan.training.release import release
        from srgan.training.run_folder import Run

        folder = output or run / "model"
        card, update = release(Run(run), folder, name=name or run.resolve().name, licence=licence, terms=terms, say=say)
        path = folder / f"{card.name}.onnx"
        if as_json:
            show_json({"model": str(path), "card": str(path.with_suffix(".json")), "updates": update})
        else:
            show(f"{path}: {card.name} after {count(update, 'update')}\nto use it  srgan upscale PHOTO --model {path}")
