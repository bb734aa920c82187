"""The tables of an evaluation: means of the methods on the sets, scores of every image, and which methods differ.

What was not measured stays missing and is never filled in. This module does not know files.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from srgan.errors import UsageError
from srgan.evaluation.inputs import Damage
from srgan.evaluation.results import Results
from srgan.evaluation.significance import EXACT_UP_TO, Comparison, compare, interval, mean, measured
from srgan.metrics.protocol import Protocol
from srgan.reporting.table import MISSING, Cell, Column, Number, Table

__all__ = ["Table", "per_image", "significance_table", "summary"]


def summary(results: Results, protocol: Protocol, *, intervals: bool = False) -> Table:
    """PSNR and SSIM of the methods on the sets: means over the images, on request with 95 % bootstrap intervals.

    The best and second best are marked by what is printed, equal ones alike; the reference is no candidate.

    Raises:
        DataError: if a method has scores of some images of a set only.
    """
    header, columns = [Column("method")], list[list[Cell]]([[method.name for method in results.methods]])
    for data in results.sets:
        measures = [f"{protocol.name}/{kind}" for kind in ("psnr", "ssim")]
        values = ("", " low", " high") if intervals else ("",)
        fields = tuple(f"{data} {measure}{value}" for measure in measures for value in values)
        header.append(Column(f"{data} PSNR / SSIM", fields))
        columns.append(list(zip(*(_means(results, data, measure, intervals) for measure in measures), strict=True)))
    times = [_number([_seconds(results, method.name)], _plain) for method in results.methods]
    if not all(time.missing for time in times):
        header.append(Column("seconds an image"))
        columns.append([(time,) for time in times])
    sizes = ", ".join(f"{name} {len(pictures)}" for name, pictures in results.sets.items())
    notes = [f"Protocol {protocol.name}: {protocol.description}.", f"Means over the images of each set: {sizes}."]
    notes += [f"{data}: {inputs_note(damage)}" for data, damage in results.damaged.items()]
    if intervals:
        notes.append("In brackets: 95 % BCa bootstrap intervals over the images; of few images they are too narrow.")
    title = f"PSNR [dB] and SSIM by the {protocol.name} protocol"
    return Table(title, tuple(header), tuple(zip(*columns, strict=True)), tuple(notes))


def inputs_note(damage: Damage) -> str:
    """Return what the small images of a set are, and what their consistency is measured against."""
    return f"Methods were given images {damage.description}; consistency is with the clean small images."


def per_image(results: Results, data: str) -> Table:
    """Every score of every image of a set, by the methods that were run on it.

    Raises:
        UsageError: if there is no such set.
    """
    if data not in results.sets:
        raise UsageError(f"there is no set {data!r} in these results: choose from {', '.join(results.sets)}")
    found = {(row.picture, row.method): row for row in results.rows if row.data == data}
    measures = list(dict.fromkeys(measure for row in found.values() for measure in row.scores))
    methods = [method.name for method in results.methods if any(name == method.name for _, name in found)]
    timed = any(row.seconds is not None for row in found.values())
    header = [Column("image"), Column("method"), *(Column(_label(measure), (measure,)) for measure in measures)]
    rows: list[tuple[Cell, ...]] = []
    for picture in results.sets[data]:
        for method in methods:
            row = found.get((picture, method))
            scores = row.scores if row else {}
            cells: list[Cell] = [(_number([scores.get(measure)], _printer(measure)),) for measure in measures]
            if timed:
                cells.append((_number([row.seconds if row else None], _plain),))
            rows.append((picture, method, *cells))
    protocols = sorted({measure.partition("/")[0] for measure in measures if measure.endswith(("/psnr", "/ssim"))})
    title = f"Each image of {data}" + (f"; protocols: {', '.join(protocols)}" if protocols else "")
    notes = (f"{data}: {inputs_note(results.damaged[data])}",) if data in results.damaged else ()
    return Table(title, (*header, Column("seconds")) if timed else tuple(header), tuple(rows), notes)


def significance_table(results: Results, data: str, measure: str, *, level: float = 0.05) -> Table:
    """Which methods differ on a set by a measure: paired Wilcoxon tests of all pairs, with Holm's correction.

    Raises:
        DataError: if no image of the set was scored by that measure, or only some were.
        UsageError: if there is no such set.
    """
    comparisons = compare(results, data, measure)
    header = (
        Column("first"),
        Column("second"),
        Column("mean difference", ("difference", "difference low", "difference high")),
        Column("W"),
        Column("n"),
        Column("zeros"),
        Column("effect"),
        Column("p"),
        Column("p (Holm)"),
    )
    title = f"Paired two-sided Wilcoxon tests on {data} by {_label(measure)}"
    rows = tuple(_compared(comparison, _printer(measure)) for comparison in comparisons)
    return Table(title, header, rows, _significance_notes(comparisons, len(results.sets[data]), level))


def _compared(comparison: Comparison, printer: Callable[[float], str]) -> tuple[Cell, ...]:
    test, difference = comparison.test, comparison.difference
    return (
        comparison.first,
        comparison.second,
        (_number([difference.mean, difference.low, difference.high], printer),),
        *((_number([count], "{:g}".format),) for count in (test.statistic, test.n, test.zeros)),
        (_number([test.effect], "{:.2f}".format),),
        (_number([test.p], _chance),),
        (_number([comparison.adjusted], _chance),),
    )


def _significance_notes(comparisons: Sequence[Comparison], images: int, level: float) -> tuple[str, ...]:
    """What was tested, on what, and what so few images could have shown at all."""
    if not comparisons:
        return ("Fewer than two methods were measured: there is nothing to compare.",)
    least = min(1.0, 2.0 ** (1 - images))
    found = sum(comparison.adjusted < level for comparison in comparisons)
    notes = [
        f"Unit of analysis: {comparisons[0].unit} (n = {images}); n of a row leaves out equal pairs (zeros).",
        f"Family of Holm's correction: {comparisons[0].family}; {found} of them differ at {level:g}.",
        f"p is exact up to {EXACT_UP_TO} images, ties included; beyond, by the normal approximation.",
        "Mean difference: first minus second, with its 95 % BCa bootstrap interval over the images.",
        "Effect: matched-pairs rank-biserial correlation, positive where the first has the larger values.",
    ]
    if least * len(comparisons) >= level:
        notes.append(
            f"So few images cannot show a difference at {level:g}: the smallest possible p is {_chance(least)}, "
            f"before Holm's factor of {len(comparisons)}."
        )
    return tuple(notes)


def _means(results: Results, data: str, measure: str, bounds: bool) -> list[Number]:
    """The methods' means on a set, alone or with the bounds of their intervals; the two largest are marked."""
    numbers, printed = [], []
    for method in results.methods:
        scores = measured(results, method.name, data, measure)
        number = _number(_mean(scores, bounds) if scores else [None] * (3 if bounds else 1), _printer(measure))
        numbers.append(number)
        candidate = method.kind != "reference" and not number.missing
        printed.append(float(number.text.split()[0]) if candidate else math.nan)
    candidates = [value for value in printed if not math.isnan(value)]
    best = sorted(set(candidates), reverse=True)[:2] if len(candidates) > 1 else []
    ranks = [best.index(value) + 1 if value in best else 0 for value in printed]
    return [replace(number, rank=rank) for number, rank in zip(numbers, ranks, strict=True)]


def _mean(scores: Sequence[float], bounds: bool) -> list[float]:
    """Their mean, alone or with the bounds of its interval; the bounds take a bootstrap."""
    if not bounds:
        return [mean(scores)]
    found = interval(scores)
    return [found.mean, found.low, found.high]


def _seconds(results: Results, method: str) -> float | None:
    """The mean time of an image over all sets; None unless every image was timed."""
    times = [row.seconds for row in results.rows if row.method == method]
    known = [time for time in times if time is not None]
    images = sum(len(pictures) for pictures in results.sets.values())
    return math.fsum(known) / images if known and len(known) == images else None


def _label(measure: str) -> str:
    """`paper/psnr` as `PSNR [dB] (paper)`; other measures by their own name."""
    protocol, _, kind = measure.partition("/")
    names = {"psnr": "PSNR [dB]", "ssim": "SSIM", "mse": "MSE"}
    return f"{names[kind]} ({protocol})" if kind in names else measure


def _printer(measure: str) -> Callable[[float], str]:
    """How the field prints a measure: 28.43 dB, an SSIM of .8211, anything else to four digits."""
    if measure.endswith("psnr"):
        return "{:.2f}".format
    return _similarity if measure.endswith("ssim") else _plain


def _similarity(value: float) -> str:
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.4f}")


def _plain(value: float) -> str:
    return f"{value:.4g}"


def _chance(value: float) -> str:
    return "<.0001" if value < 0.0001 else _similarity(value)


def _number(values: Sequence[float | None], printer: Callable[[float], str]) -> Number:
    """A number, or a number with the bounds of its interval; None and NaN are missing."""
    known = tuple(math.nan if value is None else value for value in values)
    if math.isnan(known[0]):
        return Number(MISSING, known)
    bounds = [printer(value) for value in known[1:] if not math.isnan(value)]
    return Number(printer(known[0]) + (f" [{', '.join(bounds)}]" if bounds else ""), known)
