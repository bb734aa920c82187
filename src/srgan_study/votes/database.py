"""SQLite as it is used here: how a file is opened, and in which words it is said that something is wrong with it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from srgan.errors import DataError, OutputError, SrganError

WAIT = 5.0
"""Seconds for which another program may hold a file before it is given up."""


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own that changes nothing, closed in the end."""
    mode = "rw"  # one that may only read would leave files beside the database that it cannot delete
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        mode = "ro" if Path(f"{path}-wal").exists() else "ro&immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=WAIT
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        yield connection
    finally:
        connection.close()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Around the use of a database: what SQLite says becomes one line that ends with the remedy.

    Raises:
        OutputError: if it cannot be written or is in use; DataError: if it is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _explanation(error, path) from error


def _explanation(error: sqlite3.Error, path: Path) -> SrganError:
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return OutputError(f"{path} cannot be written ({error}): free some space on its disk")
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return OutputError(f"{path} is in use by another program: close that one")
    if kind in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return OutputError(f"{path} cannot be written ({error}): make it and its folder writable for you")
    return _damaged(path, str(error))


def _damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path} is damaged ({why}): keep it, and put back a copy, or what `sqlite3 FILE .recover` saves")


def connect(path: Path, wait: float) -> sqlite3.Connection:
    """A connection that writes; outside transactions that are begun by word, every statement is one of its own."""
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    for setting in ("foreign_keys", "secure_delete", "recursive_triggers"):
        connection.execute(f"PRAGMA {setting} = ON")
    return connection


def make_private(path: Path) -> None:
    """Make the file, if it is not there, for nobody else to read: links are in it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}): make its folder writable for you") from error


def check_health(connection: sqlite3.Connection, path: Path) -> None:
    """Read all of it.

    Raises:
        DataError: if something in it is damaged.
    """
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(path, str(found).replace("\n", " "))
