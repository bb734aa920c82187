"""`srgan export`: make a model file of a training run."""

import os
from pathlib import Path
from typing import Annotated

from srgan.cli.console import count, failures, say, show, show_json
from srgan.cli.shared_options import Json, argument, option

EPILOG = """\
[bold]Examples[/bold]

  srgan export runs/srgan-vgg22-quick                 writes runs/srgan-vgg22-quick/model/srgan-vgg22-quick.onnx
  srgan export runs/dogs --name dogs -o models        writes models/dogs.onnx
  srgan upscale photo.jpg --model models/dogs.onnx    uses it

Of the trained weights and their moving average, the model gets those with the better validation score.

Exit code: 0 success, 1 there is no run, or it has no checkpoint.
"""


def export(
    run: Annotated[Path, argument("The folder of a training run.", "RUN")],
    output: Annotated[
        Path | None, option("Folder for the model; without it, RUN/model.", "--output", "-o", metavar="FOLDER")
    ] = None,
    name: Annotated[str | None, option("Name of the model; without it, that of RUN.", metavar="NAME")] = None,
    licence: Annotated[str, option("Licence of the model, for its card.", metavar="TEXT")] = "not stated",
    terms: Annotated[str, option("Terms of use of the training photos, for its card.", metavar="TEXT")] = "not stated",
    as_json: Json = False,
) -> None:
    """Make a model for `srgan upscale` of a trained network."""
    with failures(as_json=as_json):
        from srgan.training.release import release
        from srgan.training.run_folder import Run

        folder = output or run / "model"
        own = os.path.basename(os.path.realpath(run))
        card, update = release(Run(run), folder, name=name or own, licence=licence, terms=terms, say=say)
        path = folder / f"{card.name}.onnx"
        if as_json:
            show_json({"model": str(path), "card": str(path), "updates": update})
        else:
            show(f"{path}: {card.name} after {count(update, 'update')}\nto use it  srgan upscale PHOTO --model {path}")
