"""Output of commands: results on standard output, the rest on standard error, errors in one line; Ctrl-C; numbers."""

import errno
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import typer

from srgan.errors import OutputError, SrganError


def printable(text: str) -> str:
    """Return text with control characters and undecodable bytes replaced by `?`, as file names may hold them."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def say(line: str) -> None:
    """Print a line on standard error; a closed pipe there is ignored."""
    with suppress(BrokenPipeError):
        typer.echo(printable(line), err=True)


def show(text: str) -> None:
    """Print text on standard output, each line made printable, since names of files may hold control characters.

    Raises:
        OutputError: if it cannot be written there.
    """
    text = "\n".join(map(printable, text.split("\n")))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    with written():
        typer.echo(text.encode(encoding, "backslashreplace").decode(encoding))


def show_lines(lines: Iterable[str]) -> None:
    """Print texts on standard output, one below the other.

    Raises:
        OutputError: if it cannot be written there.
    """
    show("\n".join(lines))


_FIRST = 10  # lines of a long list that are shown


def first_lines(lines: Sequence[str]) -> Iterator[str]:
    """Yield the first lines of a list, indented, and the number of the others."""
    yield from (f"  {line}" for line in lines[:_FIRST])
    if len(lines) > _FIRST:
        yield f"  and {len(lines) - _FIRST:,} more, which --json lists"


def show_json(document: Any) -> None:
    """Print a JSON document on standard output.

    Raises:
        OutputError: if it cannot be written there.
    """
    show(json.dumps(document, indent=2))


@contextmanager
def written() -> Iterator[None]:
    """Write to standard output in this context: a closed pipe (`| head`) ends the command quietly.

    Raises:
        OutputError: if it cannot be written for another reason.
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
    """Discard buffered output, which Python would try to write again at exit."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def failures(*, as_json: bool) -> Iterator[None]:
    """Run a command: an error of srgan, or of the system, becomes a line, an exit code and a document."""
    try:
        yield
    except (SrganError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # whoever read has enough
            raise
        message = error_message(error)
        say(f"Error: {message}")
        if as_json:
            with suppress(OutputError):
                show_json({"error": message})
        raise typer.Exit(getattr(error, "exit_code", 1)) from error


def error_message(error: SrganError | OSError) -> str:
    """Return an error's message, with the option in place of the name of the parameter at fault."""
    if isinstance(error, OSError) and error.filename is None:
        return f"the system refuses ({error.strerror or error}): look at the disk and the memory, and run it again"
    if isinstance(error, OSError):
        return f"{error.filename} cannot be used ({error.strerror}): check its name and permissions"
    parameter = getattr(error, "parameter", None)
    if parameter is None:
        return str(error)
    return str(error).replace(parameter, "--" + parameter.replace("_", "-"), 1)


_EXTRAS = {
    "torch": "train",
    "lightning_fabric": "train",
    "safetensors": "train",
    "onnx": "train",
    "matplotlib": "evaluate",
    "scipy": "evaluate",
    "httpx": "study",
    "starlette": "study",
    "uvicorn": "study",
    "jinja2": "study",
    "fsspec": "shards",
}


def need_packages(*packages: str, extra: str | None = None) -> None:
    """Check that packages of an extra are installed, without importing them.

    Args:
        packages: names as imported.
        extra: which extra to recommend; without it, the smallest that holds the package.

    Raises:
        SrganError: if one is missing, with the command that installs it.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise SrganError(
                f"this needs {package}, which is not installed: pip install 'srgan[{extra or _EXTRAS[package]}]'"
            )


@contextmanager
def one_interruption(stop: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into a KeyboardInterrupt and ignore later ones, so that cleaning up finishes.

    Args:
        stop: called first, to end the work also where the exception is lost: libraries swallow it in their callbacks.
    """
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            stop()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Run a block that Ctrl-C or SIGTERM ends with a message on standard error and exit code 130.

    Args:
        message: what is left, and how to go on: shown after "Interrupted: ".
    """
    try:
        with one_interruption():
            yield
    except KeyboardInterrupt:
        say(f"Interrupted: {message}")
        raise typer.Exit(130) from None


def count(number: int, noun: str) -> str:
    """Return `1 photo`, `1,200 photos`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Return `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{max(seconds, 0.1):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60:,} h"


def dimensions(size: tuple[int, int]) -> str:
    """Return `640x480`."""
    return f"{size[0]}x{size[1]}"


def storage(number: int) -> str:
    """Return a number of bytes as `640 kB`, `2.5 MB`, `11.2 GB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}"
    return f"{round(number / 1000)} kB"
