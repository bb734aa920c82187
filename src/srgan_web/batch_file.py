"""Files of batches: their states, and the progress of one that is enlarged."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from srgan_web.job_options import JobOptions

FileStatus = Literal["queued", "running", "done", "failed", "skipped"]
STATUSES: tuple[FileStatus, ...] = get_args(FileStatus)

_LOOK = 1.0  # seconds between looks whether a batch has been removed


@dataclass(frozen=True)
class BatchFile:
    """A file to enlarge, claimed by this server."""

    batch: str
    number: int
    """Its place in the ledger."""
    source: Path
    output: Path
    format: str | None
    options: JobOptions


@dataclass
class FileProgress:
    """The `Progress` of a file."""

    stop: Callable[[], bool]
    """Whether to stop, which may be asked often."""
    is_gone: Callable[[], bool]
    """Whether the batch has been removed."""
    looked: float = 0.0
    gone: bool = False

    def start(self, what: str, total: int) -> None: ...

    def advance(self, count: int = 1) -> None: ...

    def say(self, line: str) -> None: ...

    def should_stop(self) -> bool:
        if time.monotonic() - self.looked > _LOOK:
            self.looked = time.monotonic()
            with suppress(sqlite3.Error):  # a shared disk is away for a moment
                self.gone = self.is_gone()
        return self.gone or self.stop()
