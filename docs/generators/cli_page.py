"""Write docs/cli.md: the `--help` of every command, found by walking the command tree.

python -m docs.generators.cli_page            writes the page
python -m docs.generators.cli_page --check    only reports whether it is up to date
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from srgan.cli import app
from srgan.files import write_bytes

PAGE = Path(__file__).resolve().parents[1] / "cli.md"
_PLAIN = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command below one, itself first."""
    yield words
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from commands(inner, (*words, name))


def page() -> str:
    """Return the text of the page."""
    parts = ["# The commands\n\nWritten by `make docs` from `--help` of every command.\n"]
    for words in commands(get_command(app)):
        text = CliRunner().invoke(app, [*words, "--help"], prog_name="srgan", env=_PLAIN).stdout
        lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
        parts.append(f"## {' '.join(('srgan', *words))}\n\n```\n{lines}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    if "--check" not in sys.argv:
        write_bytes(PAGE, page().encode())
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/cli.md does not match the commands: run `make docs`")
