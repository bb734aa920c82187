"""Tables of the report as HTML, and the list of all scores, which its script sorts.

All text is escaped here. This module does not know pictures.
"""

import math
import re
from html import escape

from srgan.evaluation.results import Results
from srgan.evaluation.score_plots import label
from srgan.evaluation.score_tables import inputs_note
from srgan.evaluation.significance import measured
from srgan.reporting.inline_images import Album
from srgan.reporting.table import MISSING, Cell, Column, Number, Table

_IN_SUMMARY = re.compile(r"(?!rgb/).*/(psnr|ssim)")
_LOWER_IS_BETTER = re.compile(r"niqe|rgb/mse|features/.*")


def measures(results: Results) -> list[str]:
    """Every measure, in the order in which they come up."""
    return list(dict.fromkeys(measure for row in results.rows for measure in row.scores))


def other_means(results: Results) -> list[Table]:
    """Means of what the protocols' tables do not hold, a table for each set; none where nothing else was measured."""
    names = [name for name in measures(results) if not _IN_SUMMARY.fullmatch(name)]
    tables = []
    for data, pictures in results.sets.items() if names else ():
        columns = [_means(results, data, name) for name in names]
        rows: list[tuple[Cell, ...]] = [
            (method.name, *((column[place],) for column in columns)) for place, method in enumerate(results.methods)
        ]
        arrows = ["lower" if _LOWER_IS_BETTER.fullmatch(name) else "higher" for name in names]
        titles = [Column(f"{label(name)}, {arrow}") for name, arrow in zip(names, arrows, strict=True)]
        notes = [f"Means over the {len(pictures)} images; lower or higher is better, as each column says."]
        notes += [f"{data}: {inputs_note(results.damaged[data])}"] if data in results.damaged else []
        tables.append(Table(f"Other measures on {data}", (Column("method"), *titles), tuple(rows), tuple(notes)))
    return tables


def _means(results: Results, data: str, measure: str) -> list[Number]:
    """The mean of each method, the best marked; the reference is no candidate."""
    scores = [measured(results, method.name, data, measure) for method in results.methods]
    means = [math.fsum(values) / len(values) if values else math.nan for values in scores]
    sign = -1 if _LOWER_IS_BETTER.fullmatch(measure) else 1
    judged = [
        sign * mean
        for mean, method in zip(means, results.methods, strict=True)
        if method.kind != "reference" and not math.isnan(mean)
    ]
    best = max(judged) if len(judged) > 1 else math.nan
    return [
        Number(
            MISSING if math.isnan(mean) else printed(mean, measure),
            (mean,),
            rank=1 if method.kind != "reference" and sign * mean == best else 0,
        )
        for mean, method in zip(means, results.methods, strict=True)
    ]


def html_table(table: Table) -> str:
    """A table with its title and notes; the best of a column is marked."""
    texts = [all(isinstance(row[place], str) for row in table.rows) for place in range(len(table.header))]
    heads = "".join(
        f'<th scope="col"{" class=text" if text else ""}>{escape(column.title)}</th>'
        for column, text in zip(table.header, texts, strict=True)
    )
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in table.rows)
    notes = list(table.notes)
    if any(part.rank for row in table.rows for cell in row if not isinstance(cell, str) for part in cell):
        notes.append("The best of a column is marked.")
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f'<h3>{escape(table.title)}</h3><div class="wide"><table><thead><tr>{heads}</tr></thead>'
        f'<tbody>{body}</tbody></table></div><ul class="notes">{items}</ul>'
    )


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<td class="text">{escape(cell)}</td>'
    return f"<td>{' / '.join(_number(part) for part in cell)}</td>"


def _number(number: Number) -> str:
    if number.missing:
        return "\N{EN DASH}"
    text = re.sub(r"-(?=[.\d])", "\N{MINUS SIGN}", escape(number.text)).replace("inf", "\N{INFINITY}")
    return f'<span class="best">{text}</span>' if number.rank == 1 else text


def score_list(results: Results, album: Album) -> str:
    """The list: a line for each picture and method, with unrounded values to sort by."""
    columns = measures(results)
    timed = any(row.seconds is not None for row in results.rows)
    names = ["set", "picture", "method", *map(label, columns), *(["seconds"] if timed else [])]
    heads = "".join(
        f'<th scope="col" aria-sort="none"{" class=text" if place < 3 else ""}>'
        f'<button type="button">{escape(name)}</button></th>'
        for place, name in enumerate(names)
    )
    sets = {name: place for place, name in enumerate(results.sets)}
    methods = {method.name: place for place, method in enumerate(results.methods)}
    shown = {(one.data, one.picture): place for place, one in enumerate(album.shown)}
    lines = []
    for row in results.rows:
        place = shown.get((row.data, row.picture))
        name = escape(row.picture)
        opener = name if place is None else f'<button type="button">{name}</button>'
        cells = [_text(row.data), f'<td class="text" data-value="{name}">{opener}</td>', _text(row.method)]
        cells += [_value(row.scores.get(measure), measure) for measure in columns]
        cells += [_value(row.seconds, "seconds")] if timed else []
        attributes = f'data-set="{sets.get(row.data, "")}" data-method="{methods.get(row.method, "")}"'
        attributes += f' data-name="{escape(row.method)}" data-picture="{"" if place is None else place}"'
        lines.append(f"<tr {attributes}>{''.join(cells)}</tr>")
    return f"<thead><tr>{heads}</tr></thead><tbody>\n{chr(10).join(lines)}\n</tbody>"


def _text(text: str) -> str:
    return f'<td class="text" data-value="{escape(text)}">{escape(text)}</td>'


def _value(value: float | None, measure: str) -> str:
    if value is None or math.isnan(value):
        return '<td data-value="">\N{EN DASH}</td>'
    raw = repr(value).replace("inf", "Infinity")  # which is what JavaScript reads
    return f'<td data-value="{raw}">{printed(value, measure)}</td>'


def printed(value: float, measure: str) -> str:
    """A score as the tables print it: 28.43 dB, an SSIM of .8211, anything else to four digits."""
    if math.isnan(value):
        return "\N{EN DASH}"
    if not math.isfinite(value):
        return "\N{INFINITY}" if value > 0 else "\N{MINUS SIGN}\N{INFINITY}"
    if measure.endswith("ssim"):
        text = re.sub(r"^(-?)0\.", r"\1.", f"{value:.4f}")
    else:
        text = format(value, ".2f" if measure.endswith(("psnr", "consistency")) else ".4g")
    return text.replace("-", "\N{MINUS SIGN}")
