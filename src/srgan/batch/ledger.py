"""The ledger of a batch: what became of every file, as Parquet files in the folder of results.

Parts are only added. Of several rows on a file the last counts, by the numbers of the parts: no clock is asked.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import pyarrow as pa
from pyarrow import parquet

from srgan.errors import SrganError
from srgan.storage import Place

FOLDER = ".srgan-ledger"
"""Of the ledger, in the folder of results."""

State = Literal["planned", "done", "skipped", "failed", "quarantined"]
_MOST_PARTS = 64
"""From so many parts on, the next run begins by writing them as one."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of the ledger: a file, its state and its result."""

    input: str
    """Its name in the source."""
    state: State
    """`planned` is one that the run has not reached, or of which the run's end came first."""
    reason: str | None = None
    """Why it was skipped, failed, or was quarantined; what of it the result lacks."""
    output: str | None = None
    """Name of the result in the target."""
    stamp: str | None = None
    """Changes whenever the input does."""
    recipe: str | None = None
    """Checksum of the options."""
    replaces: str | None = None
    """Stamp of an earlier result that this one is to replace."""
    format: str | None = None
    """Format of the input by its contents."""
    bytes_in: int | None = None
    width_in: int | None = None
    height_in: int | None = None
    bytes_out: int | None = None
    width_out: int | None = None
    height_out: int | None = None
    model: str | None = None
    seconds: float | None = None
    sha256: str | None = None
    """Checksum of the result."""
    deaths: int = 0
    """Workers that ended while they enlarged it."""
    run: str = ""
    """Name of the run that wrote the row."""


_NUMBERS = {"seconds": pa.float64()} | dict.fromkeys(
    ("bytes_in", "width_in", "height_in", "bytes_out", "width_out", "height_out", "deaths"), pa.int64()
)
SCHEMA = pa.schema([(field.name, _NUMBERS.get(field.name, pa.string())) for field in fields(Row)])


class Ledger:
    """The ledger in a target, to be read, and written by one run at a time.

    Args:
        target: the folder of results.
        run: name of the run that writes.

    Raises:
        SrganError: if a part is damaged.
        StorageError: if the target cannot be read.
    """

    def __init__(self, target: Place, run: str) -> None:
        self.target, self._run = target, run
        self._names = names = self._parts()
        self.rows: dict[str, Row] = {}
        """The last row on each file."""
        for name in names:
            self.rows.update((row.input, row) for row in self._read(name))
        self._number = int(names[-1].rpartition("/")[2].partition("-")[0]) if names else 0
        self._old = names if len(names) >= _MOST_PARTS else []

    def _parts(self) -> list[str]:
        folder = Place(f"{str(self.target).rstrip('/')}/{FOLDER}")
        return sorted(f"{FOLDER}/{name}" for name in folder.entries() if name.endswith(".parquet"))

    def is_current(self) -> bool:
        """Return whether no run has written a part since this ledger was read."""
        return self._parts() == self._names

    def _read(self, name: str) -> list[Row]:
        known, contents = {field.name for field in fields(Row)}, self.target.read(name)
        if contents is None:  # another run has merged parts in between: see `is_current`
            return []
        try:
            table = parquet.read_table(pa.BufferReader(contents))
            return [Row(**{key: value for key, value in row.items() if key in known}) for row in table.to_pylist()]
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise SrganError(
                f"the ledger {self.target}/{name} is damaged ({str(error)[:80]}): move the file away"
            ) from error

    def add(self, rows: Iterable[Row]) -> None:
        """Write a part.

        Raises:
            OutputError, StorageError: if it cannot be written; what was written before stays as it is.
        """
        new = [replace(row, run=self._run) for row in rows]
        if new:
            self._write(new)
            self.rows.update((row.input, row) for row in new)

    def merge_parts(self) -> None:
        """Write many parts as one; to be called by the run that holds the target.

        Raises:
            OutputError, StorageError: if it cannot be written.
        """
        if self._old:
            self._write(list(self.rows.values()))
            for name in self._old:
                self.target.remove(name)
            self._old = []

    def _write(self, rows: list[Row]) -> None:
        columns: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in SCHEMA.names}
        buffer = pa.BufferOutputStream()
        parquet.write_table(pa.table(columns, schema=SCHEMA), buffer, compression="zstd")
        self._number += 1
        self.target.write(f"{FOLDER}/{self._number:08}-{self._run}.parquet", buffer.getvalue().to_pybytes())


def recipe(*settings: object) -> str:
    """Return a checksum of the options that results depend on."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:16]
