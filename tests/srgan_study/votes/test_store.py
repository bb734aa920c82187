"""The database of a study: made whole before the first vote, append-only, and plain about what is wrong with it."""

import os
import shutil
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from srgan.errors import DataError, OutputError, SrganError, UsageError
from srgan_study.server.presentation_order import presentations
from srgan_study.server.request_schemas import Consent
from srgan_study.server.session import Sessions
from srgan_study.votes.database import connect
from srgan_study.votes.schema import OF_RATERS
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.person import Person
from tests.helpers.studies_made_up import make_study


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "study"
    make_study(folder, raters=3)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "study")


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with Store.open(folder, wait=0.05) as store:
        yield store


@pytest.fixture
def rated(store: Store) -> Store:
    """A store with something in each of its tables; R02 has withdrawn."""
    for code in ("R01", "R02", "R03"):
        sessions = Sessions(store)
        person = Person(sessions, code)
        sessions.consent(code, Consent(person.lease, "1", {"age": f"secret of {code}"}))
        person.calibrated()
        person.vote(1, 2, 3, 4)
        person.undo()
        person.vote(5)
        person.tell("zoom", f"zoom of {code}")
    store.withdraw("R02")
    return store


def test_everything_is_there_before_the_first_vote(store: Store) -> None:
    raters = store.raters()
    assert [rater.code for rater in raters] == ["R01", "R02", "R03"]
    secrets = [rater.token for rater in raters] + [store.organiser_token, *store.addresses()]
    assert len(set(secrets)) == len(secrets) == 3 + 1 + 3 * (20 + 3 + 4)
    assert {len(secret) for secret in secrets} == {22}  # 128 bits, six a letter
    assert len({rater.completion_code for rater in raters}) == 3
    with store.reading() as connection:
        for rater in raters:
            rows = connection.execute("SELECT phase, stimulus FROM presentations WHERE rater = ?", (rater.code,))
            assert rows.fetchall() == [
                (shown.phase, shown.stimulus) for shown in presentations(store.study, rater.code)
            ]
    counts = Counter(store.addresses().values())
    assert set(counts.values()) == {3}  # every picture once a rater


def test_opened_again_it_is_the_same(folder: Path, store: Store) -> None:
    before = store.raters(), store.organiser_token, store.addresses()
    with Store.open(folder) as again:
        assert (again.raters(), again.organiser_token, again.addresses()) == before


def test_it_is_durable_and_for_nobody_else_to_read(folder: Path, store: Store) -> None:
    with store.reading() as connection:
        found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert found == ["wal", 2]
        for name in ("foreign_keys", "secure_delete"):
            assert connection.execute(f"PRAGMA {name}").fetchone()[0] == 1
    if os.name == "posix":
        assert stat.S_IMODE((folder / "votes.sqlite").stat().st_mode) == 0o600
    with store.transaction() as connection:
        connection.execute("INSERT INTO events (rater, kind, detail, at) VALUES ('R01', 'x', '', '')")
        # What is not committed yet, nobody sees.
        assert sqlite3.connect(folder / "votes.sqlite").execute("SELECT count(*) FROM events").fetchone() == (0,)


@pytest.mark.parametrize("table", [*OF_RATERS, "study", "withdrawn"])
def test_no_row_is_changed_or_deleted_by_anybody(rated: Store, folder: Path, table: str) -> None:
    column = OF_RATERS.get(table, {"study": "hash", "withdrawn": "rater"}.get(table, ""))
    with sqlite3.connect(folder / "votes.sqlite") as raw:
        before = raw.execute(f"SELECT * FROM {table}").fetchall()
        assert before
        for command in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match=r"never changed|withdrawn|is kept"):
                raw.execute(command)
        assert raw.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.parametrize("word", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_no_vote_is_replaced_or_cast_twice(rated: Store, folder: Path, word: str) -> None:
    with sqlite3.connect(folder / "votes.sqlite") as raw:
        before = raw.execute("SELECT * FROM votes ORDER BY id").fetchall()
        same, twice, key = list(before[0]), list(before[0]), list(before[0])
        twice[0], twice[3], twice[5] = None, 7, "another key"
        key[0], key[2], key[3] = None, before[0][2] + 10, 0
        for values in (same, twice, key):
            with pytest.raises(sqlite3.IntegrityError):
                raw.execute(f"{word} INTO votes VALUES ({', '.join('?' * len(values))})", values)
        assert raw.execute("SELECT * FROM votes ORDER BY id").fetchall() == before


def test_who_withdraws_leaves_nothing_but_the_code(rated: Store, folder: Path) -> None:
    assert [rater.code for rater in rated.raters()] == ["R01", "R03"]
    assert {row.rater for row in read_ratings(folder).rows} == {"R01", "R03"}
    held = b"".join(path.read_bytes() for path in folder.glob("votes.sqlite*"))
    assert b"secret of R01" in held
    assert b"secret of R02" not in held
    assert b"zoom of R02" not in held
    with rated.reading() as connection:
        for table, owner in OF_RATERS.items():
            assert connection.execute(f"SELECT 1 FROM {table} WHERE {owner} = 'R02'").fetchone() is None


def test_withdrawal_says_how_much_was_deleted_and_knows_whom(store: Store) -> None:
    person = Person(Sessions(store), "R03")
    person.ready()
    person.vote(1, 2)
    assert store.withdraw("R03") == 2
    for code in ("R03", "R99", "", "R01'; --"):
        with pytest.raises(UsageError, match=r"no rater .*: there are R01 to R02"):
            store.withdraw(code)


def test_more_raters_get_new_codes(store: Store) -> None:
    store.withdraw("R03")
    assert [rater.code for rater in store.invite_more(2)] == ["R04", "R05"]
    assert len(store.addresses()) == 4 * 27


def test_ratings_are_read_as_they_were_cast(rated: Store, folder: Path) -> None:
    found = read_ratings(folder)
    assert (found.simulated, found.raters, len(found.rows)) == (False, ("R01", "R03"), 8)
    last = found.rows[3]
    assert (last.rater, last.phase, last.position, last.score, last.revisions) == ("R01", "main", 0, 5, 1)
    assert (last.client, last.device_pixel_ratio, last.viewport_width, last.zoom_ok) == ("tab", 2.0, 1280, True)
    assert last.zoom_ok is True
    assert last.shown_at == "2026-03-01T12:00:00.000+00:00"


def test_who_only_practised_has_no_vote_that_counts(store: Store, folder: Path) -> None:
    person = Person(Sessions(store))
    person.ready()
    person.vote(1, 2, 3)
    found = read_ratings(folder)
    assert (found.raters, len(found.rows)) == ((), 3)


def test_reading_leaves_no_files_behind(store: Store, folder: Path) -> None:
    store.close()
    read_ratings(folder)
    assert [path.name for path in folder.glob("votes*")] == ["votes.sqlite"]


def test_votes_of_people_and_of_programs_never_meet(folder: Path, store: Store) -> None:
    with Store.open(folder, simulated=True) as other:
        assert other.path.name == "simulated.sqlite"
        assert not set(other.addresses()) & set(store.addresses())
    store.close()
    (folder / "simulated.sqlite").replace(folder / "votes.sqlite")
    with pytest.raises(DataError, match=r"holds votes of programs: .*"):
        Store.open(folder)
    with pytest.raises(DataError, match="holds votes of programs"):
        read_ratings(folder)


def test_another_studys_votes_are_refused(folder: Path, store: Store, tmp_path: Path) -> None:
    store.close()
    make_study(tmp_path / "other", raters=3, seed=1)
    (folder / "votes.sqlite").replace(tmp_path / "other" / "votes.sqlite")
    with pytest.raises(DataError, match="votes of another study"):
        Store.open(tmp_path / "other")


def test_without_votes_there_is_nothing_to_read(folder: Path) -> None:
    with pytest.raises(DataError, match=r"no votes yet.*srgan study serve"):
        read_ratings(folder)
    with pytest.raises(DataError, match="srgan study simulate"):
        read_ratings(folder, simulated=True)


def test_a_later_versions_database_is_refused(folder: Path, store: Store) -> None:
    store.close()
    connection = connect(folder / "votes.sqlite", 1)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DataError, match="later version"):
        Store.open(folder)


@pytest.mark.parametrize("place", [0, 4096])
def test_a_damaged_database_is_refused_in_one_line(folder: Path, rated: Store, place: int) -> None:
    rated.close()
    with (folder / "votes.sqlite").open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 3000)
    for attempt in (Store.open, read_ratings):
        with pytest.raises(DataError, match=r"is damaged .*put back a copy") as error:
            attempt(folder)
        assert "\n" not in str(error.value)


def test_a_full_disk_keeps_nothing_half_and_goes_on_when_there_is_room(folder: Path, store: Store) -> None:
    person = Person(Sessions(store))
    person.ready()
    with store.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then says what it says of a full disk

    def tell_at_length() -> None:
        for _ in range(100):
            person.tell("zoom", "x" * 3000)

    with pytest.raises(OutputError, match="free some space"):
        tell_at_length()
    with store.reading() as connection:
        assert connection.execute("SELECT max(length(detail)), min(length(detail)) FROM events").fetchone() == (3000, 0)
        connection.execute("PRAGMA max_page_count = 100000")
    assert person.vote(3).done == 1


def test_a_locked_database_is_said_to_be_in_use(folder: Path, store: Store) -> None:
    person = Person(Sessions(store))
    person.ready()
    other = connect(folder / "votes.sqlite", 0)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutputError, match="in use by another program"):
        person.vote(3)
    assert person.look().done == 0
    other.execute("ROLLBACK")
    assert person.vote(3).done == 1


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_votes_into_a_file_that_is_gone_are_not_acknowledged(folder: Path, store: Store, what: str) -> None:
    person = Person(Sessions(store))
    person.ready()
    (folder / "votes.sqlite").rename(folder / "moved")
    if what == "replaced":
        (folder / "votes.sqlite").write_bytes(b"")
    with pytest.raises(OutputError, match="moved or deleted"):
        person.vote(3)
    (folder / "moved").replace(folder / "votes.sqlite")


def test_of_two_parts_of_a_transaction_one_can_fail(store: Store) -> None:
    def fail() -> None:
        with store.transaction() as part:
            part.execute("INSERT INTO events (rater, kind, detail, at) VALUES ('R01', 'first', '', '')")
            raise UsageError("no")

    with store.transaction():
        with pytest.raises(UsageError, match="no"):
            fail()
        with store.transaction() as part:
            part.execute("INSERT INTO events (rater, kind, detail, at) VALUES ('R01', 'second', '', '')")
    with store.reading() as connection:
        assert connection.execute("SELECT kind FROM events").fetchall() == [("second",)]


def test_a_folder_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "votes.sqlite").mkdir()
    with pytest.raises(SrganError, match=r"votes\.sqlite"):
        Store.open(folder)
