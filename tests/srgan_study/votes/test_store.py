"""Database of a study: complete before the first vote, append-only, durable, and clear about what is wrong with it."""

import os
import re
import shutil
import sqlite3
import stat
from collections import Counter
from pathlib import Path

import pytest

from srgan.errors import DataError, OutputError, UsageError
from srgan_study.server.presentation_order import presentations
from srgan_study.server.request_schemas import ConsentRequest
from srgan_study.server.session import Sessions
from srgan_study.votes.database import connect
from srgan_study.votes.queries import insert
from srgan_study.votes.schema import OWNERS, TABLES
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.person import Person
from tests.helpers.studies_made_up import make_study

GOLDEN = Path(__file__).parents[2] / "golden" / "files" / "study"


@pytest.fixture
def rated(store: Store) -> Store:
    """A store with rows in each of its tables; R02 has withdrawn."""
    for code in ("R01", "R02", "R03"):
        sessions = Sessions(store)
        person = Person(sessions, code)
        sessions.consent(code, ConsentRequest(person.lease, "1", {"age": f"secret of {code}"}))
        person.calibrated()
        person.vote(1, 2, 3, 4, 4)
        person.undo()
        person.vote(5)
        person.tell("zoom", f"zoom of {code}")
    store.withdraw("R02")
    return store


@pytest.fixture
def person(store: Store) -> Person:
    person = Person(Sessions(store))
    person.ready()
    return person


def add_event(connection: sqlite3.Connection, kind: str, detail: str = "") -> None:
    insert(connection, "events", rater="R01", kind=kind, detail=detail, at="")


def test_everything_is_there_before_the_first_vote(folder: Path, store: Store) -> None:
    raters = store.raters()
    assert [rater.code for rater in raters] == ["R01", "R02", "R03"]
    secrets = [rater.token for rater in raters] + [store.organiser_token, *store.addresses()]
    assert len(set(secrets)) == len(secrets) == 3 + 1 + 3 * (23 + 3 + 4)
    assert {len(secret) for secret in secrets} == {22}  # 128 bits, six a letter
    assert len({rater.completion_code for rater in raters}) == 3
    with store.reading() as connection:
        for rater in raters:
            rows = connection.execute("SELECT phase, stimulus FROM presentations WHERE rater = ?", (rater.code,))
            order = presentations(store.study, rater.code)
            assert rows.fetchall() == [(shown.phase, shown.stimulus) for shown in order]
    with Store.open(folder) as again:
        assert (again.raters(), again.addresses()) == (raters, store.addresses())
    images = Counter(store.addresses().values())
    assert len(images) == 20 + 3 + 4
    assert sum(images.values()) == 3 * (23 + 3 + 4)


def test_it_is_durable_and_private(folder: Path, store: Store) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    with store.reading() as connection:
        assert {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in expected} == expected
    if os.name == "posix":
        assert stat.S_IMODE((folder / "votes.sqlite").stat().st_mode) == 0o600


def test_the_schema_is_that_of_earlier_versions(store: Store) -> None:
    def schema(connection: sqlite3.Connection) -> dict[str, str]:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        bare = {name: re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", sql)) for name, sql in rows}
        return {name: re.sub(r"\s*([(),])\s*", r"\1", sql).strip() for name, sql in bare.items()}

    old = sqlite3.connect(f"file:{GOLDEN / 'votes.sqlite'}?mode=ro&immutable=1", uri=True)
    with store.reading() as connection:
        assert schema(connection) == schema(old)
    old.close()


def test_a_study_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    folder = shutil.copytree(GOLDEN, tmp_path / "study")
    before = read_ratings(folder)
    with Store.open(folder) as store:
        unfinished = store.raters()[len(before.raters) - 1].code
        person = Person(Sessions(store), unfinished)
        assert person.calibrated().stage == "rating"
        done = person.state.done
        assert person.vote(3).done == done + 1
    assert len(read_ratings(folder).rows) == len(before.rows) + 1


def test_no_row_can_be_changed_deleted_or_replaced(rated: Store, folder: Path) -> None:
    with sqlite3.connect(folder / "votes.sqlite") as raw:

        def refuse(command: str, *values: object) -> None:
            with pytest.raises(sqlite3.IntegrityError):
                raw.execute(command, values)

        before = {table: raw.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
        assert all(before.values())
        for table in TABLES:
            column = OWNERS.get(table, "hash" if table == "study" else "rater")
            refuse(f"UPDATE {table} SET {column} = {column}")
            refuse(f"DELETE FROM {table}")
        same, twice, key = (list(before["votes"][0]) for _ in range(3))
        twice[0], twice[3], twice[5] = None, 7, "another key"
        key[0], key[2], key[3] = None, same[2] + 10, 0
        for values in (same, twice, key):
            for word in ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"):
                refuse(f"{word} INTO votes VALUES ({', '.join('?' * len(values))})", *values)
        assert {table: raw.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES} == before


def test_a_withdrawal_leaves_nothing_but_the_code(rated: Store, folder: Path) -> None:
    assert [rater.code for rater in rated.raters()] == ["R01", "R03"]
    assert {row.rater for row in read_ratings(folder).rows} == {"R01", "R03"}
    held = b"".join(path.read_bytes() for path in folder.glob("votes.sqlite*"))
    assert b"secret of R01" in held
    assert b"secret of R02" not in held
    assert b"zoom of R02" not in held
    with rated.reading() as connection:
        for table, owner in OWNERS.items():
            assert connection.execute(f"SELECT 1 FROM {table} WHERE {owner} = 'R02'").fetchone() is None


def test_a_withdrawal_counts_the_votes_and_needs_a_rater(store: Store) -> None:
    person = Person(Sessions(store), "R03")
    person.ready()
    person.vote(1, 2)
    assert store.withdraw("R03") == 2
    for code in ("R03", "R99", "", "R01'; --"):
        with pytest.raises(UsageError):
            store.withdraw(code)
    assert [rater.code for rater in store.invite_more(2)] == ["R04", "R05"]
    assert len(store.addresses()) == 4 * (23 + 3 + 4)


def test_ratings_are_read_as_they_were_cast(rated: Store, folder: Path) -> None:
    ratings = read_ratings(folder)
    assert (ratings.simulated, ratings.raters, len(ratings.rows)) == (False, ("R01", "R03"), 10)
    last = ratings.rows[4]
    assert (last.rater, last.phase, last.position, last.score, last.revisions) == ("R01", "main", 1, 5, 1)
    assert (last.client, last.device_pixel_ratio, last.viewport_width, last.zoom_ok) == ("tab", 2.0, 1280, True)
    assert type(last.zoom_ok) is bool
    assert last.shown_at == "2026-03-01T12:00:00.000+00:00"
    rated.close()
    read_ratings(folder)
    assert [path.name for path in folder.glob("votes*")] == ["votes.sqlite"]


def test_a_database_of_other_votes_is_refused(folder: Path, store: Store, tmp_path: Path) -> None:
    with Store.open(folder, simulated=True) as other:
        assert other.path.name == "simulated.sqlite"
        assert not set(other.addresses()) & set(store.addresses())
    store.close()
    make_study(tmp_path / "other", raters=3, seed=1)
    shutil.copy(folder / "votes.sqlite", tmp_path / "other" / "votes.sqlite")
    (folder / "simulated.sqlite").replace(folder / "votes.sqlite")
    for place in (folder, tmp_path / "other"):
        for attempt in (Store.open, read_ratings):
            with pytest.raises(DataError):
                attempt(place)


def test_databases_that_cannot_be_used(folder: Path) -> None:
    for simulated, command in ((False, "srgan study serve"), (True, "srgan study simulate")):
        with pytest.raises(DataError, match=command):
            read_ratings(folder, simulated=simulated)
    connection = connect(folder / "votes.sqlite", 1)
    connection.execute("PRAGMA user_version = 99")  # of a later version
    connection.close()
    with pytest.raises(DataError):
        Store.open(folder)
    (folder / "votes.sqlite").unlink()
    (folder / "votes.sqlite").mkdir()
    with pytest.raises(OutputError):
        Store.open(folder)


@pytest.mark.parametrize("place", [0, 4096])
def test_a_damaged_database_is_refused_in_one_line(folder: Path, rated: Store, place: int) -> None:
    rated.close()
    with (folder / "votes.sqlite").open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 3000)
    for attempt in (Store.open, read_ratings):
        with pytest.raises(DataError) as error:
            attempt(folder)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_votes_into_a_file_that_is_gone_are_not_acknowledged(folder: Path, person: Person, what: str) -> None:
    (folder / "votes.sqlite").rename(folder / "moved")
    if what == "replaced":
        (folder / "votes.sqlite").write_bytes(b"")
    with pytest.raises(OutputError):
        person.vote(3)
    (folder / "moved").replace(folder / "votes.sqlite")


def test_a_part_of_a_transaction_can_fail_alone(store: Store) -> None:
    with store.transaction():
        with pytest.raises(UsageError), store.transaction() as part:  # noqa: PT012
            add_event(part, "first")
            raise UsageError("no")
        with store.transaction() as part:
            add_event(part, "second")
    with store.reading() as connection:
        assert connection.execute("SELECT kind FROM events").fetchall() == [("second",)]
