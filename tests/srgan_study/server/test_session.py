"""Actions of a rater: one vote per assignment, whatever is sent twice, late, from elsewhere or out of order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from srgan_study.server.presentation_order import presentations
from srgan_study.server.request_schemas import ConsentRequest
from srgan_study.server.session import Sessions, TakenOver
from srgan_study.votes.store import Store, read_ratings
from srgan_study.votes.vote_writer import Refused
from tests.helpers.person import Clock, Person
from tests.helpers.studies_made_up import make_study


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(store: Store, clock: Clock) -> Sessions:
    return Sessions(store, clock)


@pytest.fixture
def person(sessions: Sessions) -> Person:
    """A rater who is about to practise."""
    person = Person(sessions)
    person.ready()
    return person


def votes(folder: Path) -> list[tuple[str, int, int]]:
    return [(row.phase, row.position, row.score) for row in read_ratings(folder).rows]


def test_the_stages_come_one_after_the_other(folder: Path, sessions: Sessions, store: Store) -> None:
    person = Person(sessions)
    assert (person.state.stage, person.state.next) == ("consent", ())
    for act in (person.calibrated, lambda: person.send(person.ballot())):
        with pytest.raises(Refused):
            act()
    assert person.ready().stage == "practice"
    assert (person.state.done, person.state.total, len(person.state.next)) == (0, 3, 3)
    assert person.vote(1, 2, 3).stage == "rating"
    assert (person.state.done, person.state.total, len(person.state.next)) == (0, 23, 8)
    last = person.ballot()
    for number in range(23):
        assert person.state.done == number
        last = person.ballot(1 + number % 5)
        person.send(last)
    assert (person.state.stage, person.state.done, person.state.next) == ("done", 23, ())
    assert person.state.completion_code == store.raters()[0].completion_code
    rows = read_ratings(folder).rows
    assert [(row.phase, row.stimulus) for row in rows] == [
        (shown.phase, shown.stimulus) for shown in presentations(store.study, "R01")
    ]
    assert [row.position for row in rows] == [*range(3), *range(23)]
    assert [row.score for row in rows] == [1, 2, 3, *(1 + number % 5 for number in range(23))]
    with pytest.raises(Refused):
        person.send(person.ballot(assignment=last.assignment))
    assert person.send(last).stage == "done"
    assert len(votes(folder)) == 26


def test_a_vote_sent_twice_counts_once(folder: Path, person: Person, sessions: Sessions) -> None:
    ballot = person.ballot(4)
    once = person.send(ballot)
    assert person.send(ballot) == once
    person.vote(2)
    Person(sessions)  # takes over; what was saved is acknowledged all the same
    assert person.send(ballot).done == 2
    assert votes(folder) == [("practice", 0, 4), ("practice", 1, 2)]


def test_a_second_vote_is_refused(folder: Path, person: Person) -> None:
    first, second = person.ballot(4), person.ballot(5)
    person.send(first)
    for ballot in (second, person.ballot(4, key=first.key)):  # a double click; a key is for one vote
        with pytest.raises(Refused):
            person.send(ballot)
    assert votes(folder) == [("practice", 0, 4)]


def test_raters_do_not_meet(folder: Path, person: Person, sessions: Sessions) -> None:
    other = Person(sessions, "R02")
    other.ready()
    with pytest.raises(Refused):
        person.send(person.ballot(assignment=other.state.next[0].assignment))
    person.vote(4, key="mine")
    other.vote(5, key="mine")
    assert [row.score for row in read_ratings(folder).rows] == [4, 5]


@pytest.mark.parametrize("ahead", [1, 2, 500, 2**53])
def test_only_the_next_picture_can_be_rated(folder: Path, person: Person, ahead: int) -> None:
    with pytest.raises(Refused):
        person.send(person.ballot(assignment=person.state.next[0].assignment + ahead))
    assert votes(folder) == []


def test_the_later_tab_takes_over(folder: Path, person: Person, sessions: Sessions) -> None:
    person.vote(4)
    later = Person(sessions)
    assert later.state == person.look()
    acts: list[Callable[[], object]] = [lambda: person.vote(5), person.undo, person.calibrated]
    acts.append(lambda: person.tell("pause"))
    for act in acts:
        with pytest.raises(TakenOver):
            act()
    later.vote(2)
    assert votes(folder) == [("practice", 0, 4), ("practice", 1, 2)]
    guesser = Person(sessions, "R02")
    guesser.lease = "guessed"
    with pytest.raises(Refused):
        guesser.ready()


def test_what_is_taken_back_is_kept_as_a_revision(folder: Path, person: Person, store: Store) -> None:
    person.vote(1, 5)
    first = person.state.undoable
    assert person.undo().done == 1
    assert person.state.undoable is None
    assert person.vote(2).done == 2
    assert [(row.score, row.revisions) for row in read_ratings(folder).rows] == [(1, 0), (2, 1)]
    with store.reading() as connection:
        kept = connection.execute("SELECT score, revision FROM votes WHERE assignment = ?", (first,)).fetchall()
    assert kept == [(5, 0), (2, 1)]


def test_only_the_last_vote_can_be_taken_back(person: Person) -> None:
    person.vote(1)
    first = person.state.undoable
    person.vote(5)
    assignment = person.state.undoable
    with pytest.raises(Refused):
        person.undo(first)
    person.undo()
    assert person.undo(assignment).done == 1
    person.vote(4)
    person.undo()
    assert person.vote(3).done == 2
    with pytest.raises(Refused):
        person.undo(person.state.next[0].assignment)


def test_practice_and_the_last_vote_can_be_taken_back(person: Person) -> None:
    assert person.vote(1, 2, 3).stage == "rating"
    assert (person.undo().stage, person.state.done) == ("practice", 2)
    assert person.vote(3, *[4] * 23).stage == "done"
    assert (person.undo().stage, person.state.done, person.state.completion_code) == ("rating", 22, None)
    assert person.vote(5).completion_code is not None


def test_a_pause_ends_the_sitting_and_the_next_vote_begins_another(folder: Path, person: Person, clock: Clock) -> None:
    def sitting() -> tuple[int, int, int]:
        progress = person.state.sitting
        return progress.number, progress.votes, progress.seconds

    clock.forward(minutes=1)
    person.vote(1, 2)
    assert sitting() == (1, 2, 60)
    person.tell("pause")
    assert (sitting(), person.state.undoable) == ((2, 0, 0), None)
    clock.forward(minutes=10)
    person.tell("resume")
    clock.forward(seconds=5)
    person.vote(3)
    assert sitting() == (2, 1, 5)
    assert [row.sitting for row in read_ratings(folder).rows] == [1, 1, 2]


@pytest.mark.parametrize(("minutes", "sittings"), [(30, [1, 1]), (30.1, [1, 2])])
def test_half_an_hour_without_a_vote_ends_the_sitting(
    folder: Path, person: Person, clock: Clock, minutes: float, sittings: list[int]
) -> None:
    person.vote(1)
    clock.forward(minutes=minutes)
    assert (person.look().undoable is None) == (sittings[1] == 2)
    person.vote(2)
    assert [row.sitting for row in read_ratings(folder).rows] == sittings


def test_a_break_is_due_after_as_long_as_the_design_says(person: Person, clock: Clock) -> None:
    assert person.vote(1).break_due is False
    clock.forward(minutes=19, seconds=59)
    assert person.vote(2).break_due is False
    clock.forward(seconds=1)
    assert person.vote(3).break_due is True
    assert person.tell("break", "declined").break_due is False
    clock.forward(minutes=20)
    assert person.vote(3).break_due is True
    person.tell("break", "taken")
    assert person.tell("pause", "break").break_due is False
    clock.forward(minutes=3)
    assert person.tell("resume").break_due is False


@pytest.mark.parametrize(("hours", "stage"), [(24, "rating"), (24.01, "calibration")])
def test_after_a_day_the_calibration_comes_again(person: Person, clock: Clock, hours: float, stage: str) -> None:
    person.vote(1, 2, 3, 4)
    clock.forward(hours=hours)
    assert person.look().stage == stage
    if stage == "calibration":
        assert person.state.next == ()
        with pytest.raises(Refused):
            person.vote(1)
        assert (person.calibrated().stage, person.state.done) == ("rating", 1)
    assert person.vote(*[5] * 22).stage == "done"
    clock.forward(days=300)
    assert person.look().stage == "done"


def test_the_calibration_is_in_pairs_and_at_each_raters_own_addresses(sessions: Sessions) -> None:
    first, second = sessions.examples("R01"), sessions.examples("R02")
    assert [(each["score"], each["label"]) for each in first] == [(1, "Bad"), (5, "Excellent")] * 2
    assert not {each["address"] for each in first} & {each["address"] for each in second}


def test_a_study_without_calibration_or_practice_begins_with_rating(tmp_path: Path) -> None:
    make_study(tmp_path / "bare", calibration=0, practice=0, raters=1)
    with Store.open(tmp_path / "bare") as store:
        sessions = Sessions(store)
        assert Person(sessions).ready().stage == "rating"
        assert sessions.examples("R01") == []


def test_consent_is_given_once_and_its_answers_stand_apart(sessions: Sessions, store: Store) -> None:
    other = Person(sessions, "R02")
    for version, age in (("v1", "30 to 44"), ("v2", "45 to 59")):
        sessions.consent("R02", ConsentRequest(other.lease, version, {"age": age}))
    with store.reading() as connection:
        assert connection.execute("SELECT version FROM consents WHERE rater = 'R02'").fetchall() == [("v1",)]
        assert connection.execute("SELECT * FROM answers").fetchall() == [("R02", "age", "30 to 44")]
