"""State of a rater: the stage, what is next, and what may be undone; read from the database, never from the page.

The order is fixed, so a rater's position follows from the last vote that was not taken back. Nothing is written here.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from srgan_study.study import LABELS, Study
from srgan_study.votes import queries
from srgan_study.votes.queries import CastVote, LastSitting

Stage = Literal["consent", "calibration", "practice", "rating", "done"]

IDLE = timedelta(minutes=30)  # time without a vote after which a sitting is over
FORGOTTEN = timedelta(hours=24)  # time without a vote after which the calibration is shown again
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
    total: int  # number of steps of the stage
    sitting: SittingProgress
    break_due: bool
    next: tuple[NextImage, ...]
    undoable: int | None  # assignment of the vote that may be taken back
    labels: dict[str, str]
    title: str
    simulated: bool
    minimum_ms: int
    gray_ms: int
    completion_code: str | None


@dataclass(frozen=True)
class Standing:
    """Facts of the database that determine a rater's state at one moment."""

    study: Study
    now: datetime
    consented: bool
    calibrated_at: datetime | None
    last: CastVote | None  # last vote
    last_valid: CastVote | None  # last vote that was not taken back
    sitting: LastSitting | None  # open sitting
    sittings: int  # number of sittings, the open one included

    @property
    def undoable(self) -> CastVote | None:
        """Last vote, if it is of the open sitting; not more, or raters would go back and compare."""
        last, sitting = self.last, self.sitting
        return last if last and sitting and not last.undone_at and last.sitting == sitting.id else None

    @property
    def done(self) -> tuple[int, int]:
        """Numbers of votes in practice and in rating; all of practice comes first."""
        if self.last_valid is None:
            return 0, 0
        position = self.last_valid.position + 1
        return (position, 0) if self.last_valid.part == "practice" else (len(self.study.practice), position)

    @property
    def stage(self) -> Stage:
        """What the rater does now."""
        practice, ratings = self.done
        if not self.consented:
            return "consent"
        if ratings == self.study.ratings_after_practice:
            return "done"
        if self.study.calibration:
            seen = self.calibrated_at
            if seen is None or self.now - (max(seen, self.last.voted_at) if self.last else seen) > FORGOTTEN:
                return "calibration"
        return "practice" if practice < len(self.study.practice) else "rating"

    @property
    def progress(self) -> SittingProgress:
        """Progress in the open sitting, or the number of the next one."""
        if self.sitting is None:
            return SittingProgress(self.sittings + 1, 0, 0)
        seconds = max(0, int((self.now - self.sitting.began_at).total_seconds()))
        return SittingProgress(self.sitting.number, self.sitting.votes, seconds)

    @property
    def break_due(self) -> bool:
        """Whether the rater has rated long enough since the sitting began or a break was offered."""
        if self.sitting is None or self.stage not in ("practice", "rating"):
            return False
        since = self.sitting.break_at or self.sitting.began_at
        return self.now - since >= timedelta(minutes=self.study.design.sitting_minutes)


def find_standing(connection: sqlite3.Connection, study: Study, rater: str, now: datetime) -> Standing:
    """Read where a rater stands."""
    last, sitting = queries.last_vote(connection, rater), queries.last_sitting(connection, rater)
    sittings = 0 if sitting is None else sitting.number
    if sitting is not None:  # a pause ends it, and so does doing nothing
        latest = sitting.began_at if last is None else max(sitting.began_at, last.voted_at)
        sitting = None if sitting.paused_at or now - latest > IDLE else sitting
    valid = queries.last_vote(connection, rater, valid=True) if last is not None and last.undone_at else last
    return Standing(study, now, *queries.find_beginning(connection, rater), last, valid, sitting, sittings)


def find_state(
    connection: sqlite3.Connection, rater: str, standing: Standing, *, simulated: bool, root_path: str
) -> RaterState:
    """Return a rater's state; the addresses of images begin with `root_path`."""
    study, stage = standing.study, standing.stage
    practice, ratings = standing.done
    stages = {
        "consent": (0, 1),
        "calibration": (0, len(study.calibration) // 2),
        "practice": (practice, len(study.practice)),
    }
    done, total = stages.get(stage, (ratings, study.ratings_after_practice))
    images: list[NextImage] = []
    if stage in ("practice", "rating"):
        for assignment, address, number in queries.next_presentations(connection, rater, stage, done, _AHEAD):
            shown = study.find_stimulus(stage, number).shown
            images.append(NextImage(assignment, f"{root_path}/i/{address}", shown.width, shown.height))
    undoable, invited = standing.undoable, queries.find_rater(connection, rater)
    return RaterState(
        stage=stage,
        done=done,
        total=total,
        sitting=standing.progress,
        break_due=standing.break_due,
        next=tuple(images),
        undoable=None if undoable is None else undoable.assignment,
        labels={str(score): label for score, label in LABELS.items()},
        title=study.title,
        simulated=simulated,
        minimum_ms=MINIMUM_MS,
        gray_ms=GRAY_MS,
        completion_code=invited.completion_code if invited is not None and stage == "done" else None,
    )
