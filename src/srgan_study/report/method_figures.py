"""Figures on methods: distributions as in the paper's Figure 5, means, single images, and differences."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from srgan.reporting import INK, PALE, QUIET, RED, SERIES, Drawing, shorten
from srgan_study.analysis.differences import UNITS
from srgan_study.analysis.mean_opinion import Floats
from srgan_study.analysis.paper_comparison import find_printed_score
from srgan_study.analysis.study_analysis import SetAnalysis, StudyAnalysis
from srgan_study.report.difference_tables import UNIT_NAMES, list_hopeless_units
from srgan_study.report.figure_foot import draw_with_foot
from srgan_study.report.method_tables import describe_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DARKEST = 0.8  # share of ratings from which a cell is darkest: the same in all sets
_NAMED = 32  # images up to which each is named


def draw_distribution(analysis: StudyAnalysis, found: SetAnalysis) -> Drawing:
    """Draw the paper's Figure 5: one column per method, coloured by the share of each score, a red mark at the mean."""
    counts = np.array([opinion.counts for opinion in found.opinions], float)
    totals, columns = counts.sum(axis=1), np.arange(len(found.methods))
    shares = counts / np.maximum(totals, 1)[:, None]
    means = (counts @ np.arange(1, 6)) / np.where(totals > 0, totals, np.nan)

    def fill(figure: "Figure") -> None:
        axes = figure.add_subplot()
        cells = _draw_cells(axes, shares.T, first=1, cmap="Blues", vmin=0, vmax=_DARKEST, linewidth=1.2)
        for column, score in np.argwhere(shares >= 0.005):
            share = shares[column, score]
            axes.text(
                column + 0.42, score + 0.97, f"{100 * share:.0f}", ha="right", va="center", fontsize=7.5,
                color="white" if share > 0.6 * _DARKEST else INK, in_layout=False,
            )  # fmt: skip
        axes.hlines(means, columns - 0.46, columns + 0.03, color="white", linewidth=4.4)
        axes.hlines(means, columns - 0.44, columns + 0.01, color=RED, linewidth=2.4)
        for column in np.flatnonzero(totals).tolist():
            axes.text(
                column, 5.56, f"{means[column]:.2f}", ha="center", va="bottom", color=RED, fontsize=8, weight="bold",
                in_layout=False,
            )  # fmt: skip
        axes.set(ylabel="score", ylim=(0.5, 5.5))
        axes.set_yticks(range(1, 6), ["1 bad", "2 poor", "3 fair", "4 good", "5 excellent"])
        _name_columns(axes, found.methods)
        _remove_frame(axes)
        axes.set_title(found.data, pad=18, loc="left")
        bar = _add_colour_bar(
            figure, axes, cells, "share of the method's ratings", extend="max" if shares.max() > _DARKEST else "neither"
        )
        bar.ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")

    least, most = int(totals.min()), int(totals.max())
    samples = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    caption = (
        "How the ratings of each method are distributed over the scores from 1 (bad) to 5 (excellent): darker cells "
        "were chosen more often, and the number is their share in percent. The red mark is the mean, the mean opinion "
        f"score (MOS), printed above. {samples} ratings a method. After Figure 5 of Ledig et al. 2017."
    )
    size = (1.9 + 0.5 * len(columns), 3.3)
    title = f"{found.data}: distribution of scores"
    return draw_with_foot(analysis, f"figure5-{found.file}", title, caption, size, fill)


def draw_means(analysis: StudyAnalysis) -> Drawing:
    """Draw MOS with intervals, one panel per set, with the paper's scores."""
    methods = [method.name for method in analysis.ratings.study.methods]
    tables = {found.data: _collect_means(analysis, found, methods) for found in analysis.sets}
    published = any(np.isfinite(table[5]).any() for table in tables.values())
    wide = any(np.isfinite(table[3]).any() for table in tables.values())

    def fill(figure: "Figure") -> None:
        panels = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
        lines = np.arange(len(methods))
        for place, (axes, (data, table)) in enumerate(zip(panels, tables.items(), strict=True)):
            means, low, high, wide_low, wide_high, printed = table
            colour = SERIES[place % len(SERIES)]
            if wide:
                axes.hlines(lines, wide_low, wide_high, color=colour, linewidth=1.1, label="95 %, raters and pictures")
            axes.hlines(lines, low, high, color=colour, linewidth=3.4, alpha=0.55, label="95 %, raters")
            axes.plot(means, lines, "o", color=colour, markersize=5.5, zorder=4, label="ours")
            if published:
                axes.plot(
                    printed, lines + 0.3, "D", color="white", markeredgecolor=INK, markersize=3.5, zorder=3,
                    label="printed in the paper",
                )  # fmt: skip
            axes.set(xlim=(0.85, 5.15), xticks=range(1, 6), title=data, xlabel="MOS")
            axes.set_yticks(lines, [shorten(method) for method in methods])
            axes.set_ylim(len(methods) - 0.4, -0.6)
            axes.grid(axis="x", color=PALE, linewidth=0.6)
            axes.hlines(lines, 0, 6, color=PALE, linewidth=0.4, linestyle=":", zorder=0)
            axes.set_axisbelow(True)
            axes.tick_params(length=0)
            axes.spines[["top", "right", "left"]].set_visible(False)
        handles, ncols = panels[0].get_legend_handles_labels(), 4 if len(tables) > 2 else 2
        figure.legend(*handles, loc="outside upper left", ncols=ncols, frameon=False)

    caption = (
        "Mean opinion scores from 1 (bad) to 5 (excellent). A dot is ours; the thick line is a 95 % interval over "
        f"raters: {describe_interval(analysis.rule)}"
    )
    if wide:
        caption += " The thin line is a 95 % bootstrap interval over raters and pictures, for others of both."
    if published:
        caption += " A white diamond is what the paper printed for its own pictures and raters."
    size = (max(4.4, 1.5 + 2.0 * len(tables)), 1.5 + 0.28 * len(methods))
    return draw_with_foot(analysis, "means", "Mean opinion scores", caption, size, fill)


def draw_images(analysis: StudyAnalysis, found: SetAnalysis) -> Drawing:
    """Draw the MOS of every version: one row per method, one column per image, best images first."""
    methods = {method: row for row, method in enumerate(found.methods)}
    contents = {content: column for column, content in enumerate(dict.fromkeys(one.content for one in found.images))}
    scores = np.full((len(methods), len(contents)), np.nan)
    for image in found.images:
        scores[methods[image.method], contents[image.content]] = image.score.mean
    known = np.isfinite(scores)
    order = np.argsort(-np.where(known, scores, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), kind="stable")
    scores, named = scores[:, order], len(contents) <= _NAMED
    height, width = scores.shape

    def fill(figure: "Figure") -> None:
        axes = figure.add_subplot()
        axes.set_facecolor("#e5e5e5")
        options: dict[str, Any] = {} if named else {"edgecolors": "none", "linewidth": 0}
        cells = _draw_cells(axes, scores, cmap="cividis", vmin=1, vmax=5, rasterized=width * height > 4000, **options)
        if named:
            for row, column in np.argwhere(np.isfinite(scores)):
                score = scores[row, column]
                axes.text(
                    column, row, f"{score:.1f}", ha="center", va="center", fontsize=6.5,
                    color="white" if score < 3 else INK, in_layout=False,
                )  # fmt: skip
            names = list(contents)
            _name_columns(axes, [names[place] for place in order])
        else:
            axes.set_xticks([])
            axes.set_xlabel(f"{width} pictures, from the best rated to the worst")
        _name_rows(axes, found.methods)
        _remove_frame(axes)
        axes.set_title(found.data, loc="left")
        _add_colour_bar(figure, axes, cells, "MOS", ticks=range(1, 6))

    caption = (
        "The mean opinion score of every version: brighter is better. Pictures are ordered by their mean over all "
        "methods; grey cells have no rating. A column that is bright throughout is a picture that is easy to enlarge, "
        "or that people like."
    )
    inches = 2.2 + min(0.42 * width if named else 0.062 * width, 8.0)
    size = (max(inches, 4.0), (1.5 if named else 1.0) + 0.24 * height)
    title = f"{found.data}: every picture"
    return draw_with_foot(analysis, f"pictures-{found.file}", title, caption, size, fill)


def draw_differences(analysis: StudyAnalysis, found: SetAnalysis) -> Drawing:
    """Draw a square of all pairs for each unit of analysis, coloured where the difference is significant."""
    n, places = len(found.methods), {method: place for place, method in enumerate(found.methods)}
    units = {}
    for unit in UNITS:
        sizes, ps = np.full((2, n, n), np.nan)
        for test in found.differences[unit]:
            first, second = places[test.first], places[test.second]
            sizes[first, second], sizes[second, first] = test.difference.mean, -test.difference.mean
            ps[first, second] = ps[second, first] = test.adjusted
        units[UNIT_NAMES[unit]] = (sizes, ps)
    most = max((float(np.nanmax(np.abs(sizes))) for sizes, _ in units.values() if np.isfinite(sizes).any()), default=1)

    def fill(figure: "Figure") -> None:
        panels = figure.subplots(1, len(units), sharey=True, squeeze=False)[0]
        cells: Any = None
        for axes, (unit, (sizes, ps)) in zip(panels, units.items(), strict=True):
            shown = np.where(ps < 0.05, sizes, np.nan)
            cells = _draw_cells(axes, shown, cmap="PuOr", vmin=-most, vmax=most)
            for marker, size, colour, marked in (
                ("+", 22, INK, (shown > 0) & (shown <= 0.55 * most)),
                ("+", 22, "white", shown > 0.55 * most),
                ("_", 22, INK, (shown < 0) & (shown >= -0.55 * most)),
                ("_", 22, "white", shown < -0.55 * most),
                (".", 6, QUIET, np.isfinite(sizes) & np.isnan(shown)),
            ):
                rows, columns = np.nonzero(marked)
                axes.scatter(columns, rows, size, colour, marker=marker, linewidths=0.9)
            axes.set_title(f"{found.data}: {unit}", loc="left")
            _name_columns(axes, found.methods)
            _name_rows(axes, found.methods)
            axes.set_aspect("equal")
            _remove_frame(axes)
        _add_colour_bar(figure, list(panels), cells, "row less column [MOS]", pad=0.01, fraction=0.03, aspect=24)

    caption = (
        "Which methods differ, by Wilcoxon's signed-rank test with Holm's correction at 5 %, for three units of "
        "analysis. + the method of the row was rated higher than that of the column, \N{MINUS SIGN} lower, a dot: no "
        "difference was shown, which does not mean that there is none. Pooled votes are not independent: their p are "
        "far too small."
    )
    side, title = 0.9 + 0.21 * n, f"{found.data}: which methods differ"
    size = (1.9 + side * len(units), 1.1 + side)
    caption = " ".join((caption, *list_hopeless_units(found)))
    return draw_with_foot(analysis, f"differences-{found.file}", title, caption, size, fill)


def _collect_means(analysis: StudyAnalysis, found: SetAnalysis, methods: Sequence[str]) -> Floats:
    """Return MOS, interval over raters, interval over raters and images, and printed MOS: (6, methods)."""
    both = {opinion.method: opinion.by_rater_and_image for opinion in found.opinions}
    table = np.full((len(methods), 6), np.nan)
    for row, method in zip(table, methods, strict=True):
        score = found.score(method, analysis.rule)
        if score is not None:
            row[:3] = (score.mean, score.low, score.high)
            if analysis.rule == "none":
                row[3:5] = (both[method].low, both[method].high)
            row[5] = find_printed_score(method, found.data)
    return table.T


def _draw_cells(axes: "Axes", values: Floats, *, first: int = 0, **options: Any) -> Any:
    """Draw a coloured cell for each value (rows, columns), those of the first row at height `first`."""
    rows, columns = (np.arange(size + 1) - 0.5 for size in values.shape)
    return axes.pcolormesh(columns, rows + first, values, **{"edgecolors": "white", "linewidth": 0.8, **options})


def _name_columns(axes: "Axes", names: Sequence[str]) -> None:
    axes.set_xticks(range(len(names)), [shorten(name) for name in names])
    slanted = max(map(len, names)) > 5
    axes.tick_params(axis="x", labelrotation=40 if slanted else 0, pad=2)
    for label in axes.get_xticklabels() if slanted else ():
        label.set(ha="right", rotation_mode="anchor")


def _name_rows(axes: "Axes", names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)


def _remove_frame(axes: "Axes") -> None:
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _add_colour_bar(figure: "Figure", axes: Any, cells: Any, label: str, **options: Any) -> Any:
    bar = figure.colorbar(cells, ax=axes, **{"pad": 0.02, "fraction": 0.05, "aspect": 22, **options})
    bar.set_label(label)
    bar.outline.set_visible(False)
    return bar
