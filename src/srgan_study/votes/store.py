"""What is known of a study's raters and their votes: one SQLite file beside study.json, which outlives a crash.

People's votes are in votes.sqlite, those of programs in simulated.sqlite, and each file says which it is. Everything
that raters will see is in it before the first vote. This module does not know what a rater may do when.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from srgan.errors import DataError, OutputError, UsageError
from srgan_study.server.presentation_order import presentations
from srgan_study.study import Stimulus, StimulusImage, Study, read_study
from srgan_study.votes.database import WAIT, check_health, connect, explained, make_private, read_only
from srgan_study.votes.ratings import Rating, Ratings
from srgan_study.votes.schema import OF_RATERS, migrate, version_of

VOTES, SIMULATED = "votes.sqlite", "simulated.sqlite"

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # of completion codes: none that is read as another
_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
_COLUMNS = (
    "v.rater, s.number AS sitting, p.position, p.phase, p.stimulus, v.score, v.revision AS revisions, "
    "v.shown_at, v.voted_at, v.response_ms, v.client, v.device_pixel_ratio, "
    "v.viewport_width, v.viewport_height, v.zoom_ok"
)


@dataclass(frozen=True)
class Rater:
    """Somebody who is invited: no name, only a code."""

    code: str
    """R01, R02 and so on."""
    token: str
    """128 bits by chance, in the rater's link: whoever has it is this rater."""
    completion_code: str
    """StimulusImage when all is rated."""


def now() -> str:
    """The moment, as it is stored: ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Store:
    """A study's database, open for reading and writing; to be used by one thread at a time."""

    def __init__(self, study: Study, path: Path, connection: sqlite3.Connection, *, simulated: bool) -> None:
        self.study, self.path, self.simulated = study, path, simulated
        self._connection = connection
        self._file = os.stat(path).st_ino

    @classmethod
    def open(cls, folder: Path, *, simulated: bool = False, wait: float = WAIT) -> Self:
        """The database of the study in a folder; made if it is not there, with raters, orders and addresses.

        Args:
            folder: of the study.
            simulated: whether raters are programs.
            wait: seconds for which another program may hold the file.

        Raises:
            DataError: if there is no study, or the database is damaged or another study's.
            OutputError: if it cannot be written.
        """
        study = read_study(folder)
        path = database_of(folder, simulated=simulated)
        with explained(path):
            make_private(path)
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
        # With NORMAL, a power failure could take votes that were acknowledged.
        self._connection.execute("PRAGMA synchronous = FULL")
        with self.transaction() as connection:
            migrate(connection, self.path)
            if connection.execute("SELECT 1 FROM study").fetchone() is None:
                moment = now()
                facts = (self.study.hash, self.simulated, secrets.token_urlsafe(16), moment)
                connection.execute("INSERT INTO study VALUES (1, ?, ?, ?, ?)", facts)
                for number in range(1, self.study.design.raters + 1):
                    self._invite(connection, f"R{number:02}", moment)
        _check_identity(self._connection, self.study, self.path, simulated=self.simulated)
        check_health(self._connection, self.path)

    def _invite(self, connection: sqlite3.Connection, code: str, moment: str) -> None:
        """A rater, with all that they will see and where."""
        completion = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
        connection.execute(
            "INSERT INTO raters VALUES (?, ?, ?, ?)", (code, secrets.token_urlsafe(16), completion, moment)
        )
        places = {"practice": 0, "rating": 0}
        rows = []
        for shown in presentations(self.study, code):
            part = "practice" if shown.phase == "practice" else "rating"
            rows.append((code, part, places[part], shown.phase, shown.stimulus, secrets.token_urlsafe(16)))
            places[part] += 1
        connection.executemany(
            "INSERT INTO presentations (rater, part, position, phase, stimulus, address) VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
        examples = ((code, place, secrets.token_urlsafe(16)) for place in range(len(self.study.calibration)))
        connection.executemany("INSERT INTO examples VALUES (?, ?, ?)", examples)

    def close(self) -> None:
        """Let go of the file; all votes are then in it, and none in a second file beside it."""
        with explained(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Around writing: all of it is on the disk when this is left, or, after an error, none of it.

        Inside another one it is a part that can fail by itself, and is on the disk when that other one is left.

        Raises:
            OutputError: if it cannot be written; DataError: if the file is damaged.
        """
        connection, part = self._connection, self._connection.in_transaction
        begin, end, undo = ("SAVEPOINT part", "RELEASE part", "ROLLBACK TO part") if part else _WHOLE
        with explained(self.path):
            connection.execute(begin)
            try:
                yield connection
                connection.execute(end)
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk ends the whole transaction by itself
                    connection.execute(undo)
                    if part:
                        connection.execute(end)
                raise
            if not part:
                self._check_place()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Around reading: all of it as it is at one moment.

        Raises:
            OutputError, DataError: if it cannot be read.
        """
        part = self._connection.in_transaction
        with explained(self.path):
            if not part:
                self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                if not part:
                    with suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")

    def _check_place(self) -> None:
        """Refuse to have written to a file that was deleted or replaced: nobody would ever find the votes."""
        try:
            there = os.stat(self.path).st_ino == self._file
        except FileNotFoundError:
            there = False
        if not there:
            raise OutputError(f"{self.path} was moved or deleted while it was in use: put it back and start again")

    @property
    def organiser_token(self) -> str:
        """What opens the organiser's page."""
        with self.reading() as connection:
            return str(connection.execute("SELECT organiser FROM study").fetchone()[0])

    def raters(self) -> tuple[Rater, ...]:
        """Everybody who is invited and has not withdrawn, by code."""
        with self.reading() as connection:
            rows = connection.execute("SELECT code, token, completion_code FROM raters ORDER BY length(code), code")
            return tuple(Rater(*row) for row in rows)

    def addresses(self) -> dict[str, StimulusImage]:
        """The picture behind every address; it never changes while the study is served."""
        with self.reading() as connection:
            shown = connection.execute("SELECT address, part, stimulus FROM presentations").fetchall()
            examples = connection.execute("SELECT address, place FROM examples").fetchall()
        found = {address: self.stimulus(part, stimulus).shown for address, part, stimulus in shown}
        return found | {address: self.study.calibration[place].shown for address, place in examples}

    def stimulus(self, part: str, number: int) -> Stimulus:
        """What is presented, by its id in its part of the study."""
        return (self.study.practice if part == "practice" else self.study.stimuli)[number]

    def invite_more(self, count: int) -> tuple[Rater, ...]:
        """Invite more raters than the design has.

        Returns:
            The new ones. A code is never given twice, not even that of somebody who withdrew.
        """
        before = {rater.code for rater in self.raters()}
        with self.transaction() as connection:
            codes = connection.execute("SELECT code FROM raters UNION SELECT rater FROM withdrawn").fetchall()
            last = max((int(code[1:]) for (code,) in codes), default=0)
            for number in range(last + 1, last + 1 + count):
                self._invite(connection, f"R{number:02}", now())
        return tuple(rater for rater in self.raters() if rater.code not in before)

    def withdraw(self, code: str) -> int:
        """Delete all that there is of a rater; only that somebody of this code withdrew is kept.

        Returns:
            How many votes were deleted.

        Raises:
            UsageError: if there is no such rater.
        """
        codes = [rater.code for rater in self.raters()]
        if code not in codes:
            known = f"there are {codes[0]} to {codes[-1]}" if codes else "nobody is left"
            raise UsageError(f"there is no rater {code}: {known}")
        with self.transaction() as connection:
            connection.execute("INSERT INTO withdrawn VALUES (?, ?)", (code, now()))
            votes = connection.execute("SELECT count(*) FROM votes WHERE rater = ?", (code,)).fetchone()[0]
            for table, owner in OF_RATERS.items():
                connection.execute(f"DELETE FROM {table} WHERE {owner} = ?", (code,))
        with explained(self.path):  # nor are the bytes left in parts of the files that are no longer used
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(votes)


def database_of(folder: Path, *, simulated: bool) -> Path:
    """The place of a study's database."""
    return folder / (SIMULATED if simulated else VOTES)


def read_ratings(folder: Path, *, simulated: bool = False) -> Ratings:
    """The votes of a study that stand; the server may be running meanwhile.

    Args:
        folder: of the study.
        simulated: whether those of programs are wanted, and not people's.

    Raises:
        DataError: if there is no study, nobody was invited yet, or the database is damaged or another study's.
    """
    study, path = read_study(folder), database_of(folder, simulated=simulated)
    if not path.exists():
        command = "srgan study simulate" if simulated else "srgan study serve"
        hint = ""
        if not simulated and database_of(folder, simulated=True).exists():
            hint = ", but programs have voted: --simulated is for those"
        raise DataError(f"{folder} has no votes yet: there is no {path.name}, which `{command} {folder}` makes{hint}")
    with explained(path), read_only(path) as connection:
        _check_identity(connection, study, path, simulated=simulated)
        check_health(connection, path)
        found = connection.execute(
            f"SELECT {_COLUMNS} FROM votes v JOIN presentations p ON p.id = v.assignment "
            "JOIN sittings s ON s.id = v.sitting WHERE v.id NOT IN (SELECT vote FROM undone) "
            "ORDER BY length(v.rater), v.rater, v.id"
        )
        found.row_factory = sqlite3.Row
        rows = tuple(Rating(**{**dict(row), "zoom_ok": bool(row["zoom_ok"])}) for row in found)
    counted = dict.fromkeys(row.rater for row in rows if row.phase in ("main", "retest"))
    return Ratings(study, simulated, tuple(counted), rows)


def _check_identity(connection: sqlite3.Connection, study: Study, path: Path, *, simulated: bool) -> None:
    """Refuse a database that holds another study's votes, or programs' in place of people's.

    Raises:
        DataError: if it does.
    """
    found = connection.execute("SELECT hash, simulated FROM study").fetchone() if version_of(connection) else None
    if found is None:
        raise DataError(f"{path} holds no study: move it away, and start `srgan study serve` again")
    if found[0] != study.hash:
        raise DataError(f"{path} holds the votes of another study: put back the study.json that they were cast on")
    if bool(found[1]) != simulated:
        whose = "programs" if found[1] else "people"
        raise DataError(f"{path} holds votes of {whose}: give the file its old name back")
