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


def seen(store: Store, code: str) -> dict[str, Any]:
    document = Overview(store).document(ADDRESS)
    found: dict[str, Any] = next(rater for rater in document["raters"] if rater["code"] == code)
    return found


def somebody(store: Store, *scores: int, **other: Any) -> Person:
    """Somebody whose practice was sensible, and who has given these scores."""
    person = Person(Sessions(store))
    person.ready()
    practice = {next_one.assignment: 0 for next_one in person.state.next}
    with store.reading() as connection:
        for assignment in practice:
            query = "SELECT stimulus FROM presentations WHERE id = ?"
            practice[assignment] = connection.execute(query, (assignment,)).fetchone()[0]
    person.vote(*(1 + 2 * practice[each] for each in practice), **other)
    person.vote(*scores, **other)
    return person


def test_it_counts_what_is_done_and_what_is_to_come(store: Store) -> None:
    person = somebody(store, 1, 2, 3, 4, 5)
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
    assert [rater["code"] for rater in raters] == ["R01", "R02"]
    last = raters[0].pop("last_vote")
    assert last is not None
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
    assert (raters[1]["stage"], raters[1]["last_vote"], raters[1]["sittings"]) == ("consent", None, 0)


def test_a_sensible_rater_has_no_flags(store: Store) -> None:
    somebody(store, *[1, 2, 3, 4, 5] * 4)
    assert (seen(store, "R01")["stage"], seen(store, "R01")["flags"]) == ("done", ())


@pytest.mark.parametrize(
    ("scores", "other", "flag"),
    [
        ([1, 2] * 5, {"response_ms": 499}, "fast: 13 of 13 votes within 0.5 s"),
        (
            [1, 2] * 5,
            {"zoom_ok": False},
            "zoom: 13 of 13 votes on pictures that may not have been shown pixel by pixel",
        ),
        ([1] + [4] * 15, {}, "constant: the same score 15 times in a row"),
    ],
)
def test_flags_say_what_stands_out(store: Store, scores: list[int], other: dict[str, Any], flag: str) -> None:
    somebody(store, *scores, **other)
    assert seen(store, "R01")["flags"] == (flag,)


@pytest.mark.parametrize(
    ("scores", "other"), [([1, 2] * 5, {"response_ms": 500}), ([1] + [4] * 14, {}), ([1], {"response_ms": 1})]
)
def test_and_what_hardly_does_is_not_flagged(store: Store, scores: list[int], other: dict[str, Any]) -> None:
    somebody(store, *scores, **other)
    assert seen(store, "R01")["flags"] == ()


def test_a_practice_upside_down_is_flagged(store: Store) -> None:
    person = Person(Sessions(store))
    person.ready()
    person.vote(3, 3, 3)
    assert seen(store, "R01")["flags"] == ("practice: the better pictures were not scored higher than the worse",)


def test_it_is_read_beside_the_votes(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute("INSERT INTO events (rater, kind, detail, at) VALUES ('R01', 'pause', '', '')")
        assert seen(store, "R01")["pauses"] == 0  # not yet committed, and not waited for
    assert seen(store, "R01")["pauses"] == 1
