"""The links that raters are invited by, as a table to send them from."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from srgan.errors import OutputError
from srgan.files import Destination
from srgan_study.votes.store import Rater

INVITATIONS = "invitations.csv"


def link_of(rater: Rater, address: str) -> str:
    """The rater's own page: whoever has the link is that rater."""
    return f"{address}/r/{rater.token}"


def write_invitations(folder: Path, raters: Iterable[Rater], address: str) -> Path:
    """Write a line for each rater, code and link, for nobody else on this machine to read.

    Returns:
        The file; one that was there is replaced.

    Raises:
        OutputError: if it cannot be written.
    """
    return _write(folder, [("rater", "link"), *((rater.code, link_of(rater, address)) for rater in raters)])


def drop_invitation(folder: Path, code: str) -> None:
    """Take the line of a rater out, if there is one.

    Raises:
        OutputError: if it cannot be written.
    """
    try:
        with (folder / INVITATIONS).open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError):
        return
    _write(folder, [line for line in lines if line[:1] != [code]])


def _write(folder: Path, lines: Iterable[Sequence[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    destination = Destination(folder / INVITATIONS, overwrite=True)
    try:
        with open(destination.open(), "w", encoding="utf-8", closefd=False) as file:
            if os.name == "posix":
                os.fchmod(file.fileno(), 0o600)
            file.write(text.getvalue())
        destination.appear()
    except OSError as error:
        raise OutputError(f"{destination} cannot be written ({error.strerror}): free some space") from error
    finally:
        destination.close()
    return destination.path
