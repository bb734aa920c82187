"""The lock of a target: one run at a time writes into it.

In a folder of this computer or of its network the system locks a file, and gives the lock back however the run ends. In
a bucket, where nothing can be locked, a run keeps counting in an object; another waits for a while, by its own clock,
whether the count goes on, and takes the target over if it does not. No two clocks are ever compared.
"""

import os
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from srgan.batch.ledger import FOLDER
from srgan.errors import OutputError, SrganError
from srgan.files import make_folder
from srgan.storage import Place

_NAME = f"{FOLDER}/lock"
BEAT, PATIENCE = 3.0, 15.0
"""Seconds between counts of a run, and seconds after which one that has not counted is over."""


class TargetLock:
    """The lock, as a context manager.

    Args:
        target: the folder of results.
        run: name of the run.

    Raises:
        OutputError: if another run holds it, or the target cannot be written.
        StorageError: if the target cannot be reached.
    """

    def __init__(self, target: Place, run: str) -> None:
        self._target, self._run, self._descriptor = target, run, -1
        self._ended, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def check(self) -> None:
        """Check that the lock is still held.

        Raises:
            OutputError: if another run has taken the target over.
        """
        if self._lost.is_set():
            raise OutputError(f"another run has taken {self._target} over: leave it to that one")

    def __enter__(self) -> Self:
        if self._target.is_local:
            self._lock_file()
            return self
        seen = self._target.read(_NAME)
        if seen is not None:
            time.sleep(PATIENCE)
            if self._target.read(_NAME) != seen:
                raise self._taken()
        self._target.write(_NAME, self._count(0))
        time.sleep(BEAT / 3)  # of two that found it free at the same time, the last to write has it
        if self._target.read(_NAME) != self._count(0):
            raise self._taken()
        self._thread.start()
        return self

    def _taken(self) -> OutputError:
        return OutputError(f"another run is writing into {self._target}: wait for its end, or choose another target")

    def _lock_file(self) -> None:
        import fcntl  # not on Windows, where Ray's workers are not supported either

        make_folder(self._target.path / FOLDER)
        try:
            self._descriptor = os.open(self._target.path / _NAME, os.O_RDWR | os.O_CREAT, 0o666)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            if isinstance(error, BlockingIOError):
                raise self._taken() from error
            raise OutputError(f"{self._target} cannot be written ({error.strerror}): choose another target") from error

    def _count(self, number: int) -> bytes:
        return f"{self._run} {number}".encode()

    def _beat(self) -> None:
        number = 0
        while not self._ended.wait(BEAT):
            with suppress(SrganError):  # the run itself notices that the bucket is gone
                # Whatever the count: a write may have arrived whose answer did not.
                if not (self._target.read(_NAME) or b"").startswith(f"{self._run} ".encode()):
                    self._lost.set()
                    return
                number += 1
                self._target.write(_NAME, self._count(number))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)  # and with it the lock; the file stays, or a third run would lock another one
            return
        self._ended.set()
        self._thread.join()
        with suppress(SrganError):
            if not self._lost.is_set():
                self._target.remove(_NAME)
