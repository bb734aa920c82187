"""Commands in texts: whether one exists, with its options."""

import shlex
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from srgan.cli import app


def check_command(line: str) -> None:
    """Parse a line such as `srgan train espcn --data PHOTOS`; click's errors are raised."""
    command: Any = get_command(app)
    words = shlex.split(line.partition(" < ")[0])[1:]
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    incomplete = isinstance(command, TyperGroup) and command.no_args_is_help
    assert not incomplete, f"{line}: there is no such command"
    command.make_context(line, words)
