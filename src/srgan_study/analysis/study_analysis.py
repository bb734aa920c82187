"""Complete analysis of a study: the values that the report, its tables and its figures show."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from srgan.errors import DataError
from srgan.evaluation import Interval
from srgan_study.analysis import mean_opinion, reliability
from srgan_study.analysis.differences import UNITS, Difference, Unit, compare_methods
from srgan_study.analysis.mean_opinion import ImageOpinion, MethodOpinion
from srgan_study.analysis.order_effects import OrderEffects, measure_order_effects
from srgan_study.analysis.rater_outliers import Flag, correlate_raters, flag_raters
from srgan_study.analysis.screening import RULES, ScreenedOpinion, compute_screened_opinions, screen
from srgan_study.study import Screening
from srgan_study.votes.ratings import Rating, Ratings


@dataclass(frozen=True)
class SetAnalysis:
    """Results on one set."""

    data: str
    file: str  # name of the set in file names
    methods: tuple[str, ...]
    opinions: tuple[MethodOpinion, ...]  # of all votes, unscreened
    differential: tuple[MethodOpinion, ...]  # DMOS; empty without a hidden reference
    images: tuple[ImageOpinion, ...]
    screened: Mapping[Screening, tuple[ScreenedOpinion, ...]]
    differences: Mapping[Unit, tuple[Difference, ...]]  # empty until a rater has voted on two versions of an image

    def score(self, method: str, rule: Screening) -> Interval | None:
        """Return a method's MOS by a rule, with its interval over raters; None without a vote on this set.

        Unscreened it is the mean over votes, as in the paper; by a rule, the mean of the images' scores by that rule.
        """
        plain = next((opinion for opinion in self.opinions if opinion.method == method and opinion.votes), None)
        if plain is None:
            return None
        if rule == "none":
            return Interval(plain.mean, plain.by_rater.low, plain.by_rater.high)
        score = next(opinion.score for opinion in self.screened[rule] if opinion.method == method)
        return Interval(score.mean, score.low, score.high)


@dataclass(frozen=True)
class RaterAnalysis:
    """Results on one rater."""

    rater: str
    votes: int  # main votes and repeats
    finished: bool
    sittings: int
    seconds: float  # median response time
    revisions: int
    zoomed: int  # votes cast while image pixels were not screen pixels
    mean: float
    correlation: float  # Pearson's r with the mean of the others
    bias: float  # by maximum likelihood
    inconsistency: float  # by maximum likelihood
    rejected: tuple[Screening, ...]  # rules that reject the rater
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class StudyAnalysis:
    """Results of a study."""

    ratings: Ratings
    sets: tuple[SetAnalysis, ...]  # sets with votes
    raters: tuple[RaterAnalysis, ...]
    retest: reliability.Retest | None
    alphas: tuple[reliability.Alpha, ...]
    icc: reliability.PanelICC
    effects: OrderEffects
    decided_alone: str | None  # rater with more than half of all weight by maximum likelihood, if any

    @property
    def rule(self) -> Screening:
        """Rule of the main scores, frozen with the study."""
        return self.ratings.study.design.screening

    @property
    def votes(self) -> int:
        """Number of main votes and repeats."""
        return sum(rater.votes for rater in self.raters)


def analyse(ratings: Ratings) -> StudyAnalysis:
    """Compute all results of a study. Raises DataError if there is no vote that counts."""
    voted = {ratings.study.stimuli[rating.stimulus].data for rating in ratings.of("main")}
    if not voted:
        who = "simulated raters have" if ratings.simulated else "nobody has"
        raise DataError(f"{who} rated anything in this study yet: a report needs votes")
    table, names = ratings.table(), _name_files(ratings.study.sets)
    return StudyAnalysis(
        ratings,
        tuple(_analyse_set(ratings, data, file) for data, file in names.items() if data in voted),
        _analyse_raters(ratings),
        reliability.compare_retests(ratings),
        (reliability.compute_alpha(table, "ordinal"), reliability.compute_alpha(table, "interval")),
        reliability.compute_icc(table),
        measure_order_effects(ratings),
        find_decider(ratings),
    )


def find_decider(ratings: Ratings) -> str | None:
    """Return the rater among several with more than half of all weight by maximum likelihood, if any."""
    return screen(ratings.table(), "mle").decided_alone if len(ratings.raters) > 1 else None


def _name_files(sets: Sequence[str]) -> dict[str, str]:
    """Return a unique file name of plain letters for each set."""
    plain = {data: re.sub(r"[^A-Za-z0-9_-]", "_", data) for data in sets}
    alike = len(set(map(str.lower, plain.values()))) < len(plain)
    return {data: f"{place}-{name}" if alike else name for place, (data, name) in enumerate(plain.items(), 1)}


def _analyse_set(ratings: Ratings, data: str, file: str) -> SetAnalysis:
    opinions = mean_opinion.compute_opinions(ratings, data=data)
    has_reference = ratings.study.reference is not None
    try:
        differences = {unit: compare_methods(ratings, data, unit) for unit in UNITS}
    except DataError:
        differences = {}
    return SetAnalysis(
        data,
        file,
        tuple(opinion.method for opinion in opinions),
        opinions,
        mean_opinion.compute_differential_opinions(ratings, data=data) if has_reference else (),
        mean_opinion.compute_image_opinions(ratings, data=data),
        {rule: compute_screened_opinions(ratings, rule, data=data) for rule in RULES},
        differences,
    )


def _analyse_raters(ratings: Ratings) -> tuple[RaterAnalysis, ...]:
    table = ratings.table()
    screened = {rule: screen(table, rule) for rule in RULES}
    correlations, flags = correlate_raters(table), flag_raters(ratings)
    cast: dict[str, list[Rating]] = {rater: [] for rater in ratings.raters}
    for rating in ratings.of("main", "retest"):
        cast[rating.rater].append(rating)
    return tuple(
        RaterAnalysis(
            rater,
            votes=len(votes),
            finished=len(votes) >= ratings.study.ratings_per_rater,
            sittings=len({rating.sitting for rating in votes}),
            seconds=median(rating.response_ms for rating in votes) / 1000,
            revisions=sum(rating.revisions for rating in votes),
            zoomed=sum(not rating.zoom_ok for rating in votes),
            mean=float(np.nanmean(scores)) if np.isfinite(scores).any() else float("nan"),
            correlation=correlations[rater],
            bias=float(screened["mle"].bias[row]),
            inconsistency=float(screened["mle"].inconsistency[row]),
            rejected=tuple(rule for rule, result in screened.items() if result.rejected[row]),
            flags=tuple(flag for flag in flags if flag.rater == rater),
        )
        for row, ((rater, votes), scores) in enumerate(zip(cast.items(), table.scores, strict=True))
    )
