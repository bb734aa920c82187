"""Tables of an evaluation: means of methods on sets, scores of every image, and which methods differ.

What was not measured stays missing.
"""

import re
from collections.abc import Callable, Sequence

from srgan.evaluation.damaged_inputs import Damage
from srgan.evaluation.results import Results
from srgan.evaluation.significance import EXACT_UP_TO, Comparison, compare, interval, mean, measured
from srgan.metrics.protocol import Protocol
from srgan.reporting.table import Cell, Column, Number, Table, mark_best, without_zero

_SUMMARISED = re.compile(r"(?!rgb/).*/(psnr|ssim)")  # measures that `summary` shows
_LOWER_IS_BETTER = re.compile(r"niqe|rgb/mse|features/.*")
_LEVEL = 0.05  # of significance


def summary(results: Results, protocol: Protocol, *, intervals: bool = False) -> Table:
    """Return mean PSNR and SSIM of the methods on the sets, the best marked; the reference is no candidate.

    Args:
        results: of the evaluation.
        protocol: of PSNR and SSIM.
        intervals: whether means have 95 % bootstrap intervals over the images.

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
    times = [Number.of(_mean_seconds(results, method.name)) for method in results.methods]
    if not all(time.missing for time in times):
        header.append(Column("seconds an image"))
        columns.append([(time,) for time in times])
    if results.speeds:
        header.append(Column("seconds a megapixel"))
        columns.append([(Number.of(results.speeds.get(method.name)),) for method in results.methods])
    sizes = ", ".join(f"{name} {len(images)}" for name, images in results.sets.items())
    notes = [f"Protocol {protocol.name}: {protocol.description}.", f"Means over the images of each set: {sizes}."]
    notes += [f"{data}: {inputs_note(damage)}" for data, damage in results.damaged.items()]
    if results.speeds:
        notes.append(
            "Seconds a megapixel of the small image, without files and start-up: the fastest of several turns."
        )
    if intervals:
        notes.append("In brackets: 95 % BCa bootstrap intervals over the images; of few images they are too narrow.")
    title = f"PSNR [dB] and SSIM by the {protocol.name} protocol"
    return Table(title, tuple(header), tuple(zip(*columns, strict=True)), tuple(notes))


def other_means(results: Results) -> list[Table]:
    """Return a table for each set of the means that `summary` lacks; none where nothing else was measured."""
    measures = [name for name in results.measures if not _SUMMARISED.fullmatch(name)]
    tables = []
    for data, images in results.sets.items() if measures else ():
        columns = [_means(results, data, measure) for measure in measures]
        rows: list[tuple[Cell, ...]] = [
            (method.name, *((column[place],) for column in columns)) for place, method in enumerate(results.methods)
        ]
        arrows = ["lower" if _LOWER_IS_BETTER.fullmatch(name) else "higher" for name in measures]
        titles = [Column(f"{label(name)}, {arrow}") for name, arrow in zip(measures, arrows, strict=True)]
        notes = [f"Means over the {len(images)} images; lower or higher is better, as each column says."]
        notes += [f"{data}: {inputs_note(results.damaged[data])}"] if data in results.damaged else []
        tables.append(Table(f"Other measures on {data}", (Column("method"), *titles), tuple(rows), tuple(notes)))
    return tables


def per_image(results: Results, data: str) -> Table:
    """Return every score of every image of a set, by the methods that were run on it.

    Raises:
        UsageError: if there is no such set.
    """
    results.check_set(data)
    found = {(row.picture, row.method): row for row in results.rows if row.data == data}
    measures = list(dict.fromkeys(measure for row in found.values() for measure in row.scores))
    methods = [method.name for method in results.methods if any(name == method.name for _, name in found)]
    timed = any(row.seconds is not None for row in found.values())
    header = [Column("image"), Column("method"), *(Column(label(measure), (measure,)) for measure in measures)]
    rows: list[tuple[Cell, ...]] = []
    for image in results.sets[data]:
        for method in methods:
            row = found.get((image, method))
            scores = row.scores if row else {}
            cells: list[Cell] = [(Number.of(scores.get(measure), spec=printer(measure)),) for measure in measures]
            if timed:
                cells.append((Number.of(row.seconds if row else None),))
            rows.append((image, method, *cells))
    protocols = sorted({measure.partition("/")[0] for measure in measures if measure.endswith(("/psnr", "/ssim"))})
    title = f"Each image of {data}" + (f"; protocols: {', '.join(protocols)}" if protocols else "")
    notes = (f"{data}: {inputs_note(results.damaged[data])}",) if data in results.damaged else ()
    return Table(title, (*header, Column("seconds")) if timed else tuple(header), tuple(rows), notes)


def significance_table(results: Results, data: str, measure: str) -> Table:
    """Return which methods differ on a set by a measure: Wilcoxon tests of all pairs, with Holm's correction.

    Raises:
        DataError: if no image of the set was scored by that measure, or only some were.
        UsageError: if there is no such set.
    """
    comparisons = compare(results, data, measure)
    titles = ("first", "second", "mean difference", "W", "n", "zeros", "effect", "p", "p (Holm)")
    bounds = {"mean difference": ("difference", "difference low", "difference high")}
    return Table(
        f"Paired two-sided Wilcoxon tests on {data} by {label(measure)}",
        tuple(Column(title, bounds.get(title, ())) for title in titles),
        tuple(_comparison_row(comparison, printer(measure)) for comparison in comparisons),
        _significance_notes(comparisons, data, measure, len(results.sets[data])),
    )


def _comparison_row(comparison: Comparison, spec: Callable[[float], str]) -> tuple[Cell, ...]:
    test, difference = comparison.test, comparison.difference
    return (
        comparison.first,
        comparison.second,
        (Number.of(difference.mean, difference.low, difference.high, spec=spec),),
        *((Number.of(count, spec="g"),) for count in (test.statistic, test.n, test.zeros)),
        (Number.of(test.effect, spec=".2f"),),
        (Number.of(test.p, spec=_print_p),),
        (Number.of(comparison.adjusted, spec=_print_p),),
    )


def _significance_notes(comparisons: Sequence[Comparison], data: str, measure: str, images: int) -> tuple[str, ...]:
    """Return what was tested, on what, and what so few images could have shown at all."""
    if not comparisons:
        return ("Fewer than two methods were measured: there is nothing to compare.",)
    least, pairs = min(1.0, 2.0 ** (1 - images)), len(comparisons)
    methods = {name for comparison in comparisons for name in (comparison.first, comparison.second)}
    family = f"the {pairs} pairs of {len(methods)} methods on {data} by {measure}"
    found = sum(comparison.adjusted < _LEVEL for comparison in comparisons)
    notes = [
        f"Unit of analysis: images of {data} (n = {images}); n of a row leaves out equal pairs (zeros).",
        f"Family of Holm's correction: {family}; {found} of them differ at {_LEVEL:g}.",
        f"p is exact up to {EXACT_UP_TO} images, ties included; beyond, by the normal approximation.",
        "Mean difference: first minus second, with its 95 % BCa bootstrap interval over the images.",
        "Effect: matched-pairs rank-biserial correlation, positive where the first has the larger values.",
    ]
    if least * pairs >= _LEVEL:
        notes.append(
            f"So few images cannot show a difference at {_LEVEL:g}: the smallest possible p is {_print_p(least)}, "
            f"before Holm's factor of {pairs}."
        )
    return tuple(notes)


def inputs_note(damage: Damage) -> str:
    """Return what the small images of a set are, and what their consistency is measured against."""
    return f"Methods were given images {damage.description}; consistency is with the clean small images."


def label(measure: str) -> str:
    """Return a measure's name for axes and columns, with its unit and protocol."""
    protocol, _, kind = measure.partition("/")
    if protocol == "features":
        return f"{kind} features"
    names = {"psnr": "PSNR [dB]", "ssim": "SSIM", "mse": "MSE"}
    if kind in names:
        return f"{names[kind]} ({protocol})"
    return {"niqe": "NIQE", "ms-ssim": "MS-SSIM", "consistency": "consistency [dB]"}.get(measure, measure)


def printer(measure: str) -> Callable[[float], str]:
    """Return how the field prints a measure: 28.43 dB, an SSIM of .8211, anything else to four digits."""
    if measure.endswith(("psnr", "consistency")):
        return "{:.2f}".format
    return _print_similarity if measure.endswith("ssim") else "{:.4g}".format


def _print_similarity(value: float) -> str:
    return without_zero(f"{value:.4f}")


def _print_p(value: float) -> str:
    return "<.0001" if value < 0.0001 else _print_similarity(value)


def _means(results: Results, data: str, measure: str, bounds: bool = False) -> list[Number]:
    """Return the methods' means on a set, alone or with their intervals, the best and second best marked."""
    numbers = []
    for method in results.methods:
        scores = measured(results, method.name, data, measure)
        if not scores:
            values: list[float | None] = [None] * (3 if bounds else 1)
        elif bounds:
            found = interval(scores)
            values = [found.mean, found.low, found.high]
        else:
            values = [mean(scores)]
        numbers.append(Number.of(*values, spec=printer(measure)))
    candidates = [method.kind != "reference" for method in results.methods]
    return mark_best(numbers, candidates, lower_is_better=bool(_LOWER_IS_BETTER.fullmatch(measure)))


def _mean_seconds(results: Results, method: str) -> float | None:
    """Return the mean time of an image over all sets; None unless every image was timed."""
    times = [seconds for data in results.sets for seconds in results.seconds(method, data)]
    images = sum(len(names) for names in results.sets.values())
    return mean(times) if times and len(times) == images else None
