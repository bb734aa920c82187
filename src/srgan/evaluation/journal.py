"""The journal of an evaluation: one line per measured image, so that an interrupted run resumes.

A line is on the disk before the next image begins.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from srgan.errors import OutputError, UsageError
from srgan.evaluation.results import Row, row_from_plain, row_to_plain

_FILE = "journal.jsonl"


@dataclass(frozen=True)
class JournalEntry:
    """A restored image and everything measured of it."""

    key: str
    """Checksum of all inputs that the restored image depends on."""
    file: str
    """Checksum of the restored image's file."""
    measured: dict[str, str]
    """The identity of each measure taken, by its name."""
    row: Row

    def with_scores(self, measure: str, identity: str, scores: dict[str, float]) -> "JournalEntry":
        """Return the entry with the scores of one more measure."""
        row = replace(self.row, scores={**self.row.scores, **scores})
        return replace(self, measured={**self.measured, measure: identity}, row=row)


class Journal:
    """The entries of an evaluation's folder, which is made if it is absent.

    Raises:
        UsageError: if the folder holds other things.
        OutputError: if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._entries: dict[tuple[str, str, str], JournalEntry] = {}
        try:
            if folder.is_dir() and not self._path.exists() and any(folder.iterdir()):
                raise UsageError(
                    f"output {folder} holds other things than an evaluation: name another folder", parameter="output"
                )
            folder.mkdir(parents=True, exist_ok=True)
            text = self._path.read_text(encoding="utf-8", errors="replace") if self._path.exists() else ""
            self._append("" if not text or text.endswith("\n") else "\n")  # the last line may be cut short
        except OSError as error:
            raise self._unwritable(error) from error
        for line in text.splitlines():
            try:
                fields = json.loads(line)
                entry = JournalEntry(**{**fields, "row": row_from_plain(fields["row"])})
            except (ValueError, KeyError, TypeError, AttributeError):  # cut short: its work is done again
                continue
            self._entries[entry.row.method, entry.row.data, entry.row.picture] = entry

    def find(self, method: str, data: str, image: str) -> JournalEntry | None:
        """Return the newest entry of an image, if there is one."""
        return self._entries.get((method, data, image))

    def add(self, entry: JournalEntry) -> None:
        """Append an entry; it replaces the one before of the same image.

        Raises:
            OutputError: if it cannot be written.
        """
        plain: dict[str, Any] = {"key": entry.key, "file": entry.file, "measured": entry.measured}
        try:
            self._append(json.dumps({**plain, "row": row_to_plain(entry.row)}, allow_nan=False) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error
        self._entries[entry.row.method, entry.row.data, entry.row.picture] = entry

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._path.parent} cannot be written ({error.strerror}): free some space or choose another folder"
        )
