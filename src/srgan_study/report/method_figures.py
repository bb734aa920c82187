"""Figures of a study, to be published: distributions as in the paper's Figure 5, means, pictures, differences.

Every figure names the study it is of. This module knows neither votes nor files: it draws the numbers it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from srgan_study.report.drawing import INK, PALE, QUIET, RED, Drawing, Stamp, draw, name_columns, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]

_RATERS, _BOTH = "95 %, raters", "95 %, raters and pictures"
_SETS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_DARKEST = 0.8  # share of ratings from which a cell is darkest: the same in all sets
_NAMED = 32  # pictures up to which each is named


@dataclass(frozen=True)
class Points:
    """The mean opinion scores of one set; NaN where there is none."""

    title: str
    means: Numbers
    """By method."""
    low: Numbers
    high: Numbers
    """Bounds of the intervals over raters."""
    wide_low: Numbers
    wide_high: Numbers
    """Bounds of the intervals over raters and pictures."""
    printed: Numbers
    """What was published."""


def distribution(name: str, title: str, methods: Sequence[str], counts: Numbers, stamp: Stamp) -> Drawing:
    """The paper's Figure 5: a column for each method, coloured by the share of each score, a red mark at the mean.

    Args:
        name: of the files.
        title: the set.
        methods: in order.
        counts: (methods, 5), how often each score was given, the worst first.
        stamp: of the study.
    """
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(totals, 1)[:, None]
    means = (counts @ np.arange(1, 6)) / np.where(totals > 0, totals, np.nan)

    def fill(figure: "Figure") -> None:
        axes = figure.add_subplot()
        edges = np.arange(len(methods) + 1) - 0.5
        cells = axes.pcolormesh(
            edges, np.arange(0.5, 6), shares.T, cmap="Blues", vmin=0, vmax=_DARKEST, edgecolors="white", linewidth=1.2
        )
        for column, score in np.argwhere(shares >= 0.005):
            share = shares[column, score]
            axes.text(
                column + 0.42, score + 0.97, f"{100 * share:.0f}", ha="right", va="center", fontsize=7.5,
                color="white" if share > 0.6 * _DARKEST else INK, in_layout=False,
            )  # fmt: skip
        columns = np.arange(len(methods))
        axes.hlines(means, columns - 0.46, columns + 0.03, color="white", linewidth=4.4)
        axes.hlines(means, columns - 0.44, columns + 0.01, color=RED, linewidth=2.4)
        for column in np.flatnonzero(totals).tolist():
            axes.text(
                column, 5.56, f"{means[column]:.2f}", ha="center", va="bottom", color=RED, fontsize=8, weight="bold",
                in_layout=False,
            )  # fmt: skip
        axes.set(ylabel="score", ylim=(0.5, 5.5))
        axes.set_yticks(range(1, 6), ["1 bad", "2 poor", "3 fair", "4 good", "5 excellent"])
        name_columns(axes, methods)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_title(title, pad=18, loc="left")
        extend = "max" if shares.max() > _DARKEST else "neither"
        bar = figure.colorbar(cells, ax=axes, pad=0.02, fraction=0.05, aspect=22, extend=extend)
        bar.ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
        bar.set_label("share of the method's ratings")
        bar.outline.set_visible(False)

    least, most = int(totals.min()), int(totals.max())
    samples = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    caption = (
        f"How the ratings of each method are distributed over the scores from 1 (bad) to 5 (excellent): darker cells "
        f"were chosen more often, and the number is their share in percent. The red mark is the mean, the mean opinion "
        f"score (MOS), printed above. {samples} ratings a method. After Figure 5 of Ledig et al. 2017."
    )
    return draw(name, f"{title}: distribution of scores", caption, (1.9 + 0.5 * len(methods), 3.3), fill, stamp)


def means(name: str, methods: Sequence[str], sets: Sequence[Points], interval: str, stamp: Stamp) -> Drawing:
    """Mean opinion scores with their intervals, a panel for each set, what was published beside them.

    Args:
        name: of the files.
        methods: in order.
        sets: a panel each.
        interval: a sentence on the intervals over raters.
        stamp: of the study.
    """
    published = any(np.isfinite(points.printed).any() for points in sets)
    wide = any(np.isfinite(points.wide_low).any() for points in sets)

    def fill(figure: "Figure") -> None:
        panels = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
        lines = np.arange(len(methods))
        for place, (axes, points) in enumerate(zip(panels, sets, strict=True)):
            colour = _SETS[place % len(_SETS)]
            if wide:
                axes.hlines(lines, points.wide_low, points.wide_high, color=colour, linewidth=1.1, label=_BOTH)
            axes.hlines(lines, points.low, points.high, color=colour, linewidth=3.4, alpha=0.55, label=_RATERS)
            axes.plot(points.means, lines, "o", color=colour, markersize=5.5, zorder=4, label="ours")
            if published:
                axes.plot(
                    points.printed, lines + 0.3, "D", color="white", markeredgecolor=INK, markersize=3.5, zorder=3,
                    label="printed in the paper",
                )  # fmt: skip
            axes.set(xlim=(0.85, 5.15), xticks=range(1, 6), title=points.title, xlabel="MOS")
            axes.set_yticks(lines, [short(method) for method in methods])
            axes.set_ylim(len(methods) - 0.4, -0.6)
            axes.grid(axis="x", color=PALE, linewidth=0.6)
            axes.hlines(lines, 0, 6, color=PALE, linewidth=0.4, linestyle=":", zorder=0)
            axes.set_axisbelow(True)
            axes.tick_params(length=0)
            axes.spines[["top", "right", "left"]].set_visible(False)
        figure.legend(
            *panels[0].get_legend_handles_labels(),
            loc="outside upper left",
            ncols=4 if len(sets) > 2 else 2,
            frameon=False,
        )

    caption = (
        f"Mean opinion scores from 1 (bad) to 5 (excellent). A dot is ours; the thick line is a 95 % interval over "
        f"raters: {interval}"
    )
    if wide:
        caption += " The thin line is a 95 % bootstrap interval over raters and pictures, for others of both."
    if published:
        caption += " A white diamond is what the paper printed for its own pictures and raters."
    size = (max(4.4, 1.5 + 2.0 * len(sets)), 1.5 + 0.28 * len(methods))
    return draw(name, "Mean opinion scores", caption, size, fill, stamp)


def pictures(
    name: str, title: str, methods: Sequence[str], contents: Sequence[str], scores: Numbers, stamp: Stamp
) -> Drawing:
    """The mean opinion score of every version: a row for each method, a column for each picture, best pictures first.

    Args:
        name: of the files.
        title: the set.
        methods: in order.
        contents: names of pictures.
        scores: (methods, contents), NaN where nobody rated.
        stamp: of the study.
    """
    filled = np.where(np.isfinite(scores), scores, 0).sum(axis=0) / np.maximum(np.isfinite(scores).sum(axis=0), 1)
    order = np.argsort(-filled, kind="stable")
    named = len(contents) <= _NAMED

    def fill(figure: "Figure") -> None:
        axes = figure.add_subplot()
        axes.set_facecolor("#e5e5e5")
        width, height = len(contents), len(methods)
        cells = axes.pcolormesh(
            np.arange(width + 1) - 0.5, np.arange(height + 1) - 0.5, scores[:, order], cmap="cividis", vmin=1, vmax=5,
            edgecolors="white" if named else "none", linewidth=0.8 if named else 0, rasterized=width * height > 4000,
        )  # fmt: skip
        if named:
            for row, column in np.argwhere(np.isfinite(scores[:, order])):
                score = scores[row, order[column]]
                axes.text(
                    column, row, f"{score:.1f}", ha="center", va="center", fontsize=6.5,
                    color="white" if score < 3 else INK, in_layout=False,
                )  # fmt: skip
            name_columns(axes, [contents[place] for place in order])
        else:
            axes.set_xticks([])
            axes.set_xlabel(f"{width} pictures, from the best rated to the worst")
        axes.set_yticks(range(height), [short(method) for method in methods])
        axes.set_ylim(height - 0.5, -0.5)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_title(title, loc="left")
        bar = figure.colorbar(cells, ax=axes, pad=0.02, fraction=0.05, aspect=22, ticks=range(1, 6))
        bar.set_label("MOS")
        bar.outline.set_visible(False)

    caption = (
        "The mean opinion score of every version: brighter is better. Pictures are ordered by their mean over all "
        "methods; grey cells have no rating. A column that is bright throughout is a picture that is easy to enlarge, "
        "or that people like."
    )
    width = 2.2 + min(0.42 * len(contents) if named else 0.062 * len(contents), 8.0)
    size = (max(width, 4.0), (1.5 if named else 1.0) + 0.24 * len(methods))
    return draw(name, f"{title}: every picture", caption, size, fill, stamp)


def differences(
    name: str,
    title: str,
    methods: Sequence[str],
    units: Mapping[str, tuple[Numbers, Numbers]],
    remarks: Sequence[str],
    stamp: Stamp,
) -> Drawing:
    """Which methods differ: for each unit of analysis a square of all pairs, coloured where the difference is real.

    Args:
        name: of the files.
        title: the set.
        methods: in order.
        units: by the unit's name, the differences in MOS (row less column) and Holm's p, both (methods, methods), with
            NaN where there is no test.
        remarks: sentences to add to the caption.
        stamp: of the study.
    """
    most = max((float(np.nanmax(np.abs(found))) for found, _ in units.values() if np.isfinite(found).any()), default=1)

    def fill(figure: "Figure") -> None:
        panels = figure.subplots(1, len(units), sharey=True, squeeze=False)[0]
        cells: Any = None
        for axes, (unit, (found, p)) in zip(panels, units.items(), strict=True):
            shown = np.where(p < 0.05, found, np.nan)
            edges = np.arange(len(methods) + 1) - 0.5
            cells = axes.pcolormesh(
                edges, edges, shown, cmap="PuOr", vmin=-most, vmax=most, edgecolors="white", linewidth=0.8
            )
            for marker, size, colour, places in (
                ("+", 22, INK, (shown > 0) & (shown <= 0.55 * most)),
                ("+", 22, "white", shown > 0.55 * most),
                ("_", 22, INK, (shown < 0) & (shown >= -0.55 * most)),
                ("_", 22, "white", shown < -0.55 * most),
                (".", 6, QUIET, np.isfinite(found) & np.isnan(shown)),
            ):
                rows, columns = np.nonzero(places)
                axes.scatter(columns, rows, size, colour, marker=marker, linewidths=0.9)
            axes.set_title(f"{title}: {unit}", loc="left")
            name_columns(axes, methods)
            axes.set_yticks(range(len(methods)), [short(method) for method in methods])
            axes.set_ylim(len(methods) - 0.5, -0.5)
            axes.set_aspect("equal")
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
        bar = figure.colorbar(cells, ax=list(panels), pad=0.01, fraction=0.03, aspect=24)
        bar.set_label("row less column [MOS]")
        bar.outline.set_visible(False)

    caption = (
        "Which methods differ, by Wilcoxon's signed-rank test with Holm's correction at 5 %, for three units of "
        "analysis. + the method of the row was rated higher than that of the column, \N{MINUS SIGN} lower, a dot: no "
        "difference was shown, which does not mean that there is none. Pooled "
        "votes are not independent: their p are far too small."
    )
    caption = " ".join((caption, *remarks))
    side = 0.9 + 0.21 * len(methods)
    return draw(name, f"{title}: which methods differ", caption, (1.9 + side * len(units), 1.1 + side), fill, stamp)
