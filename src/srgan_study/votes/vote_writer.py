"""The one thread that writes votes; requests that arrive while it writes are written next, in one transaction.

A disk takes milliseconds to make data safe, however much it is. Each operation still happens whole or not at all, and
its future is resolved only when the transaction is on the disk.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Self, TypeVar

from srgan_study.votes.store import Store

_T = TypeVar("_T")


class Refused(Exception):
    """Operation that is not allowed now; it fails alone, and the rest of its transaction is written."""


class VoteWriter:
    """Queue of operations on a store, run one after the other in one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._thread = ThreadPoolExecutor(1, "votes")

    def submit(self, operation: Callable[[], _T]) -> Future[_T]:
        """Queue an operation; the future has its result or its refusal once that is on the disk."""
        future: Future[_T] = Future()
        self._waiting.append((future, operation))
        self._thread.submit(self._write)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._thread.shutdown()  # after all operations

    def _write(self) -> None:
        """Run what is queued; it may be nothing, where an earlier call has run this one's operation."""
        works = []
        while self._waiting:
            future, operation = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                works.append((future, operation))
        if not works:
            return
        resolve: list[Callable[[], None]] = []
        try:
            with self._store.transaction():
                for future, operation in works:
                    try:
                        resolve.append(partial(future.set_result, operation()))
                    except Refused as refusal:
                        resolve.append(partial(future.set_exception, refusal))
        except BaseException as error:  # noqa: BLE001  the whole transaction failed, and no thread waits for this one
            resolve = [partial(future.set_exception, error) for future, _ in works]
        for each in resolve:
            each()
