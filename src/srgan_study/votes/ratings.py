"""Votes of a study as analysis reads them: one row per valid vote, and tables of raters by stimuli."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from srgan_study.study import Study

Phase = Literal["practice", "warm-up", "main", "retest"]
"""Practice and warm-up never count. Of two votes on one stimulus, the first is `main`, the second `retest`."""


@dataclass(frozen=True)
class Rating:
    """Valid vote: the last one on a presentation, where a rater took one back."""

    rater: str  # code of the rater
    sitting: int  # number of the sitting, from 1; a new one begins after every pause
    position: int  # position in the rater's own order, from 0; practice has an order of its own
    phase: Phase
    stimulus: int  # id in the study's list of practice or, in all other phases, of stimuli
    score: int  # 1 to 5
    revisions: int  # number of votes on it that were taken back
    shown_at: str  # rater's clock, ISO 8601 in UTC; empty if unknown
    voted_at: str  # server's clock, ISO 8601 in UTC
    response_ms: int  # milliseconds from painting the image to the vote, by the rater's clock
    client: str  # random name of the browser tab
    device_pixel_ratio: float
    viewport_width: int
    viewport_height: int
    zoom_ok: bool  # whether one pixel of the image was one of the screen


@dataclass(frozen=True)
class ScoreTable:
    """Scores of raters (rows) for stimuli (columns)."""

    raters: tuple[str, ...]
    stimuli: tuple[int, ...]
    scores: NDArray[np.float64]  # (raters, stimuli); NaN where there is no vote


@dataclass(frozen=True)
class Ratings:
    """All valid votes of a study."""

    study: Study
    simulated: bool  # whether raters were programs; everything made from these votes says so
    raters: tuple[str, ...]  # raters with at least one vote that counts, in order of their codes
    rows: tuple[Rating, ...]  # votes by rater, and of each rater in the order of voting

    def table(self, phase: Phase = "main", data: str | None = None) -> ScoreTable:
        """Return the scores of one phase other than practice, on all datasets or one."""
        columns = [stimulus.id for stimulus in self.study.stimuli if data in (None, stimulus.data)]
        return ScoreTable(self.raters, tuple(columns), self._scores[phase][:, columns])

    @cached_property
    def _scores(self) -> dict[Phase, NDArray[np.float64]]:
        """Scores (raters, stimuli) by phase; cached because a report asks for its tables some fifty times."""
        rows = {rater: row for row, rater in enumerate(self.raters)}
        phases: tuple[Phase, ...] = ("warm-up", "main", "retest")
        scores = {phase: np.full((len(rows), len(self.study.stimuli)), np.nan) for phase in phases}
        for rating in self.of(*phases):
            if rating.rater in rows:
                scores[rating.phase][rows[rating.rater], rating.stimulus] = rating.score
        return scores

    def of(self, *phases: Phase) -> Iterable[Rating]:
        """Return the votes of some phases."""
        return (rating for rating in self.rows if rating.phase in phases)
