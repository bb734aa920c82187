"""Figures of a study on the study itself: its raters, and the course of their ratings.

Every figure names the study it is of. This module knows neither votes nor files: it draws the numbers it is given.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from srgan_study.report.drawing import BLUE, ORANGE, PALE, QUIET, Drawing, Stamp, draw, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]


def raters(
    name: str, codes: Sequence[str], bias: Numbers, inconsistency: Numbers, flagged: Sequence[bool], stamp: Stamp
) -> Drawing:
    """How each rater differs from the others: how much higher they rate, and how unpredictably."""

    def fill(figure: "Figure") -> None:
        axes = figure.add_subplot()
        axes.axvline(0, color=PALE, linewidth=0.8)
        for colour, sign, wanted in ((BLUE, "o", False), (ORANGE, "s", True)):
            chosen = np.array([flag == wanted for flag in flagged], bool)
            label = f"flagged ({chosen.sum()})" if wanted else f"not flagged ({chosen.sum()})"
            axes.plot(bias[chosen], inconsistency[chosen], sign, color=colour, markersize=6, alpha=0.85, label=label)
        for place in _with_room(bias, inconsistency, flagged):
            spot = (bias[place], inconsistency[place])
            axes.annotate(short(codes[place]), spot, (5, 3), textcoords="offset points", fontsize=7.5)
        axes.set(xlabel="bias [scores]: right rates higher than the others")
        axes.set(ylabel="inconsistency [scores]")
        axes.set_ylim(bottom=0)
        axes.margins(x=0.1)
        axes.grid(color=PALE, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.12), ncols=2, borderaxespad=0)

    caption = (
        "Each rater by bias (how much higher they rate than the others) and inconsistency (the standard deviation of "
        "what is left), estimated together by maximum likelihood (ITU-T P.910). Squares have a flag, and their codes "
        "where there is room; a flag is a reason to look, not to leave somebody out."
    )
    return draw(name, "Raters", caption, (5.2, 3.6), fill, stamp)


def course(
    name: str, positions: Numbers, residuals: tuple[Numbers, Numbers], seconds: tuple[Numbers, Numbers, Numbers],
    slope: str, stamp: Stamp,
) -> Drawing:  # fmt: skip
    """What changes in the course of the ratings: how high scores are, and how long a vote takes.

    Args:
        name: of the files.
        positions: the middle of each part of the order.
        residuals: the mean score less that of the others on the same versions, and half its 95 % interval.
        seconds: quartiles of the response time: the first, the median, the third.
        slope: the trend in words.
        stamp: of the study.
    """

    def fill(figure: "Figure") -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        middle, half = residuals
        above.axhline(0, color=QUIET, linewidth=0.8)
        above.errorbar(positions, middle, half, fmt="o", color=BLUE, markersize=4, linewidth=1.2)
        reach = max(0.25, 1.15 * float(np.nanmax(np.abs(middle) + np.nan_to_num(half))))
        above.set(ylabel="score less that\nof the others", ylim=(-reach, reach))
        above.set_title(slope, loc="left", weight="normal", fontsize=8.5)
        first, median, third = seconds
        below.fill_between(positions, first, third, color=BLUE, alpha=0.18, linewidth=0)
        below.plot(positions, median, "o-", color=BLUE, markersize=4, linewidth=1.2)
        below.set(ylabel="response time [s]", xlabel="place in the rater's order")
        below.set_ylim(bottom=0)
        for axes in (above, below):
            axes.grid(color=PALE, linewidth=0.5)
            axes.set_axisbelow(True)
            axes.spines[["top", "right"]].set_visible(False)

    caption = (
        "Above: whether scores drift in the course of the ratings: the mean of scores less the others' "
        "means on the same versions, with 95 % intervals over raters, which are wide where some are always kinder than "
        "others; the slope is that within raters. Below: how long raters looked before they voted, the median "
        "and, shaded, the middle half."
    )
    return draw(name, "The course of the ratings", caption, (5.2, 3.9), fill, stamp)


def _with_room(x: Numbers, y: Numbers, wanted: Sequence[bool]) -> list[int]:
    """Places of the wanted points whose names do not meet, those farthest from the middle first."""
    spots = np.column_stack([values / (float(np.ptp(values)) or 1) for values in (x, y)])
    far = np.abs(spots - np.median(spots, axis=0)).max(axis=1)
    chosen: list[int] = []
    for place in sorted(np.flatnonzero(wanted).tolist(), key=lambda place: -far[place]):
        apart = np.abs(spots[place] - spots[chosen])
        if not np.any((apart[:, 0] < 0.09) & (apart[:, 1] < 0.06)):
            chosen.append(place)
    return chosen
