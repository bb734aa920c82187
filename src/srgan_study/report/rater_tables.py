"""Tables on the study itself: its design, its raters, reliability, and effects of presentation order."""

from srgan.reporting import Cell, Column, Number, Table
from srgan_study.analysis.mean_opinion import UNKNOWN, Estimate
from srgan_study.analysis.study_analysis import StudyAnalysis
from srgan_study.report.method_tables import list_warnings
from srgan_study.report.table_cells import Numbers, show_change, show_count, show_interval, show_p, show_score, tabulate

_EFFECT_HEADER = (*map(Column, ("what", "measure", "value")), Column("95 %", ("low", "high")), Column("meaning"))


def make_design_table(analysis: StudyAnalysis) -> Table:
    """Return the design, frozen before there were votes, and the course of the study."""
    study, design, raters = analysis.ratings.study, analysis.ratings.study.design, analysis.raters
    sets = [
        f"{data}: {images} pictures x {len(methods)} methods"
        for data in study.sets
        for images, methods in (study.describe_set(data),)
    ]
    shown, practice = _count(len(study.calibration) // 2, "picture"), _count(len(study.practice), "rating")
    order = "one set after another" if design.blocked else "all sets mixed"
    sittings = [rater.sittings for rater in raters if rater.sittings]
    pauses = sum(sittings) - len(sittings)
    frozen = {
        "study": study.title,
        "hash": study.hash,
        "made by": f"srgan {study.version}",
        "what is rated": "; ".join(sets),
        "ratings a rater": f"{study.ratings_per_rater:,}, {len(study.retest)} of them repeats",
        "scale": "1 bad, 2 poor, 3 fair, 4 good, 5 excellent; one picture at a time (ACR, ITU-T P.910)",
        "hidden reference": study.reference or "none",
        "before the ratings": f"{shown} shown as 1 and as 5; {practice} for practice and {design.warm_up} to warm up, "
        "which do not count",
        "order": f"by chance for each rater (seed {design.seed}), {order}, at least {design.gap} between versions of "
        "one picture",
        "rule of the main numbers": design.screening,
        "raters invited": f"{design.raters}",
    }
    seen = {
        "raters who voted": f"{len(raters)}",
        "raters who finished": f"{sum(rater.finished for rater in raters)}",
        "votes that count": f"{analysis.votes:,}",
        "votes taken back": f"{sum(rater.revisions for rater in raters):,}",
        "sittings": f"{sum(sittings)}, from {min(sittings)} to {max(sittings)} a rater; {pauses} pauses",
        "votes perhaps not pixel by pixel": f"{sum(rater.zoomed for rater in raters):,}",
    }
    rows = tuple((when, *item) for when, items in (("frozen", frozen), ("seen", seen)) for item in items.items())
    notes = (
        "Frozen: settled before the first vote, under the hash; a study that was changed has another one.",
        "After each pause a new sitting begins. Not 1:1: a pixel of the picture may not have been one of the screen.",
    )
    return Table("Design and course", (Column("when"), Column("what"), Column("value")), rows, notes)


def make_rater_table(analysis: StudyAnalysis) -> Table:
    """Return the votes and statistics of each rater."""
    raters = analysis.raters
    notes = (
        "Correlation: Pearson's r with the mean of the others. Bias: by how much the rater votes higher than the "
        "others; inconsistency: the standard deviation of what is left; both by maximum likelihood (P.910, Annex E).",
        "Left out by: screening rules that reject the rater. A flag is a reason to look; nobody is left out by one.",
        *list_warnings(analysis),
    )
    return tabulate(
        "Raters",
        [
            ("rater", [rater.rater for rater in raters]),
            ("votes", [show_count(rater.votes) for rater in raters]),
            ("finished", ["yes" if rater.finished else "no" for rater in raters]),
            ("sittings", [show_count(rater.sittings) for rater in raters]),
            ("seconds a vote, median", [show_score(rater.seconds, ".1f") for rater in raters]),
            ("taken back", [show_count(rater.revisions) for rater in raters]),
            ("not 1:1", [show_count(rater.zoomed) for rater in raters]),
            ("mean score", [show_score(rater.mean) for rater in raters]),
            ("correlation", [show_score(rater.correlation) for rater in raters]),
            ("bias", [show_change(rater.bias) for rater in raters]),
            ("inconsistency", [show_score(rater.inconsistency) for rater in raters]),
            ("left out by", [", ".join(rater.rejected) or "none" for rater in raters]),
            ("flags", [", ".join(flag.rule for flag in rater.flags) or "none" for rater in raters]),
        ],
        notes,
    )


def make_flag_table(analysis: StudyAnalysis) -> Table:
    """Return every flag of a rater, in words."""
    flags = [flag for rater in analysis.raters for flag in rater.flags]

    def show(value: float) -> Numbers:
        return (Number(f"{value:.0f}", (float(value),)),) if value == round(value) else show_score(value)

    return tabulate(
        "What is odd about raters",
        [
            ("rater", [flag.rater for flag in flags]),
            ("flag", [flag.rule for flag in flags]),
            ("value", [show(flag.value) for flag in flags]),
            ("limit", [show(flag.limit) for flag in flags]),
            ("in words", [flag.words for flag in flags]),
        ],
        () if flags else ("Nothing is.",),
    )


def make_reliability_table(analysis: StudyAnalysis) -> Table:
    """Return the agreement of a rater with themselves and of different raters."""
    rows: list[tuple[Cell, ...]] = []

    def add(what: str, measure: str, value: Numbers, meaning: str) -> None:
        rows.append((what, measure, value, show_interval(UNKNOWN), meaning))

    same, different, retest, icc = "same rater twice", "different raters", analysis.retest, analysis.icc
    notes = ["ICC: of full tables only; where votes are missing, of the raters or versions that have all."]
    if retest is None:
        notes.insert(0, "Nothing was rated twice, so nothing is known of how alike a rater's votes are.")
    else:
        add(same, "pairs of votes", show_count(retest.pairs), f"by {retest.raters} raters")
        add(same, "the same score", _show_share(retest.same), "share of pairs")
        add(same, "within one", _show_share(retest.within_one), "share of pairs")
        rows.append(_make_row(same, "second less first", retest.difference, "0: no drift between the two"))
        independence = "Wilcoxon over pairs of votes, which are not independent"
        add(same, "p of first against second", show_p(retest.test.p), independence)
        chance = "1: the same, 0: as by chance; squared distances count"
        add(same, "weighted kappa", show_score(retest.kappa), chance)
        add(same, "ICC(2,1)", show_score(retest.icc), "1: the same")
    for alpha in analysis.alphas:
        meaning = f"1: all agree, 0: as by chance; {alpha.votes:,} votes on {alpha.stimuli:,} versions"
        add(different, f"Krippendorff's alpha, {alpha.level}", show_score(alpha.alpha), meaning)
    size = f"{icc.raters} raters on {icc.stimuli:,} versions"
    add(different, "ICC(2,1)", show_score(icc.single), f"how well one rater stands for all; {size}")
    add(different, "ICC(2,k)", show_score(icc.average), f"how well their means do; {size}")
    return Table("Agreement", _EFFECT_HEADER, tuple(rows), tuple(notes))


def make_order_table(analysis: StudyAnalysis) -> Table:
    """Return the effects of presentation order on votes."""
    effects = analysis.effects
    contrast = "below 0: after a good picture the next seems worse"
    rows = [
        _make_row("drift", "change per 100 ratings", effects.slope, "0: votes do not drift"),
        _make_row("contrast", "change per point of the picture before", effects.contrast, contrast),
    ]
    for sitting in effects.sittings:
        measure = f"sitting {sitting.number} less sitting 1"
        rows.append(_make_row("sittings", measure, sitting.difference, "over raters who had both"))
    drifting = [drift.rater for drift in effects.drifts if drift.flagged]
    notes = (
        "In scores, beside the others' votes on the same versions. Means over raters with 95 % intervals.",
        f"Raters whose own votes drift by half a score or more, beyond chance: {', '.join(drifting) or 'none'}.",
    )
    return Table("What the order did", _EFFECT_HEADER, tuple(rows), notes)


def make_course_table(analysis: StudyAnalysis) -> Table:
    """Return the scores in the course of the ratings."""
    bands = analysis.effects.course
    return tabulate(
        "The course of the ratings",
        [
            ("from", [show_count(band.first + 1) for band in bands]),
            ("to", [show_count(band.last + 1) for band in bands]),
            ("votes", [show_count(band.votes) for band in bands]),
            ("score less that of others", [show_score(band.mean, "+.3f") for band in bands]),
        ],
        ["Places in the raters' own orders."],
    )


def _make_row(what: str, measure: str, estimate: Estimate, meaning: str) -> tuple[Cell, ...]:
    return what, measure, show_score(estimate.mean, "+.3f"), show_interval(estimate, "+.3f"), meaning


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _show_share(value: float) -> Numbers:
    return (Number(f"{100 * value:.0f} %", (value,)),)
