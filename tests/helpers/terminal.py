"""A command on a terminal: what is written there, as a person would see it."""

import os
import pty
import subprocess
from collections.abc import Sequence


def written_on_a_terminal(command: Sequence[str], environment: dict[str, str]) -> str:
    """What a command that succeeds writes on a terminal that is its standard error."""
    ours, its = pty.openpty()
    process = subprocess.Popen(command, env={**environment, "TERM": "xterm"}, stderr=its, stdout=subprocess.DEVNULL)
    os.close(its)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other side has gone
            part = b""
        if not part:
            break
        written += part
    os.close(ours)
    assert process.wait() == 0
    return written.decode()
