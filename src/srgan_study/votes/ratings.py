"""The votes of a study as analysis reads them: one row a vote that stands, and tables of raters by versions.

This module does not know how votes are stored or cast.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from srgan_study.study import Study

Phase = Literal["practice", "warm-up", "main", "retest"]
"""Practice and warm-up never count. Of a version that is rated twice, the first vote is `main`, the second `retest`."""


@dataclass(frozen=True)
class Rating:
    """A vote that stands: the last one cast, where a rater took one back."""

    rater: str
    """A code; no name."""
    sitting: int
    """From 1: a new one begins after every pause."""
    position: int
    """Its place in the rater's own order, from 0; practice has an order of its own."""
    phase: Phase
    stimulus: int
    """The id in the study: in its list of practice for practice, in that of stimuli for all else."""
    score: int
    """1 to 5."""
    revisions: int
    """Votes on it that were taken back."""
    shown_at: str
    """By the rater's clock, ISO 8601 in UTC; empty if it was not told."""
    voted_at: str
    """By the server's clock, ISO 8601 in UTC."""
    response_ms: int
    """From when the picture was painted to the vote, by the rater's clock."""
    client: str
    """A random name of the browser tab."""
    device_pixel_ratio: float
    viewport_width: int
    viewport_height: int
    zoom_ok: bool
    """Whether one pixel of the picture was one of the screen."""


@dataclass(frozen=True)
class Ratings:
    """All votes of a study that stand."""

    study: Study
    simulated: bool
    """Whether raters were programs: said on every page and file that is made of these."""
    raters: tuple[str, ...]
    """Who cast at least one vote that counts, in order of their codes."""
    rows: tuple[Rating, ...]
    """In order of raters, and of each in the order of voting."""

    def table(self, phase: Phase = "main", data: str | None = None) -> "ScoreTable":
        """The scores of one phase, on all sets or one; not of practice, which is of other pictures."""
        columns = [column for column, stimulus in enumerate(self.study.stimuli) if data in (None, stimulus.data)]
        stimuli = tuple(self.study.stimuli[column].id for column in columns)
        return ScoreTable(self.raters, stimuli, self._scores[phase][:, columns])

    @cached_property
    def _scores(self) -> dict[Phase, NDArray[np.float64]]:
        """(raters, stimuli) of each phase in which these are rated: a report asks for its tables some fifty times."""
        rows = {rater: row for row, rater in enumerate(self.raters)}
        columns = {stimulus.id: column for column, stimulus in enumerate(self.study.stimuli)}
        phases: tuple[Phase, ...] = ("warm-up", "main", "retest")
        scores = {phase: np.full((len(rows), len(columns)), np.nan) for phase in phases}
        for rating in self.of(*phases):
            if rating.rater in rows and rating.stimulus in columns:
                scores[rating.phase][rows[rating.rater], columns[rating.stimulus]] = rating.score
        return scores

    def of(self, *phases: Phase) -> Iterable[Rating]:
        """The votes of some phases."""
        return (rating for rating in self.rows if rating.phase in phases)


@dataclass(frozen=True)
class ScoreTable:
    """Scores of raters (rows) for stimuli (columns); NaN where there is no vote."""

    raters: tuple[str, ...]
    stimuli: tuple[int, ...]
    scores: NDArray[np.float64]
    """(raters, stimuli)."""
