"""Commands run on a terminal."""

import os
import pty
import subprocess
import threading
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch


def written_on_a_terminal(command: Sequence[str], environment: dict[str, str]) -> str:
    """Run a command that must succeed, and return what it writes on a terminal as its standard error."""
    ours, its = pty.openpty()
    process = subprocess.Popen(command, env={**environment, "TERM": "xterm"}, stderr=its, stdout=subprocess.DEVNULL)
    os.close(its)
    made = Terminal()
    made.read(ours)
    os.close(ours)
    assert process.wait() == 0
    return made.written


class Terminal:
    """A terminal, and all that has been written on it so far."""

    def __init__(self) -> None:
        self.written = ""
        self.changed = threading.Condition()

    def wait_for(self, text: str) -> None:
        """Wait until a text has been written."""
        with self.changed:
            self.changed.wait_for(lambda: text in self.written)

    def read(self, descriptor: int) -> None:
        """Keep what is written until the other side is closed."""
        decoder, part = getincrementaldecoder("utf-8")(), b"begun"
        while part:
            try:
                part = os.read(descriptor, 65536)
            except OSError:  # Linux: the other side is closed
                part = b""
            with self.changed:
                self.written += decoder.decode(part)
                self.changed.notify_all()


@contextmanager
def terminal() -> Iterator[Terminal]:
    """Make a terminal the standard error of this process."""
    ours, its = pty.openpty()
    made = Terminal()
    reader = threading.Thread(target=made.read, args=(ours,))
    reader.start()
    with open(its, "w") as stream, patch("sys.stderr", stream), patch.dict(os.environ, TERM="xterm"):
        yield made
    reader.join()
    os.close(ours)
