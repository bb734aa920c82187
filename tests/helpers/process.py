"""The server of a study in a process of its own, to be killed and begun again."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

# Each server is a copy of a process that has imported everything: a test need not wait for that fifty times.
SERVERS = """
import os, sys
from pathlib import Path
from srgan.errors import SrganError
from srgan_study.server.server import ServeOptions, serve

def report(line):
    print(line, file=sys.stderr)

for port in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            serve(Path(sys.argv[1]), ServeOptions(port=int(port)), report=report, more=0,
                  ready=lambda served: print(f"address {served.address}", flush=True))
        except SrganError:
            os._exit(1)
    print(f"process {child}", flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


class ServerProcess:
    """A server that can be begun and killed any number of times; a context manager, after which it is gone."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", SERVERS, str(folder)]
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # a process with more is not to be copied
        self._parent = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | one_thread
        )
        self._child: int | None = None

    def begin(self, port: int = 0) -> int | None:
        """Serve.

        Returns:
            The port, once raters may come; None if the server ended before.
        """
        assert self._parent.stdin is not None
        self._parent.stdin.write(f"{port}\n")
        self._parent.stdin.flush()
        found = 0
        while not (self._child and found):
            word, _, value = self._read().partition(" ")
            if word == "ended":
                self._child = None
                return None
            if word == "process":
                self._child = int(value)
            else:
                found = int(value.rpartition(":")[2])
        return found

    def processor_seconds(self) -> float:
        """Time that it has used of processors, whatever else they do (Linux)."""
        fields = Path(f"/proc/{self._child}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End it without warning, by kill -9."""
        assert self._child is not None
        os.kill(self._child, signal.SIGKILL)
        assert self._read() == "ended"
        self._child = None

    def _read(self) -> str:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline().strip()
        assert line, "the process of the server is gone"
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            os.kill(self._child, signal.SIGKILL)
        self._parent.kill()
        self._parent.wait()
        for stream in (self._parent.stdin, self._parent.stdout):
            if stream is not None:
                stream.close()
