"""The tables of a study's report on the study itself: its design, its raters, how far they agree, what order did.

This module does not know files or pages.
"""

import math

from srgan.reporting.table import Cell, Column, Number, Table
from srgan_study.analysis.mean_opinion import Estimate
from srgan_study.analysis.study_analysis import StudyAnalysis
from srgan_study.report.method_tables import alone, interval, number, p_value, whole


def design(findings: StudyAnalysis) -> Table:
    """How the study was done, and what had been settled before there were votes."""
    study, design = findings.ratings.study, findings.ratings.study.design
    kinds = [(data, [item for item in study.stimuli if item.data == data]) for data in study.sets]
    sets = [
        f"{data}: {len({item.content for item in items})} pictures x {len({item.method for item in items})} methods"
        for data, items in kinds
    ]
    order = "one set after another" if design.blocked else "all sets mixed"
    lines = [
        ("frozen", "study", study.title),
        ("frozen", "hash", study.hash),
        ("frozen", "made by", f"srgan {study.version}"),
        ("frozen", "what is rated", "; ".join(sets)),
        ("frozen", "ratings a rater", f"{study.ratings_per_rater:,}, {len(study.retest)} of them repeats"),
        ("frozen", "scale", "1 bad, 2 poor, 3 fair, 4 good, 5 excellent; one picture at a time (ACR, ITU-T P.910)"),
        ("frozen", "hidden reference", study.reference or "none"),
        ("frozen", "before the ratings", _before(findings)),
        ("frozen", "order", f"by chance for each rater (seed {design.seed}), {order}, at least {design.gap} between"
         " versions of one picture"),
        ("frozen", "rule of the main numbers", design.screening),
        ("frozen", "raters invited", f"{design.raters}"),
        ("seen", "raters who voted", f"{len(findings.raters)}"),
        ("seen", "raters who finished", f"{sum(rater.finished for rater in findings.raters)}"),
        ("seen", "votes that count", f"{findings.votes:,}"),
        ("seen", "votes taken back", f"{sum(rater.revisions for rater in findings.raters):,}"),
        ("seen", "sittings", _sittings(findings)),
        ("seen", "votes perhaps not pixel by pixel", f"{sum(rater.zoomed for rater in findings.raters):,}"),
    ]  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = tuple(lines)
    return Table("Design and course", (Column("when"), Column("what"), Column("value")), rows, _DESIGN_NOTES)


_DESIGN_NOTES = (
    "Frozen: settled before the first vote, under the hash; a study that was changed has another one.",
    "After each pause a new sitting begins. Not 1:1: a pixel of the picture may not have been one of the screen.",
)


def _before(findings: StudyAnalysis) -> str:
    design, study = findings.ratings.study.design, findings.ratings.study
    shown, practice = _count(len(study.calibration) // 2, "picture"), _count(len(study.practice), "rating")
    return f"{shown} shown as 1 and as 5; {practice} for practice and {design.warm_up} to warm up, which do not count"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _sittings(findings: StudyAnalysis) -> str:
    numbers = [rater.sittings for rater in findings.raters if rater.sittings]
    pauses = sum(numbers) - len(numbers)
    return f"{sum(numbers)}, from {min(numbers)} to {max(numbers)} a rater; {pauses} pauses" if numbers else "none"


def raters(findings: StudyAnalysis) -> Table:
    """What each rater did, and how it compares."""
    rows: list[tuple[Cell, ...]] = [
        (
            rater.rater,
            (whole(rater.votes),),
            "yes" if rater.finished else "no",
            (whole(rater.sittings),),
            (_seconds(rater.seconds),),
            (whole(rater.revisions),),
            (whole(rater.zoomed),),
            (number(rater.mean),),
            (number(rater.correlation),),
            (number(rater.bias, signed=True),),
            (number(rater.inconsistency),),
            ", ".join(rater.rejected) or "none",
            ", ".join(flag.rule for flag in rater.flags) or "none",
        )
        for rater in findings.raters
    ]
    header = (
        Column("rater"), Column("votes"), Column("finished"), Column("sittings"), Column("seconds a vote, median"),
        Column("taken back"), Column("not 1:1"), Column("mean score"), Column("correlation"), Column("bias"),
        Column("inconsistency"), Column("left out by"), Column("flags"),
    )  # fmt: skip
    notes = (
        "Correlation: Pearson's r with the mean of the others. Bias: by how much the rater votes higher than the "
        "others; inconsistency: the standard deviation of what is left; both by maximum likelihood (P.910, Annex E).",
        "Left out by: screening rules that reject the rater. A flag is a reason to look; nobody is left out by one.",
        *alone(findings),
    )
    return Table("Raters", header, tuple(rows), notes)


def flags(findings: StudyAnalysis) -> Table:
    """Everything odd about a rater, in words."""
    rows: list[tuple[Cell, ...]] = [
        (flag.rater, flag.rule, (_plain(flag.value),), (_plain(flag.limit),), flag.words)
        for rater in findings.raters
        for flag in rater.flags
    ]
    header = (Column("rater"), Column("flag"), Column("value"), Column("limit"), Column("in words"))
    return Table("What is odd about raters", header, tuple(rows), () if rows else ("Nothing is.",))


def reliability(findings: StudyAnalysis) -> Table:
    """How alike votes are: of one rater twice, and of different raters."""
    rows: list[tuple[Cell, ...]] = []
    again = findings.retest
    if again is not None:
        rows += [
            ("same rater twice", "pairs of votes", (whole(again.pairs),), (_no_bounds(),), f"by {again.raters} raters"),
            ("same rater twice", "the same score", (_share(again.same),), (_no_bounds(),), "share of pairs"),
            ("same rater twice", "within one", (_share(again.within_one),), (_no_bounds(),), "share of pairs"),
            _row("same rater twice", "second less first", again.difference, "0: no drift between the two"),
            ("same rater twice", "p of first against second", (p_value(again.test.p),), (_no_bounds(),),
             "Wilcoxon over pairs of votes, which are not independent"),
            ("same rater twice", "weighted kappa", (number(again.kappa),), (_no_bounds(),),
             "1: the same, 0: as by chance; squared distances count"),
            ("same rater twice", "ICC(2,1)", (number(again.icc),), (_no_bounds(),), "1: the same"),
        ]  # fmt: skip
    rows += [
        ("different raters", f"Krippendorff's alpha, {alpha.level}", (number(alpha.alpha),), (_no_bounds(),),
         f"1: all agree, 0: as by chance; {alpha.votes:,} votes on {alpha.stimuli:,} versions")
        for alpha in findings.alphas
    ]  # fmt: skip
    panel = findings.icc
    size = f"{panel.raters} raters on {panel.stimuli:,} versions"
    rows += [
        (
            "different raters",
            "ICC(2,1)",
            (number(panel.single),),
            (_no_bounds(),),
            f"how well one rater stands for all; {size}",
        ),
        ("different raters", "ICC(2,k)", (number(panel.average),), (_no_bounds(),), f"how well their means do; {size}"),
    ]
    notes = (
        [] if again is not None else ["Nothing was rated twice, so nothing is known of how alike a rater's votes are."]
    )
    notes.append("ICC: of full tables only; where votes are missing, of the raters or versions that have all.")
    header = (Column("what"), Column("measure"), Column("value"), Column("95 %", ("low", "high")), Column("meaning"))
    return Table("Agreement", header, tuple(rows), tuple(notes))


def order(findings: StudyAnalysis) -> Table:
    """What the order did to the votes."""
    effects = findings.effects
    rows: list[tuple[Cell, ...]] = [
        _row("drift", "change per 100 ratings", effects.slope, "0: votes do not drift"),
        _row("contrast", "change per point of the picture before", effects.contrast,
             "below 0: after a good picture the next seems worse"),
        *(_row("sittings", f"sitting {sitting.number} less sitting 1", sitting.difference, "over raters who had both")
          for sitting in effects.sittings),
    ]  # fmt: skip
    drifting = [drift.rater for drift in effects.drifts if drift.flagged]
    notes = (
        "In scores, beside the others' votes on the same versions. Means over raters with 95 % intervals.",
        f"Raters whose own votes drift by half a score or more, beyond chance: {', '.join(drifting) or 'none'}.",
    )
    header = (Column("what"), Column("measure"), Column("value"), Column("95 %", ("low", "high")), Column("meaning"))
    return Table("What the order did", header, tuple(rows), notes)


def course(findings: StudyAnalysis) -> Table:
    """The scores in the course of the ratings: the numbers of the figure."""
    rows: list[tuple[Cell, ...]] = [
        ((whole(band.first + 1),), (whole(band.last + 1),), (whole(band.votes),), (_fine(band.mean),))
        for band in findings.effects.course
    ]
    header = (Column("from"), Column("to"), Column("votes"), Column("score less that of others"))
    return Table("The course of the ratings", header, tuple(rows), ("Places in the raters' own orders.",))


def _row(what: str, measure: str, found: Estimate, meaning: str) -> tuple[Cell, ...]:
    return what, measure, (_fine(found.mean),), (_fine_interval(found),), meaning


def _plain(value: float) -> Number:
    """A number of any size: whole ones without digits that say nothing."""
    return Number(f"{value:.0f}", (float(value),)) if value == round(value) else number(value)


def _fine(value: float) -> Number:
    """A small difference in scores."""
    return number(None) if math.isnan(value) else Number(f"{value:+.3f}", (value,))


def _fine_interval(found: Estimate) -> Number:
    if math.isnan(found.low):
        return interval(found.low, found.high)
    return Number(f"{found.low:+.3f} to {found.high:+.3f}", (found.low, found.high))


def _no_bounds() -> Number:
    return interval(math.nan, math.nan)


def _share(value: float) -> Number:
    return Number(f"{100 * value:.0f} %", (value,))


def _seconds(value: float) -> Number:
    return number(None) if math.isnan(value) else Number(f"{value:.1f}", (value,))
