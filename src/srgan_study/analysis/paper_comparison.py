"""The methods of a study as the paper's tables call them: their printed scores of opinion, and a study's beside those.

A study may name a method as a table does, or by the model of ours that stands for it.
"""

import math
from collections.abc import Collection, Mapping

from srgan.errors import DataError
from srgan.paper.opinions import Opinions
from srgan.paper.published import MODELS, TABLE1, TABLE2, TWINS, Published
from srgan_study.analysis import mean_opinion as opinion
from srgan_study.analysis import screening
from srgan_study.analysis.screening import RULES
from srgan_study.analysis.study_analysis import decided_alone
from srgan_study.votes.exports import BY_PROGRAMS, SIMULATED
from srgan_study.votes.ratings import Ratings


def rows_of(published: Published, methods: Collection[str]) -> Mapping[str, str]:
    """By row of a table, the method of a study that stands for it.

    That is the method of the row's own name, else the model of that name, else what the paper's other table calls the
    same method. A row for which there is none is left out.
    """
    found = {}
    for row in published.methods:
        twin = TWINS.get(row)
        names = [row, MODELS.get(row), twin, MODELS.get(twin) if twin else None]
        name = next((name for name in names if name in methods), None)
        if name is not None:
            found[row] = name
    return found


def printed_score(method: str, data: str) -> float | None:
    """The mean opinion score that the paper's tables print of a method of a study on a set; None where none was."""
    for published in (TABLE2, TABLE1):
        for row in rows_of(published, (method,)):
            score = published.of(row, data).get("mos")
            if score is not None:
                return float(score)
    return None


def alone_words(rater: str) -> str:
    """What is to be said where a rater alone has more than half of all weight by maximum likelihood."""
    return (
        f"Maximum likelihood gives {rater} more weight than all others together, as it may with few raters: its scores "
        "are hardly the panel's, so do not rely on what is by mle."
    )


def opinions_of(ratings: Ratings, published: Published) -> Opinions:
    """A study's scores for the rows of a table, by the screening that was frozen with the study.

    Raises:
        DataError: if there is no vote on any method that a row stands for.
    """
    study, rule = ratings.study, ratings.study.design.screening
    rows = rows_of(published, [method.name for method in study.methods])
    scores: dict[tuple[str, str], float] = {}
    for data in study.sets:
        found = _main_scores(ratings, data)
        scores |= {(row, data): found[method] for row, method in rows.items() if method in found}
    if not scores:
        raise DataError(f"no row of {published.name} was rated in this study: name another study with --study")
    others = ", ".join(f"{row} is {method}" for row, method in rows.items() if row != method)
    weighed = "unscreened" if rule == "none" else f"screened by {rule} ({RULES[rule]})"
    who = "programs" if ratings.simulated else "raters"
    notes = [
        f"MOS of ours: study {study.hash}, {len(ratings.raters)} {who}, {weighed}. Those published are of other raters."
    ]
    notes += [f"As the study calls them: {others}."] if others else []
    alone = decided_alone(ratings) if rule == "mle" else None
    notes += [alone_words(alone)] if alone else []
    if not ratings.simulated:
        return Opinions(scores, tuple(notes))
    return Opinions(scores, (f"{BY_PROGRAMS}: they say nothing of how good pictures are.", *notes), SIMULATED)


def _main_scores(ratings: Ratings, data: str) -> dict[str, float]:
    """The scores of a set's methods by the study's rule; those without a vote are left out."""
    rule = ratings.study.design.screening
    if rule == "none":
        return {found.method: found.mean for found in opinion.scores(ratings, data=data) if found.votes}
    screened = {found.method: found.score.mean for found in screening.opinions(ratings, rule, data=data)}
    return {method: mean for method, mean in screened.items() if not math.isnan(mean)}
