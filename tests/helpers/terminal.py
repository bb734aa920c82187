"""Commands run on a terminal."""

import os
import pty
import subprocess
from collections.abc import Sequence


def written_on_a_terminal(command: Sequence[str], environment: dict[str, str]) -> str:
    """Run a command that must succeed, and return what it writes on a terminal as its standard error."""
    ours, its = pty.openpty()
    process = subprocess.Popen(command, env={**environment, "TERM": "xterm"}, stderr=its, stdout=subprocess.DEVNULL)
    os.close(its)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other side is closed
            part = b""
        if not part:
            break
        written += part
    os.close(ours)
    assert process.wait() == 0
    return written.decode()
