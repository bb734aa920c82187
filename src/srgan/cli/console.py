"""What the commands say and where: results on standard output, all else on standard error, an error in one line."""

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer

from srgan.errors import OutputError, SrganError


def printable(text: str) -> str:
    """The text in one line that no file name can break: control characters and undecodable bytes become `?`."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def say(line: str) -> None:
    """One line on standard error."""
    # Nobody listens: that is no reason to stop enlarging.
    with suppress(BrokenPipeError):
        typer.echo(printable(line), err=True)


def show(text: str) -> None:
    """Text on standard output.

    Raises:
        OutputError: if it cannot be written there.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    with written():
        typer.echo(text.encode(encoding, "backslashreplace").decode(encoding))


def show_json(document: Any) -> None:
    """A JSON document on standard output.

    Raises:
        OutputError: if it cannot be written there.
    """
    show(json.dumps(document, indent=2))


@contextmanager
def written() -> Iterator[None]:
    """Around writing to standard output: a reader that left early (`| head`) ends the command without complaint.

    Raises:
        OutputError: if standard output is full or broken otherwise.
    """
    try:
        yield
    except OSError as error:
        _abandon_output()
        if error.errno in (errno.EPIPE, errno.EINVAL):  # Windows says EINVAL of a closed pipe
            raise typer.Exit(1) from error
        raise OutputError(
            f"standard output cannot be written ({error.strerror}): free some space or send it elsewhere"
        ) from error


def _abandon_output() -> None:
    """Let what is still buffered go nowhere: Python would try to write it once more as it ends, and complain."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def failures(*, as_json: bool) -> Iterator[None]:
    """Around a command: what srgan raises on purpose becomes one line and an exit code, and a document if asked for."""
    try:
        yield
    except SrganError as error:
        message = error_message(error)
        say(f"Error: {message}")
        if as_json:
            with suppress(OutputError):
                show_json({"error": message})
        raise typer.Exit(error.exit_code) from error


def error_message(error: SrganError) -> str:
    """Return an error's message, with the option in place of the name of the parameter at fault."""
    parameter = getattr(error, "parameter", None)
    if parameter is None:
        return str(error)
    return str(error).replace(parameter, "--" + parameter.replace("_", "-"), 1)
