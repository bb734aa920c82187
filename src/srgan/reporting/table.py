"""A table, and how it is written as Markdown to read, LaTeX to publish and CSV to compute with.

What is missing is "-" (an empty field in CSV). This module does not know what the numbers mean.
"""

import csv
import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

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
    """A number of a table, or the lack of one."""

    text: str
    """As it is printed."""
    values: tuple[float, ...]
    """Unrounded, for CSV: the number itself and perhaps the bounds of its interval. NaN is missing."""
    rank: int = 0
    """1 if it is the best of its column, 2 if it is the second best."""

    @property
    def missing(self) -> bool:
        return math.isnan(self.values[0])


Cell = str | tuple[Number, ...]


@dataclass(frozen=True)
class Column:
    """The head of a column."""

    title: str
    fields: tuple[str, ...] = ()
    """What CSV calls its values, if not by the title."""


@dataclass(frozen=True)
class Table:
    """A table in no particular language."""

    title: str
    header: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    """Sentences to print below."""

    def markdown(self) -> str:
        """The table for GitHub: the best in bold, the second best in italics."""

        def number(part: Number) -> str:
            return {_BEST: f"**{part.text}**", _SECOND: f"*{part.text}*"}.get(part.rank, part.text)

        alignment = ["---" if self._is_text(place) else "---:" for place in range(len(self.header))]
        lines = [[_markdown(column.title) for column in self.header], alignment]
        lines += [[_printed(cell, number, _markdown) for cell in row] for row in self.rows]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        notes = "\n".join(f"- {_markdown(note)}" for note in self._all_notes("in italics"))
        return f"**{_markdown(self.title)}**\n\n{body}\n" + (f"\n{notes}\n" if notes else "")

    def latex(self) -> str:
        """A floating table with the rules of booktabs: the best in bold, the second best underlined."""

        def number(part: Number) -> str:
            signs = {"inf": r"$\infty$", "-": MISSING if part.missing else "$-$", "<": "$<$"}
            text = re.sub("inf|-|<", lambda sign: signs[sign[0]], part.text)
            return {_BEST: rf"\textbf{{{text}}}", _SECOND: rf"\underline{{{text}}}"}.get(part.rank, text)

        rows = [" & ".join(_printed(cell, number, _latex) for cell in row) + r" \\" for row in self.rows]
        alignment = "".join("l" if self._is_text(place) else "r" for place in range(len(self.header)))
        lines = [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(self.title)}}}",
            rf"\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            " & ".join(_latex(column.title) for column in self.header) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par\footnotesize {_latex(note)}" for note in self._all_notes("underlined")),
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """The unrounded numbers, one field a value; what is missing is empty. Title and notes are left out."""
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

    def _is_text(self, place: int) -> bool:
        return all(isinstance(row[place], str) for row in self.rows)

    def _all_notes(self, second: str) -> list[str]:
        marked = any(part.rank for row in self.rows for cell in row if not isinstance(cell, str) for part in cell)
        return [*self.notes, f"The best in bold, the second best {second}."] if marked else list(self.notes)


def _printed(cell: Cell, number: Callable[[Number], str], escape: Callable[[str], str]) -> str:
    """A cell in one language; a pair of which nothing was measured is one `-`."""
    if isinstance(cell, str):
        return escape(cell)
    if all(part.missing for part in cell):
        return MISSING
    return " / ".join(number(part) for part in cell)


def _markdown(text: str) -> str:
    """The text in one line that Markdown shows as it stands."""
    return re.sub(r"([\\`*<|]|\](?=[(\[])|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split()))


def _latex(text: str) -> str:
    """The text in one line that LaTeX shows as it stands."""
    return "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
