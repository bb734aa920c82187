"""`srgan models`: list the models, describe one, and add, rename and remove networks of other people."""

import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from srgan.cli.console import count, failures, need_packages, printable, say, show, show_json, show_lines, storage
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

_SET, _PROTOCOL = "Set5", "paper"
"""Test set and protocol of the scores in the list."""

_AUTO_SUMMARY = "picks a model for each photo; used without --model"

_PICTURES = "docs/models.md in the project's repository"


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
        show_json([_document(model) for model in found]) if as_json else show(_table(found))


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
            show_json(_auto_document()) if as_json else show_lines(_auto_lines())
            return
        model = find(name)
        faults = _faults(model)
        if as_json:
            show_json({**_document(model), "faults": faults})
        else:
            show_lines(_description(model, faults))
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
            show_json({**_document(catalogue.find(name)), "notes": list(made.notes), "self_test": test})
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
        show_json(_document(model)) if as_json else show(f"Renamed {name} to {model.label}")


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


def _document(model: "Model") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(model.card.to_json())
    return {**document, "identity": model.card.identity, "folder": str(model.folder)}


def _auto_document() -> dict[str, Any]:
    """Return the models that `auto` chooses between, and which of them are not installed."""
    from srgan.upscale.model_choice import AUTO, CLEAN, DAMAGED
    from srgan.weights.catalogue import installed

    names = [name for pair in (CLEAN, DAMAGED) for name in asdict(pair).values()]
    missing = [name for name in names if name not in installed()]
    return {"name": AUTO, "clean": asdict(CLEAN), "damaged": asdict(DAMAGED), "missing": missing}


def _auto_lines() -> Iterator[str]:
    document = _auto_document()
    yield f"{document['name']}: {_AUTO_SUMMARY}"
    yield ""
    yield f"{'photo':25} {'model':16} with --photo-real"
    for photo, pair in (("clean", document["clean"]), ("compressed or noisy", document["damaged"])):
        yield f"{photo:25} {pair['faithful']:16} {pair['photo_real']}"
    if document["missing"]:
        clean = document["clean"]
        yield ""
        yield (
            f"Not installed: {', '.join(document['missing'])}; {clean['faithful']} and {clean['photo_real']} are used "
            "instead"
        )


def _faults(model: "Model") -> list[str]:
    """Return what is wrong with the model's files, a line for each damaged or missing one."""
    from srgan.errors import ModelError

    faults = []
    for suffix in model.card.files:
        try:
            model.read(suffix)
        except ModelError as error:
            faults.append(str(error))
    return faults


def _table(models: "Sequence[Model]") -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from srgan.upscale.model_choice import AUTO

    if not models:
        return "No models are installed: install srgan again, or use a model of your own with --model FILE."
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "scale", "size", "PSNR, SSIM", "licence"):
        table.add_column(heading, no_wrap=True)
    table.add_column("description")
    table.add_row(AUTO, "", "", "", "", _AUTO_SUMMARY)
    for model in models:
        card = model.card
        scores = [score for score in card.scores if (score.data, score.protocol) == (_SET, _PROTOCOL)]
        measured = f"{scores[0].psnr:.2f} dB, {scores[0].ssim:.4f}" if scores else "not measured"
        size = storage(sum(file.size for file in card.files.values())) if card.files else "no weights"
        cells = (card.name, f"x{card.scale}", size, measured, card.licence, card.summary)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    # A pipe has no edge to wrap at, and a row on one line is easier to search.
    terminal = sys.stdout.isatty()
    paper = io.StringIO()
    Console(file=paper, force_terminal=terminal, width=None if terminal else 200).print(table)
    rows = "\n".join(line.rstrip() for line in paper.getvalue().splitlines() if line.strip())
    return f"{rows}\n\nPSNR and SSIM: {_SET}, {_PROTOCOL} protocol. To describe a model: srgan models NAME"


def _description(model: "Model", faults: Sequence[str]) -> Iterator[str]:
    """Yield the card's contents, a line each."""
    from srgan.weights.card import NOT_STATED
    from srgan.weights.catalogue import SHIPPED

    card, training = model.card, model.card.training
    yield f"{card.name} {card.version}: {card.summary}"
    yield ""
    yield f"Scale          {card.scale} times along each side; other factors are resampled from that"
    yield f"Licence        {card.licence}"
    arguments = ", ".join(f"{key}={value}" for key, value in card.arguments.items())
    yield f"Network        {card.architecture} {arguments}"
    yield f"Computation    {2 * card.multiply_adds / 1e6:.2f} million operations per pixel of the photo"
    yield f"Identity       {card.identity}, also in the metadata of results"
    yield f"Limits         {card.limits}"
    yield ""
    yield f"Trained on     {training.data}"
    if card.files:
        done = f"{count(training.updates, 'update')} in {training.hours:g} hours on {training.machine}"
        yield f"Training       {NOT_STATED if training.machine == NOT_STATED else done}"
        yield "Recipe"
        settings = [f"  {key}: {value}" for key, value in training.recipe.items() if key != "summary"]
        yield from settings or ["  not recorded"]
    yield ""
    yield "Scores"
    yield from [
        f"  {score.data:8} {score.psnr:6.2f} dB  {score.ssim:.4f}  by the {score.protocol} protocol"
        for score in card.scores
    ] or ["  not measured"]
    yield ""
    if not card.files:
        yield "No file: there are no weights. It needs pip install 'srgan[selfexsr]'"
        return
    yield f"Files in {model.folder}"
    for suffix, file in card.files.items():
        yield f"  {card.name}{suffix}  {storage(file.size)}  sha256 {file.sha256}"
    yield from [f"  problem: {fault}" for fault in faults] or ["  ok: all checksums hold"]
    if model.folder == SHIPPED:
        yield ""
        yield f"Pictures of its weaknesses: {_PICTURES}"
