"""Jobs in a folder: a SQLite database, uploads and results. It survives the end of its process at any moment.

An upload is on the disk before its row is written, and a result before its row says `done`. Files without a row are
removed when the store is opened.
"""

import json
import os
import secrets
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

from srgan.errors import OutputError
from srgan.files import make_folder
from srgan_web.job_options import JobOptions

JobStatus = Literal["held", "queued", "running", "done", "failed"]

ATTEMPTS = 3
"""Times a job is started before it counts as the reason that the server stopped."""

_TEMPORARY = "srgan-web-"
_UPLOADS, _RESULTS, _VIEWS = "uploads", "results", "views"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, name TEXT NOT NULL, picture TEXT NOT NULL, status TEXT NOT NULL,
    options TEXT NOT NULL, plan TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '{}',
    error TEXT, error_kind TEXT, attempts INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL,
    created REAL NOT NULL, queued REAL, started REAL, finished REAL
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_client ON jobs (client, created);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status);
"""


class StoreFull(OutputError):
    """The store has reached its limit, or the disk is full."""


@dataclass(frozen=True)
class JobRecord:
    """A row of the store."""

    id: str
    client: str
    name: str
    """File name that the client gave, made safe."""
    picture: str
    """SHA-256 of the upload."""
    status: JobStatus
    options: JobOptions
    plan: dict[str, Any]
    """Size, format and model, as the client sees them."""
    outcome: dict[str, Any]
    """Seconds, engine, notes and bytes of a finished job, else empty."""
    error: str | None
    error_kind: str | None
    """Class name of the error."""
    attempts: int
    bytes: int
    """Disk space of the job's files; of a job that is not finished, with what the result may take."""
    created: float
    """Seconds since 1970, as the following."""
    queued: float | None
    started: float | None
    finished: float | None

    @property
    def is_final(self) -> bool:
        return self.status in ("done", "failed")


_COLUMNS = ", ".join(field.name for field in fields(JobRecord))


class JobStore:
    """The jobs of a server. Several threads may use it; a second process is refused.

    Args:
        folder: where it is kept; None for a temporary folder that `close` deletes.

    Raises:
        OutputError: if the folder cannot be used, or another server uses it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = folder is None
        if folder is None:
            _remove_abandoned()
            folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY))
        self.folder = folder.absolute()
        self._lock = threading.RLock()
        for part in (_UPLOADS, _RESULTS, _VIEWS):
            make_folder(self.folder / part)
        if not self._temporary:
            self.folder.chmod(0o700)
        self._only_one = _lock_folder(self.folder)
        if self._only_one is None:
            raise OutputError(f"{self.folder} is used by another server: stop that one, or choose another folder")
        try:
            self._database = sqlite3.connect(
                self.folder / "jobs.sqlite", isolation_level=None, check_same_thread=False, timeout=30
            )
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
            self._recover()
        except sqlite3.Error as error:
            self._only_one.close()
            raise OutputError(f"{self.folder} cannot be used ({error}): choose another folder") from error

    def _recover(self) -> None:
        """Put jobs of a killed server back into the queue, and remove files that belong to no job."""
        self._write(
            "UPDATE jobs SET status = 'failed', error = ?, error_kind = 'EngineError', finished = ? "
            "WHERE status = 'running' AND attempts >= ?",
            f"the server stopped {ATTEMPTS} times while it enlarged this image",
            time.time(),
            ATTEMPTS,
        )
        self._write("UPDATE jobs SET status = 'queued', started = NULL WHERE status = 'running'")
        known = {row[0] for row in self._database.execute("SELECT id FROM jobs")}
        for part in (_UPLOADS, _RESULTS, _VIEWS):
            for path in (self.folder / part).iterdir():
                if path.name.partition(".")[0] not in known:
                    path.unlink(missing_ok=True)

    def upload(self, id: str) -> Path:
        """Return the path of a job's upload."""
        return self.folder / _UPLOADS / id

    def result(self, id: str) -> Path:
        """Return the path of a job's result."""
        return self.folder / _RESULTS / id

    def view(self, id: str, name: str) -> Path:
        """Return the path of a rendering for the page, such as a thumbnail."""
        return self.folder / _VIEWS / f"{id}.{name}.jpg"

    def add(self, job: JobRecord) -> None:
        """Accept a job whose upload is on the disk."""
        values = [_encoded(getattr(job, field.name)) for field in fields(JobRecord)]
        self._write(f"INSERT INTO jobs ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", *values)

    def update(self, id: str, **changes: Any) -> bool:
        """Change columns of a job; returns False if there is no such job any more."""
        names = ", ".join(f"{name} = ?" for name in changes)
        return bool(self._write(f"UPDATE jobs SET {names} WHERE id = ?", *map(_encoded, changes.values()), id))

    def add_bytes(self, id: str, bytes: int) -> bool:
        """Count disk space of another file of a job; returns False if there is no such job any more."""
        return bool(self._write("UPDATE jobs SET bytes = bytes + ? WHERE id = ?", bytes, id))

    def find(self, id: str) -> JobRecord | None:
        """Return a job, or None if there is none."""
        return next(iter(self._select("WHERE id = ?", id)), None)

    def of_client(self, client: str) -> list[JobRecord]:
        """Return a client's jobs, oldest first."""
        return self._select("WHERE client = ? ORDER BY created, id", client)

    def with_status(self, status: JobStatus) -> list[JobRecord]:
        """Return jobs in one state, in the order in which they were queued."""
        return self._select("WHERE status = ? ORDER BY queued, id", status)

    def counts(self) -> dict[str, int]:
        """Return the number of jobs by status."""
        with self._lock:
            return dict(self._database.execute("SELECT status, count(*) FROM jobs GROUP BY status").fetchall())

    def bytes(self) -> int:
        """Return the disk space of all jobs, with what results to come may take."""
        with self._lock:
            return int(self._database.execute("SELECT coalesce(sum(bytes), 0) FROM jobs").fetchone()[0])

    def expired(self, before: float) -> list[JobRecord]:
        """Return jobs that were created and finished before a moment and are neither queued nor running."""
        return self._select(
            "WHERE status NOT IN ('queued', 'running') AND coalesce(finished, created) < ? AND created < ?",
            before,
            before,
        )

    def delete(self, id: str) -> bool:
        """Delete a job and its files; returns False if there is none."""
        existed = bool(self._write("DELETE FROM jobs WHERE id = ?", id))
        self.delete_files(id)
        return existed

    def delete_files(self, id: str) -> None:
        """Delete the files of a job."""
        paths = [self.upload(id), self.result(id), *(self.folder / _VIEWS).glob(f"{id}.*")]
        for path in (*paths, *(self.folder / _UPLOADS).glob(f"{id}.*")):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the store, and delete it if it was temporary."""
        with self._lock:
            self._database.close()
        assert self._only_one is not None
        self._only_one.close()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _select(self, where: str, *values: Any) -> list[JobRecord]:
        with self._lock:
            rows = self._database.execute(f"SELECT {_COLUMNS} FROM jobs {where}", values).fetchall()
        return [_decoded(row) for row in rows]

    def _write(self, statement: str, *values: Any) -> int:
        with self._lock:
            return self._database.execute(statement, values).rowcount


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn errors of the database and of the disk into StoreFull."""
    try:
        yield
    except (sqlite3.Error, OSError, OutputError) as error:
        raise StoreFull(f"the store cannot be written ({error}): free some space") from error


def new_id() -> str:
    """Return an id that cannot be guessed; who knows it may see the job."""
    return secrets.token_urlsafe(16).replace("-", "a").replace("_", "b")


def _encoded(value: Any) -> Any:
    if isinstance(value, JobOptions):
        return value.to_json()
    return json.dumps(value) if isinstance(value, dict) else value


def _decoded(row: tuple[Any, ...]) -> JobRecord:
    values = dict(zip((field.name for field in fields(JobRecord)), row, strict=True))
    values["options"] = JobOptions.from_json(values["options"])
    values["plan"], values["outcome"] = json.loads(values["plan"]), json.loads(values["outcome"])
    return JobRecord(**values)


def _lock_folder(folder: Path) -> sqlite3.Connection | None:
    """Return a lock that ends with this process, or None if another process holds it."""
    lock = sqlite3.connect(folder / ".served", timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        lock.close()
        return None
    return lock


def _remove_abandoned() -> None:
    """Delete temporary stores of this user that killed servers left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        with suppress(OSError, sqlite3.Error):
            if not (folder / "jobs.sqlite").is_file() or (
                hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()
            ):
                continue
            lock = _lock_folder(folder)
            if lock is not None:
                lock.close()
                shutil.rmtree(folder, ignore_errors=True)
