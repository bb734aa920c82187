"""Figures on the study itself: its raters, and the course of their ratings."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from srgan.reporting import BLUE, ORANGE, PALE, QUIET, Drawing, clean_axes, shorten
from srgan_study.analysis.mean_opinion import Floats, estimate_mean, nanmean
from srgan_study.analysis.order_effects import compute_residuals
from srgan_study.analysis.study_analysis import StudyAnalysis
from srgan_study.report.figure_foot import draw_with_foot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_raters(analysis: StudyAnalysis) -> Drawing:
    """Draw each rater by bias and inconsistency."""
    bias = np.array([rater.bias for rater in analysis.raters])
    inconsistency = np.array([rater.inconsistency for rater in analysis.raters])
    flagged = np.array([bool(rater.flags) for rater in analysis.raters])

    def fill(figure: "Figure") -> None:
        axes = figure.add_subplot()
        axes.axvline(0, color=PALE, linewidth=0.8)
        for colour, sign, chosen, word in ((BLUE, "o", ~flagged, "not flagged"), (ORANGE, "s", flagged, "flagged")):
            label = f"{word} ({chosen.sum()})"
            axes.plot(bias[chosen], inconsistency[chosen], sign, color=colour, markersize=6, alpha=0.85, label=label)
        for place in _choose_labels(bias, inconsistency, flagged):
            code, spot = analysis.raters[place].rater, (bias[place], inconsistency[place])
            axes.annotate(shorten(code), spot, (5, 3), textcoords="offset points", fontsize=7.5)
        axes.set(xlabel="bias [scores]: right rates higher than the others", ylabel="inconsistency [scores]")
        axes.set_ylim(bottom=0)
        axes.margins(x=0.1)
        clean_axes(axes)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.12), ncols=2, borderaxespad=0)

    caption = (
        "Each rater by bias (how much higher they rate than the others) and inconsistency (the standard deviation of "
        "what is left), estimated together by maximum likelihood (ITU-T P.910). Squares have a flag, and their codes "
        "where there is room; a flag is a reason to look, not to leave somebody out."
    )
    return draw_with_foot(analysis, "raters", "Raters", caption, (5.2, 3.6), fill)


def draw_course(analysis: StudyAnalysis) -> Drawing:
    """Draw residual scores and response times over the positions in the raters' orders."""
    bands = analysis.effects.course
    positions = np.array([(band.first + band.last) / 2 + 1 for band in bands])
    middle = np.array([band.mean for band in bands])
    half, (first, median, third) = _measure_course(analysis)

    def fill(figure: "Figure") -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        above.axhline(0, color=QUIET, linewidth=0.8)
        above.errorbar(positions, middle, half, fmt="o", color=BLUE, markersize=4, linewidth=1.2)
        reach = max(0.25, 1.15 * float(np.nanmax(np.abs(middle) + np.nan_to_num(half))))
        above.set(ylabel="score less that\nof the others", ylim=(-reach, reach))
        above.set_title(_describe_drift(analysis), loc="left", weight="normal", fontsize=8.5)
        below.fill_between(positions, first, third, color=BLUE, alpha=0.18, linewidth=0)
        below.plot(positions, median, "o-", color=BLUE, markersize=4, linewidth=1.2)
        below.set(ylabel="response time [s]", xlabel="place in the rater's order")
        below.set_ylim(bottom=0)
        for axes in (above, below):
            clean_axes(axes)

    caption = (
        "Above: whether scores drift in the course of the ratings: the mean of scores less the others' "
        "means on the same versions, with 95 % intervals over raters, which are wide where some are always kinder than "
        "others; the slope is that within raters. Below: how long raters looked before they voted, the median "
        "and, shaded, the middle half."
    )
    return draw_with_foot(analysis, "course", "The course of the ratings", caption, (5.2, 3.9), fill)


def _measure_course(analysis: StudyAnalysis) -> tuple[Floats, Floats]:
    """Return half the interval of the mean residual (bands,), and quartiles of the seconds per vote (3, bands)."""
    table = analysis.ratings.table()
    residuals, _ = compute_residuals(table)
    rows = {rater: row for row, rater in enumerate(table.raters)}
    columns = {stimulus: column for column, stimulus in enumerate(table.stimuli)}
    main = list(analysis.ratings.of("main"))
    positions = np.array([rating.position for rating in main])
    seconds = np.array([rating.response_ms / 1000 for rating in main])
    who = np.array([rows[rating.rater] for rating in main])
    values = residuals[who, [columns[rating.stimulus] for rating in main]]
    halves, quartiles = [], []
    for band in analysis.effects.course:
        inside = (positions >= band.first) & (positions <= band.last)
        by_rater = np.full((len(rows), int(inside.sum())), np.nan)
        by_rater[who[inside], np.arange(by_rater.shape[1])] = values[inside]
        estimate = estimate_mean(nanmean(by_rater, 1), "raters")
        halves.append(estimate.high - estimate.mean)
        quartiles.append(np.quantile(seconds[inside], (0.25, 0.5, 0.75)) if inside.any() else np.full(3, np.nan))
    return np.array(halves), np.array(quartiles).T


def _describe_drift(analysis: StudyAnalysis) -> str:
    slope = analysis.effects.slope
    if math.isnan(slope.mean):
        return "drift: too few votes to tell"
    interval = "" if math.isnan(slope.low) else f" (95 %: {slope.low:+.3f} to {slope.high:+.3f})"
    return f"drift: {slope.mean:+.3f} scores per 100 ratings{interval}".replace("-", "\N{MINUS SIGN}")


def _choose_labels(x: Floats, y: Floats, wanted: NDArray[np.bool_]) -> list[int]:
    """Return the wanted points whose labels do not overlap, those farthest from the middle first."""
    known = np.isfinite(x + y)  # a rater with a single vote has no inconsistency, and no point
    if not known.any():
        return []
    spots = np.column_stack([values / (float(np.ptp(values[known])) or 1) for values in (x, y)])
    far = np.abs(spots - np.median(spots[known], axis=0)).max(axis=1)
    chosen: list[int] = []
    for place in sorted(np.flatnonzero(wanted & known).tolist(), key=lambda place: -far[place]):
        apart = np.abs(spots[place] - spots[chosen])
        if not np.any((apart[:, 0] < 0.09) & (apart[:, 1] < 0.06)):
            chosen.append(place)
    return chosen
