"""`srgan models`: which models there are, and all that is known of one."""

import io
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srgan.cli.console import count, failures, printable, show, show_json, storage

if TYPE_CHECKING:
    from srgan.weights.card import Card, Score
    from srgan.weights.catalogue import Model
    from srgan.weights.selection import Pair

EPILOG = """\
[bold]Examples[/bold]

  srgan models                 lists the models that came with srgan
  srgan models srresnet        what it was trained on, and what it does badly
  srgan models auto            which of them is taken for which photo
  srgan models own/dogs.onnx   the same of a model of your own

Exit code: 0 all well, 1 there is no such model, or it is damaged.
"""

_SET, _PROTOCOL = "Set5", "paper"
"""The measurement that the list shows."""

_AUTO_SUMMARY = "looks at each photo and takes the model that suits it: what happens without --model"

_PICTURES = "docs/models.md in the project's repository"
"""Of shipped models alone."""


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", show_default=False, help="A model's name, or the file of your own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Report as a JSON document.")] = False,
) -> None:
    """List the models, or say all that is known of one."""
    with failures(as_json=as_json):
        from srgan.weights.catalogue import find, installed
        from srgan.weights.selection import AUTO

        if name is None:
            found = list(installed().values())
            if as_json:
                show_json([_document(model) for model in found])
            else:
                show(_table(found))
            return
        if name == AUTO:
            if as_json:
                show_json(_auto_document())
            else:
                show(_auto())
            return
        model = find(name)
        faults = _faults(model)
        if as_json:
            show_json({**_document(model), "faults": faults})
        else:
            show(_in_full(model, faults))
        if faults:
            raise typer.Exit(1)


def _document(model: "Model") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(model.card.to_json())
    return {**document, "identity": model.card.identity, "folder": str(model.folder)}


def _auto_document() -> dict[str, Any]:
    """Models that `auto` takes, and those of them that are not installed."""
    from srgan.weights.catalogue import installed
    from srgan.weights.selection import AUTO, CLEAN, DAMAGED

    names = [name for pair in (CLEAN, DAMAGED) for name in asdict(pair).values()]
    missing = [name for name in names if name not in installed()]
    return {"name": AUTO, "clean": asdict(CLEAN), "damaged": asdict(DAMAGED), "missing": missing}


def _auto() -> str:
    """The table of `auto` as people read it."""
    from srgan.weights.selection import AUTO, CLEAN, DAMAGED

    def row(pictures: str, pair: "Pair") -> str:
        return f"{pictures:25} {pair.faithful:16} {pair.photo_real}"

    missing, instead = ", ".join(_auto_document()["missing"]), f"{CLEAN.faithful} and {CLEAN.photo_real}"
    lines = [
        f"{AUTO}: {_AUTO_SUMMARY}",
        "",
        f"{'photo':25} {'model':16} with --photo-real",
        row("clean", CLEAN),
        row("once compressed, or noisy", DAMAGED),
        *(("", f"Not installed: {missing}; {instead} are taken in their place") if missing else ()),
    ]
    return "\n".join(lines)


def _faults(model: "Model") -> list[str]:
    """What is wrong with the model's files, a line each."""
    from srgan.errors import ModelError

    faults = []
    for suffix in model.card.files:
        try:
            model.read(suffix)
        except ModelError as error:
            faults.append(str(error))
    return faults


def _table(models: "list[Model]") -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from srgan.weights.selection import AUTO

    if not models:
        return "No models are installed: install srgan again, or use a model of your own with --model FILE."
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "scale", "size", "PSNR, SSIM", "licence"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what it is")
    table.add_row(AUTO, "", "", "", "", _AUTO_SUMMARY)
    for model in models:
        card = model.card
        scores = [score for score in card.scores if (score.data, score.protocol) == (_SET, _PROTOCOL)]
        measured = f"{scores[0].psnr:.2f} dB, {scores[0].ssim:.4f}" if scores else "not measured"
        size = storage(sum(file.size for file in card.files.values()))
        cells = (card.name, f"x{card.scale}", size, measured, card.licence, card.summary)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    # In a pipe there is no edge to wrap at, and a row in one line is easier to search.
    terminal = sys.stdout.isatty()
    paper = io.StringIO()
    Console(file=paper, force_terminal=terminal, width=None if terminal else 200).print(table)
    rows = "\n".join(line.rstrip() for line in paper.getvalue().splitlines() if line.strip())
    return f"{rows}\n\nPSNR and SSIM: {_SET}, {_PROTOCOL} protocol. All that is known of a model: srgan models NAME"


def _in_full(model: "Model", faults: list[str]) -> str:
    """The card as people read it."""
    from srgan.weights.catalogue import SHIPPED

    card = model.card
    training = card.training
    recipe = [f"  {key}: {value}" for key, value in training.recipe.items()] or ["  not recorded"]
    files = [
        f"  {card.name}{suffix}  {storage(file.size)}  sha256 {file.sha256}" for suffix, file in card.files.items()
    ]
    lines = [
        f"{card.name} {card.version}: {card.summary}",
        "",
        f"Enlarges       {card.scale} times along each side; any other factor is resampled from that",
        f"Licence        {card.licence}",
        f"Network        {card.architecture} {_arguments(card)}",
        f"Work           {2 * card.multiply_adds / 1e6:.2f} million operations a pixel of the photo",
        f"Identity       {card.identity}, which results carry in their metadata",
        f"Limits         {card.limits}",
        "",
        f"Trained on     {training.data}",
        f"Training       {count(training.updates, 'update')} in {training.hours:g} hours on {training.machine}",
        "Recipe",
        *recipe,
        "",
        "Scores",
        *_scores(card.scores),
        "",
        f"Files in {model.folder}",
        *files,
        *(f"  problem: {fault}" for fault in faults),
        *(() if faults else ("  ok: all checksums hold",)),
        *(("", f"Pictures of what it does badly: {_PICTURES}") if model.folder == SHIPPED else ()),
    ]
    return "\n".join(printable(line) for line in lines)


def _arguments(card: "Card") -> str:
    return ", ".join(f"{key}={value}" for key, value in card.arguments.items())


def _scores(scores: "tuple[Score, ...]") -> list[str]:
    if not scores:
        return ["  not measured"]
    return [
        f"  {score.data:8} {score.psnr:6.2f} dB  {score.ssim:.4f}  by the {score.protocol} protocol" for score in scores
    ]
