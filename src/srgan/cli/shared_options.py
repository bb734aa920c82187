"""Options that several commands share, and short ways to declare the others.

Each alias annotates a parameter of a command: `def evaluate(as_json: Json = False)`.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from srgan.errors import UsageError

INPUT, OUTPUT, COMPUTATION = "Input", "Output", "Computation"
"""Headings of `--help` under which options stand; those without one stand under "Options"."""


def option(help: str, *names: str, metavar: str | None = None, panel: str | None = None, **limits: float) -> Any:
    """Declare an option with a value.

    Args:
        help: one sentence for `--help`.
        names: `--name` and `-n`; without any, the parameter's name.
        metavar: placeholder of the value; one that ends in ` ...` lets several words follow, see `SeveralWords`.
        panel: heading under which it stands.
        limits: `min` and `max` of a number.
    """
    bounds: dict[str, Any] = dict(limits)
    return typer.Option(*names, metavar=metavar, rich_help_panel=panel, help=help, callback=_refuse_addresses, **bounds)


def flag(help: str, *names: str, panel: str | None = None) -> Any:
    """Declare an option without a value: `--name`, and no `--no-name`."""
    return typer.Option(*names, metavar="", rich_help_panel=panel, help=help)


def argument(help: str, metavar: str) -> Any:
    """Declare an argument without a shown default."""
    return typer.Argument(metavar=metavar, show_default=False, help=help, callback=_refuse_addresses)


_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/{1,2}(?=[^/])", re.ASCII)
"""Begins an address such as `s3://bucket`, of which a path keeps one stroke."""


def _refuse_addresses(value: Any) -> Any:
    """Return a parameter's value, unless it is a path and was given as an address, which would be a folder `s3:`.

    Raises:
        typer.BadParameter: in that case.
    """
    for path in value if isinstance(value, list | tuple) else [value]:
        if isinstance(path, Path) and (found := _ADDRESS.match(str(path))):
            address = f"{found[1]}://{str(path)[found.end() :]}"
            raise typer.BadParameter(f"{address} is an address: name a file or folder of this computer")
    return value


Json = Annotated[bool, flag("Report as a JSON document.", "--json")]
Engine = Annotated[
    Literal["auto", "openvino", "torch"],
    option("Library that runs the models; torch uses a graphics processor, if there is one.", panel=COMPUTATION),
]
ModelPrecision = Annotated[
    Literal["fp32", "bf16", "int8"],
    option("Number format of the models; bf16 and int8 are faster on processors made for them.", panel=COMPUTATION),
]
Study = Annotated[Path, argument("The folder that `srgan study create` made.", "STUDY")]


class SeveralWords(TyperCommand):
    """A command in which several words may follow an option: `--sets Set5 Set14` is `--sets Set5 --sets Set14`.

    This holds for options whose placeholder ends in ` ...`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        several = {
            name
            for param in self.params
            if (param.metavar or "").endswith(" ...")
            for name in getattr(param, "opts", ())
        }
        spelt: list[str] = []
        current, filled = None, False
        for word in args:
            if word.startswith("-"):
                name, equals, _ = word.partition("=")
                current, filled = name if name in several else None, bool(equals)
            elif current is not None:
                spelt += [current] if filled else []
                filled = True
            spelt.append(word)
        return super().parse_args(ctx, spelt)


def separate(words: Sequence[str] | None) -> list[str]:
    """Split words at commas, except a word that is, or names as `NAME=`, an existing path.

    Raises:
        UsageError: if a word is empty, as an unset variable of a shell gives it: without words, defaults are taken.
    """
    if any(not word.strip(" ,") for word in words or ()):
        raise UsageError("one of the words is empty: write what is meant, or leave it out")
    return [
        part.strip()
        for word in words or ()
        for part in ([word] if os.path.exists(word.partition("=")[2] or word) else word.split(","))
        if part.strip()
    ]
