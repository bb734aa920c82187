"""The database of a store, which several servers may use at once, on one machine or on many.

Each server holds a lock on a file of its own while it runs. What a server has claimed is its own as long as that lock
is held; the system gives the lock back however the server ends, so no clock decides which servers are alive.
"""

import os
import re
import secrets
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from srgan.errors import OutputError
from srgan.files import make_folder

NAME = "jobs.sqlite"
_SERVERS = "servers"
_VERSION = 2
_PATIENCE = 30.0  # seconds to wait for another server's write
_LOCAL = {
    "ext2",
    "ext3",
    "ext4",
    "xfs",
    "btrfs",
    "zfs",
    "f2fs",
    "bcachefs",
    "tmpfs",
    "overlay",
    "vfat",
    "exfat",
    "ntfs3",
}
"""File systems of Linux on disks of this machine."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, name TEXT NOT NULL, picture TEXT NOT NULL, status TEXT NOT NULL,
    options TEXT NOT NULL, plan TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '{}',
    error TEXT, error_kind TEXT, attempts INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL,
    created REAL NOT NULL, queued REAL, started REAL, finished REAL,
    owner TEXT, progress REAL NOT NULL DEFAULT 0, pixels INTEGER NOT NULL, model TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_client ON jobs (client, created);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, bytes);
CREATE TABLE IF NOT EXISTS batches (
    id TEXT PRIMARY KEY, root TEXT NOT NULL, folder TEXT NOT NULL, output TEXT NOT NULL, options TEXT NOT NULL,
    created REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS batch_files (
    batch TEXT NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL, output TEXT, format TEXT, status TEXT NOT NULL,
    note TEXT, attempts INTEGER NOT NULL DEFAULT 0, owner TEXT, seconds REAL, PRIMARY KEY (batch, number)
) STRICT;
CREATE INDEX IF NOT EXISTS batch_files_by_status ON batch_files (status, batch, number);
"""


class StoreDatabase:
    """An SQLite database that several threads and several servers use.

    Args:
        folder: of the store.

    Attributes:
        server: id of this server, which owns what it has claimed.

    Raises:
        OutputError: if the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock, self._depth = folder, threading.RLock(), 0
        self.server = secrets.token_hex(8)
        make_folder(folder / _SERVERS)
        try:
            self._connection = sqlite3.connect(
                folder / NAME, isolation_level=None, check_same_thread=False, timeout=_PATIENCE
            )
            self._open()
            with self.transaction():  # so that no other server takes the new file for an abandoned one
                held = lock_file(folder / _SERVERS / self.server)
                assert held is not None
                self._held = held
                self._remove_abandoned()
        except sqlite3.Error as error:
            raise OutputError(f"{folder} cannot be used ({error}): choose another folder") from error

    def _open(self) -> None:
        """Choose the journal, and make the tables.

        A write-ahead log lies partly in memory, which machines do not share; a rollback journal needs nothing but
        locks, and stays once it was chosen.
        """
        mode = self._connection.execute("PRAGMA journal_mode").fetchone()[0]
        is_new = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if is_new or mode == "wal":
            wanted = "wal" if _is_local(self._folder) else "delete"
            mode = self._connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
            if mode != wanted:
                raise OutputError(
                    f"{self._folder} is used by a server that takes it for its own disk: stop that one, or give it the "
                    "folder as the network sees it"
                )
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if not is_new and version != _VERSION:
            raise OutputError(f"{self._folder} is the store of another version of srgan: choose another folder")
        self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let all changes within count at once, or none; no other server writes meanwhile."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def read(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def write(self, statement: str, *values: Any) -> int:
        """Run a statement; return the number of rows that it changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def write_many(self, statement: str, rows: Iterator[tuple[Any, ...]]) -> None:
        """Run a statement for each row, all or none."""
        with self.transaction():
            self._connection.executemany(statement, rows)

    def others_version(self) -> int:
        """Return a number that changes when another server has written."""
        return int(self.read("PRAGMA data_version")[0][0])

    def is_running(self, server: str) -> bool:
        """Return whether a server still runs; call it within a transaction."""
        if server == self.server:
            return True
        path = self._folder / _SERVERS / server
        if not path.exists():
            return False
        held = lock_file(path)
        if held is not None:
            held.close()
            path.unlink(missing_ok=True)
        return held is None

    @property
    def is_alone(self) -> bool:
        """Whether no other server uses the store now."""
        return not any(self.is_running(path.name) for path in _server_files(self._folder) if path.name != self.server)

    def _remove_abandoned(self) -> None:
        """Remove the files of servers that ended; what they had claimed is found by `is_running` all the same."""
        for path in _server_files(self._folder):
            self.is_running(path.name)

    def close(self) -> None:
        """Close the database, and give up what this server has claimed."""
        with self._lock:
            self._connection.close()
            self._held.close()
            with suppress(OSError):
                (self._folder / _SERVERS / self.server).unlink(missing_ok=True)


def is_abandoned(folder: Path) -> bool:
    """Return whether servers have used the store in a folder and all of them were killed."""
    held = [lock_file(path) for path in _server_files(folder)]
    for lock in held:
        if lock is not None:
            lock.close()
    return bool(held) and None not in held


def _server_files(folder: Path) -> list[Path]:
    return [path for path in (folder / _SERVERS).glob("*") if "-" not in path.name]  # no journals


def lock_file(path: Path) -> sqlite3.Connection | None:
    """Return a lock that ends with this process, or None if another connection holds it."""
    lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        lock.close()
        return None
    return lock


def _is_local(folder: Path) -> bool:
    """Return whether a folder lies on a disk of this machine; on systems other than Linux it is taken to."""
    if not sys.platform.startswith("linux"):
        return not str(folder).startswith("\\\\")
    try:
        mounts = Path("/proc/self/mounts").read_bytes()
    except OSError:
        return False
    return file_system(folder.resolve(), mounts) in _LOCAL


def file_system(folder: Path, mounts: bytes) -> str:
    """Return the kind of file system that a folder lies on, empty if unknown.

    Args:
        folder: without links.
        mounts: as in /proc/self/mounts.
    """
    inside, found = os.fsencode(folder) + b"/", (-1, "")
    for line in mounts.splitlines():
        place, kind = line.split(b" ")[1:3]
        place = _unescaped(place).rstrip(b"/") + b"/"
        if inside.startswith(place) and len(place) >= found[0]:  # the innermost, and of those the one mounted last
            found = len(place), kind.decode()
    return found[1]


def _unescaped(place: bytes) -> bytes:
    return re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8)]), place)
