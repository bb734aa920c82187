"""The thread that writes: nothing is answered before it is on the disk, and what fails alone fails alone."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from srgan.errors import OutputError
from srgan_study.server.session import Refused
from srgan_study.votes.store import Store
from srgan_study.votes.vote_writer import Writer
from tests.helpers.studies_made_up import make_study


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    make_study(tmp_path / "study", raters=1)
    with Store.open(tmp_path / "study") as store:
        yield store


def note(store: Store, kind: str) -> str:
    with store.transaction() as connection:
        connection.execute("INSERT INTO events (rater, kind, detail, at) VALUES ('R01', ?, '', '')", (kind,))
    return kind


def refuse(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute("INSERT INTO events (rater, kind, detail, at) VALUES ('R01', 'refused', '', '')")
        raise Refused("no")


def kinds(store: Store) -> list[str]:
    with store.reading() as connection:
        return [kind for (kind,) in connection.execute("SELECT kind FROM events ORDER BY id")]


def held(writer: Writer) -> threading.Event:
    """Keeps the writer busy until it is set, so that what is submitted meanwhile is written together."""
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go_on.wait(10)

    writer.submit(wait)
    begun.wait(10)
    return go_on


def test_one_that_is_refused_leaves_the_others_alone(store: Store) -> None:
    with Writer(store) as writer:
        go_on = held(writer)
        futures = [writer.submit(lambda: note(store, "a")), writer.submit(lambda: note(store, "b"))]
        refused = writer.submit(lambda: refuse(store))
        last = writer.submit(lambda: note(store, "c"))
        go_on.set()
        assert [future.result(10) for future in (*futures, last)] == ["a", "b", "c"]
        with pytest.raises(Refused, match="no"):
            refused.result(10)
    assert kinds(store) == ["a", "b", "c"]


def test_nothing_is_answered_before_all_is_on_the_disk(store: Store) -> None:
    seen: list[bool] = []
    with Writer(store) as writer:
        go_on = held(writer)
        first = writer.submit(lambda: note(store, "a"))
        second = writer.submit(lambda: seen.append(first.done()))
        go_on.set()
        second.result(10)
    assert (seen, first.result()) == ([False], "a")


def test_where_the_disk_fails_all_hear_of_it_and_nothing_is_kept(store: Store) -> None:
    def fail() -> None:
        raise OutputError("the disk is full: free some space")

    with Writer(store) as writer:
        go_on = held(writer)
        first, last = writer.submit(lambda: note(store, "a")), writer.submit(lambda: note(store, "b"))
        futures: list[Future[Any]] = [first, writer.submit(fail), last]
        go_on.set()
        for future in futures:
            with pytest.raises(OutputError, match="free some space"):
                future.result(10)
        assert writer.submit(lambda: note(store, "later")).result(10) == "later"
    assert kinds(store) == ["later"]


def test_what_nobody_waits_for_any_more_is_not_done(store: Store) -> None:
    with Writer(store) as writer:
        go_on = held(writer)
        future = writer.submit(lambda: note(store, "a"))
        assert future.cancel()
        go_on.set()
    assert kinds(store) == []
