"""What a person sees and hears of a training run."""

import signal
from types import FrameType, TracebackType
from typing import Self

from srgan.cli.progress_bar import Counter, on_terminal


class Watcher:
    """What a person sees of a run: a bar with the time left, lines above it; and their Ctrl-C, which ends it well."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar = Counter(shown=on_terminal() and not quiet)
        self._training = self.interrupted = False

    def say(self, line: str) -> None:
        if not self._quiet:
            self._bar.say(line)

    def preparing(self, done: int, whole: int) -> None:
        """Hear how many pictures are prepared."""
        self._bar.count("preparing pictures", done, whole)

    def downloading(self, done: int, whole: int) -> None:
        """Hear how much of VGG19 is there."""
        self._bar.count("downloading VGG19", done, whole)

    def advance(self, done: int, updates: int) -> None:
        self._training = True
        self._bar.count("training", done, updates)

    def wants_to_stop(self) -> bool:
        return self.interrupted

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._hear) for each in (signal.SIGINT, signal.SIGTERM)}
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted or not self._training:
            raise KeyboardInterrupt
        self.interrupted = True
        self.say("Stopping after this update, with a checkpoint; once more to stop at once.")
