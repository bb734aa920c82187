"""A panel of raters made up in memory who rate a made-up study, for the tests of what is reported of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from srgan_study.study import Study
from srgan_study.votes.ratings import Phase, Rating, Ratings
from tests.helpers.studies_made_up import make_study
from tests.helpers.votes import rating

METHODS = ("nearest", "bicubic", "srresnet", "srgan", "HR")
QUALITY = {"nearest": 1.2, "bicubic": 2.1, "srresnet": 3.0, "srgan": 3.9, "HR": 4.6}


def study_in(
    folder: Path, sets: Mapping[str, int] | None = None, methods: Sequence[str] = METHODS, **design: Any
) -> Study:
    """A small study whose sets and methods the paper has too."""
    return make_study(folder, sets={"Set5": 4, "Set14": 3} if sets is None else sets, methods=methods, **design)


def rate(study: Study, raters: int = 6, *, simulated: bool = False, share: float = 1.0, seed: int = 0) -> Ratings:
    """Votes of normal raters on what they were shown, in an order by chance.

    Args:
        study: to be rated.
        raters: who rate.
        simulated: whether they are programs.
        share: of the votes that each casts before they stop.
        seed: of the votes.
    """
    generator = np.random.default_rng(seed)
    rows: list[Rating] = []
    for number in range(raters):
        code, bias = f"R{number + 1:02}", generator.normal(0, 0.2)

        def cast(
            place: int, stimulus: int, phase: Phase, quality: float, code: str = code, bias: float = bias
        ) -> Rating:
            score = int(np.clip(np.rint(quality + bias + generator.normal(0, 0.6)), 1, 5))
            more = {"sitting": 1 + place // 20, "shown_at": "2026-01-01T00:00:00Z", "revisions": int(place == 2)}
            return rating(code, place, stimulus, score, phase, response_ms=1500 + 10 * place, **more)

        rows += [cast(place, place, "practice", 1.5 + 1.5 * place) for place in range(len(study.practice))]
        order = [(int(place), "main") for place in generator.permutation(len(study.stimuli))]
        order += [(place, "retest") for place in study.retest]
        for place, (stimulus, phase) in enumerate(order[: round(share * len(order))]):
            rows.append(cast(place, stimulus, phase, QUALITY.get(study.stimuli[stimulus].method, 3.0)))  # type: ignore[arg-type]
    codes = dict.fromkeys(row.rater for row in rows if row.phase in ("main", "retest"))
    return Ratings(study, simulated, tuple(codes), tuple(rows))
