"""What became of each picture, in lines for people and as a JSON document."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from srgan import __version__
from srgan.cli.console import count, dimensions, duration

if TYPE_CHECKING:
    from srgan.images.inspection import Inspection

STANDARD_OUTPUT = "standard output"
"""What a record calls it."""

FEW = 20
"""Pictures: of more than these not each gets a line of its own."""

Status = Literal["done", "skipped", "failed", "planned"]


@dataclass(frozen=True)
class Record:
    """What became of a picture."""

    source: str
    output: str | None
    """None when there was to be none."""
    status: Status
    size_in: tuple[int, int] | None = None
    """Width and height, once the file has been opened."""
    size_out: tuple[int, int] | None = None
    seconds: float | None = None
    """That it took, or about will take."""
    model: str | None = None
    """Name and identity."""
    model_name: str | None = None
    """Name alone."""
    reason: str | None = None
    """Why it is that model: a clause, `it is a JPEG of quality 60`; None where the model was named."""
    inspection: "Inspection | None" = None
    """What was found out about the source; None where the model was named."""
    engine: str | None = None
    """Engine and precision."""
    notes: tuple[str, ...] = ()
    """What of the source is not in the result, or why it was skipped."""
    error: str | None = None

    @property
    def line(self) -> str:
        """The record in one line."""
        change = self.source
        if self.size_in is not None:
            change += f" ({dimensions(self.size_in)})"
        if self.status in ("done", "planned"):
            change += f" -> {self.output}"
            if self.size_out is not None:
                change += f" ({dimensions(self.size_out)})"
            change += f" in {'about ' * (self.status == 'planned')}{duration(self.seconds or 0.0)}"
            return change if self.reason is None else f"{change}, by {self._model_and_reason}"
        return f"{self.source}: {self.status}, {'; '.join(self.notes)}"

    @property
    def choice(self) -> str | None:
        """Which model was chosen for it and why, in one line; None where the model was named."""
        return None if self.reason is None else f"{self.output}: {self._model_and_reason}"

    @property
    def _model_and_reason(self) -> str:
        return f"{self.model_name}, since {self.reason}"

    @property
    def failure(self) -> str:
        """Why it failed, with the name of the source."""
        error = self.error or ""
        return error if self.source in error else f"{self.source}: {error}"


@dataclass(frozen=True)
class Report:
    """What became of all pictures."""

    records: tuple[Record, ...]
    seconds: float
    left: int = 0
    """Pictures not come to."""
    interrupted: bool = False

    def number(self, status: Status) -> int:
        """How many pictures ended so."""
        return sum(record.status == status for record in self.records)

    @property
    def exit_code(self) -> int:
        """130, as shells count Ctrl-C, when interrupted; 1 when a picture failed."""
        return 130 if self.interrupted else int(self.number("failed") > 0)

    @property
    def interruption(self) -> str:
        """What is told after Ctrl-C."""
        return f"Interrupted: {self.number('done')} done, {self.left} left; run the same command again to go on"

    @property
    def summary(self) -> str:
        """How it went, and where the results are, in one line."""
        done = [record for record in self.records if record.status in ("done", "planned")]
        if len(self.records) == 1 and done:
            return done[0].line
        if done:
            planned = self.number("planned") > 0
            seconds = sum(record.seconds or 0.0 for record in done) if planned else self.seconds
            words = ("to enlarge", "about ") if planned else ("enlarged", "")
            parts = [f"{count(len(done), 'picture')} {words[0]} in {words[1]}{duration(seconds)}"]
        else:
            parts = ["Nothing enlarged"]
        for status in ("skipped", "failed"):
            parts += [f"{number:,} {status}"] if (number := self.number(status)) else []
        place = _place([record.output for record in done if record.output])
        return ", ".join(parts) + (f"; results in {place}" if place else "")

    @property
    def failures(self) -> tuple[str, ...]:
        """A line for each picture that failed."""
        return tuple(f"Failed: {record.failure}" for record in self.records if record.status == "failed")

    @property
    def choices(self) -> tuple[str, ...]:
        """Which model was chosen for each result and why, a line each; of many, how many each model was chosen for."""
        chosen = [record for record in self.records if record.status == "done" and record.choice is not None]
        if len(chosen) <= FEW:
            return tuple(record.choice or "" for record in chosen)
        models = Counter(record.model_name for record in chosen)
        return tuple(f"{name}: {count(number, 'picture')}" for name, number in models.items())

    def document(self) -> dict[str, Any]:
        """The report as JSON knows it."""
        counts = {status: self.number(status) for status in ("done", "skipped", "failed", "planned")}
        return {
            "srgan": __version__,
            "files": [asdict(record) for record in self.records],
            **counts,
            "left": self.left,
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 3),
        }


def _place(outputs: Sequence[str]) -> str | None:
    """The folder that holds all results, relative to the working folder when it lies in it."""
    try:
        folder = os.path.commonpath([os.path.abspath(Path(output).parent) for output in outputs])
    except ValueError:  # none, or several drives
        return None
    inside = os.path.relpath(folder)
    return folder if inside.startswith("..") else "this folder" if inside == "." else inside
