"""Queries on a study's votes, for a connection inside a transaction of the store."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from srgan_study.votes.ratings import Rating

_VALID = "NOT IN (SELECT vote FROM undone)"
_RATERS = "SELECT code, token, completion_code FROM raters"
_T = TypeVar("_T")


@dataclass(frozen=True)
class InvitedRater:
    """Rater who is invited: a code, no name."""

    code: str  # R01, R02 and so on
    token: str  # 128 random bits in the rater's link, which is all that identifies the rater
    completion_code: str  # code that is shown when all is rated


@dataclass(frozen=True)
class CastVote:
    """Vote with the place of its stimulus in the rater's order."""

    id: int
    assignment: int
    part: str  # `practice` or `rating`
    position: int
    sitting: int
    voted_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True)
class LastSitting:
    """Last sitting of a rater, open or over."""

    id: int
    number: int
    began_at: datetime
    votes: int  # number of votes that were not taken back
    paused_at: datetime | None
    break_at: datetime | None  # time of the last break that was offered


@dataclass(frozen=True)
class VoteTally:
    """Numbers by which the organiser watches a rater; all but `cast`, `fast` and `zoomed` leave out undone votes."""

    cast: int
    fast: int  # votes within the given time
    zoomed: int  # votes on images that may not have been shown pixel by pixel
    last: str | None
    pauses: int
    run: int  # longest run of one score among ratings
    practice: tuple[int, ...]  # scores of practice, from the worst stimulus to the best


def insert(connection: sqlite3.Connection, table: str, **values: str | int | float | None) -> int | None:
    """Add a row and return its id."""
    command = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
    return connection.execute(command, tuple(values.values())).lastrowid


def fetch_value(connection: sqlite3.Connection, query: str, *values: object) -> Any:
    """Return the first value of the first row, None if there is no row."""
    row = connection.execute(query, values).fetchone()
    return None if row is None else row[0]


def _fetch(connection: sqlite3.Connection, kind: type[_T], query: str, *values: object) -> _T | None:
    """Return the first row as a dataclass whose fields are the columns; those that end with `_at` are times."""
    cursor = connection.execute(query, values)
    row = cursor.fetchone()
    if row is None:
        return None
    fields = zip((column[0] for column in cursor.description), row, strict=True)
    return kind(
        **{name: datetime.fromisoformat(value) if value and name.endswith("_at") else value for name, value in fields}
    )


def invited_raters(connection: sqlite3.Connection) -> tuple[InvitedRater, ...]:
    """Return the raters who have not withdrawn, by code."""
    return tuple(InvitedRater(*row) for row in connection.execute(f"{_RATERS} ORDER BY length(code), code"))


def find_rater(connection: sqlite3.Connection, code: str) -> InvitedRater | None:
    """Return a rater, or None for one who has withdrawn."""
    return _fetch(connection, InvitedRater, f"{_RATERS} WHERE code = ?", code)


def next_presentations(
    connection: sqlite3.Connection, rater: str, part: str, position: int, count: int
) -> list[tuple[int, str, int]]:
    """Return assignment, address and stimulus of what is next from a position on, `count` at most."""
    return connection.execute(
        "SELECT id, address, stimulus FROM presentations WHERE rater = ? AND part = ? AND position >= ? "
        "ORDER BY position LIMIT ?",
        (rater, part, position, count),
    ).fetchall()


def find_beginning(connection: sqlite3.Connection, rater: str) -> tuple[bool, datetime | None]:
    """Return whether the rater has agreed to take part, and when they last saw the calibration."""
    consents = fetch_value(connection, "SELECT count(*) FROM consents WHERE rater = ?", rater)
    at = fetch_value(connection, "SELECT max(at) FROM events WHERE rater = ? AND kind = 'calibrated'", rater)
    return bool(consents), None if at is None else datetime.fromisoformat(at)


def last_vote(connection: sqlite3.Connection, rater: str, *, valid: bool = False) -> CastVote | None:
    """Return the rater's last vote, or the last one that was not taken back."""
    query = (
        "SELECT v.id, v.assignment, p.part, p.position, v.sitting, v.voted_at, u.at AS undone_at "
        "FROM votes v CROSS JOIN presentations p ON p.id = v.assignment LEFT JOIN undone u ON u.vote = v.id "
        f"WHERE v.rater = ? {'AND u.vote IS NULL' * valid} ORDER BY v.id DESC LIMIT 1"
    )
    return _fetch(connection, CastVote, query, rater)


def last_sitting(connection: sqlite3.Connection, rater: str) -> LastSitting | None:
    """Return the rater's last sitting."""
    query = (
        f"SELECT id, number, began_at, (SELECT count(*) FROM votes WHERE sitting = s.id AND id {_VALID}) AS votes, "
        "(SELECT max(at) FROM events WHERE sitting = s.id AND kind = 'pause') AS paused_at, "
        "(SELECT max(at) FROM events WHERE sitting = s.id AND kind = 'break') AS break_at "
        "FROM sittings s WHERE rater = ? ORDER BY number DESC LIMIT 1"
    )
    return _fetch(connection, LastSitting, query, rater)


def current_lease(connection: sqlite3.Connection, rater: str) -> tuple[str, str] | None:
    """Return lease and client of the tab or device that may vote."""
    query = "SELECT lease, client FROM leases WHERE rater = ? ORDER BY id DESC LIMIT 1"
    row: tuple[str, str] | None = connection.execute(query, (rater,)).fetchone()
    return row


def vote_with_key(connection: sqlite3.Connection, rater: str, key: str) -> tuple[int, int] | None:
    """Return assignment and score of the rater's vote with an idempotency key."""
    query = "SELECT assignment, score FROM votes WHERE rater = ? AND key = ?"
    row: tuple[int, int] | None = connection.execute(query, (rater, key)).fetchone()
    return row


def valid_ratings(connection: sqlite3.Connection) -> Iterator[Rating]:
    """Return the votes that were not taken back, by rater and in the order of voting."""
    rows = connection.execute(
        "SELECT v.rater, s.number AS sitting, p.position, p.phase, p.stimulus, v.score, v.revision AS revisions, "
        "v.shown_at, v.voted_at, v.response_ms, v.client, v.device_pixel_ratio, v.viewport_width, v.viewport_height, "
        "v.zoom_ok FROM votes v JOIN presentations p ON p.id = v.assignment JOIN sittings s ON s.id = v.sitting "
        f"WHERE v.id {_VALID} ORDER BY length(v.rater), v.rater, v.id"
    )
    rows.row_factory = sqlite3.Row
    return (Rating(**{**dict(row), "zoom_ok": bool(row["zoom_ok"])}) for row in rows)


def tally_votes(connection: sqlite3.Connection, rater: str, *, fast_ms: int) -> VoteTally:
    """Count what the organiser watches; a vote within `fast_ms` milliseconds is fast."""
    query = "SELECT count(*), ifnull(sum(response_ms < ?), 0), ifnull(sum(NOT zoom_ok), 0), max(voted_at) FROM votes"
    cast, fast, zoomed, last = connection.execute(f"{query} WHERE rater = ?", (fast_ms, rater)).fetchone()
    pauses = fetch_value(connection, "SELECT count(*) FROM events WHERE rater = ? AND kind = 'pause'", rater)
    of_part = f"FROM votes v JOIN presentations p ON p.id = v.assignment WHERE v.rater = ? AND v.id {_VALID} AND p.part"
    numbered = (
        "SELECT v.score, row_number() OVER (ORDER BY v.id) - row_number() OVER (PARTITION BY v.score ORDER BY v.id) "
        f"AS run {of_part} = 'rating'"
    )
    run = fetch_value(
        connection, f"SELECT max(n) FROM (SELECT count(*) AS n FROM ({numbered}) GROUP BY score, run)", rater
    )
    practice = connection.execute(f"SELECT v.score {of_part} = 'practice' ORDER BY p.stimulus", (rater,))
    return VoteTally(cast, fast, zoomed, last, pauses, run or 0, tuple(score for (score,) in practice))
