"""Organiser's view of a running study: progress and warnings by rater, never scores by method."""

import sqlite3
import threading
from datetime import UTC, datetime
from typing import Any

from srgan_study.server.rater_state import find_standing
from srgan_study.study import Study
from srgan_study.votes import queries
from srgan_study.votes.database import read_only, sqlite_errors
from srgan_study.votes.store import Store

FAST_MS = 500  # milliseconds within which a vote is too fast to be on the whole image
LONG_RUN = 15  # number of equal scores in a row that is flagged
_SHARE = 0.1  # of a rater's votes that may be fast, or cast in a zoomed window
_ENOUGH = 10  # votes before shares are judged


class Overview:
    """Progress of all raters, read without delaying votes."""

    def __init__(self, store: Store) -> None:
        self._study, self._path, self._simulated = store.study, store.path, store.simulated
        self._lock = threading.Lock()

    def document(self, address: str) -> dict[str, Any]:
        """Return the progress of the study and of each rater as a JSON document; links begin with the address.

        Raises:
            OutputError, DataError: if the database cannot be read.
        """
        with self._lock, sqlite_errors(self._path), read_only(self._path) as connection:
            invited = queries.invited_raters(connection)
            raters = [
                {"code": rater.code, "link": f"{address}/r/{rater.token}"}
                | _measure_progress(connection, self._study, rater.code)
                for rater in invited
            ]
            withdrawn = queries.fetch_value(connection, "SELECT count(*) FROM withdrawn")
        votes, expected = (sum(rater[name] for rater in raters) for name in ("votes", "total"))
        return {
            "title": self._study.title,
            "simulated": self._simulated,
            "votes": votes,
            "expected": expected,
            "percent": _percent(votes, expected),
            "withdrawn": withdrawn,
            "raters": raters,
        }


def _measure_progress(connection: sqlite3.Connection, study: Study, code: str) -> dict[str, Any]:
    standing = find_standing(connection, study, code, datetime.now(UTC))
    tally = queries.tally_votes(connection, code, fast_ms=FAST_MS)
    votes, total = standing.done[1], study.ratings_after_practice
    return {
        "stage": standing.stage,
        "votes": votes,  # valid ones after practice
        "total": total,
        "percent": _percent(votes, total),
        "last_vote": tally.last,
        "sittings": standing.sittings,
        "pauses": tally.pauses,
        "flags": tuple(_flag(tally, len(study.practice))),
    }


def _flag(tally: queries.VoteTally, practice: int) -> list[str]:
    """Return reasons to ask the rater, not to exclude their votes."""
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
