"""A study with votes in its database, cast as the page casts them, for the tests of the commands that read them."""

from pathlib import Path

from srgan_study.server.session import Sessions
from srgan_study.study import read_study
from srgan_study.votes.store import Store
from tests.helpers.panel import METHODS, study_in
from tests.helpers.person import Person


def score_of(method: str) -> int:
    """What every rater thinks of a method's pictures."""
    return METHODS.index(method) + 1


def cast(folder: Path, *, raters: int, unfinished: int = 0, votes: int = 4, simulated: bool = False) -> None:
    """Let raters rate; the study is made if it is not there.

    Args:
        folder: of the study.
        raters: who rate.
        unfinished: how many of them, the last, stop early.
        votes: after how many they do.
        simulated: whether they are programs.
    """
    if not folder.exists():
        study_in(folder, sets={"Set5": 2}, raters=raters, calibration=1, practice=0)
    study = read_study(folder)
    with Store.open(folder, simulated=simulated) as store:
        sessions = Sessions(store)
        methods = dict(store_methods(store))
        for number in range(raters):
            person = Person(sessions, f"R{number + 1:02}")
            person.ready()
            last = votes if number >= raters - unfinished else study.ratings_per_rater
            for _ in range(last):
                person.vote(score_of(methods[person.state.next[0].assignment]))


def store_methods(store: Store) -> list[tuple[int, str]]:
    """By assignment, the method that is rated."""
    with store.reading() as connection:
        rows = connection.execute("SELECT id, stimulus FROM presentations WHERE part = 'rating'").fetchall()
    return [(int(row[0]), store.study.stimuli[row[1]].method) for row in rows]
