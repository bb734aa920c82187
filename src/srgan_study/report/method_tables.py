"""The tables of a study on its methods: opinions, the paper's Tables 1 and 2, distributions, pictures, differences.

Every table names the study, and says SIMULATED where programs voted. This module does not know files or pages.
"""

import math
from dataclasses import replace

from srgan.paper.published import TABLE1, TABLE2, Published
from srgan.reporting.table import MISSING, Cell, Column, Number, Table
from srgan_study.analysis.mean_opinion import MeanOpinion
from srgan_study.analysis.paper_comparison import find_printed_score, match_rows, warn_of_decider
from srgan_study.analysis.screening import RULES
from srgan_study.analysis.study_analysis import SetAnalysis, StudyAnalysis
from srgan_study.study import LABELS, Screening
from srgan_study.votes.exports import BY_PROGRAMS, SIMULATED, mark
from srgan_study.votes.ratings import Ratings


def marked(table: Table, ratings: Ratings) -> Table:
    """The table with the study named below it, and above it a warning if programs voted."""
    note = f"Study {ratings.study.hash}: {ratings.study.title}"
    if not ratings.simulated:
        return replace(table, notes=(*table.notes, note))
    return replace(table, title=f"{SIMULATED}: {table.title}", notes=(f"{BY_PROGRAMS}.", *table.notes, note))


def csv_of(table: Table, ratings: Ratings) -> str:
    """The table as CSV, in which every line begins with the study's mark."""
    rows = tuple((mark(ratings), *row) for row in table.rows)
    return replace(table, header=(Column("study"), *table.header), rows=rows).csv()


def overview(findings: StudyAnalysis) -> Table:
    """The mean opinion score of every method on every set, at a glance."""
    rows: list[tuple[Cell, ...]] = []
    for method in findings.ratings.study.methods:
        cells: list[Cell] = [method.name]
        for found in findings.sets:
            score = found.score(method.name, findings.rule)
            cells += [
                (number(score.mean if score else math.nan),),
                (interval(score.low, score.high) if score else interval(math.nan, math.nan),),
            ]
        rows.append(tuple(cells))
    header = [Column("method")]
    for found in findings.sets:
        header += [Column(f"{found.data} MOS"), Column("95 %", (f"{found.data} low", f"{found.data} high"))]
    notes = (
        f"From 1 (bad) to 5 (excellent), {_rule_words(findings.rule)}.",
        f"95 % over raters: {interval_words(findings.rule)}",
        *(alone(findings) if findings.rule == "mle" else ()),
    )
    return Table("Mean opinion scores (MOS)", tuple(header), tuple(rows), notes)


def opinions(findings: StudyAnalysis, found: SetAnalysis) -> Table:
    """What raters think of each method on one set."""
    reference = findings.ratings.study.reference
    differential = {opinion.method: opinion for opinion in found.differential}
    scores = {method: found.score(method, findings.rule) for method in found.methods}
    ranks = _ranks({method: score.mean for method, score in scores.items() if score and method != reference})
    rows: list[tuple[Cell, ...]] = []
    for opinion in found.opinions:
        score, both = scores[opinion.method], opinion.by_rater_and_image
        cells: list[Cell] = [
            opinion.method,
            (number(score.mean if score else math.nan, rank=ranks.get(opinion.method, 0)),),
            (interval(score.low, score.high) if score else interval(math.nan, math.nan),),
            (interval(both.low, both.high),),
            (number(find_printed_score(opinion.method, found.data)),),
        ]
        if differential:
            other = differential.get(opinion.method)
            cells += [
                (number(other.mean if other else math.nan),),
                (interval(other.by_rater.low, other.by_rater.high) if other else interval(math.nan, math.nan),),
            ]
        rows.append((*cells, (number(opinion.sd),), (whole(opinion.votes),), (whole(opinion.raters),)))
    header = [
        Column("method"),
        Column("MOS"),
        Column("95 % over raters", ("low over raters", "high over raters")),
        Column("95 % over raters and pictures", ("low over raters and pictures", "high over raters and pictures")),
        Column("MOS printed in the paper", ("MOS published",)),
    ]
    if differential:
        header += [Column("DMOS"), Column("DMOS 95 % over raters", ("DMOS low over raters", "DMOS high over raters"))]
    header += [Column("standard deviation"), Column("votes"), Column("raters")]
    pictures = len({image.content for image in found.images})
    again = " Second votes on a version are left out." if findings.ratings.study.retest else ""
    notes = [
        f"MOS: the mean of votes from 1 to 5, {_rule_words(findings.rule)}. {pictures} pictures.{again}",
        f"95 % over raters: {interval_words(findings.rule)}",
        "95 % over raters and pictures: bootstrap of the unscreened votes; holds for other raters and other such "
        "pictures.",
    ]
    if findings.rule == "none" and any(abs(other.mean - other.by_rater.mean) >= 0.005 for other in found.opinions):
        notes.append(
            "Not every rater voted on everything: the interval over raters is that of the mean of their means, which "
            "is not quite the MOS."
        )
    notes += alone(findings) if findings.rule == "mle" else ()
    if differential:
        notes.append(
            f"DMOS: the vote less the same rater's vote on the true picture ({reference}), plus 5: 5 is as good as the "
            "true picture. Unscreened."
        )
    if reference in scores:
        notes.append(f"The best is that of the methods: {reference}, the true picture, is no method.")
    return Table(f"{found.data}: opinion scores", tuple(header), tuple(rows), tuple(notes))


def paper_tables(findings: StudyAnalysis) -> dict[str, Table]:
    """The columns of opinion of the paper's Tables 1 and 2, by the tables' names; without rows of them, no table."""
    tables = {published.name: _paper_table(findings, published) for published in (TABLE1, TABLE2)}
    return {name: table for name, table in tables.items() if table is not None}


def _paper_table(findings: StudyAnalysis, published: Published) -> Table | None:
    standing = match_rows(published, [method.name for method in findings.ratings.study.methods])
    sets = sorted(
        (found for found in findings.sets if found.data in published.sets),
        key=lambda found: published.sets.index(found.data),
    )
    if not standing or not sets:
        return None
    header = [Column("method")]
    for found in sets:
        fields = (f"{found.data} MOS", f"{found.data} MOS published", f"{found.data} MOS difference")
        header.append(Column(f"{found.data}: ours / published / difference", fields))
    rows: list[tuple[Cell, ...]] = []
    for row in published.methods:
        cells: list[Cell] = [row]
        for found in sets:
            score = found.score(standing[row], findings.rule) if row in standing else None
            ours = score.mean if score else math.nan
            printed = float(published.of(row, found.data).get("mos", "nan"))
            cells.append((number(ours), number(printed), number(ours - printed, signed=True)))
        rows.append(tuple(cells))
    others = [f"{row} is {method}" for row, method in standing.items() if row != method]
    notes = [
        f"MOS {_rule_words(findings.rule)}. Published: {published.source}, of other raters who saw other versions."
    ]
    notes += [f"As this study calls them: {', '.join(others)}."] if others else []
    return Table(f"{published.title}: mean opinion scores", tuple(header), tuple(rows), tuple(notes))


def distribution(found: SetAnalysis) -> Table:
    """The numbers of Figure 5: how often each score was given."""
    header = [Column("method"), *(Column(f"{score} {label.lower()}") for score, label in LABELS.items())]
    rows: list[tuple[Cell, ...]] = [
        (
            opinion.method,
            *((whole(count),) for count in opinion.counts),
            (whole(opinion.votes),),
            (number(opinion.mean),),
        )
        for opinion in found.opinions
    ]
    header += [Column("votes"), Column("mean")]
    return Table(f"{found.data}: how often each score was given", tuple(header), tuple(rows), ("Unscreened votes.",))


def pictures(found: SetAnalysis) -> Table:
    """The mean opinion score of every version of every picture, a picture a line."""
    scores = {(image.content, image.method): image for image in found.images}
    rows: list[tuple[Cell, ...]] = []
    for content in dict.fromkeys(image.content for image in found.images):
        images = [scores.get((content, method)) for method in found.methods]
        rows.append((content, *((number(image.score.mean if image else math.nan),) for image in images)))
    header = (Column("picture"), *(Column(method) for method in found.methods))
    notes = ("Mean of unscreened votes; intervals and numbers of votes are in versions.csv.",)
    return Table(f"{found.data}: mean opinion score of each picture", header, tuple(rows), notes)


def versions(findings: StudyAnalysis) -> Table:
    """Every version with its interval, its votes and the rules' scores: for computing."""
    header = ["id", "set", "picture", "method"]
    numbers = ["votes", "MOS", "low", "high", "standard deviation", *(f"votes of {score}" for score in LABELS)]
    rows: list[tuple[Cell, ...]] = []
    for found in findings.sets:
        for image in found.images:
            score = image.score
            cells: list[Cell] = [(number(value),) for value in (score.mean, score.low, score.high, image.sd)]
            counts: list[Cell] = [(whole(count),) for count in image.counts]
            names: tuple[Cell, ...] = ((whole(image.stimulus),), image.data, image.content, image.method)
            rows.append((*names, (whole(image.votes),), *cells, *counts))
    notes = ("Unscreened; 95 % intervals by Student's t over the raters who voted.",)
    return Table("Every version", tuple(map(Column, header + numbers)), tuple(rows), notes)


def screened(findings: StudyAnalysis) -> Table:
    """Scores with and without each rule, side by side."""
    rows: list[tuple[Cell, ...]] = []
    for found in findings.sets:
        for method in found.methods:
            plain = found.score(method, "none")
            if plain is not None:
                beside = (_beside(found.score(method, rule), plain) for rule in RULES if rule != "none")
                cell: Cell = (number(plain.mean), interval(plain.low, plain.high))
                rows.append((found.data, method, cell, *beside))
    header = [Column("set"), Column("method")]
    for rule in RULES:
        title = "no screening" if rule == "none" else str(rule)
        if rule == findings.rule:
            title = f"{title} (the study's rule)"
        fields = (f"{rule} MOS", f"{rule} low", f"{rule} high", f"{rule} less none")
        what, count = ("MOS / 95 %", 3) if rule == "none" else ("MOS / 95 % / change", 4)
        header.append(Column(f"{title}: {what}", fields[:count]))
    out = {
        rule: [rater.rater for rater in findings.raters if rule in rater.rejected] for rule in RULES if rule != "none"
    }
    notes = [f"{rule}: {RULES[rule]}; left out: {', '.join(raters) or 'nobody'}." for rule, raters in out.items()]
    notes.append(
        f"The rule of the main numbers, {findings.rule}, was frozen with the study, before there were votes; the "
        "others are shown to see whether it matters."
    )
    notes += [
        f"95 % over raters: {interval_words('none')}",
        f"95 % by p913 and mle: {interval_words('mle')}",
        *alone(findings),
    ]
    return Table("Opinion scores with and without each rule", tuple(header), tuple(rows), tuple(notes))


def interval_words(rule: Screening) -> str:
    """What an interval over raters of a score by a rule says, and what it does not."""
    if rule in ("p913", "mle"):
        return (
            "Student's t over the raters' means without their biases. It says how sure a method's place among the "
            "others is, and is much narrower than one for the score that other raters would give: for that, read the "
            "interval of unscreened votes."
        )
    which = "the raters' means" if rule == "none" else "the means of the raters who are left"
    return f"Student's t over {which}; holds for other raters of the same pictures."


def alone(findings: StudyAnalysis) -> tuple[str, ...]:
    """A warning where maximum likelihood listens to one rater more than to all others."""
    return (warn_of_decider(findings.decided_alone),) if findings.decided_alone else ()


def number(value: float | None, *, signed: bool = False, rank: int = 0) -> Number:
    """A score as it is printed: two digits."""
    if value is None or math.isnan(value):
        return Number(MISSING, (math.nan,))
    text = f"{value:{'+' if signed else ''}.2f}"
    return Number(text[1:] if signed and not float(text) else text, (float(value),), rank)


def interval(low: float, high: float) -> Number:
    """Two bounds as one cell."""
    return Number(MISSING if math.isnan(low) else f"{low:.2f} to {high:.2f}", (float(low), float(high)))


def whole(value: int) -> Number:
    """A count."""
    return Number(f"{value:,}", (value,))


def p_value(value: float) -> Number:
    """A p as it is printed: three digits, or that it is smaller."""
    return Number("<.001" if value < 0.0005 else f"{value:.3f}".replace("0.", ".", 1), (value,))


def _rule_words(rule: Screening) -> str:
    return "unscreened" if rule == "none" else f"screened by {rule} ({RULES[rule]})"


def _ranks(means: dict[str, float]) -> dict[str, int]:
    """1 for the best as it is printed, the second best 2; the only one has no rank."""
    printed = sorted({f"{mean:.2f}" for mean in means.values()}, key=float, reverse=True)
    ranks = {text: rank for rank, text in enumerate(printed[:2], 1)} if len(printed) > 1 else {}
    return {method: ranks.get(f"{mean:.2f}", 0) for method, mean in means.items()}


def _beside(score: MeanOpinion | None, plain: MeanOpinion) -> Cell:
    if score is None:
        return (number(None), interval(math.nan, math.nan), number(None))
    return (number(score.mean), interval(score.low, score.high), number(score.mean - plain.mean, signed=True))
