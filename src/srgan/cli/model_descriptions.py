"""Descriptions of models in words and as JSON documents."""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from srgan.cli.console import count, printable, storage

if TYPE_CHECKING:
    from srgan.weights.catalogue import Model

_SET, _PROTOCOL = "Set5", "paper"
"""Test set and protocol of the scores in the list."""

_AUTO_SUMMARY = "picks a model for each photo; used without --model"

_PICTURES = "docs/models.md in the project's repository"


def model_document(model: "Model") -> dict[str, Any]:
    """Return the card of a model, its identity and its folder."""
    document: dict[str, Any] = json.loads(model.card.to_json())
    return {**document, "identity": model.card.identity, "folder": str(model.folder)}


def auto_document() -> dict[str, Any]:
    """Return the models that `auto` chooses between, and which of them are not installed."""
    from srgan.upscale.model_choice import AUTO, CLEAN, DAMAGED
    from srgan.weights.catalogue import installed

    names = [name for pair in (CLEAN, DAMAGED) for name in asdict(pair).values()]
    missing = [name for name in names if name not in installed()]
    return {"name": AUTO, "clean": asdict(CLEAN), "damaged": asdict(DAMAGED), "missing": missing}


def auto_lines() -> Iterator[str]:
    """Yield what `auto` chooses, a line each."""
    document = auto_document()
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


def find_faults(model: "Model") -> list[str]:
    """Return what is wrong with the model's files, a line for each damaged or missing one."""
    from srgan.errors import ModelError

    faults = []
    for suffix in model.card.files:
        try:
            model.read(suffix)
        except ModelError as error:
            faults.append(str(error))
    return faults


def model_table(models: "Sequence[Model]") -> str:
    """Return the list of models as a table in text."""
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
    terminal = sys.stdout is not None and sys.stdout.isatty()
    paper = io.StringIO()
    Console(file=paper, force_terminal=terminal, width=None if terminal else 200).print(table)
    rows = "\n".join(line.rstrip() for line in paper.getvalue().splitlines() if line.strip())
    return f"{rows}\n\nPSNR and SSIM: {_SET}, {_PROTOCOL} protocol. To describe a model: srgan models NAME"


def describe(model: "Model", faults: Sequence[str]) -> Iterator[str]:
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
