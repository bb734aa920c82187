"""`srgan recipes`: list the recipes for training, and show all settings of one."""

import ast
import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srgan.cli.console import failures, show, show_json
from srgan.cli.shared_options import Json, argument

if TYPE_CHECKING:
    from srgan.training.recipes.recipe import Recipe

EPILOG = """\
[bold]Examples[/bold]

  srgan recipes                     lists them
  srgan recipes show srgan-vgg22    all its settings, each with what it means

Any setting can be changed: srgan train srgan-vgg22 --set updates=5000
"""

app = typer.Typer(invoke_without_command=True, epilog=EPILOG, context_settings={"help_option_names": ["--help", "-h"]})


@app.callback()
def recipes(context: typer.Context, as_json: Json = False) -> None:
    """List the recipes for training."""
    if context.invoked_subcommand is not None:
        return
    with failures(as_json=as_json):
        from srgan.training.recipes import RECIPES

        if as_json:
            show_json([recipe.flat() for recipe in RECIPES.values()])
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
    name: Annotated[str, argument("As `srgan recipes` lists it.", "NAME")],
    as_json: Json = False,
) -> None:
    """Show all settings of a recipe."""
    with failures(as_json=as_json):
        from srgan.training.recipes import find_recipe

        recipe = find_recipe(name)
        if as_json:
            show_json(recipe.flat())
        else:
            show(_format_settings(recipe))


def _format_settings(recipe: "Recipe") -> str:
    """Return all settings, one a line, as --set takes them, each with its description."""
    from srgan.training.recipes.recipe import PARTS

    notes: dict[str, str] = {}
    for kind in (type(recipe), *PARTS.values()):
        notes |= _read_field_notes(kind)
    words = {
        name: f"{name}={_format_value(value)}"
        for name, value in recipe.flat().items()
        if name not in ("name", "summary")
    }
    left = max(map(len, words.values()))
    lines = [f"{word:{left}}  {notes[name]}" for name, word in words.items()]
    return "\n".join([f"{recipe.name}: {recipe.summary}", "", *lines])


def _format_value(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _read_field_notes(kind: type) -> dict[str, str]:
    """Return the docstring under each field of a class, which Python itself does not keep."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    notes: dict[str, str] = {}
    for field, note in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(note, ast.Expr):
            assert isinstance(note.value, ast.Constant)
            notes[field.target.id] = str(note.value.value)
    return notes
