"""Actions of raters: consent, calibration, votes, undo and events; each is one transaction."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from srgan_study.server import request_schemas as schemas
from srgan_study.server.rater_state import RaterState, Standing, find_standing, find_state
from srgan_study.study import LABELS
from srgan_study.votes import queries
from srgan_study.votes.store import Store
from srgan_study.votes.vote_writer import Refused

Clock = Callable[[], datetime]


class TakenOver(Refused):
    """The study goes on in another tab or on another device."""


class Withdrawn(Refused):
    """The rater is no longer in the study."""


def server_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Sessions:
    """Actions of all raters of a study.

    Args:
        store: database of the study.
        clock: returns the current time in UTC.
        root_path: path that addresses of images begin with.

    Every method raises Refused if the rater may not do that now, and Withdrawn if there is no such rater any more.
    """

    def __init__(self, store: Store, clock: Clock = server_clock, root_path: str = "") -> None:
        self.store, self.clock, self.root_path = store, clock, root_path

    def state(self, rater: str) -> RaterState:
        """Return the state of a rater."""
        with self.store.reading() as connection:
            return _Turn(self, connection, rater).state()

    def examples(self, rater: str) -> list[dict[str, Any]]:
        """Return the images of the calibration, in pairs of the worst version and the best."""
        with self.store.reading() as connection:
            rows = connection.execute(
                "SELECT address FROM examples WHERE rater = ? ORDER BY place", (rater,)
            ).fetchall()
        return [
            {
                "score": image.score,
                "label": LABELS[image.score],
                "address": f"{self.root_path}/i/{address}",
                "width": image.shown.width,
                "height": image.shown.height,
            }
            for image, (address,) in zip(self.store.study.calibration, rows, strict=True)
        ]

    def take(self, rater: str, request: schemas.TakeRequest) -> tuple[str, RaterState]:
        """Let a tab or device continue in place of the one before; return its lease and the rater's state."""
        lease = secrets.token_urlsafe(16)
        with self._writing(rater) as turn:
            turn.insert("leases", lease=lease, client=request.client, at=turn.time)
            return lease, turn.state()

    def consent(self, rater: str, request: schemas.ConsentRequest) -> RaterState:
        """Store that a rater agreed, to which text, and the answers; only the first time counts."""
        with self._writing(rater, request) as turn:
            if not turn.standing().consented:
                turn.insert("consents", version=request.consent, at=turn.time)
                for question, answer in (request.answers or {}).items():
                    turn.insert("answers", question=question, answer=answer)
            return turn.state()

    def calibrated(self, rater: str, request: schemas.LeaseRequest) -> RaterState:
        """Store that the rater saw the calibration."""
        with self._writing(rater, request) as turn:
            if not turn.standing().consented:
                raise Refused("consent comes before the calibration")
            turn.insert("events", sitting=turn.open_sitting(), kind="calibrated", detail="", at=turn.time)
            return turn.state()

    def vote(self, rater: str, request: schemas.VoteRequest) -> RaterState:
        """Store a vote; sending it again changes nothing, also without the lease."""
        with self._writing(rater) as turn:
            if not turn.has_vote(request):
                client = turn.check_lease(request)
                following = turn.state().next
                if not following or following[0].assignment != request.assignment:
                    raise Refused("this picture is not the next one: load the page again")
                turn.add_vote(request, client)
            return turn.state()

    def undo(self, rater: str, request: schemas.UndoRequest) -> RaterState:
        """Take the last vote of this sitting back; it is kept as a revision. The same again changes nothing."""
        with self._writing(rater, request) as turn:
            standing = turn.standing()
            last = standing.last
            if last is None or last.assignment != request.assignment or not (last.undone_at or standing.undoable):
                raise Refused("only the last rating of this sitting can be taken back")
            if not last.undone_at:
                turn.insert("undone", vote=last.id, at=turn.time)
            return turn.state()

    def event(self, rater: str, request: schemas.EventRequest) -> RaterState:
        """Store an event; a pause ends the sitting, and resuming begins another."""
        with self._writing(rater, request) as turn:
            standing = turn.standing()
            sitting = None if standing.sitting is None else standing.sitting.id
            if request.kind == "resume" and standing.stage in ("practice", "rating"):
                sitting = turn.open_sitting()
            turn.insert("events", sitting=sitting, kind=request.kind, detail=request.detail, at=turn.time)
            return turn.state()

    @contextmanager
    def _writing(self, rater: str, request: schemas.LeaseRequest | None = None) -> Iterator["_Turn"]:
        with self.store.transaction() as connection:
            turn = _Turn(self, connection, rater)
            if request is not None:
                turn.check_lease(request)
            yield turn


class _Turn:
    """One transaction of one rater."""

    def __init__(self, sessions: Sessions, connection: sqlite3.Connection, rater: str) -> None:
        if queries.find_rater(connection, rater) is None:
            raise Withdrawn(f"{rater} has withdrawn")
        self._store, self._root_path = sessions.store, sessions.root_path
        self._connection, self._rater, self._now = connection, rater, sessions.clock()
        self.time = _text(self._now)

    def standing(self) -> Standing:
        return find_standing(self._connection, self._store.study, self._rater, self._now)

    def state(self) -> RaterState:
        store, standing = self._store, self.standing()
        return find_state(self._connection, self._rater, standing, simulated=store.simulated, root_path=self._root_path)

    def insert(self, table: str, **values: str | int | float | None) -> int | None:
        """Add a row of this rater and return its id."""
        return queries.insert(self._connection, table, rater=self._rater, **values)

    def open_sitting(self) -> int | None:
        """Return the id of the open sitting, which begins now if there is none."""
        standing = self.standing()
        if standing.sitting is not None:
            return standing.sitting.id
        return self.insert("sittings", number=standing.sittings + 1, began_at=self.time)

    def check_lease(self, request: schemas.LeaseRequest) -> str:
        """Return the client that holds the rater's lease. Raises TakenOver if the request has another lease."""
        row = queries.current_lease(self._connection, self._rater)
        if row is None or not secrets.compare_digest(row[0].encode(), request.lease.encode()):
            raise TakenOver("the study goes on in another tab or on another device")
        return row[1]

    def has_vote(self, request: schemas.VoteRequest) -> bool:
        """Return whether this very vote is stored already. Raises Refused if its key is that of another vote."""
        row = queries.vote_with_key(self._connection, self._rater, request.key)
        if row is not None and row != (request.assignment, request.score):
            raise Refused("this key was used for another vote")
        return row is not None

    def add_vote(self, request: schemas.VoteRequest, client: str) -> None:
        values = msgspec.structs.asdict(request)
        del values["lease"]
        width, height = values.pop("viewport")
        values["shown_at"] = _text(request.shown_at.astimezone(UTC))
        revisions = "SELECT count(*) FROM votes WHERE assignment = ?"
        values["revision"] = queries.fetch_value(self._connection, revisions, request.assignment)
        more = {"sitting": self.open_sitting(), "client": client, "voted_at": self.time}
        self.insert("votes", **values, **more, viewport_width=width, viewport_height=height)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
