"""Progress bars on a terminal, with the time left."""

import os
import sys
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TaskProgressColumn, TextColumn
from rich.text import Text

from srgan.cli.console import duration, printable, say

_SOON = 2.0  # seconds before a bar appears


class _TimeLeft(ProgressColumn):
    """Time left by the mean speed so far: steps finish in bursts, which must not look like changes of speed."""

    def render(self, task: Task) -> Text:
        left = task.remaining
        if task.fields.get("part") or not task.completed or left is None or task.elapsed is None:
            return Text()
        return Text(f"{duration(task.elapsed * left / task.completed)} left", style="cyan")


class _LateProgress(Progress):
    """Bars that appear after `_SOON` seconds."""

    def get_renderable(self) -> RenderableType:
        started = self.tasks[0].start_time if self.tasks else None
        if started is None or self.get_time() - started < _SOON:
            return Group()
        return super().get_renderable()


def on_terminal() -> bool:
    """Return whether standard error is a terminal on which lines can be redrawn."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


class ProgressBar:
    """A `srgan.progress.Progress` on standard error: lines, and on a terminal one bar. A context manager.

    The bar appears two seconds after the first `start`, with the time left.

    Args:
        shown: whether there may be a bar.
        quiet: whether lines are only kept in `lines` and not written.
    """

    def __init__(self, *, shown: bool = True, quiet: bool = False) -> None:
        self.lines: list[str] = []
        """All lines of `say`, for a JSON document at the end."""
        self.stopping = False
        """Return value of `should_stop`: set it to end the work early."""
        self._quiet = quiet
        self._task: TaskID | None = None
        self._progress: Progress | None = None
        if shown and on_terminal():
            columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), _TimeLeft())
            self._progress = _LateProgress(*columns, console=Console(stderr=True), transient=True)

    def start(self, what: str, total: int) -> None:
        """Begin a task of `total` steps; it replaces the one before."""
        if self._progress is not None:
            if self._task is not None:  # hidden, not removed: the first task's start decides when the bar appears
                self._progress.update(self._task, visible=False)
            self._task = self._progress.add_task(printable(what), total=max(total, 1))

    def advance(self, count: int = 1) -> None:
        """Count steps of the task as done."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, count)

    def say(self, line: str) -> None:
        """Keep a line, and write it to standard error, above the bar."""
        self.lines.append(line)
        if self._quiet:
            return
        if self._progress is None:
            say(line)
        else:
            self._progress.console.print(Text(printable(line)), soft_wrap=True)

    def stop(self) -> None:
        """End the work early."""
        self.stopping = True

    def should_stop(self) -> bool:
        """Return whether the work should end early, with its results so far saved."""
        return self.stopping

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()


class FilesBar(ProgressBar):
    """Two bars: one over all files, and one over the current file, which each `start` begins.

    Args:
        files: number of calls of `start`.
        shown: whether there may be bars.
    """

    def __init__(self, files: int, *, shown: bool = True) -> None:
        super().__init__(shown=shown and files > 0)
        self._files, self._begun = files, 0
        if self._progress is not None:
            self._all = self._progress.add_task("", total=files, visible=files > 1)
            self._task = self._progress.add_task("", part=files > 1)

    def start(self, what: str, total: int) -> None:
        """Begin a file of `total` steps; the one before is finished."""
        self._begun += 1
        if self._progress is not None and self._task is not None:
            description = f"{self._begun} of {self._files}"
            self._progress.update(self._all, description=description, completed=self._begun - 1)
            self._progress.reset(self._task, description=_short(what), total=max(total, 1))

    def advance(self, count: int = 1) -> None:
        """Count steps of the file as done."""
        super().advance(count)
        if self._progress is not None and self._task is not None:
            part = self._progress.tasks[self._task].percentage / 100
            self._progress.update(self._all, completed=self._begun - 1 + part)


def _short(name: str) -> str:
    """Return the file name of a path, shortened at the front."""
    name = printable(os.path.basename(name) or name)
    return name if len(name) <= 32 else "..." + name[-29:]
