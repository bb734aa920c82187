"""State of a rater: the stage, what is next, and what may be undone; read from the database, never from the page.

The order is fixed, so a rater's position follows from the last vote that was not taken back. Nothing is written here.
"""

import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from srgan_study.study import LABELS, Study
from srgan_study.votes import queries
from srgan_study.votes.queries import CastVote, LastSitting
from srgan_study.votes.store import Store

Stage = Literal["consent", "calibration", "practice", "rating", "done"]

IDLE = timedelta(minutes=30)
"""Time without a vote after which a sitting is over."""
FORGOTTEN = timedelta(hours=24)
"""Time without a vote after which the calibration is shown again."""
MINIMUM_MS, GRAY_MS = 300, 400
"""Least time an image is seen before it can be rated, and time of gray between two images."""

_AHEAD = 8  # images that the page may load in advance


@dataclass(frozen=True)
class NextImage:
    """Image to be rated."""

    assignment: int
    address: str
    width: int
    height: int


@dataclass(frozen=True)
class SittingProgress:
    """Progress since the last pause; of a sitting that has not begun, its number."""

    number: int
    votes: int
    seconds: int


@dataclass(frozen=True)
class RaterState:
    """State of a rater, as the page shows it."""

    stage: Stage
    done: int
    total: int
    """Number of steps of the stage."""
    sitting: SittingProgress
    break_due: bool
    next: tuple[NextImage, ...]
    undoable: int | None
    """Assignment of the vote that may be taken back."""
    labels: dict[str, str]
    title: str
    simulated: bool
    minimum_ms: int
    gray_ms: int
    completion_code: str | None

    def document(self) -> dict[str, Any]:
        """Return the state as a JSON document."""
        return asdict(self)


@dataclass(frozen=True)
class Standing:
    """Facts of the database that determine a rater's state at one moment."""

    now: datetime
    consented: bool
    calibrated_at: datetime | None
    last: CastVote | None
    """Last vote."""
    last_valid: CastVote | None
    """Last vote that was not taken back."""
    sitting: LastSitting | None
    """Open sitting."""
    sittings: int
    """Number of sittings, the open one included."""

    @property
    def undoable(self) -> CastVote | None:
        """Last vote, if it is of the open sitting; not more, or raters would go back and compare."""
        if self.last is None or self.sitting is None or self.last.undone or self.last.sitting != self.sitting.id:
            return None
        return self.last

    def done(self, study: Study) -> tuple[int, int]:
        """Return the numbers of votes in practice and in rating; all of practice comes first."""
        if self.last_valid is None:
            return 0, 0
        if self.last_valid.part == "practice":
            return self.last_valid.position + 1, 0
        return len(study.practice), self.last_valid.position + 1

    def stage(self, study: Study) -> Stage:
        """Return what the rater does now."""
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
        last = self.calibrated_at if self.last is None else max(self.calibrated_at, self.last.voted_at)
        return self.now - last > FORGOTTEN


def ratings_of(study: Study) -> int:
    """Return the number of votes of a rater after practice."""
    return study.design.warm_up + study.ratings_per_rater


def find_standing(connection: sqlite3.Connection, rater: str, now: datetime) -> Standing:
    """Read where a rater stands."""
    last = queries.last_vote(connection, rater)
    sitting = queries.last_sitting(connection, rater)
    return Standing(
        now=now,
        consented=queries.has_consented(connection, rater),
        calibrated_at=queries.last_calibration(connection, rater),
        last=last,
        last_valid=queries.last_vote(connection, rater, valid=True) if last is not None and last.undone else last,
        sitting=sitting if sitting is not None and _is_open(sitting, last, now) else None,
        sittings=0 if sitting is None else sitting.number,
    )


def find_state(
    connection: sqlite3.Connection, store: Store, rater: str, standing: Standing, *, root_path: str
) -> RaterState:
    """Return a rater's state; the addresses of images begin with `root_path`."""
    study = store.study
    stage = standing.stage(study)
    practice, ratings = standing.done(study)
    stages = {
        "consent": (0, 1),
        "calibration": (0, len(study.calibration) // 2),
        "practice": (practice, len(study.practice)),
    }
    done, total = stages.get(stage, (ratings, ratings_of(study)))
    voting = stage in ("practice", "rating")
    images: list[NextImage] = []
    if voting:
        for assignment, address, stimulus in queries.next_presentations(connection, rater, stage, done, _AHEAD):
            shown = store.stimulus(stage, stimulus).shown
            images.append(NextImage(assignment, f"{root_path}/i/{address}", shown.width, shown.height))
    undoable, invited = standing.undoable, queries.find_rater(connection, rater)
    return RaterState(
        stage=stage,
        done=done,
        total=total,
        sitting=_progress(standing),
        break_due=voting and _is_break_due(study, standing),
        next=tuple(images),
        undoable=None if undoable is None else undoable.assignment,
        labels={str(score): label for score, label in LABELS.items()},
        title=study.title,
        simulated=store.simulated,
        minimum_ms=MINIMUM_MS,
        gray_ms=GRAY_MS,
        completion_code=invited.completion_code if invited is not None and stage == "done" else None,
    )


def _is_open(sitting: LastSitting, last: CastVote | None, now: datetime) -> bool:
    """Return whether a sitting was ended neither by a pause nor by doing nothing."""
    latest = sitting.began_at if last is None else max(sitting.began_at, last.voted_at)
    return not sitting.paused and now - latest <= IDLE


def _progress(standing: Standing) -> SittingProgress:
    sitting = standing.sitting
    if sitting is None:
        return SittingProgress(standing.sittings + 1, 0, 0)
    seconds = max(0, int((standing.now - sitting.began_at).total_seconds()))
    return SittingProgress(sitting.number, sitting.votes, seconds)


def _is_break_due(study: Study, standing: Standing) -> bool:
    """Return whether the rater has rated long enough since the sitting began or a break was offered."""
    if standing.sitting is None:
        return False
    since = standing.sitting.break_at or standing.sitting.began_at
    return standing.now - since >= timedelta(minutes=study.design.sitting_minutes)
