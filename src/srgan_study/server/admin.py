"""Organiser's view of a running study: progress and warnings by rater, never scores by method."""

import sqlite3
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from srgan_study.server.rater_state import find_standing, ratings_of
from srgan_study.study import Study
from srgan_study.votes import queries
from srgan_study.votes.database import read_only, sqlite_errors
from srgan_study.votes.store import Store

FAST_MS = 500
"""Milliseconds within which a vote is too fast to be on the whole image."""
LONG_RUN = 15
"""Number of equal scores in a row that is flagged."""
_SHARE = 0.1  # of a rater's votes that may be fast, or cast in a zoomed window
_ENOUGH = 10  # votes before shares are judged


@dataclass(frozen=True)
class RaterProgress:
    """Progress of one rater."""

    code: str
    link: str
    stage: str
    votes: int
    """Valid votes after practice."""
    total: int
    percent: float
    last_vote: str | None
    sittings: int
    pauses: int
    flags: tuple[str, ...]
    """Reasons to ask the rater, not to exclude their votes."""


class Overview:
    """Progress of all raters, read without delaying votes."""

    def __init__(self, store: Store) -> None:
        self._study, self._path, self._simulated = store.study, store.path, store.simulated
        self._lock = threading.Lock()

    def document(self, address: str) -> dict[str, Any]:
        """Return the progress of the study and of each rater as a JSON document.

        Args:
            address: address of the server, for links.

        Raises:
            OutputError, DataError: if the database cannot be read.
        """
        with self._lock, sqlite_errors(self._path), read_only(self._path) as connection:
            raters = [
                _progress(connection, self._study, rater.code, f"{address}/r/{rater.token}")
                for rater in queries.invited_raters(connection)
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


def _progress(connection: sqlite3.Connection, study: Study, code: str, link: str) -> RaterProgress:
    standing = find_standing(connection, code, datetime.now(UTC))
    tally = queries.tally_votes(connection, code, fast_ms=FAST_MS)
    _, votes = standing.done(study)
    return RaterProgress(
        code=code,
        link=link,
        stage=standing.stage(study),
        votes=votes,
        total=ratings_of(study),
        percent=_percent(votes, ratings_of(study)),
        last_vote=tally.last,
        sittings=standing.sittings,
        pauses=tally.pauses,
        flags=tuple(_flags(tally, len(study.practice))),
    )


def _flags(tally: queries.VoteTally, practice: int) -> list[str]:
    most = _SHARE * tally.cast if tally.cast >= _ENOUGH else tally.cast
    flags = []
    if tally.fast > most:
        flags.append(f"fast: {tally.fast} of {tally.cast} votes within {FAST_MS / 1000:g} s")
    if tally.zoomed > most:
        flags.append(
            f"zoom: {tally.zoomed} of {tally.cast} votes on pictures that may not have been shown pixel by pixel"
        )
    if tally.run >= LONG_RUN:
        flags.append(f"constant: the same score {tally.run} times in a row")
    half = len(tally.practice) // 2  # practice is over, and ordered from worst to best
    if len(tally.practice) >= max(practice, 2) and sum(tally.practice[-half:]) <= sum(tally.practice[:half]):
        flags.append("practice: the better pictures were not scored higher than the worse")
    return flags


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
