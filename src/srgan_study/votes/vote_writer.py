"""The one thread that writes votes: what has come while it wrote is written next, together.

A disk takes milliseconds to say that something is safe, however much it is. Every piece of work is still done whole
or not at all, and answered only when the transaction that it is part of is on the disk.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from srgan_study.server.session import Refused
from srgan_study.votes.store import Store

_T = TypeVar("_T")


class _Work(Generic[_T]):
    """Something to be done, and whoever waits for what comes of it."""

    def __init__(self, do: Callable[[], _T]) -> None:
        self.future: Future[_T] = Future()
        self._do = do
        self._answer: Callable[[], None]

    def run(self) -> None:
        """Do it; nobody hears of it yet."""
        try:
            done = self._do()
        except Refused as refusal:  # only this one fails: the others go on
            self._answer = partial(self.future.set_exception, refusal)
        else:
            self._answer = partial(self.future.set_result, done)

    def answer(self) -> None:
        """Let whoever waits hear of it."""
        self._answer()


class _Answers:
    """Around work: in the end all who wait hear what came of it, or all of them why nothing did."""

    def __init__(self, works: list[_Work[Any]]) -> None:
        self._works = works

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for work in self._works:
            if error is None:
                work.answer()
            else:
                work.future.set_exception(error)


class Writer:
    """Has things done with a store, one after the other, in a thread of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Work[Any]] = deque()
        self._thread = ThreadPoolExecutor(1, "votes")

    def submit(self, do: Callable[[], _T]) -> Future[_T]:
        """Have something done.

        Returns:
            What it returned, or why it was refused, once that is on the disk.
        """
        work = _Work(do)
        self._waiting.append(work)
        self._thread.submit(self._write)
        return work.future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._thread.shutdown()  # once all is done

    def _write(self) -> None:
        works = []
        while self._waiting:
            work = self._waiting.popleft()
            if work.future.set_running_or_notify_cancel():
                works.append(work)
        if not works:  # the time before has done this one's too
            return
        with _Answers(works), self._store.transaction():
            for work in works:
                work.run()
