"""A `Progress` that remembers what was reported, and fails or asks for an end on request."""

from dataclasses import dataclass, field


@dataclass
class RecordedProgress:
    """Tasks, steps and lines in their order."""

    lines: list[str] = field(default_factory=list)
    tasks: list[tuple[str, int]] = field(default_factory=list)
    """What was started, with its total."""
    counts: list[list[int]] = field(default_factory=list)
    """The steps of each task."""
    failure: BaseException | None = None
    """Raised by the second step of a task."""
    most: float = float("inf")
    """Steps of all tasks from which on it asks for an early end."""

    @property
    def done(self) -> int:
        """Steps of all tasks."""
        return sum(map(sum, self.counts))

    def start(self, what: str, total: int) -> None:
        self.tasks.append((what, total))
        self.counts.append([])

    def advance(self, count: int = 1) -> None:
        self.counts[-1].append(count)
        if self.failure is not None and len(self.counts[-1]) == 2:
            raise self.failure

    def say(self, line: str) -> None:
        self.lines.append(line)

    def should_stop(self) -> bool:
        return self.done >= self.most
