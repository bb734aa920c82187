"""Progress of a training run on a terminal, and its interruption by Ctrl-C."""

import signal
from types import FrameType
from typing import Self

from srgan.cli.progress_bar import ProgressBar


class TrainingProgress(ProgressBar):
    """A bar with the time left, lines above it, and a first Ctrl-C or SIGTERM that ends training with a checkpoint.

    Before the first update, and the second time, they interrupt at once. A context manager.

    Args:
        quiet: whether nothing is shown.
    """

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(shown=not quiet, quiet=quiet)
        self._updating = False

    def start(self, what: str, total: int) -> None:
        super().start(what, total)
        self._updating = False

    def should_stop(self) -> bool:
        self._updating = True  # asked after every update
        return super().should_stop()

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.stopping or not self._updating:
            raise KeyboardInterrupt
        self.stopping = True
        self.say("Stopping after this update, with a checkpoint; once more to stop at once.")
