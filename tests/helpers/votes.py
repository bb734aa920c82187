"""Votes made up in memory, for the tests of what is reckoned from them: no pictures, no server."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from srgan_study.study import Design, Stimulus, StimulusImage, Study, StudyMethod
from srgan_study.votes.ratings import Phase, Rating, Ratings, ScoreTable

NAN = float("nan")
_SHOWN = StimulusImage("pictures/0.png", "0" * 64, 48, 40)


def study_of(
    sets: Mapping[str, int], methods: Sequence[str] = ("nearest", "bicubic", "good", "HR"), **design: Any
) -> Study:
    """Sets of pictures `p0`, `p1` and so on in versions of all methods; stimuli go picture by picture."""
    contents = [(data, f"p{number}") for data, count in sets.items() for number in range(count)]
    versions = [(data, content, method) for data, content in contents for method in methods]
    return Study(
        version="0",
        title="Pictures",
        design=Design(**design),
        methods=tuple(StudyMethod(name, name, name == "HR") for name in methods),
        stimuli=tuple(Stimulus(number, *version, _SHOWN) for number, version in enumerate(versions)),
        retest=(),
        practice=tuple(Stimulus(number, "practice", f"p{number}", "x", _SHOWN) for number in range(3)),
        calibration=(),
    )


def rating(rater: str, position: int, stimulus: int, score: int, phase: Phase = "main", **more: Any) -> Rating:
    """A vote about which nothing is odd, unless said."""
    usual: dict[str, Any] = {
        "sitting": 1,
        "revisions": 0,
        "shown_at": "",
        "voted_at": "2026-01-01T00:00:00Z",
        "response_ms": 2000,
        "client": "tab",
        "device_pixel_ratio": 1.0,
        "viewport_width": 1280,
        "viewport_height": 800,
        "zoom_ok": True,
    }
    return Rating(rater=rater, position=position, phase=phase, stimulus=stimulus, score=score, **{**usual, **more})


def ratings_of(
    study: Study,
    scores: NDArray[Any],
    *,
    orders: NDArray[Any] | None = None,
    again: Mapping[int, NDArray[Any]] | None = None,
) -> Ratings:
    """Votes from a table (raters, stimuli), NaN where there is none.

    Args:
        study: whose stimuli are the table's columns.
        scores: the table.
        orders: stimuli in the order in which each rater saw them; without, that of the study.
        again: second votes of all raters by stimulus.
    """
    raters = tuple(f"R{number + 1:02}" for number in range(len(scores)))
    rows = []
    for row, rater in enumerate(raters):
        order = range(scores.shape[1]) if orders is None else orders[row].tolist()
        seen = [
            rating(rater, place, column, int(scores[row, column]))
            for place, column in enumerate(order)
            if scores[row, column] == scores[row, column]
        ]
        seen += [
            rating(rater, len(order) + place, column, int(votes[row]), "retest")
            for place, (column, votes) in enumerate((again or {}).items())
            if votes[row] == votes[row]
        ]
        rows += seen
    return Ratings(study, True, raters, tuple(rows))


def table_of(scores: ArrayLike) -> ScoreTable:
    """The table of R01, R02 and so on (raters, stimuli)."""
    votes = np.asarray(scores, np.float64)
    return ScoreTable(tuple(f"R{row + 1:02}" for row in range(len(votes))), tuple(range(votes.shape[1])), votes)


def votes_by_chance(
    quality: NDArray[np.float64],
    raters: int,
    generator: np.random.Generator,
    *,
    bias: float = 0.3,
    noise: float = 0.6,
) -> NDArray[np.float64]:
    """(raters, stimuli): the quality of each stimulus as raters see it, with a bias of their own and normal noise."""
    seen = quality + generator.normal(0, bias, (raters, 1)) + generator.normal(0, noise, (raters, len(quality)))
    return np.clip(np.rint(seen), 1, 5)


def thinned(votes: NDArray[np.float64], share: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """The same with that share of votes missing."""
    return np.where(generator.random(votes.shape) < share, NAN, votes)
