"""A `Progress` that remembers what was reported."""

from dataclasses import dataclass, field


@dataclass
class RecordedProgress:
    lines: list[str] = field(default_factory=list)
    tasks: list[tuple[str, int]] = field(default_factory=list)
    """What was started, with its total."""
    counts: list[list[int]] = field(default_factory=list)
    """The steps of each task."""

    def start(self, what: str, total: int) -> None:
        self.tasks.append((what, total))
        self.counts.append([])

    def advance(self, count: int = 1) -> None:
        self.counts[-1].append(count)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def should_stop(self) -> bool:
        return False
