"""kill -9 of the server, again and again, under raters who vote: what was acknowledged is there, and once."""

import asyncio
import logging
import random
import sqlite3
from pathlib import Path

import pytest

from srgan_study.votes.store import Store, read_ratings
from tests.helpers.crowd import Lost, Voter
from tests.helpers.process import ServerProcess
from tests.helpers.studies_made_up import make_study

KILLS, RATERS = 50, 20


class _Rater:
    """A rater who goes on whatever happens, as the page does: a vote is sent until it is acknowledged."""

    def __init__(self, token: str, port: int, chance: random.Random) -> None:
        self.voter = Voter("127.0.0.1", port, token)
        self.sent: dict[str, tuple[int, int]] = {}
        self.lost = 0
        self._chance = chance

    async def rate(self, over: asyncio.Event) -> None:
        await self._begin()
        while self.voter.state["next"] and not over.is_set():
            ballot = self.voter.ballot(f"key {len(self.sent)}", self._chance.randint(1, 5))
            self.sent[ballot["key"]] = (ballot["assignment"], ballot["score"])
            while ballot["key"] not in self.voter.acknowledged:
                try:
                    await self.voter.vote(ballot)
                except Lost:
                    self.lost += 1
                    await asyncio.sleep(0.03)
            await asyncio.sleep(self._chance.uniform(0, 0.15))

    async def _begin(self) -> None:
        while True:
            try:
                return await self.voter.begin("tab")
            except Lost:
                await asyncio.sleep(0.03)

    async def stands_where_it_stood(self) -> None:
        """Ask another device's question: the server knows as much as was acknowledged."""
        await self.voter.leave()
        await self.voter.begin("another device")
        practice = 3 if self.voter.state["stage"] in ("rating", "done") else 0
        assert self.voter.state["done"] + practice == len(self.sent)


@pytest.mark.slow
def test_no_vote_is_lost_or_doubled_when_the_server_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    make_study(folder, sets={"A": 16}, methods=(*"abcdefghi", "HR"), raters=RATERS)
    with Store.open(folder) as store:
        tokens = {rater.code: rater.token for rater in store.raters()}
    raters = asyncio.run(_rate_through_kills(folder, tokens))
    rows = read_ratings(folder).rows  # which checks the file, too
    with sqlite3.connect(folder / "votes.sqlite") as connection:
        found = connection.execute("SELECT rater, key, assignment, score FROM votes").fetchall()
    assert sorted(found) == sorted(
        (code, key, *vote) for code, rater in raters.items() for key, vote in rater.voter.acknowledged.items()
    )
    assert len(rows) == len(found)
    for code in raters:
        for practice in (True, False):
            mine = [row.position for row in rows if row.rater == code and (row.phase == "practice") == practice]
            assert mine == list(range(len(mine)))
    lost = sum(rater.lost for rater in raters.values())
    logging.getLogger(__name__).info("%d votes through %d kills, %d attempts without answer", len(found), KILLS, lost)
    assert 2 * KILLS < len(found) < RATERS * (3 + 160)  # nobody came to the end: there were votes at every kill
    assert lost > KILLS


async def _rate_through_kills(folder: Path, tokens: dict[str, str]) -> dict[str, _Rater]:
    chance, over = random.Random(0), asyncio.Event()
    with ServerProcess(folder) as server:
        port = await asyncio.to_thread(server.begin)
        assert port is not None
        raters = {code: _Rater(token, port, random.Random(code)) for code, token in tokens.items()}
        tasks = [asyncio.create_task(rater.rate(over)) for rater in raters.values()]
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.02, 0.15))
            await asyncio.to_thread(server.kill)
            assert await asyncio.to_thread(server.begin, port) == port
        over.set()
        await asyncio.gather(*tasks)
        for rater in raters.values():
            await rater.stands_where_it_stood()
            await rater.voter.leave()
    return raters
