"""What a rater does: agrees, looks at the calibration, practises, rates, takes back, pauses and goes on.

This module does not know HTTP.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from srgan_study.server.rater_state import Standing, State, find_standing, find_state
from srgan_study.server.request_schemas import Consent, Event, Held, Take, Undo, Vote
from srgan_study.study import LABELS
from srgan_study.votes.store import Store

Clock = Callable[[], datetime]


class Refused(Exception):
    """What was sent cannot be done where the rater stands now."""

    def __init__(self, why: str, *, taken_over: bool = False) -> None:
        super().__init__(why)
        self.taken_over = taken_over


class Withdrawn(Refused):
    """The rater is not in the study any more."""


@dataclass(frozen=True)
class Example:
    """A picture of the calibration."""

    score: int
    label: str
    address: str
    width: int
    height: int


def server_clock() -> datetime:
    """The moment."""
    return datetime.now(UTC)


class Sessions:
    """What all raters of a study do. Each method is one transaction.

    Args:
        store: of the study.
        clock: tells the moment, in UTC.
    """

    def __init__(self, store: Store, clock: Clock = server_clock) -> None:
        self._store, self._clock = store, clock

    def state(self, rater: str) -> State:
        """Where a rater stands."""
        with self._store.reading() as connection:
            return _Turn(connection, self._store, rater, self._clock()).state()

    def examples(self, rater: str) -> tuple[Example, ...]:
        """The calibration, in pairs of the worst version and the best."""
        with self._store.reading() as connection:
            rows = connection.execute("SELECT place, address FROM examples WHERE rater = ? ORDER BY place", (rater,))
            found = [(self._store.study.calibration[place], f"/i/{address}") for place, address in rows]
        return tuple(
            Example(each.score, LABELS[each.score], address, each.shown.width, each.shown.height)
            for each, address in found
        )

    def take(self, rater: str, post: Take) -> tuple[str, State]:
        """Let a tab or device go on in place of the one before.

        Returns:
            Its lease, and where the rater stands.
        """
        lease = secrets.token_urlsafe(16)
        with self._turn(rater) as turn:
            turn.insert("leases", lease=lease, client=post.client, at=turn.moment)
            return lease, turn.state()

    def consent(self, rater: str, post: Consent) -> State:
        """Keep that a rater agreed, to which text, and what they answered; the first time stands."""
        with self._turn(rater) as turn:
            turn.check_lease(post)
            if not turn.standing().consented:
                turn.insert("consents", version=post.consent, at=turn.moment)
                for question, answer in post.answers.items():
                    turn.insert("answers", question=question, answer=answer)
            return turn.state()

    def calibrated(self, rater: str, post: Held) -> State:
        """Keep that the calibration was looked at."""
        with self._turn(rater) as turn:
            turn.check_lease(post)
            if not turn.standing().consented:
                raise Refused("consent comes before the calibration")
            turn.insert("events", sitting=turn.sit(), kind="calibrated", detail="", at=turn.moment)
            return turn.state()

    def vote(self, rater: str, post: Vote) -> State:
        """Keep a vote; the same one sent again changes nothing."""
        with self._turn(rater) as turn:
            if not turn.is_known(post):
                client = turn.check_lease(post)
                following = turn.state().next
                if not following or following[0].assignment != post.assignment:
                    raise Refused("this picture is not the next one: load the page again")
                turn.add_vote(post, client)
            return turn.state()

    def undo(self, rater: str, post: Undo) -> State:
        """Take the last vote of this sitting back; it is kept as a revision. The same again changes nothing."""
        with self._turn(rater) as turn:
            turn.check_lease(post)
            standing = turn.standing()
            last = standing.cast
            if last is None or last.assignment != post.assignment or not (last.undone or standing.undoable):
                raise Refused("only the last rating of this sitting can be taken back")
            if not last.undone:
                turn.insert("undone", vote=last.id, at=turn.moment)
            return turn.state()

    def event(self, rater: str, post: Event) -> State:
        """Keep what happened; a pause ends the sitting, going on begins another."""
        with self._turn(rater) as turn:
            turn.check_lease(post)
            standing = turn.standing()
            sitting = None if standing.sitting is None else standing.sitting.id
            if post.kind == "resume" and standing.stage(self._store.study) in ("practice", "rating"):
                sitting = turn.sit()
            turn.insert("events", sitting=sitting, kind=post.kind, detail=post.detail, at=turn.moment)
            return turn.state()

    @contextmanager
    def _turn(self, rater: str) -> Iterator["_Turn"]:
        with self._store.transaction() as connection:
            yield _Turn(connection, self._store, rater, self._clock())


class _Turn:
    """One transaction of one rater.

    Raises:
        Withdrawn: if there is no such rater any more.
    """

    def __init__(self, connection: sqlite3.Connection, store: Store, rater: str, now: datetime) -> None:
        if connection.execute("SELECT 1 FROM raters WHERE code = ?", (rater,)).fetchone() is None:
            raise Withdrawn(f"{rater} has withdrawn")
        self._connection, self._store, self._rater, self._now = connection, store, rater, now
        self.moment = now.isoformat(timespec="milliseconds")

    def standing(self) -> Standing:
        return find_standing(self._connection, self._rater, self._now)

    def state(self) -> State:
        study, simulated = self._store.study, self._store.simulated
        return find_state(self._connection, study, self._rater, self.standing(), simulated=simulated)

    def insert(self, table: str, **values: str | int | float | None) -> int | None:
        """Add a row of this rater.

        Returns:
            Its number.
        """
        names, marks = ", ".join(("rater", *values)), ", ".join("?" * (len(values) + 1))
        command = f"INSERT INTO {table} ({names}) VALUES ({marks})"
        return self._connection.execute(command, (self._rater, *values.values())).lastrowid

    def sit(self) -> int | None:
        """The open sitting, begun now if there is none."""
        standing = self.standing()
        if standing.sitting is not None:
            return standing.sitting.id
        return self.insert("sittings", number=standing.sittings + 1, began_at=self.moment)

    def check_lease(self, post: Held) -> str:
        """The client that holds the rater's lease.

        Raises:
            Refused: if that is not who sent this.
        """
        query = "SELECT lease, client FROM leases WHERE rater = ? ORDER BY id DESC LIMIT 1"
        row = self._connection.execute(query, (self._rater,)).fetchone()
        if row is None or not secrets.compare_digest(row[0].encode(), post.lease.encode()):
            raise Refused("the study goes on in another tab or on another device", taken_over=True)
        return str(row[1])

    def is_known(self, post: Vote) -> bool:
        """Whether this very vote is kept already.

        Raises:
            Refused: if its key is that of another vote.
        """
        query = "SELECT assignment, score FROM votes WHERE rater = ? AND key = ?"
        row = self._connection.execute(query, (self._rater, post.key)).fetchone()
        if row is not None and row != (post.assignment, post.score):
            raise Refused("this key was used for another vote")
        return row is not None

    def add_vote(self, post: Vote, client: str) -> None:
        """Keep a vote on the next picture."""
        query = "SELECT count(*) FROM votes WHERE assignment = ?"
        revision = self._connection.execute(query, (post.assignment,)).fetchone()[0]
        self.insert(
            "votes",
            assignment=post.assignment,
            revision=revision,
            score=post.score,
            key=post.key,
            sitting=self.sit(),
            client=client,
            shown_at=post.shown_at,
            voted_at=self.moment,
            response_ms=post.response_ms,
            device_pixel_ratio=post.device_pixel_ratio,
            viewport_width=post.viewport[0],
            viewport_height=post.viewport[1],
            zoom_ok=post.zoom_ok,
        )
