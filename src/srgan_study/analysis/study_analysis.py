"""All that a study found, in one value: what the report, its tables and its figures show.

This module computes and does not draw or write; what it computes with is opinion.py and its neighbours.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from srgan.errors import DataError
from srgan_study.analysis import differences, reliability, screening
from srgan_study.analysis import mean_opinion as opinion
from srgan_study.analysis import order_effects as sequence
from srgan_study.analysis import rater_outliers as flags
from srgan_study.analysis.differences import UNITS, Difference, Unit
from srgan_study.analysis.mean_opinion import ImageOpinion, Opinion
from srgan_study.analysis.order_effects import Effects
from srgan_study.analysis.rater_outliers import Flag
from srgan_study.analysis.reliability import Alpha, PanelICC, Retest
from srgan_study.analysis.screening import RULES, Screened, ScreenedOpinion
from srgan_study.study import Screening
from srgan_study.votes.ratings import Rating, Ratings


@dataclass(frozen=True)
class Score:
    """The mean opinion score of a method by one rule, and the bounds of its 95 % interval over raters."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SetFindings:
    """What was found of the methods on one set."""

    data: str
    file: str
    """The set's name as part of a file's."""
    methods: tuple[str, ...]
    """In the study's order."""
    opinions: tuple[Opinion, ...]
    """Of every vote, unscreened."""
    differential: tuple[Opinion, ...]
    """DMOS; none without a hidden reference."""
    images: tuple[ImageOpinion, ...]
    screened: Mapping[Screening, tuple[ScreenedOpinion, ...]]
    differences: Mapping[Unit, tuple[Difference, ...]]
    """None where no rater has voted on two versions of a picture yet."""

    def score(self, method: str, rule: Screening) -> Score | None:
        """A method's score by a rule; None if it has no vote on this set.

        Unscreened it is the mean over votes, as in the paper; by a rule, the mean of the pictures' scores by that rule.
        """
        plain = next((found for found in self.opinions if found.method == method and found.votes), None)
        if plain is None:
            return None
        if rule == "none":
            return Score(plain.mean, plain.by_rater.low, plain.by_rater.high)
        found = next(found for found in self.screened[rule] if found.method == method)
        return Score(found.score.mean, found.score.low, found.score.high)


@dataclass(frozen=True)
class RaterFindings:
    """What one rater did."""

    rater: str
    votes: int
    """That count: first votes and repeats."""
    finished: bool
    sittings: int
    seconds: float
    """The median response time."""
    revisions: int
    """Votes taken back."""
    zoomed: int
    """Votes cast while a pixel of the picture was not one of the screen."""
    mean: float
    """Of the votes on the main phase."""
    correlation: float
    """Pearson's r with the mean of the others."""
    bias: float
    inconsistency: float
    """Both by maximum likelihood."""
    rejected: tuple[Screening, ...]
    """The rules that leave the rater out."""
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class Findings:
    """What a study found."""

    ratings: Ratings
    sets: tuple[SetFindings, ...]
    """Those with votes."""
    raters: tuple[RaterFindings, ...]
    retest: Retest | None
    alphas: tuple[Alpha, ...]
    icc: PanelICC
    effects: Effects
    decided_alone: str | None
    """The rater among several with more than half of all weight by maximum likelihood, if there is one."""

    @property
    def rule(self) -> Screening:
        """The rule of the main numbers, which was frozen with the study."""
        return self.ratings.study.design.screening

    @property
    def votes(self) -> int:
        """How many count."""
        return sum(rater.votes for rater in self.raters)


def find(ratings: Ratings) -> Findings:
    """Compute all there is to be found.

    Raises:
        DataError: if there is no vote that counts.
    """
    voted = {ratings.study.stimuli[rating.stimulus].data for rating in ratings.of("main")}
    if not voted:
        who = "simulated raters have" if ratings.simulated else "nobody has"
        raise DataError(f"{who} rated anything in this study yet: there is a report once there are votes")
    table = ratings.table()
    return Findings(
        ratings,
        tuple(_on_set(ratings, data, file) for data, file in _file_names(ratings.study.sets).items() if data in voted),
        _raters(ratings),
        reliability.retest(ratings),
        (reliability.krippendorff(table, "ordinal"), reliability.krippendorff(table, "interval")),
        reliability.icc(table),
        sequence.effects(ratings),
        decided_alone(ratings),
    )


def decided_alone(ratings: Ratings) -> str | None:
    """The rater with more than half of all weight by maximum likelihood; None if nobody has, or nobody else voted."""
    return screening.mle(ratings.table()).decided_alone if len(ratings.raters) > 1 else None


def _file_names(sets: Sequence[str]) -> dict[str, str]:
    """By set, a name of ordinary letters that no other has."""
    plain = {data: re.sub(r"[^A-Za-z0-9_-]", "_", data) for data in sets}
    alike = len(set(map(str.lower, plain.values()))) < len(plain)
    return {data: f"{place}-{name}" if alike else name for place, (data, name) in enumerate(plain.items(), 1)}


def _on_set(ratings: Ratings, data: str, file: str) -> SetFindings:
    opinions = opinion.scores(ratings, data=data)
    known = ratings.study.reference is not None
    return SetFindings(
        data,
        file,
        tuple(found.method for found in opinions),
        opinions,
        opinion.differential(ratings, data=data) if known else (),
        opinion.per_image(ratings, data=data),
        {rule: screening.opinions(ratings, rule, data=data) for rule in RULES},
        _differences(ratings, data),
    )


def _differences(ratings: Ratings, data: str) -> Mapping[Unit, tuple[Difference, ...]]:
    """Every test of a set; nothing where there is no pair of votes to compare."""
    try:
        return {unit: differences.compare(ratings, data, unit) for unit in UNITS}
    except DataError:
        return {}


def _raters(ratings: Ratings) -> tuple[RaterFindings, ...]:
    table, study = ratings.table(), ratings.study
    screened: dict[Screening, Screened] = {rule: screening.screen(table, rule) for rule in RULES}
    correlations, flagged = flags.correlations(table), flags.flags(ratings)
    cast: dict[str, list[Rating]] = {rater: [] for rater in ratings.raters}
    for rating in ratings.of("main", "retest"):
        if rating.rater in cast:
            cast[rating.rater].append(rating)
    return tuple(
        RaterFindings(
            rater,
            votes=len(votes),
            finished=len(votes) >= study.ratings_per_rater,
            sittings=len({rating.sitting for rating in votes}),
            seconds=median(rating.response_ms for rating in votes) / 1000 if votes else float("nan"),
            revisions=sum(rating.revisions for rating in votes),
            zoomed=sum(not rating.zoom_ok for rating in votes),
            mean=float(np.nanmean(table.scores[place])) if np.isfinite(table.scores[place]).any() else float("nan"),
            correlation=correlations[rater],
            bias=float(screened["mle"].bias[place]),
            inconsistency=float(screened["mle"].inconsistency[place]),
            rejected=tuple(rule for rule, found in screened.items() if found.rejected[place]),
            flags=tuple(flag for flag in flagged if flag.rater == rater),
        )
        for place, (rater, votes) in enumerate(cast.items())
    )
