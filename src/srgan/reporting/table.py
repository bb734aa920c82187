"""A table of text and numbers, written as Markdown, LaTeX, CSV or HTML.

Missing values print as "-" (an empty field in CSV, a dash in HTML).
"""

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from srgan.files import make_folder, write_bytes

MISSING = "-"
_BEST, _SECOND = 1, 2
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # would be an argument of the line break before it
    "*": "{*}",
} | {letter: f"\\{letter}" for letter in "&%$#_{}"}


@dataclass(frozen=True)
class Number:
    """A number of a table, perhaps with an interval, or a missing number."""

    text: str
    """The printed form."""
    values: tuple[float, ...]
    """Unrounded values for CSV: the number, then the bounds of its interval if it has one. NaN is missing."""
    rank: int = 0
    """1 for the best of a column, 2 for the second best, 0 for all others."""

    @property
    def missing(self) -> bool:
        return math.isnan(self.values[0])

    @classmethod
    def of(cls, *values: float | None, spec: str | Callable[[float], str] = ".4g") -> "Number":
        """Return a number, or a number with the bounds of its interval as "1.5 [1.2, 1.8]".

        Args:
            values: the number and its bounds, if any; None and NaN are missing.
            spec: a format such as ".2f", or a function that prints one value.
        """
        show = (lambda value: format(value, spec)) if isinstance(spec, str) else spec
        known = tuple(math.nan if value is None else value for value in values)
        if math.isnan(known[0]):
            return cls(MISSING, known)
        bounds = [show(value) for value in known[1:] if not math.isnan(value)]
        return cls(show(known[0]) + (f" [{', '.join(bounds)}]" if bounds else ""), known)


def mark_best(numbers: Sequence[Number], candidates: Sequence[bool], *, lower_is_better: bool = False) -> list[Number]:
    """Rank the best and second best of a column by their printed values; equal ones share a rank.

    Args:
        numbers: of the column.
        candidates: whether each takes part; with fewer than two that do, none is ranked.
        lower_is_better: whether the smallest number is the best.
    """
    printed = [
        float(number.text.split()[0]) if candidate and not number.missing else None
        for number, candidate in zip(numbers, candidates, strict=True)
    ]
    values = [value for value in printed if value is not None]
    best = sorted(set(values), reverse=not lower_is_better)[:2] if len(values) > 1 else []
    ranks = [best.index(value) + 1 if value in best else 0 for value in printed]
    return [replace(number, rank=rank) for number, rank in zip(numbers, ranks, strict=True)]


def without_zero(text: str) -> str:
    """Return a printed number without a zero before its point, as SSIM is printed: .8211."""
    return re.sub(r"^([+-]?)0\.", r"\1.", text)


Cell = str | tuple[Number, ...]
"""Text, or numbers that are printed with " / " between them."""


@dataclass(frozen=True)
class Column:
    """The head of a column."""

    title: str
    fields: tuple[str, ...] = ()
    """CSV field names of the column's values; without any, the title."""


@dataclass(frozen=True)
class Table:
    """A table with a title and notes."""

    title: str
    header: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    """Sentences printed below the table."""

    def write(self, folder: Path, name: str) -> None:
        """Write `name.csv`, `name.md` and `name.tex` into a folder, which is made if absent.

        Raises:
            OutputError: if a file cannot be written.
        """
        make_folder(folder)
        for suffix, text in ((".csv", self.csv()), (".md", self.markdown()), (".tex", self.latex())):
            write_bytes(folder / f"{name}{suffix}", text.encode("utf-8", "replace"))

    def markdown(self) -> str:
        """Return the table in GitHub's Markdown: the best in bold, the second best in italics."""

        def number(part: Number) -> str:
            return {_BEST: f"**{part.text}**", _SECOND: f"*{part.text}*"}.get(part.rank, part.text)

        alignment = ["---" if self.is_text(place) else "---:" for place in range(len(self.header))]
        lines = [[_escape_markdown(column.title) for column in self.header], alignment]
        lines += [[_print_cell(cell, number, _escape_markdown) for cell in row] for row in self.rows]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        notes = "\n".join(f"- {_escape_markdown(note)}" for note in self._all_notes("in italics"))
        return f"**{_escape_markdown(self.title)}**\n\n{body}\n" + (f"\n{notes}\n" if notes else "")

    def latex(self) -> str:
        """Return a floating table with booktabs rules: the best in bold, the second best underlined."""

        def number(part: Number) -> str:
            signs = {"inf": r"$\infty$", "-": MISSING if part.missing else "$-$", "<": "$<$"}
            text = re.sub("inf|-|<", lambda sign: signs[sign[0]], part.text)
            return {_BEST: rf"\textbf{{{text}}}", _SECOND: rf"\underline{{{text}}}"}.get(part.rank, text)

        rows = [" & ".join(_print_cell(cell, number, _escape_latex) for cell in row) + r" \\" for row in self.rows]
        alignment = "".join("l" if self.is_text(place) else "r" for place in range(len(self.header)))
        lines = [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_escape_latex(self.title)}}}",
            rf"\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            " & ".join(_escape_latex(column.title) for column in self.header) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par\footnotesize {_escape_latex(note)}" for note in self._all_notes("underlined")),
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """Return the unrounded values, one field each, without title and notes."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([field for column in self.header for field in column.fields or (column.title,)])
        for row in self.rows:
            fields: list[str] = []
            for cell in row:
                if isinstance(cell, str):
                    fields.append(cell)
                else:
                    fields += ["" if math.isnan(value) else repr(value) for part in cell for value in part.values]
            writer.writerow(fields)
        return text.getvalue()

    def html(self) -> str:
        """Return the table as a fragment of HTML with its title and notes; safe to use in a Jinja template.

        Raises:
            DataError: if jinja2 is not installed.
        """
        from srgan.reporting.page import render

        return render("srgan.reporting", "templates/table.html", table=self)

    def is_text(self, place: int) -> bool:
        """Return whether a column holds text only."""
        return all(isinstance(row[place], str) for row in self.rows)

    @property
    def marked(self) -> bool:
        """Whether some number is marked as the best or second best."""
        return any(part.rank for row in self.rows for cell in row if not isinstance(cell, str) for part in cell)

    def _all_notes(self, second: str) -> list[str]:
        return [*self.notes, *([f"The best in bold, the second best {second}."] if self.marked else [])]


def _print_cell(cell: Cell, number: Callable[[Number], str], escape: Callable[[str], str]) -> str:
    """Print a cell; several numbers that are all missing print as one `-`."""
    if isinstance(cell, str):
        return escape(cell)
    if all(part.missing for part in cell):
        return MISSING
    return " / ".join(number(part) for part in cell)


def _escape_markdown(text: str) -> str:
    return re.sub(r"([\\`*<|]|\](?=[(\[])|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split()))


def _escape_latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
