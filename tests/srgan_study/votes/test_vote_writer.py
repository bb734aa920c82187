"""The thread that writes: futures resolve after the data is on the disk, and a refusal fails alone."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from srgan.errors import OutputError
from srgan_study.votes.queries import insert
from srgan_study.votes.store import Store
from srgan_study.votes.vote_writer import Refused, VoteWriter


class Batch:
    """Operations that a writer holds back until `run`, so that they are written in one transaction."""

    def __init__(self, store: Store) -> None:
        self._store, self._go_on, begun = store, threading.Event(), threading.Event()
        self.writer = VoteWriter(store)
        self.writer.submit(begun.set)
        self.writer.submit(lambda: self._go_on.wait(60))
        assert begun.wait(60)

    def note(self, kind: str, error: Exception | None = None) -> Future[str]:
        """Submit an operation that adds an event and then perhaps fails."""

        def add() -> str:
            with self._store.transaction() as connection:
                insert(connection, "events", rater="R01", kind=kind, detail="", at="")
                if error is not None:
                    raise error
            return kind

        return self.writer.submit(add)

    def run(self) -> None:
        self._go_on.set()

    def kinds(self) -> list[str]:
        """Wait for the end of everything, and read the events."""
        self.run()
        self.writer.__exit__()
        with self._store.reading() as connection:
            return [kind for (kind,) in connection.execute("SELECT kind FROM events ORDER BY id")]


@pytest.fixture
def batch(folder: Path) -> Iterator[Batch]:
    with Store.open(folder) as store:
        batch = Batch(store)
        yield batch
        batch.kinds()


def test_a_refusal_leaves_the_others_alone(batch: Batch) -> None:
    futures, refused, last = [batch.note("a"), batch.note("b")], batch.note("no", Refused("no")), batch.note("c")
    batch.run()
    assert [future.result(60) for future in (*futures, last)] == ["a", "b", "c"]
    with pytest.raises(Refused):
        refused.result(60)
    assert batch.kinds() == ["a", "b", "c"]


def test_no_future_resolves_before_all_is_on_the_disk(batch: Batch) -> None:
    done: list[bool] = []
    first = batch.note("a")
    second = batch.writer.submit(lambda: done.append(first.done()))
    batch.run()
    second.result(60)
    assert (done, first.result()) == ([False], "a")


def test_a_failing_disk_fails_all_and_keeps_nothing(batch: Batch) -> None:
    futures: list[Future[Any]] = [batch.note("a"), batch.note("b", OutputError("full")), batch.note("c")]
    batch.run()
    for future in futures:
        with pytest.raises(OutputError):
            future.result(60)
    assert batch.note("later").result(60) == "later"
    assert batch.kinds() == ["later"]


def test_a_cancelled_operation_is_not_done(batch: Batch) -> None:
    assert batch.note("a").cancel()
    assert batch.kinds() == []
