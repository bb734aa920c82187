"""Jobs in a folder: rows of a database, uploads and results. It survives the end of its process at any moment.

An upload is on the disk before its row is written, and a result before its row says `done`. Files without a row are
removed when the store is opened.
"""

import os
import secrets
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

from srgan.errors import OutputError
from srgan.files import make_folder
from srgan_web.job_options import JobOptions
from srgan_web.job_record import JobRecord, QueuedJob, decoded, encoded
from srgan_web.store_database import NAME, StoreDatabase, is_abandoned

ATTEMPTS = 5
"""Times a job is started before it counts as the reason that the server stopped; four ends may be chance."""

_TEMPORARY = "srgan-web-"
_UPLOADS, _RESULTS, _VIEWS = "uploads", "results", "views"
_ORPHANED = 3600.0  # seconds after which a file without a row belongs to no upload of another server


class StoreFull(OutputError):
    """The store has reached its limit, or the disk is full."""


_COLUMNS = ", ".join(field.name for field in fields(JobRecord))
_PLACES = ", ".join("?" * (len(fields(JobRecord)) + 2))


class JobStore:
    """The jobs of one server, or of several that share a folder. Several threads may use it.

    Args:
        folder: where it is kept; None for a temporary folder that `close` deletes.

    Raises:
        OutputError: if the folder cannot be used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = folder is None
        if folder is None:
            _remove_abandoned()
            folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY))
        self.folder = folder.absolute()
        for part in (_UPLOADS, _RESULTS, _VIEWS):
            make_folder(self.folder / part)
        if not self._temporary:
            with suppress(OSError):  # the folder may belong to another user of a shared disk
                self.folder.chmod(0o700)
        self.database = StoreDatabase(self.folder)
        with store_errors():
            self.recover()
            self._remove_orphans()

    def recover(self) -> bool:
        """Put jobs of servers that were killed back into the queue; return whether there were any."""
        owners = self.database.read("SELECT DISTINCT owner FROM jobs WHERE status = 'running' AND owner IS NOT ?",
                                    self.database.server)  # fmt: skip
        if not owners:
            return False
        with self.database.transaction():
            dead = [owner for (owner,) in owners if owner is None or not self.database.is_running(owner)]
            for owner in dead:
                self.database.write(
                    "UPDATE jobs SET status = 'failed', error = ?, error_kind = 'EngineError', finished = ?, "
                    "owner = NULL WHERE status = 'running' AND owner IS ? AND attempts >= ?",
                    f"the server stopped {ATTEMPTS} times while it enlarged this image",
                    time.time(),
                    owner,
                    ATTEMPTS,
                )
                self.database.write(
                    "UPDATE jobs SET status = 'queued', queued = ?, started = NULL, owner = NULL, progress = 0 "
                    "WHERE status = 'running' AND owner IS ?",  # behind the others, since it may be what stops servers
                    time.time(),
                    owner,
                )
        return bool(dead)

    def _remove_orphans(self) -> None:
        """Remove files that belong to no job; another server may be receiving those that are new."""
        with self.database.transaction():
            oldest = time.time() if self.database.is_alone else time.time() - _ORPHANED
        files = [path for part in (_UPLOADS, _RESULTS, _VIEWS) for path in (self.folder / part).iterdir()]
        known = {row[0] for row in self.database.read("SELECT id FROM jobs")}  # read after the files were listed
        for path in files:
            with suppress(OSError):
                if path.name.partition(".")[0] not in known and path.stat().st_mtime <= oldest:
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

    def transaction(self) -> AbstractContextManager[None]:
        """Let all changes within count at once; no other server writes meanwhile."""
        return self.database.transaction()

    def add(self, job: JobRecord) -> None:
        """Accept a job whose upload is on the disk."""
        values = [encoded(getattr(job, field.name)) for field in fields(JobRecord)]
        statement = f"INSERT INTO jobs ({_COLUMNS}, pixels, model) VALUES ({_PLACES})"
        self.database.write(statement, *values, job.plan["pixels"], job.plan["model_name"])

    def update(self, id: str, **changes: Any) -> bool:
        """Change columns of a job; return False if there is no such job any more."""
        return self._update("id = ?", (id,), changes)

    def update_claimed(self, id: str, **changes: Any) -> bool:
        """Change columns of a job that this server runs; return False if it does not run it any more."""
        return self._update("id = ? AND status = 'running' AND owner = ?", (id, self.database.server), changes)

    def release(self, id: str, options: JobOptions, plan: dict[str, Any], bytes: int, now: float) -> bool:
        """Queue a held job; return False if it is not held any more."""
        size = {"bytes": bytes, "pixels": plan["pixels"], "model": plan["model_name"]}
        return self._update(
            "id = ? AND status = 'held'",
            (id,),
            {"status": "queued", "options": options, "plan": plan, "queued": now, **size},
        )

    def claim(self, id: str, now: float) -> JobRecord | None:
        """Let this server run a queued job; return None if another server has claimed it, or it was deleted."""
        changed = self.database.write(
            "UPDATE jobs SET status = 'running', started = ?, attempts = attempts + 1, progress = 0, owner = ? "
            "WHERE id = ? AND status = 'queued'",
            now,
            self.database.server,
            id,
        )
        return self.find(id) if changed else None

    def add_bytes(self, id: str, bytes: int) -> bool:
        """Count disk space of another file of a job; return False if there is no such job any more."""
        return bool(self.database.write("UPDATE jobs SET bytes = bytes + ? WHERE id = ?", bytes, id))

    def find(self, id: str) -> JobRecord | None:
        """Return a job, or None if there is none."""
        return next(iter(self._select("WHERE id = ?", id)), None)

    def of_client(self, client: str) -> list[JobRecord]:
        """Return a client's jobs, oldest first."""
        return self._select("WHERE client = ? ORDER BY created, id", client)

    def queued(self) -> list[QueuedJob]:
        """Return the queue, in the order in which jobs came."""
        rows = self.database.read(
            "SELECT id, client, queued, pixels, model FROM jobs WHERE status = 'queued' ORDER BY queued, id"
        )
        return [QueuedJob(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return the number of jobs by status."""
        return dict(self.database.read("SELECT status, count(*) FROM jobs GROUP BY status"))

    def bytes(self) -> int:
        """Return the disk space of all jobs, with what results to come may take."""
        return int(self.database.read("SELECT coalesce(sum(bytes), 0) FROM jobs")[0][0])

    def expired(self, before: float) -> list[JobRecord]:
        """Return jobs that were created and finished before a moment and are neither queued nor running."""
        return self._select(
            "WHERE status NOT IN ('queued', 'running') AND coalesce(finished, created) < ? AND created < ?",
            before,
            before,
        )

    def delete(self, id: str) -> bool:
        """Delete a job and its files; return False if there is none."""
        existed = bool(self.database.write("DELETE FROM jobs WHERE id = ?", id))
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
        self.database.close()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _select(self, where: str, *values: Any) -> list[JobRecord]:
        return [decoded(row) for row in self.database.read(f"SELECT {_COLUMNS} FROM jobs {where}", *values)]

    def _update(self, where: str, values: tuple[Any, ...], changes: dict[str, Any]) -> bool:
        names = ", ".join(f"{name} = ?" for name in changes)
        statement = f"UPDATE jobs SET {names} WHERE {where}"
        return bool(self.database.write(statement, *map(encoded, changes.values()), *values))


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


def _remove_abandoned() -> None:
    """Delete temporary stores of this user that killed servers left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        with suppress(OSError, sqlite3.Error):
            if not (folder / NAME).is_file() or (hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()):
                continue
            if is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
