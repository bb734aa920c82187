"""`srgan recipes`: which training runs there are, and all settings of one."""

import ast
import inspect
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srgan.cli.console import failures, show, show_json

if TYPE_CHECKING:
    from srgan.training.recipes.recipe import Recipe

EPILOG = """\
[bold]Examples[/bold]

  srgan recipes                     lists them
  srgan recipes show srgan-vgg22    all its settings, each with what it means

Any setting can be changed: srgan train srgan-vgg22 --set updates=5000
"""

app = typer.Typer(invoke_without_command=True, epilog=EPILOG, context_settings={"help_option_names": ["--help", "-h"]})

AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Report as a JSON document.")]


@app.callback()
def recipes(context: typer.Context, as_json: AsJson = False) -> None:
    """List the recipes for training."""
    if context.invoked_subcommand is not None:
        return
    with failures(as_json=as_json):
        from srgan.training.recipes import RECIPES

        if as_json:
            show_json([asdict(recipe) for recipe in RECIPES.values()])
            return
        width = max(map(len, RECIPES))
        lines = [f"{recipe.name:{width}}  {recipe.summary}" for recipe in RECIPES.values()]
        show(
            "\n".join(
                [*lines, "", "All settings of one: srgan recipes show NAME. To train: srgan train NAME --data FOLDER"]
            )
        )


@app.command("show", epilog=EPILOG)
def show_recipe(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="As `srgan recipes` lists it.")],
    as_json: AsJson = False,
) -> None:
    """Show all settings of a recipe."""
    with failures(as_json=as_json):
        from srgan.training.recipes import find

        recipe = find(name)
        if as_json:
            show_json(asdict(recipe))
        else:
            show(_in_full(recipe))


def _in_full(recipe: "Recipe") -> str:
    notes = _field_notes(type(recipe))
    settings = {name: value for name, value in asdict(recipe).items() if name not in ("name", "summary")}
    left = max(len(f"{name}={_word(value)}") for name, value in settings.items())
    lines = [f"{f'{name}={_word(value)}':{left}}  {notes[name]}" for name, value in settings.items()]
    return "\n".join([f"{recipe.name}: {recipe.summary}", "", *lines])


def _word(value: Any) -> str:
    """As --set takes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _field_notes(kind: type) -> dict[str, str]:
    """The docstring under each field of a class, which Python itself does not keep."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    notes: dict[str, str] = {}
    for field, note in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(note, ast.Expr):
            assert isinstance(note.value, ast.Constant)
            notes[field.target.id] = str(note.value.value)
    return notes
