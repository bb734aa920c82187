"""What the organiser sees: progress, links and reasons to ask, and nothing of what pictures were given."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from srgan_study.server.admin import Overview
from srgan_study.server.session import Sessions
from srgan_study.votes.store import Store
from tests.helpers.person import Person
from tests.helpers.studies_made_up import make_study

ADDRESS = "https://study.example.org"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    make_study(tmp_path / "study", raters=3, calibration=0)
    with Store.open(tmp_path / "study") as store:
        yield store


def flags_of(store: Store) -> list[str]:
    """Return the first words of the flags of the first rater."""
    return [flag.partition(":")[0] for flag in Overview(store).document(ADDRESS)["raters"][0]["flags"]]


def rate(store: Store, *scores: int, practice: int = 2, **other: Any) -> Person:
    """Return a rater whose practice scores rise by that step, and who then gave these scores."""
    person = Person(Sessions(store))
    person.ready()
    with store.reading() as connection:
        rows = dict(connection.execute("SELECT id, stimulus FROM presentations").fetchall())
    person.vote(*(1 + practice * rows[each.assignment] for each in person.state.next), *scores, **other)
    return person


def test_it_counts_what_is_done_and_what_is_to_come(store: Store) -> None:
    person = rate(store, 1, 2, 3, 4, 5)
    person.undo()
    person.tell("pause")
    person.tell("resume")
    store.withdraw("R03")
    document = Overview(store).document(ADDRESS)
    raters = document.pop("raters")
    assert document == {
        "title": store.study.title,
        "simulated": False,
        "votes": 4,
        "expected": 40,
        "percent": 10.0,
        "withdrawn": 1,
    }
    assert raters[0].pop("last_vote") is not None
    assert raters[0] == {
        "code": "R01",
        "link": f"{ADDRESS}/r/{store.raters()[0].token}",
        "stage": "rating",
        "votes": 4,
        "total": 20,
        "percent": 20.0,
        "sittings": 2,
        "pauses": 1,
        "flags": (),
    }
    assert len(raters) == 2
    assert [raters[1][name] for name in ("code", "stage", "last_vote", "sittings")] == ["R02", "consent", None, 0]


@pytest.mark.parametrize(
    ("scores", "other", "flags"),
    [
        ([1, 2, 3, 4, 5] * 4, {}, []),
        ([1, 2] * 5, {"response_ms": 499}, ["fast"]),
        ([1, 2] * 5, {"response_ms": 500}, []),
        ([1], {"response_ms": 1}, []),  # too few votes to judge
        ([1, 2] * 5, {"zoom_ok": False}, ["zoom"]),
        ([1] + [4] * 15, {}, ["constant"]),
        ([1] + [4] * 14, {}, []),
        ([], {"practice": 0}, ["practice"]),
    ],
)
def test_flags_say_what_stands_out(store: Store, scores: list[int], other: dict[str, Any], flags: list[str]) -> None:
    rate(store, *scores, **other)
    assert flags_of(store) == flags


def test_it_is_read_beside_the_votes(store: Store) -> None:
    def count_pauses() -> int:
        return int(Overview(store).document(ADDRESS)["raters"][0]["pauses"])

    with store.transaction() as connection:
        connection.execute("INSERT INTO events (rater, kind, detail, at) VALUES ('R01', 'pause', '', '')")
        assert count_pauses() == 0  # not yet committed, and not waited for
    assert count_pauses() == 1
