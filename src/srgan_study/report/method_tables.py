"""Tables on methods: opinion scores, the paper's Tables 1 and 2, distributions, single images, and screening."""

from collections.abc import Iterable

from srgan.evaluation import Interval
from srgan.paper import TABLE1, TABLE2, Published
from srgan.reporting import Column, Number, Table, mark_best
from srgan_study.analysis.mean_opinion import UNKNOWN
from srgan_study.analysis.paper_comparison import describe_rule, find_printed_score, match_rows, warn_of_decider
from srgan_study.analysis.screening import RULES
from srgan_study.analysis.study_analysis import SetAnalysis, StudyAnalysis
from srgan_study.report.table_cells import Columns, show_change, show_count, show_interval, show_score, tabulate
from srgan_study.study import LABELS, Screening


def make_overview(analysis: StudyAnalysis) -> Table:
    """Return the MOS of every method on every set."""
    methods = [method.name for method in analysis.ratings.study.methods]
    columns: Columns = [("method", methods)]
    for found in analysis.sets:
        fields = (f"{found.data} low", f"{found.data} high")
        columns += _make_columns(_score(found, methods, analysis.rule), f"{found.data} MOS", "95 %", fields)
    notes = (
        f"From 1 (bad) to 5 (excellent), {describe_rule(analysis.rule)}.",
        f"95 % over raters: {describe_interval(analysis.rule)}",
        *(list_warnings(analysis) if analysis.rule == "mle" else ()),
    )
    return tabulate("Mean opinion scores (MOS)", columns, notes)


def make_opinion_table(analysis: StudyAnalysis, found: SetAnalysis) -> Table:
    """Return all opinion scores on one set."""
    study, rule, methods, opinions = analysis.ratings.study, analysis.rule, found.methods, found.opinions
    scores, both = _score(found, methods, rule), "over raters and pictures"
    numbers = [Number.of(score.mean, spec=".2f") for score in scores]
    ranked = mark_best(numbers, [method != study.reference for method in methods])
    columns: Columns = [
        ("method", methods),
        ("MOS", [(number,) for number in ranked]),
        (
            Column("95 % over raters", ("low over raters", "high over raters")),
            [show_interval(score) for score in scores],
        ),
        (
            Column(f"95 % {both}", (f"low {both}", f"high {both}")),
            [show_interval(one.by_rater_and_image) for one in opinions],
        ),
        (
            Column("MOS printed in the paper", ("MOS published",)),
            [show_score(find_printed_score(method, found.data)) for method in methods],
        ),
    ]
    if found.differential:
        dmos = {one.method: Interval(one.mean, one.by_rater.low, one.by_rater.high) for one in found.differential}
        columns += _make_columns(
            [dmos.get(method, UNKNOWN) for method in methods],
            "DMOS", "DMOS 95 % over raters", ("DMOS low over raters", "DMOS high over raters"),
        )  # fmt: skip
    columns += [
        ("standard deviation", [show_score(one.sd) for one in opinions]),
        ("votes", [show_count(one.votes) for one in opinions]),
        ("raters", [show_count(one.raters) for one in opinions]),
    ]
    pictures = len({image.content for image in found.images})
    again = " Second votes on a version are left out." if study.retest else ""
    notes = [
        f"MOS: the mean of votes from 1 to 5, {describe_rule(rule)}. {pictures} pictures.{again}",
        f"95 % over raters: {describe_interval(rule)}",
        "95 % over raters and pictures: bootstrap of the unscreened votes; holds for other raters and other such "
        "pictures.",
    ]
    if rule == "none" and any(abs(one.mean - one.by_rater.mean) >= 0.005 for one in opinions):
        notes.append(
            "Not every rater voted on everything: the interval over raters is that of the mean of their means, which "
            "is not quite the MOS."
        )
    notes += list_warnings(analysis) if rule == "mle" else ()
    if found.differential:
        notes.append(
            f"DMOS: the vote less the same rater's vote on the true picture ({study.reference}), plus 5: 5 is as good "
            "as the true picture. Unscreened."
        )
    if study.reference in methods:
        notes.append(f"The best is that of the methods: {study.reference}, the true picture, is no method.")
    return tabulate(f"{found.data}: opinion scores", columns, notes)


def make_paper_tables(analysis: StudyAnalysis) -> dict[str, Table]:
    """Return the opinion scores of the paper's Tables 1 and 2 by the tables' names, those with rows in the study."""
    tables = {published.name: _make_paper_table(analysis, published) for published in (TABLE1, TABLE2)}
    return {name: table for name, table in tables.items() if table is not None}


def _make_paper_table(analysis: StudyAnalysis, published: Published) -> Table | None:
    rows = match_rows(published, [method.name for method in analysis.ratings.study.methods])
    by_name = {found.data: found for found in analysis.sets}
    sets = [by_name[data] for data in published.sets if data in by_name]
    if not rows or not sets:
        return None
    columns: Columns = [("method", published.methods)]
    for found in sets:
        cells = []
        for row in published.methods:
            (score,) = _score(found, [rows.get(row, "")], analysis.rule)
            printed = float(published.of(row, found.data).get("mos", "nan"))
            cells.append((*show_score(score.mean), *show_score(printed), *show_change(score.mean - printed)))
        fields = (f"{found.data} MOS", f"{found.data} MOS published", f"{found.data} MOS difference")
        columns.append((Column(f"{found.data}: ours / published / difference", fields), cells))
    others = [f"{row} is {method}" for row, method in rows.items() if row != method]
    notes = [
        f"MOS {describe_rule(analysis.rule)}. Published: {published.source}, of other raters who saw other versions."
    ]
    notes += [f"As this study calls them: {', '.join(others)}."] if others else []
    return tabulate(f"{published.title}: mean opinion scores", columns, notes)


def make_distribution_table(found: SetAnalysis) -> Table:
    """Return the numbers of Figure 5: how often each score was given."""
    columns: Columns = [("method", found.methods)]
    for place, (score, label) in enumerate(LABELS.items()):
        columns.append((f"{score} {label.lower()}", [show_count(one.counts[place]) for one in found.opinions]))
    columns += [
        ("votes", [show_count(one.votes) for one in found.opinions]),
        ("mean", [show_score(one.mean) for one in found.opinions]),
    ]
    return tabulate(f"{found.data}: how often each score was given", columns, ["Unscreened votes."])


def make_image_table(found: SetAnalysis) -> Table:
    """Return the MOS of every version of every image, one image per line."""
    means = {(image.content, image.method): image.score.mean for image in found.images}
    contents = list(dict.fromkeys(image.content for image in found.images))
    columns: Columns = [("picture", contents)]
    columns += [
        (method, [show_score(means.get((content, method))) for content in contents]) for method in found.methods
    ]
    notes = ["Mean of unscreened votes; intervals and numbers of votes are in versions.csv."]
    return tabulate(f"{found.data}: mean opinion score of each picture", columns, notes)


def make_version_table(analysis: StudyAnalysis) -> Table:
    """Return every stimulus with its MOS, interval and votes, for computing."""
    images = [image for found in analysis.sets for image in found.images]
    columns: Columns = [
        ("id", [show_count(image.stimulus) for image in images]),
        ("set", [image.data for image in images]),
        ("picture", [image.content for image in images]),
        ("method", [image.method for image in images]),
        ("votes", [show_count(image.votes) for image in images]),
        ("MOS", [show_score(image.score.mean) for image in images]),
        ("low", [show_score(image.score.low) for image in images]),
        ("high", [show_score(image.score.high) for image in images]),
        ("standard deviation", [show_score(image.sd) for image in images]),
    ]
    for place, score in enumerate(LABELS):
        columns.append((f"votes of {score}", [show_count(image.counts[place]) for image in images]))
    return tabulate("Every version", columns, ["Unscreened; 95 % intervals by Student's t over the raters who voted."])


def make_screening_table(analysis: StudyAnalysis) -> Table:
    """Return scores with and without each rule, side by side."""
    rated = [(found, method) for found in analysis.sets for method in found.methods if found.score(method, "none")]
    plain = [found.score(method, "none") or UNKNOWN for found, method in rated]
    columns: Columns = [("set", [found.data for found, _ in rated]), ("method", [method for _, method in rated])]
    for rule in RULES:
        scores = [found.score(method, rule) or UNKNOWN for found, method in rated]
        cells = [(*show_score(one.mean), *show_interval(one)) for one in scores]
        fields, what = [f"{rule} MOS", f"{rule} low", f"{rule} high"], "MOS / 95 %"
        if rule != "none":
            fields, what = [*fields, f"{rule} less none"], f"{what} / change"
            changes = [show_change(one.mean - base.mean) for one, base in zip(scores, plain, strict=True)]
            cells = [(*cell, *change) for cell, change in zip(cells, changes, strict=True)]
        title = ("no screening" if rule == "none" else rule) + " (the study's rule)" * (rule == analysis.rule)
        columns.append((Column(f"{title}: {what}", tuple(fields)), cells))
    notes = []
    for rule in RULES:
        if rule != "none":
            rejected = [rater.rater for rater in analysis.raters if rule in rater.rejected]
            notes.append(f"{rule}: {RULES[rule]}; left out: {', '.join(rejected) or 'nobody'}.")
    notes += [
        f"The rule of the main numbers, {analysis.rule}, was frozen with the study, before there were votes; the "
        "others are shown to see whether it matters.",
        f"95 % over raters: {describe_interval('none')}",
        f"95 % by p913 and mle: {describe_interval('mle')}",
        *list_warnings(analysis),
    ]
    return tabulate("Opinion scores with and without each rule", columns, notes)


def describe_interval(rule: Screening) -> str:
    """Return what an interval over raters of a score by a rule covers."""
    if rule in ("p913", "mle"):
        return (
            "Student's t over the raters' means without their biases. It says how sure a method's place among the "
            "others is, and is much narrower than one for the score that other raters would give: for that, read the "
            "interval of unscreened votes."
        )
    which = "the raters' means" if rule == "none" else "the means of the raters who are left"
    return f"Student's t over {which}; holds for other raters of the same pictures."


def list_warnings(analysis: StudyAnalysis) -> tuple[str, ...]:
    """Return a warning where maximum likelihood gives one rater more weight than all others."""
    return (warn_of_decider(analysis.decided_alone),) if analysis.decided_alone else ()


def _score(found: SetAnalysis, methods: Iterable[str], rule: Screening) -> list[Interval]:
    return [found.score(method, rule) or UNKNOWN for method in methods]


def _make_columns(scores: list[Interval], title: str, interval: str, fields: tuple[str, str]) -> Columns:
    """Return a column of scores and one of their intervals."""
    return [
        (title, [show_score(score.mean) for score in scores]),
        (Column(interval, fields), [show_interval(score) for score in scores]),
    ]
