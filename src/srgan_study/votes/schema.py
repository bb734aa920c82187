"""Tables of a study's votes, and the numbered steps that bring an older database up to date.

Rows are only ever added: triggers refuse to change one, and to delete one unless its rater has withdrawn.
"""

import sqlite3

from srgan.errors import DataError

_ID = "id INTEGER PRIMARY KEY AUTOINCREMENT"
_RATER = "rater TEXT NOT NULL REFERENCES raters (code)"
_IN_SITTING = "FOREIGN KEY (sitting, rater) REFERENCES sittings (id, rater)"

TABLES = {
    "study": "id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, "
    "simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)), organiser TEXT NOT NULL, made_at TEXT NOT NULL",
    "raters": "code TEXT PRIMARY KEY NOT NULL, token TEXT NOT NULL UNIQUE, completion_code TEXT NOT NULL UNIQUE, "
    "made_at TEXT NOT NULL",
    "withdrawn": "rater TEXT PRIMARY KEY NOT NULL, at TEXT NOT NULL",
    # What each rater will see, and under which address: written before the first vote.
    "presentations": f"id INTEGER PRIMARY KEY, {_RATER}, part TEXT NOT NULL CHECK (part IN ('practice', 'rating')), "
    "position INTEGER NOT NULL, phase TEXT NOT NULL CHECK (phase IN ('practice', 'warm-up', 'main', 'retest')), "
    "stimulus INTEGER NOT NULL, address TEXT NOT NULL UNIQUE, UNIQUE (rater, part, position), UNIQUE (id, rater)",
    "examples": f"{_RATER}, place INTEGER NOT NULL, address TEXT NOT NULL UNIQUE, PRIMARY KEY (rater, place)",
    "consents": "rater TEXT PRIMARY KEY NOT NULL REFERENCES raters (code), version TEXT NOT NULL, at TEXT NOT NULL",
    "answers": "rater TEXT NOT NULL REFERENCES consents (rater), question TEXT NOT NULL, answer TEXT NOT NULL, "
    "PRIMARY KEY (rater, question)",
    # Which tab or device may vote: the last one that took over.
    "leases": f"{_ID}, {_RATER}, lease TEXT NOT NULL UNIQUE, client TEXT NOT NULL, at TEXT NOT NULL",
    "sittings": f"{_ID}, {_RATER}, number INTEGER NOT NULL, began_at TEXT NOT NULL, UNIQUE (rater, number), "
    "UNIQUE (id, rater)",
    "events": f"{_ID}, {_RATER}, sitting INTEGER, kind TEXT NOT NULL, detail TEXT NOT NULL, at TEXT NOT NULL, "
    + _IN_SITTING,
    # Revision 0 is the first vote on an assignment, 1 the vote after that one was taken back.
    "votes": f"{_ID}, rater TEXT NOT NULL, assignment INTEGER NOT NULL, revision INTEGER NOT NULL, "
    "score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5), key TEXT NOT NULL, sitting INTEGER NOT NULL, "
    "client TEXT NOT NULL, shown_at TEXT NOT NULL, voted_at TEXT NOT NULL, response_ms INTEGER NOT NULL, "
    "device_pixel_ratio REAL NOT NULL, viewport_width INTEGER NOT NULL, viewport_height INTEGER NOT NULL, "
    "zoom_ok INTEGER NOT NULL CHECK (zoom_ok IN (0, 1)), UNIQUE (assignment, revision), UNIQUE (rater, key), "
    f"FOREIGN KEY (assignment, rater) REFERENCES presentations (id, rater), {_IN_SITTING}",
    "undone": "vote INTEGER PRIMARY KEY REFERENCES votes (id), rater TEXT NOT NULL, at TEXT NOT NULL",
}
"""Columns and constraints of each table; a table refers only to tables before it."""

_INDEXES = (
    *(("leases", "rater"), ("events", "rater", "kind"), ("events", "sitting", "kind")),
    *(("votes", "rater"), ("votes", "sitting")),
)
_KEPT = ("study", "withdrawn")
OWNERS = {table: "code" if table == "raters" else "rater" for table in reversed(TABLES) if table not in _KEPT}
"""Tables with rows of one rater, in an order in which these can be deleted, and the column with the rater's code."""


def _statements() -> list[str]:
    made = [f"CREATE TABLE {table} ({columns})" for table, columns in TABLES.items()]
    made += [f"CREATE INDEX {table}_of_{columns[0]} ON {table} ({', '.join(columns)})" for table, *columns in _INDEXES]
    made += [
        _refusal(
            "one_vote_stands",
            "INSERT ON votes",
            "there is a vote on this assignment already",
            "EXISTS (SELECT 1 FROM votes WHERE assignment = NEW.assignment AND id NOT IN (SELECT vote FROM undone))",
        ),
        _refusal(  # INSERT OR REPLACE would delete without running the triggers below
            "no_vote_is_replaced",
            "INSERT ON votes",
            "votes are only ever added",
            "EXISTS (SELECT 1 FROM votes WHERE id = NEW.id OR (assignment = NEW.assignment AND "
            "revision = NEW.revision) OR (rater = NEW.rater AND key = NEW.key))",
        ),
    ]
    for table in TABLES:
        made.append(_refusal(f"{table}_unchanged", f"UPDATE ON {table}", f"{table} are never changed"))
        condition, reason = "", f"{table} is kept"
        if table in OWNERS:
            condition = f"NOT EXISTS (SELECT 1 FROM withdrawn WHERE rater = OLD.{OWNERS[table]})"
            reason = f"{table} are deleted only of who has withdrawn"
        made.append(_refusal(f"{table}_kept", f"DELETE ON {table}", reason, condition))
    return made


def _refusal(name: str, event: str, reason: str, condition: str = "") -> str:
    when = f"WHEN {condition} " if condition else ""
    return f"CREATE TRIGGER {name} BEFORE {event} {when}BEGIN SELECT RAISE(ABORT, '{reason}'); END"


STEPS = (_statements(),)
"""Step n leads from version n to n + 1. A published step is never changed: another one follows it."""


def migrate(connection: sqlite3.Connection, path: object) -> None:
    """Take the steps that a database lacks, inside the caller's transaction.

    Raises:
        DataError: if it was written by a later version of srgan.
    """
    version = version_of(connection)
    if version > len(STEPS):
        raise DataError(f"{path} was written by a later version of srgan: install that version or a newer one")
    for step in STEPS[version:]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def version_of(connection: sqlite3.Connection) -> int:
    """Return the number of steps that a database has taken."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
