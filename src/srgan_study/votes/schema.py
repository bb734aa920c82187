"""The tables of a study's votes, as numbered steps that lead from an empty file to what this version writes.

Everything is only ever added: triggers refuse to change a row, and to delete one unless its rater has withdrawn.
"""

import sqlite3

from srgan.errors import DataError

_TABLES = """
CREATE TABLE study (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    hash TEXT NOT NULL,
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    organiser TEXT NOT NULL,
    made_at TEXT NOT NULL
);
CREATE TABLE raters (
    code TEXT PRIMARY KEY NOT NULL,
    token TEXT NOT NULL UNIQUE,
    completion_code TEXT NOT NULL UNIQUE,
    made_at TEXT NOT NULL
);
CREATE TABLE withdrawn (
    rater TEXT PRIMARY KEY NOT NULL,
    at TEXT NOT NULL
);
-- What each rater will see, at which address: all of it made before the first vote.
CREATE TABLE presentations (
    id INTEGER PRIMARY KEY,
    rater TEXT NOT NULL REFERENCES raters (code),
    part TEXT NOT NULL CHECK (part IN ('practice', 'rating')),
    position INTEGER NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('practice', 'warm-up', 'main', 'retest')),
    stimulus INTEGER NOT NULL,
    address TEXT NOT NULL UNIQUE,
    UNIQUE (rater, part, position),
    UNIQUE (id, rater)
);
CREATE TABLE examples (
    rater TEXT NOT NULL REFERENCES raters (code),
    place INTEGER NOT NULL,
    address TEXT NOT NULL UNIQUE,
    PRIMARY KEY (rater, place)
);
CREATE TABLE consents (
    rater TEXT PRIMARY KEY NOT NULL REFERENCES raters (code),
    version TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE TABLE answers (
    rater TEXT NOT NULL REFERENCES consents (rater),
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (rater, question)
);
-- Which tab or device may vote: the last one that took the study over.
CREATE TABLE leases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rater TEXT NOT NULL REFERENCES raters (code),
    lease TEXT NOT NULL UNIQUE,
    client TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX leases_of_rater ON leases (rater);
CREATE TABLE sittings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rater TEXT NOT NULL REFERENCES raters (code),
    number INTEGER NOT NULL,
    began_at TEXT NOT NULL,
    UNIQUE (rater, number),
    UNIQUE (id, rater)
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rater TEXT NOT NULL REFERENCES raters (code),
    sitting INTEGER,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    at TEXT NOT NULL,
    FOREIGN KEY (sitting, rater) REFERENCES sittings (id, rater)
);
CREATE INDEX events_of_rater ON events (rater, kind);
CREATE INDEX events_of_sitting ON events (sitting, kind);
-- Revision 0 is the first vote on an assignment, 1 the vote after that one was taken back.
CREATE TABLE votes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rater TEXT NOT NULL,
    assignment INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
    key TEXT NOT NULL,
    sitting INTEGER NOT NULL,
    client TEXT NOT NULL,
    shown_at TEXT NOT NULL,
    voted_at TEXT NOT NULL,
    response_ms INTEGER NOT NULL,
    device_pixel_ratio REAL NOT NULL,
    viewport_width INTEGER NOT NULL,
    viewport_height INTEGER NOT NULL,
    zoom_ok INTEGER NOT NULL CHECK (zoom_ok IN (0, 1)),
    UNIQUE (assignment, revision),
    UNIQUE (rater, key),
    FOREIGN KEY (assignment, rater) REFERENCES presentations (id, rater),
    FOREIGN KEY (sitting, rater) REFERENCES sittings (id, rater)
);
CREATE INDEX votes_of_rater ON votes (rater);
CREATE INDEX votes_of_sitting ON votes (sitting);
CREATE TABLE undone (
    vote INTEGER PRIMARY KEY REFERENCES votes (id),
    rater TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE TRIGGER one_vote_stands BEFORE INSERT ON votes
WHEN EXISTS (SELECT 1 FROM votes WHERE assignment = NEW.assignment AND id NOT IN (SELECT vote FROM undone))
BEGIN SELECT RAISE(ABORT, 'there is a vote on this assignment already'); END;
-- INSERT OR REPLACE would delete without asking the triggers below.
CREATE TRIGGER no_vote_is_replaced BEFORE INSERT ON votes
WHEN EXISTS (
    SELECT 1 FROM votes WHERE id = NEW.id OR (assignment = NEW.assignment AND revision = NEW.revision)
    OR (rater = NEW.rater AND key = NEW.key)
)
BEGIN SELECT RAISE(ABORT, 'votes are only ever added'); END;
"""

OF_RATERS = {
    "undone": "rater",
    "votes": "rater",
    "events": "rater",
    "sittings": "rater",
    "leases": "rater",
    "answers": "rater",
    "consents": "rater",
    "examples": "rater",
    "presentations": "rater",
    "raters": "code",
}
"""Each table that holds something of a rater, with the column that says whose; in this order rows can be deleted."""


def _triggers() -> str:
    """What keeps every row as it was written."""
    kept = [
        f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END;"
        for table in (*OF_RATERS, "study", "withdrawn")
    ]
    kept += [
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
        f"WHEN NOT EXISTS (SELECT 1 FROM withdrawn WHERE rater = OLD.{owner}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} are deleted only of who has withdrawn'); END;"
        for table, owner in OF_RATERS.items()
    ]
    kept += [
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is kept'); END;"
        for table in ("study", "withdrawn")
    ]
    return "\n".join(kept)


STEPS = (_TABLES + _triggers(),)
"""Step n leads from version n to n + 1. One that was published is never changed: another follows it."""


def migrate(connection: sqlite3.Connection, path: object) -> None:
    """Take the steps that a database has not taken yet; inside the transaction of the caller.

    Raises:
        DataError: if it was made by a later version of srgan.
    """
    version = version_of(connection)
    if version > len(STEPS):
        raise DataError(f"{path} was written by a later version of srgan: install that version or a newer one")
    for step in STEPS[version:]:
        for statement in _statements(step):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def version_of(connection: sqlite3.Connection) -> int:
    """How many steps a database has taken."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(step: str) -> list[str]:
    """One by one: `executescript` would end the transaction that makes a step happen whole or not at all."""
    found, begun = [], ""
    for line in step.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            found.append(begun)
            begun = ""
    return found
