"""`srgan models`: list the models, describe one, and add, rename and remove networks of other people."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from srgan.cli.console import failures, need_packages, printable, say, show, show_json, show_lines
from srgan.cli.model_descriptions import auto_document, auto_lines, describe, find_faults, model_document, model_table
from srgan.cli.shared_options import Json, argument, option

if TYPE_CHECKING:
    from srgan.weights.catalogue import Model

EPILOG = """\
[bold]Examples[/bold]

  srgan models                 lists the models that came with srgan, and those that you added
  srgan models srresnet        describes one: training data, scores, known weaknesses
  srgan models auto            says which model is used for which photo
  srgan models own/dogs.onnx   describes a model of your own

Exit code: 0 success, 1 there is no such model, or it is damaged, 2 invalid options.
"""

ADD_EPILOG = """\
[bold]Examples[/bold]

  srgan models add RealESRGAN_x4plus.pth --licence BSD-3-Clause    adds RealESRGAN_x4plus
  srgan models add swinir.onnx --name swin --source https://example.org
  srgan upscale photo.jpg --model RealESRGAN_x4plus                uses it

Weights (.safetensors, .pth, .pt) are recognised by names and shapes: ESRGAN and Real-ESRGAN, SRVGG, EDSR and MDSR, \
SPAN, SRResNet. Any other network is read from ONNX, or from ncnn's .param and .bin, and measured: how much it \
enlarges, and how far it sees. Nothing in a file is run as a program. More: docs/other-models.md in the project's \
repository.
"""


class _NameOrCommand(TyperGroup):
    """`srgan models NAME` is `srgan models info NAME`, and `srgan models` is `srgan models list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        word = next((arg for arg in args if not arg.startswith("-")), None)
        if word is None and not set(args) & {"--help", "-h"}:
            args = ["list", *args]
        elif word is not None and word not in self.commands:
            args = ["info", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_NameOrCommand,
    epilog=EPILOG,
    help="List the models, describe one of them, or add networks of other people.",
    subcommand_metavar="[NAME | COMMAND ...]",
    context_settings={"help_option_names": ["--help", "-h"]},
)

_Name = Annotated[str, argument("Name of a model that was added.", "NAME")]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """List the models: also without this word."""
    with failures(as_json=as_json):
        from srgan.weights.catalogue import installed, methods_without_weights

        found = [*installed().values(), *methods_without_weights().values()]
        show_json([model_document(model) for model in found]) if as_json else show(model_table(found))


@app.command()
def info(
    name: Annotated[str, argument("A model's name, auto, or the path of your own model file.", "NAME")],
    as_json: Json = False,
) -> None:
    """Describe a model: also without this word."""
    with failures(as_json=as_json):
        from srgan.upscale.model_choice import AUTO
        from srgan.weights.catalogue import find

        if name == AUTO:
            show_json(auto_document()) if as_json else show_lines(auto_lines())
            return
        model = find(name)
        faults = find_faults(model)
        if as_json:
            show_json({**model_document(model), "faults": faults})
        else:
            show_lines(describe(model, faults))
        if faults:
            raise typer.Exit(1)


@app.command(epilog=ADD_EPILOG, no_args_is_help=True)
def add(
    file: Annotated[Path, argument("A .safetensors, .pth, .pt, .onnx, .param or .bin file.", "FILE")],
    name: Annotated[str | None, option("Name of the model; without it, that of FILE.", metavar="NAME")] = None,
    source: Annotated[str | None, option("Where FILE comes from, for the card.", metavar="TEXT")] = None,
    licence: Annotated[str | None, option("Licence of FILE, for the card.", metavar="TEXT")] = None,
    scale: Annotated[
        int | None, option("Which scale to add of a file for several (MDSR); the largest by default.", metavar="FACTOR")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add a network of other people, to be used by its name."""
    with failures(as_json=as_json):
        from srgan.engines.foreign_model import WEIGHTS, read_foreign
        from srgan.weights import catalogue

        if file.suffix.lower() in WEIGHTS:
            need_packages("torch", "safetensors", "onnx", "onnxscript", extra="train")
        name = name or re.sub(r"[^A-Za-z0-9_-]+", "-", file.stem).strip("-")[:64] or "model"
        catalogue.check_free(name)
        asks = sys.stdin is not None and sys.stdin.isatty() and not as_json
        if asks and source is None:
            source = typer.prompt("Where the file comes from", default="not stated", err=True)
        if asks and licence is None:
            licence = typer.prompt("Its licence", default="not stated", err=True)
        if sys.stderr is not None and sys.stderr.isatty():
            say(f"Reading {file.name}: this takes seconds, and minutes for deep networks")
        made = read_foreign(file, name, source=source, licence=licence, scale=scale)
        test = _self_test(catalogue.add(made.card, made.contents))
        if as_json:
            show_json({**model_document(catalogue.find(name)), "notes": list(made.notes), "self_test": test})
            return
        for note in made.notes:
            say(f"Note: {note}")
        show_lines([
            f"Added {name}: {made.card.summary}; {made.card.architecture}, licence {made.card.licence}",
            f"Self-test in {test['precision']}: off by {test['levels']:.2f} levels of 255",
            f"To use it: srgan upscale photo.jpg --model {name}",
        ])  # fmt: skip


@app.command(no_args_is_help=True)
def remove(name: _Name, as_json: Json = False) -> None:
    """Remove a model that was added."""
    with failures(as_json=as_json):
        from srgan.weights import catalogue

        path = catalogue.remove(name)
        show_json({"removed": str(path)}) if as_json else show(f"Removed {printable(str(path))}")


@app.command(no_args_is_help=True)
def rename(name: _Name, new_name: Annotated[str, argument("Its new name.", "NEW_NAME")], as_json: Json = False) -> None:
    """Give a model that was added another name; its identity stays."""
    with failures(as_json=as_json):
        from srgan.weights import catalogue

        model = catalogue.rename(name, new_name)
        show_json(model_document(model)) if as_json else show(f"Renamed {name} to {model.label}")


def _self_test(model: "Model") -> dict[str, Any]:
    """Run the self-test of a model that was just added, which is removed again if it fails.

    Raises:
        SrganError: if it fails.
    """
    from srgan.engines.self_test import self_test
    from srgan.errors import EngineError, SrganError
    from srgan.upscale.loaded_model import LoadedModel
    from srgan.weights import catalogue

    try:
        engine = LoadedModel(model).network.engine
        error, allowed = self_test(engine, model)
        if not error <= allowed:
            raise EngineError(f"{model.name} gives other values on this computer than it should: run srgan doctor")
    except SrganError:
        catalogue.remove(model.name)
        raise
    return {"precision": engine.precision, "levels": round(255 * error, 3)}
