"""Ctrl-C and the polite request to end, SIGTERM: heard once, so that cleaning up is not interrupted in its turn."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def one_interruption() -> Iterator[None]:
    """While this lasts, the first SIGINT or SIGTERM raises KeyboardInterrupt, and those after it do nothing."""
    heard = False

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        if not heard:
            heard = True
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, hear) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
