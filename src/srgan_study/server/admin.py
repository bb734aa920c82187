"""What the organiser sees of a study in work: how far raters are, and who may need a word; never scores by method."""

import sqlite3
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from srgan_study.server.rater_state import find_standing, ratings_of
from srgan_study.study import Study
from srgan_study.votes.database import explained, read_only
from srgan_study.votes.store import Store

FAST_MS = 500
"""A vote that comes sooner is hardly one on the whole picture."""
LONG_RUN = 15
"""Votes of one score in a row."""
_SHARE = 0.1  # of a rater's votes that may be fast, or cast in a zoomed window
_ENOUGH = 10  # votes before shares mean anything

_TALLY = """
    SELECT count(*), sum(response_ms < ?), sum(NOT zoom_ok), max(voted_at) FROM votes WHERE rater = ?
"""
_RUN = """
    SELECT max(length) FROM (
        SELECT count(*) AS length FROM (
            SELECT v.score, row_number() OVER (ORDER BY v.id)
                - row_number() OVER (PARTITION BY v.score ORDER BY v.id) AS run
            FROM votes v JOIN presentations p ON p.id = v.assignment
            WHERE v.rater = ? AND p.part = 'rating' AND v.id NOT IN (SELECT vote FROM undone)
        ) GROUP BY score, run
    )
"""
_PRACTICE = """
    SELECT p.stimulus, v.score FROM votes v JOIN presentations p ON p.id = v.assignment
    WHERE v.rater = ? AND p.part = 'practice' AND v.id NOT IN (SELECT vote FROM undone) ORDER BY p.stimulus
"""


@dataclass(frozen=True)
class Progress:
    """How far one rater is."""

    code: str
    link: str
    stage: str
    votes: int
    """That stand, after practice."""
    total: int
    percent: float
    last_vote: str | None
    sittings: int
    pauses: int
    flags: tuple[str, ...]
    """In words; reasons to ask, not to exclude."""


class Overview:
    """The organiser's numbers, read beside the votes and without holding them up."""

    def __init__(self, store: Store) -> None:
        self._study, self._path, self._simulated = store.study, store.path, store.simulated
        self._one_at_a_time = threading.Lock()

    def document(self, address: str) -> dict[str, Any]:
        """All raters and the whole, as JSON holds it.

        Args:
            address: of the server, for links.

        Raises:
            OutputError, DataError: if the database cannot be read.
        """
        with self._one_at_a_time, explained(self._path), read_only(self._path) as connection:
            raters = [
                _progress(connection, self._study, code, f"{address}/r/{token}")
                for code, token in connection.execute("SELECT code, token FROM raters ORDER BY length(code), code")
            ]
            withdrawn = connection.execute("SELECT count(*) FROM withdrawn").fetchone()[0]
        votes, expected = sum(each.votes for each in raters), sum(each.total for each in raters)
        return {
            "title": self._study.title,
            "simulated": self._simulated,
            "votes": votes,
            "expected": expected,
            "percent": _percent(votes, expected),
            "withdrawn": withdrawn,
            "raters": [asdict(each) for each in raters],
        }


def _progress(connection: sqlite3.Connection, study: Study, code: str, link: str) -> Progress:
    standing = find_standing(connection, code, datetime.now(UTC))
    cast, fast, zoomed, last = connection.execute(_TALLY, (FAST_MS, code)).fetchone()
    query = "SELECT count(*) FROM events WHERE rater = ? AND kind = 'pause'"
    _, votes = standing.done(study)
    flags = []
    if cast >= _ENOUGH and fast > _SHARE * cast:
        flags.append(f"fast: {fast} of {cast} votes within {FAST_MS / 1000:g} s")
    if cast >= _ENOUGH and zoomed > _SHARE * cast:
        flags.append(f"zoom: {zoomed} of {cast} votes on pictures that may not have been shown pixel by pixel")
    run = connection.execute(_RUN, (code,)).fetchone()[0] or 0
    if run >= LONG_RUN:
        flags.append(f"constant: the same score {run} times in a row")
    if _is_upside_down(connection.execute(_PRACTICE, (code,)).fetchall(), len(study.practice)):
        flags.append("practice: the better pictures were not scored higher than the worse")
    return Progress(
        code=code,
        link=link,
        stage=standing.stage(study),
        votes=votes,
        total=ratings_of(study),
        percent=_percent(votes, ratings_of(study)),
        last_vote=last,
        sittings=standing.sittings,
        pauses=connection.execute(query, (code,)).fetchone()[0],
        flags=tuple(flags),
    )


def _is_upside_down(scores: list[tuple[int, int]], total: int) -> bool:
    """Whether practice is over, and its better pictures got no more than its worse: they are in order of quality."""
    if len(scores) < max(total, 2):
        return False
    half = len(scores) // 2
    worse, better = scores[:half], scores[-half:]
    return sum(score for _, score in better) <= sum(score for _, score in worse)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
