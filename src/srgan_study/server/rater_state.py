"""Where a rater stands at a moment, and what comes next: read from the database, never from the rater's page.

The order is fixed, so a rater stands where the last vote stands that was not taken back. Nothing is written here.
"""

import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from srgan_study.study import LABELS, Study

Stage = Literal["consent", "calibration", "practice", "rating", "done"]

IDLE = timedelta(minutes=30)
"""Without a vote, after which a sitting is over."""
FORGOTTEN = timedelta(hours=24)
"""Without a vote, after which the scale is no longer remembered, and the calibration is shown again."""
MINIMUM_MS, GRAY_MS = 300, 400
"""How long a picture is seen before it can be rated, and the gray between two."""

_AHEAD = 8  # pictures named in advance, so that the page can load them
_LAST_VOTE = """
    SELECT v.id, v.assignment, p.part, p.position, v.sitting, v.voted_at, u.vote IS NOT NULL AS undone
    FROM votes v CROSS JOIN presentations p ON p.id = v.assignment LEFT JOIN undone u ON u.vote = v.id
    WHERE v.rater = ? {only} ORDER BY v.id DESC LIMIT 1
"""


@dataclass(frozen=True)
class Next:
    """A picture to be rated."""

    assignment: int
    address: str
    width: int
    height: int


@dataclass(frozen=True)
class Sitting:
    """What is done without a pause; of one that has yet to begin, its number."""

    number: int
    votes: int
    seconds: int


@dataclass(frozen=True)
class State:
    """Where a rater stands, as their page shows it."""

    stage: Stage
    done: int
    total: int
    """Of the stage."""
    sitting: Sitting
    break_due: bool
    next: tuple[Next, ...]
    undoable: int | None
    """The assignment of the vote that may be taken back."""
    labels: dict[str, str]
    title: str
    simulated: bool
    minimum_ms: int
    gray_ms: int
    completion_code: str | None

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


@dataclass(frozen=True)
class LastVote:
    """A vote that was cast."""

    id: int
    assignment: int
    part: str
    position: int
    sitting: int
    voted_at: datetime
    undone: bool


@dataclass(frozen=True)
class OpenSitting:
    """A sitting that goes on."""

    id: int
    number: int
    began_at: datetime


@dataclass(frozen=True)
class Standing:
    """What the database says of a rater at one moment."""

    now: datetime
    consented: bool
    calibrated_at: datetime | None
    cast: LastVote | None
    """The last vote of all."""
    stands: LastVote | None
    """The last that was not taken back."""
    sitting: OpenSitting | None
    sittings: int
    """How many there were, with the open one."""

    @property
    def undoable(self) -> LastVote | None:
        """What may be taken back: the last vote, if it is of this sitting. No more, or raters go back and compare."""
        if self.cast is None or self.sitting is None or self.cast.undone or self.cast.sitting != self.sitting.id:
            return None
        return self.cast

    def done(self, study: Study) -> tuple[int, int]:
        """Votes in practice and in rating; all of practice comes first."""
        if self.stands is None:
            return 0, 0
        if self.stands.part == "practice":
            return self.stands.position + 1, 0
        return len(study.practice), self.stands.position + 1

    def stage(self, study: Study) -> Stage:
        """What the rater does now."""
        practice, ratings = self.done(study)
        if not self.consented:
            return "consent"
        if ratings == ratings_of(study):
            return "done"
        if study.calibration and self._has_forgotten():
            return "calibration"
        return "practice" if practice < len(study.practice) else "rating"

    def _has_forgotten(self) -> bool:
        if self.calibrated_at is None:
            return True
        last = self.calibrated_at if self.cast is None else max(self.calibrated_at, self.cast.voted_at)
        return self.now - last > FORGOTTEN


def ratings_of(study: Study) -> int:
    """How often a rater votes after practice."""
    return study.design.warm_up + study.ratings_per_rater


def find_standing(connection: sqlite3.Connection, rater: str, now: datetime) -> Standing:
    """Where a rater stands."""
    consent = connection.execute("SELECT 1 FROM consents WHERE rater = ?", (rater,)).fetchone()
    query = "SELECT max(at) FROM events WHERE rater = ? AND kind = 'calibrated'"
    calibrated = connection.execute(query, (rater,)).fetchone()[0]
    cast = _vote(connection, rater, "")
    query = "SELECT id, number, began_at FROM sittings WHERE rater = ? ORDER BY number DESC LIMIT 1"
    sitting = connection.execute(query, (rater,)).fetchone()
    return Standing(
        now=now,
        consented=consent is not None,
        calibrated_at=None if calibrated is None else datetime.fromisoformat(calibrated),
        cast=cast,
        stands=_vote(connection, rater, "AND u.vote IS NULL") if cast is not None and cast.undone else cast,
        sitting=None if sitting is None else _if_open(connection, sitting, cast, now),
        sittings=0 if sitting is None else sitting[1],
    )


def find_state(connection: sqlite3.Connection, study: Study, rater: str, found: Standing, *, simulated: bool) -> State:
    """The same, as the rater's page shows it."""
    stage = found.stage(study)
    practice, ratings = found.done(study)
    done, total = {
        "consent": (0, 1),
        "calibration": (0, len(study.calibration) // 2),
        "practice": (practice, len(study.practice)),
    }.get(stage, (ratings, ratings_of(study)))
    undoable = found.undoable
    code = connection.execute("SELECT completion_code FROM raters WHERE code = ?", (rater,)).fetchone()
    return State(
        stage=stage,
        done=done,
        total=total,
        sitting=_sitting(connection, found),
        break_due=stage in ("practice", "rating") and _is_break_due(connection, study, found),
        next=_next(connection, study, rater, stage, done) if stage in ("practice", "rating") else (),
        undoable=None if undoable is None else undoable.assignment,
        labels={str(score): label for score, label in LABELS.items()},
        title=study.title,
        simulated=simulated,
        minimum_ms=MINIMUM_MS,
        gray_ms=GRAY_MS,
        completion_code=code[0] if stage == "done" else None,
    )


def _vote(connection: sqlite3.Connection, rater: str, only: str) -> LastVote | None:
    row = connection.execute(_LAST_VOTE.format(only=only), (rater,)).fetchone()
    if row is None:
        return None
    identifier, assignment, part, position, sitting, voted_at, undone = row
    return LastVote(
        identifier, assignment, part, position, sitting, datetime.fromisoformat(voted_at), undone=bool(undone)
    )


def _if_open(
    connection: sqlite3.Connection, sitting: tuple[int, int, str], cast: LastVote | None, now: datetime
) -> OpenSitting | None:
    """The last sitting, unless it was ended by a pause or by doing nothing."""
    began = datetime.fromisoformat(sitting[2])
    query = "SELECT 1 FROM events WHERE sitting = ? AND kind = 'pause' LIMIT 1"
    if connection.execute(query, (sitting[0],)).fetchone() is not None:
        return None
    last = began if cast is None else max(began, cast.voted_at)
    return None if now - last > IDLE else OpenSitting(sitting[0], sitting[1], began)


def _sitting(connection: sqlite3.Connection, found: Standing) -> Sitting:
    if found.sitting is None:
        return Sitting(found.sittings + 1, 0, 0)
    query = "SELECT count(*) FROM votes WHERE sitting = ? AND id NOT IN (SELECT vote FROM undone)"
    votes = connection.execute(query, (found.sitting.id,)).fetchone()[0]
    return Sitting(found.sitting.number, votes, max(0, int((found.now - found.sitting.began_at).total_seconds())))


def _is_break_due(connection: sqlite3.Connection, study: Study, found: Standing) -> bool:
    """Whether the rater has rated long enough since the sitting began, or since the last break was offered."""
    if found.sitting is None:
        return False
    query = "SELECT max(at) FROM events WHERE sitting = ? AND kind = 'break'"
    offered = connection.execute(query, (found.sitting.id,)).fetchone()[0]
    since = found.sitting.began_at if offered is None else datetime.fromisoformat(offered)
    return found.now - since >= timedelta(minutes=study.design.sitting_minutes)


def _next(connection: sqlite3.Connection, study: Study, rater: str, part: str, done: int) -> tuple[Next, ...]:
    rows = connection.execute(
        "SELECT id, address, stimulus FROM presentations WHERE rater = ? AND part = ? AND position >= ? "
        "ORDER BY position LIMIT ?",
        (rater, part, done, _AHEAD),
    ).fetchall()
    stimuli = study.practice if part == "practice" else study.stimuli
    shown = [stimuli[stimulus].shown for _, _, stimulus in rows]
    return tuple(
        Next(assignment, f"/i/{address}", each.width, each.height)
        for (assignment, address, _), each in zip(rows, shown, strict=True)
    )
