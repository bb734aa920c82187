"""What raters are told: the consent they give and the instructions, as the study's organiser worded them.

A study's folder may hold its own `consent.txt` and `instructions.txt` in place of those of the package. Plain text:
a line that begins with `# ` is a heading, lines that begin with `- ` are a list, any other line is a paragraph.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from srgan.errors import DataError

Kind = Literal["heading", "list", "paragraph"]
Text = Literal["consent", "instructions"]

PAGES = Path(__file__).parent / "pages"
LARGEST = 100_000
"""Bytes of a text; a file that is longer is something else."""


@dataclass(frozen=True)
class Block:
    """Lines that belong together."""

    kind: Kind
    lines: tuple[str, ...]
    """One, but for a list."""


@dataclass(frozen=True)
class Wording:
    """A text as raters read it."""

    version: str
    """The beginning of its SHA-256: kept with every consent, so that it is known what was agreed to."""
    blocks: tuple[Block, ...]


def read_wording(folder: Path, text: Text) -> Wording:
    """The study's own text, or the package's where the study has none.

    Raises:
        DataError: if the study's own cannot be read, or is empty.
    """
    own = folder / f"{text}.txt"
    path = own if own.exists() else PAGES / own.name
    try:
        with path.open("rb") as file:
            written = file.read(LARGEST + 1)
        blocks = tuple(_blocks(written.decode("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): save it as plain text in UTF-8") from error
    if not blocks or len(written) > LARGEST:
        raise DataError(f"{path} is empty or too long: write up to {LARGEST:,} bytes, or delete it for the usual text")
    return Wording(hashlib.sha256(written).hexdigest()[:16], blocks)


def _blocks(lines: Iterable[str]) -> Iterable[Block]:
    for kind, group in groupby((line.strip() for line in lines if line.strip()), _kind):
        words = tuple(line if kind == "paragraph" else line[2:].strip() for line in group)
        if kind == "list":
            yield Block(kind, words)
        else:
            yield from (Block(kind, (line,)) for line in words)


def _kind(line: str) -> Kind:
    return "heading" if line.startswith("# ") else "list" if line.startswith("- ") else "paragraph"
