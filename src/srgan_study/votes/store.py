"""Database of a study's raters and votes: one SQLite file next to study.json that survives a crash.

People's votes are in votes.sqlite, those of simulated raters in simulated.sqlite, and each file says which it is.
Everything that raters will see is in it before the first vote.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from srgan.errors import DataError, OutputError, UsageError
from srgan_study.server.presentation_order import presentations
from srgan_study.study import StimulusImage, Study, read_study
from srgan_study.votes.database import WAIT, check_integrity, connect, read_only, sqlite_errors
from srgan_study.votes.queries import InvitedRater, fetch_value, insert, invited_raters, valid_ratings
from srgan_study.votes.ratings import Ratings
from srgan_study.votes.schema import OWNERS, migrate, version_of

VOTES, SIMULATED = "votes.sqlite", "simulated.sqlite"

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # for completion codes: no two look alike


def now() -> str:
    """Return the time as it is stored: ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Store:
    """Open database of a study, for one thread at a time."""

    def __init__(self, study: Study, path: Path, connection: sqlite3.Connection, *, simulated: bool) -> None:
        self.study, self.path, self.simulated = study, path, simulated
        self._connection = connection
        self._file = os.stat(path).st_ino

    @classmethod
    def open(cls, folder: Path, *, simulated: bool = False, wait: float = WAIT) -> Self:
        """Open the database of the study in a folder; a new one gets raters, orders and addresses.

        Raises:
            DataError: if there is no study, or the database is damaged or of another study.
            OutputError: if it cannot be written, or another program holds it for `wait` seconds.
        """
        study = read_study(folder)
        path = database_of(folder, simulated=simulated)
        with sqlite_errors(path):
            connection = connect(path, wait)
            try:
                store = cls(study, path, connection, simulated=simulated)
                store._prepare()
            except BaseException:
                connection.close()
                raise
        return store

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        # With NORMAL, a power failure could lose votes that were acknowledged.
        self._connection.execute("PRAGMA synchronous = FULL")
        with self.transaction() as connection:
            migrate(connection, self.path)
            if fetch_value(connection, "SELECT 1 FROM study") is None:
                row = (1, self.study.hash, self.simulated, secrets.token_urlsafe(16), now())
                connection.execute("INSERT INTO study VALUES (?, ?, ?, ?, ?)", row)
                for number in range(1, self.study.design.raters + 1):
                    self._invite(connection, f"R{number:02}")
        _check_identity(self._connection, self.study, self.path, simulated=self.simulated)
        check_integrity(self._connection, self.path)

    def _invite(self, connection: sqlite3.Connection, code: str) -> None:
        """Add a rater, with all that they will see and where."""
        completion = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
        token = secrets.token_urlsafe(16)
        insert(connection, "raters", code=code, token=token, completion_code=completion, made_at=now())
        positions = {"practice": 0, "rating": 0}
        rows = []
        for shown in presentations(self.study, code):
            part = "practice" if shown.phase == "practice" else "rating"
            rows.append((code, part, positions[part], shown.phase, shown.stimulus, secrets.token_urlsafe(16)))
            positions[part] += 1
        columns = "(rater, part, position, phase, stimulus, address)"
        connection.executemany(f"INSERT INTO presentations {columns} VALUES (?, ?, ?, ?, ?, ?)", rows)
        examples = ((code, place, secrets.token_urlsafe(16)) for place in range(len(self.study.calibration)))
        connection.executemany("INSERT INTO examples VALUES (?, ?, ?)", examples)

    def close(self) -> None:
        """Close the file; all votes are then in it, and none in a second file next to it."""
        with sqlite_errors(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write everything durably on leaving, or nothing after an error.

        Inside another transaction, it is a part that can fail by itself and becomes durable with the outer one.

        Raises:
            OutputError: if the database cannot be written.
            DataError: if it is damaged.
        """
        connection, nested = self._connection, self._connection.in_transaction
        whole, part = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"), ("SAVEPOINT part", "RELEASE part", "ROLLBACK TO part")
        begin, end, undo = part if nested else whole
        with sqlite_errors(self.path):
            connection.execute(begin)
            try:
                yield connection
                connection.execute(end)
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk ends the whole transaction by itself
                    connection.execute(undo)
                    if nested:
                        connection.execute(end)
                raise
            if not nested:
                self._check_file()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read everything as it is at one moment. Raises OutputError, DataError if the database cannot be read."""
        with sqlite_errors(self.path):
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    def _check_file(self) -> None:
        """Refuse to write to a file that was deleted or replaced, where nobody would find the votes."""
        try:
            is_there = os.stat(self.path).st_ino == self._file
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise OutputError(f"{self.path} was moved or deleted while it was in use: put it back and start again")

    @property
    def organiser_token(self) -> str:
        """Token of the organiser's page."""
        with self.reading() as connection:
            return str(fetch_value(connection, "SELECT organiser FROM study"))

    def raters(self) -> tuple[InvitedRater, ...]:
        """Return all raters who have not withdrawn, by code."""
        with self.reading() as connection:
            return invited_raters(connection)

    def addresses(self) -> dict[str, StimulusImage]:
        """Return the image at every address; it never changes while the study is served."""
        with self.reading() as connection:
            shown = connection.execute("SELECT address, part, stimulus FROM presentations").fetchall()
            examples = connection.execute("SELECT address, place FROM examples").fetchall()
        images = {address: self.study.find_stimulus(part, number).shown for address, part, number in shown}
        return images | {address: self.study.calibration[place].shown for address, place in examples}

    def invite_more(self, count: int) -> tuple[InvitedRater, ...]:
        """Invite raters in addition to the design's, and return the new ones.

        No code is given twice, not even that of a rater who withdrew.
        """
        with self.transaction() as connection:
            given = connection.execute("SELECT code FROM raters UNION SELECT rater FROM withdrawn").fetchall()
            last = max((int(code[1:]) for (code,) in given), default=0)
            codes = [f"R{number:02}" for number in range(last + 1, last + 1 + count)]
            for code in codes:
                self._invite(connection, code)
        return tuple(rater for rater in self.raters() if rater.code in codes)

    def withdraw(self, code: str) -> int:
        """Delete everything about a rater, except that a rater of this code withdrew; return the number of votes.

        Raises:
            UsageError: if there is no such rater.
        """
        codes = [rater.code for rater in self.raters()]
        if code not in codes:
            known = f"there are {codes[0]} to {codes[-1]}" if codes else "nobody is left"
            raise UsageError(f"there is no rater {code}: {known}")
        with self.transaction() as connection:
            insert(connection, "withdrawn", rater=code, at=now())
            votes = int(fetch_value(connection, "SELECT count(*) FROM votes WHERE rater = ?", code))
            for table, owner in OWNERS.items():
                connection.execute(f"DELETE FROM {table} WHERE {owner} = ?", (code,))
        with sqlite_errors(self.path):  # overwrite the bytes in parts of the files that are no longer used, too
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return votes


def database_of(folder: Path, *, simulated: bool) -> Path:
    """Return the path of a study's database."""
    return folder / (SIMULATED if simulated else VOTES)


def read_ratings(folder: Path, *, simulated: bool = False) -> Ratings:
    """Read the valid votes of a study, of people or of programs; the server may be running.

    Raises:
        DataError: if there is no study, no database yet, or it is damaged or of another study.
    """
    study, path = read_study(folder), database_of(folder, simulated=simulated)
    if not path.exists():
        command = "srgan study simulate" if simulated else "srgan study serve"
        programs_voted = not simulated and database_of(folder, simulated=True).exists()
        hint = ", but programs have voted: --simulated is for those" if programs_voted else ""
        raise DataError(f"{folder} has no votes yet: there is no {path.name}, which `{command} {folder}` makes{hint}")
    with sqlite_errors(path), read_only(path) as connection:
        _check_identity(connection, study, path, simulated=simulated)
        check_integrity(connection, path)
        rows = tuple(valid_ratings(connection))
    raters = dict.fromkeys(row.rater for row in rows if row.phase in ("main", "retest"))
    return Ratings(study, simulated, tuple(raters), rows)


def _check_identity(connection: sqlite3.Connection, study: Study, path: Path, *, simulated: bool) -> None:
    """Refuse a database of another study, or of programs in place of people."""
    row = connection.execute("SELECT hash, simulated FROM study").fetchone() if version_of(connection) else None
    if row is None:
        raise DataError(f"{path} holds no study: move it away, and start `srgan study serve` again")
    if row[0] != study.hash:
        raise DataError(f"{path} holds the votes of another study: put back the study.json that they were cast on")
    if bool(row[1]) != simulated:
        whose = "programs" if row[1] else "people"
        raise DataError(f"{path} holds votes of {whose}: give the file its old name back")
