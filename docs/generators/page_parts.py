"""Parts of generated pages: text between marks, tables, plots, and the benchmark data that they are made of."""

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from srgan.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Marks:
    """Marks around a part of a page that one script writes, or that is written by hand."""

    name: str

    @property
    def begin(self) -> str:
        return f"<!-- {self.name}: begin -->"

    @property
    def end(self) -> str:
        return f"<!-- {self.name}: end -->"

    def around(self, text: str) -> str:
        """Return a text between the marks."""
        return f"{self.begin}\n{text}\n{self.end}"

    def find(self, page: str) -> str:
        """Return the text between the marks of a page.

        Raises:
            ValueError: if a mark is missing or occurs twice.
        """
        if page.count(self.begin) != 1 or page.count(self.end) != 1 or page.index(self.begin) > page.index(self.end):
            raise ValueError(f"the page must hold {self.begin} and then {self.end}, once each: put them back")
        return page[page.index(self.begin) + len(self.begin) : page.index(self.end)].strip("\n")

    def replace(self, page: str, text: str) -> str:
        """Return a page with another text between the marks.

        Raises:
            ValueError: as `find`.
        """
        self.find(page)
        return page.partition(self.begin)[0] + self.around(text.strip("\n")) + page.partition(self.end)[2]

    def rewrite(self, path: Path, text: str) -> None:
        """Write another text between the marks of a page.

        Raises:
            ValueError: as `find`.
            OutputError: if the page cannot be written.
        """
        write_bytes(path, self.replace(path.read_text(encoding="utf-8"), text).encode())


PHOTOS, TWICE, SPEED, FIDELITY, BY_HAND = map(Marks, ("photos", "twice", "speed", "fidelity", "by hand"))
"""Marks of docs/results.md."""


def benchmark_data() -> Path:
    """Return the benchmark data folder, which SRGAN_DATA names; without one, the script ends."""
    data = Path(os.environ.get("SRGAN_DATA", ""))
    if not (data / "testsets").is_dir():
        sys.exit("SRGAN_DATA must be the benchmark data folder, with testsets/ in it")
    return data.resolve()


def markdown_table(rows: Sequence[Sequence[str]], *, texts: int | None = None) -> str:
    """Return a table in Markdown, its head first.

    Args:
        rows: of cells.
        texts: number of columns, from the left, that hold text; the others hold numbers. All do without it.
    """
    rule = ["---" if texts is None or place < texts else "---:" for place in range(len(rows[0]))]
    escaped = [[cell.replace("|", r"\|") for cell in row] for row in (rows[0], rule, *rows[1:])]
    return "".join(f"| {' | '.join(row)} |\n" for row in escaped)


def tidy(axes: "Axes") -> None:
    """Give axes a pale grid, and no frame at the top and right."""
    axes.grid(color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def write_plot(path: Path, figure: "Figure") -> None:
    """Write a plot as PNG; the same plot gives the same file.

    Raises:
        OutputError: if it cannot be written.
    """
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    write_bytes(path, drawn.getvalue())
