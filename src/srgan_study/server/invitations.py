"""Table of the raters' personal links, to send them from."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from srgan.files import write_bytes
from srgan_study.votes.exports import to_csv
from srgan_study.votes.queries import InvitedRater

INVITATIONS = "invitations.csv"


def write_invitations(folder: Path, raters: Iterable[InvitedRater], address: str) -> Path:
    """Write the code and link of each rater into a file that only its owner can read, replacing an older one.

    Returns:
        The file.

    Raises:
        OutputError: if it cannot be written.
    """
    return _write(folder, [("rater", "link"), *((rater.code, f"{address}/r/{rater.token}") for rater in raters)])


def drop_invitation(folder: Path, code: str) -> None:
    """Remove the line of a rater, if there is one. Raises OutputError if the file cannot be written."""
    try:
        with (folder / INVITATIONS).open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError):
        return
    _write(folder, [line for line in lines if line[:1] != [code]])


def _write(folder: Path, lines: Iterable[Sequence[str]]) -> Path:
    return write_bytes(folder / INVITATIONS, to_csv(lines).encode(), mode=0o600)
