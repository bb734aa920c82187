"""Comparison with the paper: printed scores of a study's methods, and a study's scores for the rows of its tables.

A study may name a method as a table does, or by the name of our model for it.
"""

import math
from collections.abc import Collection, Mapping

from srgan.errors import DataError
from srgan.paper import MODELS, TABLE1, TABLE2, TWINS, Opinions, Published
from srgan_study.analysis.mean_opinion import compute_opinions
from srgan_study.analysis.screening import RULES, compute_screened_opinions
from srgan_study.analysis.study_analysis import find_decider
from srgan_study.study import Screening
from srgan_study.votes.exports import BY_PROGRAMS, SIMULATED
from srgan_study.votes.ratings import Ratings


def match_rows(published: Published, methods: Collection[str]) -> Mapping[str, str]:
    """Return a study's method for each row of a table that has one.

    That is the method of the row's own name, else our model of it, else either by the other table's name of the row.
    """
    matches = {}
    for row in published.methods:
        twin = TWINS.get(row)
        names = [row, MODELS.get(row), twin, MODELS.get(twin) if twin else None]
        name = next((name for name in names if name in methods), None)
        if name is not None:
            matches[row] = name
    return matches


def find_printed_score(method: str, data: str) -> float | None:
    """Return the MOS that the paper's tables print of a study's method on a set, if any."""
    for published in (TABLE2, TABLE1):
        for row in match_rows(published, (method,)):
            score = published.of(row, data).get("mos")
            if score is not None:
                return float(score)
    return None


def describe_rule(rule: Screening) -> str:
    """Return how a rule treats raters, in words that follow a noun."""
    return "unscreened" if rule == "none" else f"screened by {rule} ({RULES[rule]})"


def warn_of_decider(rater: str) -> str:
    """Return a warning that one rater decides the maximum-likelihood scores."""
    return (
        f"Maximum likelihood gives {rater} more weight than all others together, as it may with few raters: its scores "
        "are hardly the panel's, so do not rely on what is by mle."
    )


def collect_opinions(ratings: Ratings, published: Published) -> Opinions:
    """Return a study's scores for the rows of a table, by the screening rule frozen with the study.

    Raises:
        DataError: if there is no vote on any row's method.
    """
    study, rule = ratings.study, ratings.study.design.screening
    rows = match_rows(published, [method.name for method in study.methods])
    scores: dict[tuple[str, str], float] = {}
    for data in study.sets:
        if rule == "none":
            means = {opinion.method: opinion.mean for opinion in compute_opinions(ratings, data=data)}
        else:
            screened = compute_screened_opinions(ratings, rule, data=data)
            means = {opinion.method: opinion.score.mean for opinion in screened}
        scores |= {(row, data): means[name] for row, name in rows.items() if not math.isnan(means.get(name, math.nan))}
    if not scores:
        raise DataError(f"no row of {published.name} was rated in this study: choose another study")
    others = ", ".join(f"{row} is {method}" for row, method in rows.items() if row != method)
    who = f"{len(ratings.raters)} {'programs' if ratings.simulated else 'raters'}"
    decider = find_decider(ratings) if rule == "mle" else None
    notes = (
        *([f"{BY_PROGRAMS}: they say nothing of how good pictures are."] if ratings.simulated else []),
        f"MOS of ours: study {study.hash}, {who}, {describe_rule(rule)}. Those published are of other raters.",
        *([f"As the study calls them: {others}."] if others else []),
        *([warn_of_decider(decider)] if decider else []),
    )
    return Opinions(scores, notes, SIMULATED if ratings.simulated else "")
