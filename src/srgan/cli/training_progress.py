"""What a person sees and hears of a training run."""

import signal
from types import FrameType, TracebackType
from typing import Self

from srgan.cli.progress_bar import ProgressBar


class Watcher:
    """What a person sees of a run: a bar with the time left, lines above it; and their Ctrl-C, which ends it well."""

    def __init__(self, *, quiet: bool) -> None:
        self.bar = ProgressBar(shown=not quiet, quiet=quiet)
        self._done = 0
        self._training = self.interrupted = False

    def say(self, line: str) -> None:
        self.bar.say(line)

    def advance(self, done: int, updates: int) -> None:
        if self._training:
            self.bar.advance(done - self._done)
        else:
            self.bar.start("training", updates - done)
        self._training, self._done = True, done

    def wants_to_stop(self) -> bool:
        return self.interrupted

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._hear) for each in (signal.SIGINT, signal.SIGTERM)}
        self.bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.__exit__(kind, error, trace)
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted or not self._training:
            raise KeyboardInterrupt
        self.interrupted = True
        self.say("Stopping after this update, with a checkpoint; once more to stop at once.")
