"""What an evaluation has done so far, one line a picture, so that it goes on where it was ended, however it was.

A line is on the disk before the next picture begins. This module does not know what a key is made of.
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
class Record:
    """A picture that was restored, and all that was ever measured of it."""

    key: str
    """The checksum of all that the picture was made of and by."""
    file: str
    """The checksum of the restored picture's file."""
    measured: dict[str, str]
    """The identity of each measure that was taken, by its name."""
    row: Row

    def with_scores(self, measure: str, identity: str, scores: dict[str, float]) -> "Record":
        """The record with what one more measure gave."""
        row = replace(self.row, scores={**self.row.scores, **scores})
        return replace(self, measured={**self.measured, measure: identity}, row=row)


class Journal:
    """The records of an evaluation's folder, which is made if it is not there.

    Raises:
        UsageError: if the folder holds other things.
        OutputError: if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._records: dict[tuple[str, str, str], Record] = {}
        try:
            if folder.is_dir() and not self._path.exists() and any(folder.iterdir()):
                raise UsageError(f"{folder} holds other things than an evaluation: name another folder with -o")
            folder.mkdir(parents=True, exist_ok=True)
            text = self._path.read_text(encoding="utf-8", errors="replace") if self._path.exists() else ""
            self._append("" if not text or text.endswith("\n") else "\n")  # a line may have been cut short
        except OSError as error:
            raise self._unwritable(error) from error
        for line in text.splitlines():
            self._remember(line)

    def _remember(self, line: str) -> None:
        try:
            fields = json.loads(line)
            record = Record(**{**fields, "row": row_from_plain(fields["row"])})
        except (ValueError, KeyError, TypeError, AttributeError):  # cut short: what it said is done again
            return
        self._records[_place(record.row)] = record

    def find(self, method: str, data: str, picture: str) -> Record | None:
        """What is known of a picture."""
        return self._records.get((method, data, picture))

    def add(self, record: Record) -> None:
        """Keep a record, in place of what was known before.

        Raises:
            OutputError: if it cannot be written.
        """
        plain: dict[str, Any] = {"key": record.key, "file": record.file, "measured": record.measured}
        try:
            self._append(json.dumps({**plain, "row": row_to_plain(record.row)}, allow_nan=False) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error
        self._records[_place(record.row)] = record

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._path.parent} cannot be written ({error.strerror}): free some space or choose another folder"
        )


def _place(row: Row) -> tuple[str, str, str]:
    return row.method, row.data, row.picture
