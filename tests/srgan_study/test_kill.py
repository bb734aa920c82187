"""The server is killed again and again while raters vote: every acknowledged vote is stored exactly once.

Kills come after a number of acknowledged votes, not after a time, so that a slow machine changes nothing.
"""

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from srgan_study.votes.store import Store, read_ratings
from tests.helpers.crowd import Lost, Voter
from tests.helpers.process import ServerProcess
from tests.helpers.studies_made_up import make_study

KILLS, RATERS, VOTES = 50, 20, 30
"""At most VOTES are acknowledged between two kills."""


class Tally:
    """Votes acknowledged by the server, awaited by number."""

    def __init__(self) -> None:
        self._count, self._changed = 0, asyncio.Condition()

    async def add(self) -> None:
        async with self._changed:
            self._count += 1
            self._changed.notify_all()

    async def more(self, number: int) -> None:
        """Wait until this many more votes are acknowledged."""
        async with self._changed:
            target = self._count + number
            await self._changed.wait_for(lambda: self._count >= target)


class PersistentRater:
    """Rater who, like the page, sends a vote until it is acknowledged."""

    def __init__(self, token: str, port: int, rng: random.Random) -> None:
        self.voter = Voter("127.0.0.1", port, token)
        self.sent: dict[str, tuple[int, int]] = {}
        self.lost = 0
        self._rng = rng

    async def rate(self, over: asyncio.Event, tally: Tally) -> None:
        ready = False
        while not ready:
            try:
                await self.voter.begin("tab")
                ready = True
            except Lost:
                await asyncio.sleep(0.03)
        while not over.is_set():
            ballot = self.voter.ballot(f"key {len(self.sent)}", self._rng.randint(1, 5))
            self.sent[ballot["key"]] = (ballot["assignment"], ballot["score"])
            while ballot["key"] not in self.voter.acknowledged:
                try:
                    await self.voter.vote(ballot)
                except Lost:
                    self.lost += 1
                    await asyncio.sleep(0.03)
            await tally.add()

    async def check_state(self) -> None:
        """Assert that the server counts exactly the acknowledged votes."""
        await self.voter.leave()
        await self.voter.begin("another device")
        practice = 3 if self.voter.state["stage"] == "rating" else 0
        assert self.voter.state["done"] + practice == len(self.sent)
        await self.voter.leave()


@pytest.mark.slow
def test_no_vote_is_lost_or_doubled_when_the_server_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    make_study(folder, sets={"A": 18}, methods=(*"abcdefghi", "HR"), raters=RATERS)
    with Store.open(folder) as store:
        tokens = {rater.code: rater.token for rater in store.raters()}
    raters = asyncio.run(_rate_through_kills(folder, tokens))
    rows = read_ratings(folder).rows  # checks the database, too
    with sqlite3.connect(folder / "votes.sqlite") as connection:
        stored = connection.execute("SELECT rater, key, assignment, score FROM votes").fetchall()
    assert sorted(stored) == sorted(
        (code, key, *vote) for code, rater in raters.items() for key, vote in rater.voter.acknowledged.items()
    )
    assert len(rows) == len(stored) >= KILLS
    for code in raters:
        for practice in (True, False):
            mine = [row.position for row in rows if row.rater == code and (row.phase == "practice") == practice]
            assert mine == list(range(len(mine)))
    assert sum(rater.lost for rater in raters.values()) >= KILLS  # each kill interrupted a rater


async def _rate_through_kills(folder: Path, tokens: dict[str, str]) -> dict[str, PersistentRater]:
    rng, over, tally = random.Random(0), asyncio.Event(), Tally()
    with ServerProcess(folder) as server:
        port = await asyncio.to_thread(server.begin)
        assert port is not None
        raters = {code: PersistentRater(token, port, random.Random(code)) for code, token in tokens.items()}
        async with asyncio.TaskGroup() as group:  # a rater that fails ends the test
            for rater in raters.values():
                group.create_task(rater.rate(over, tally))
            for _ in range(KILLS):
                await tally.more(rng.randint(1, VOTES))
                await asyncio.to_thread(server.kill)
                assert await asyncio.to_thread(server.begin, port) == port
            over.set()
        for rater in raters.values():
            await rater.check_state()
    return raters
