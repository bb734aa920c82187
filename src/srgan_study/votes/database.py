"""SQLite connections, and SQLite's errors as errors of srgan."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from srgan.errors import DataError, OutputError, SrganError

WAIT = 5.0  # seconds to wait for another program that holds a file

_CANNOT_WRITE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a connection that changes nothing, within one transaction."""
    mode = "rw"  # mode "ro" would leave files next to the database that it cannot delete
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        mode = "ro" if Path(f"{path}-wal").exists() else "ro&immutable=1"
    address = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=WAIT)) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        yield connection


def connect(path: Path, wait: float) -> sqlite3.Connection:
    """Open a connection that writes, in autocommit mode; the file is created readable by its owner alone.

    Raises:
        OutputError: if the file cannot be created.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # rater's links are in it
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}): make its folder writable for you") from error
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    for setting in ("foreign_keys", "secure_delete", "recursive_triggers"):
        connection.execute(f"PRAGMA {setting} = ON")
    return connection


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into one line that ends with the remedy.

    Raises:
        OutputError: if the database cannot be written or is in use.
        DataError: if it is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _explain(error, path) from error


def _explain(error: sqlite3.Error, path: Path) -> SrganError:
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return OutputError(f"{path} cannot be written ({error}): free some space on its disk")
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return OutputError(f"{path} is in use by another program: close that one")
    if kind in _CANNOT_WRITE:
        return OutputError(f"{path} cannot be written ({error}): make it and its folder writable for you")
    return _damaged(path, str(error))


def check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    """Read the whole database. Raises DataError if a part of it is damaged."""
    result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if result != "ok":
        raise _damaged(path, str(result).replace("\n", " "))


def _damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path} is damaged ({why}): keep it, and put back a copy, or what `sqlite3 FILE .recover` saves")
