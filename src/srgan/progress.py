"""Progress of long work, reported to its caller."""

from typing import Protocol


class Progress(Protocol):
    """Receiver of progress; the command line shows a bar, tests remember, a server answers its clients."""

    def start(self, what: str, total: int) -> None:
        """Begin a task of `total` steps; it replaces the one before."""

    def advance(self, count: int = 1) -> None:
        """Count steps of the task as done."""

    def say(self, line: str) -> None:
        """Show one line of text."""

    def should_stop(self) -> bool:
        """Return whether the work should end early, with its results so far saved."""


class NoProgress:
    """A `Progress` that shows nothing and never stops."""

    def start(self, what: str, total: int) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass

    def say(self, line: str) -> None:
        pass

    def should_stop(self) -> bool:
        return False
