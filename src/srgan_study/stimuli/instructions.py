"""Texts that raters read: consent and instructions, in the organiser's words or the package's.

A study's folder may hold its own `consent.txt` and `instructions.txt`. They are plain text: a line that begins with
`# ` is a heading, lines that begin with `- ` are a list, any other line is a paragraph.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from srgan.errors import DataError

Kind = Literal["heading", "list", "paragraph"]
LARGEST = 100_000  # limit of a text in bytes


@dataclass(frozen=True)
class TextBlock:
    """Heading or paragraph of one line, or a list of items."""

    kind: Kind
    lines: tuple[str, ...]


@dataclass(frozen=True)
class RaterText:
    """Text for raters."""

    version: str  # start of its SHA-256, stored with every consent to record what was agreed to
    blocks: tuple[TextBlock, ...]


def read_text(folder: Path, name: Literal["consent", "instructions"]) -> RaterText:
    """Read the study's own text, or the package's where the study has none.

    Raises:
        DataError: if the study's own cannot be read, is empty or too long.
    """
    own = folder / f"{name}.txt"
    path = own if own.exists() else Path(__file__).parent / own.name
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        blocks = tuple(_split_blocks(data.decode("utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): save it as plain text in UTF-8") from error
    if not blocks or len(data) > LARGEST:
        raise DataError(f"{path} is empty or too long: write up to {LARGEST:,} bytes, or delete it for the usual text")
    return RaterText(hashlib.sha256(data).hexdigest()[:16], blocks)


def _split_blocks(text: str) -> Iterator[TextBlock]:
    kinds: dict[str, Kind] = {"# ": "heading", "- ": "list"}
    usual: Kind = "paragraph"
    lines = (line.strip() for line in text.splitlines() if line.strip())
    for kind, group in groupby(lines, lambda line: kinds.get(line[:2], usual)):
        items = tuple(line if kind == usual else line[2:].strip() for line in group)
        yield from [TextBlock(kind, items)] if kind == "list" else [TextBlock(kind, (item,)) for item in items]
