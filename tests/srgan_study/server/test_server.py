"""The server on the network: one for a study, quick under many raters, and plain about why it cannot serve."""

import asyncio
import http.client
import json
import logging
import random
import socket
import statistics
import threading
import time
from pathlib import Path

import pytest

from srgan.errors import DataError, OutputError, SrganError, UsageError
from srgan_study.server.server import Place, Served, running, serving
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.crowd import Voter
from tests.helpers.process import ServerProcess
from tests.helpers.studies_made_up import make_study

RATERS, BOUND = 50, 0.1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_study(tmp_path / "study", sets={"A": 2}, raters=2)
    return tmp_path / "study"


def hear(line: str) -> None:
    pytest.fail(f"there was nothing to say: {line}")


def tokens(folder: Path) -> list[str]:
    with Store.open(folder) as store:
        return [rater.token for rater in store.raters()]


def test_a_study_is_rated_over_the_network_and_closed_whole(folder: Path) -> None:
    async def rate(port: int) -> None:
        voter = Voter("127.0.0.1", port, tokens(folder)[0])
        await voter.begin("tab")
        while voter.state["next"]:
            status, picture = await voter.ask("GET", voter.state["next"][0]["address"])
            assert (status, picture[:4]) == (200, b"\x89PNG")
            await voter.vote(voter.ballot(f"key {len(voter.acknowledged)}", 4))
        assert voter.state["stage"] == "done"
        await voter.leave()

    with running(folder) as address:
        assert address.startswith("http://127.0.0.1:")
        asyncio.run(rate(int(address.rpartition(":")[2])))
    assert len(read_ratings(folder).rows) == 3 + 8
    assert sorted(path.name for path in folder.glob("votes*")) == ["votes.sqlite"]


def test_a_study_is_served_once(folder: Path) -> None:
    with running(folder):
        with pytest.raises(OutputError, match="served already: stop that server first"), running(folder):
            pass
        with ServerProcess(folder) as other:
            assert other.begin() is None
        with running(folder, simulated=True) as address:  # programs do not disturb people
            assert address.startswith("http://")
    with running(folder):
        pass


def test_a_server_that_was_killed_leaves_nothing_that_refuses(folder: Path) -> None:
    with ServerProcess(folder) as server:
        port = server.begin()
        assert port is not None
        with pytest.raises(OutputError, match="served already"), running(folder):
            pass
        server.kill()
    with running(folder, port=port) as address:
        assert address.endswith(f":{port}")


def test_places_that_cannot_be_used_are_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=rf"127\.0\.0\.1 port {port} cannot be used .*--port"),
            running(folder, port=port),
        ):
            pass
    for host in ("no-such-host.invalid", "x" * 300, "256.1.1.1", "192.0.2.1", "a\0b"):
        with pytest.raises(UsageError, match="--host"), serving(folder, Place(host), simulated=False, tell=hear):
            pass


@pytest.mark.parametrize(("host", "said"), [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("0.0.0.0", "")])
def test_the_address_is_one_that_can_be_reached(folder: Path, host: str, said: str) -> None:
    with serving(folder, Place(host), simulated=False, tell=hear) as served:
        name, port = served.address.removeprefix("http://").rsplit(":", 1)
        assert name == said or (not said and name not in ("0.0.0.0", "127.0.0.1", ""))
        connection = http.client.HTTPConnection("127.0.0.1" if not said else name, int(port))
        connection.request("GET", "/")
        assert connection.getresponse().status == 404
        connection.close()


def test_links_may_begin_with_another_address(folder: Path) -> None:
    place = Place(address="https://study.example.org")
    with serving(folder, place, simulated=False, tell=hear, more=1) as served:
        assert isinstance(served, Served)
        assert served.address == "https://study.example.org"
        assert [rater.code for rater in served.raters] == ["R01", "R02", "R03"]
        # Nobody can use the writer's store beside it: a reader's end would take back the votes of a transaction shared.
        assert not [value for value in vars(served).values() if isinstance(value, Store)]


def test_pictures_that_are_not_the_studys_are_refused(folder: Path) -> None:
    first, second = sorted((folder / "pictures").iterdir())[:2]
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    with pytest.raises(DataError, match=rf"{first.name} was changed"), running(folder):
        pass
    first.unlink()
    with pytest.raises(DataError, match=rf"{first.name} cannot be read"), running(folder):
        pass
    first.write_bytes(kept)
    with running(folder):
        pass


def test_what_is_no_study_is_not_served(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SrganError, match=r"name the folder that `srgan study create` made"), running(folder):
            pass


def test_an_answer_is_sent_at_once(folder: Path) -> None:
    """Two packets that wait for each other take 40 ms."""
    with running(folder) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"))
        seconds = []
        for _ in range(30):
            begun = time.perf_counter()
            connection.request("GET", f"/r/{'x' * 22}/state")
            json.loads(connection.getresponse().read())
            seconds.append(time.perf_counter() - begun)
        connection.close()
    assert statistics.median(seconds) < 0.02


def test_the_organiser_does_not_hold_up_votes(folder: Path) -> None:
    with serving(folder, Place(), simulated=False, tell=hear) as served:
        host, path = served.address.removeprefix("http://"), f"{served.organiser.removeprefix(served.address)}/progress"
        statuses: list[int] = []

        def look() -> None:
            connection = http.client.HTTPConnection(host)
            for _ in range(20):
                connection.request("GET", path)
                answer = connection.getresponse()
                assert len(json.loads(answer.read())["raters"]) == 2
                statuses.append(answer.status)
            connection.close()

        threads = [threading.Thread(target=look) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 60


@pytest.mark.slow
def test_fifty_raters_at_once_wait_less_than_a_tenth_of_a_second(tmp_path: Path) -> None:
    """Each as fast as the page lets them: 300 ms to look and 400 ms of gray, with a picture loaded for every vote."""
    folder = tmp_path / "study"
    make_study(folder, raters=RATERS, sets={"A": 8})
    slowest = []
    with ServerProcess(folder) as server:
        port = server.begin()
        assert port is not None
        voters = [Voter("127.0.0.1", port, token) for token in tokens(folder)]
        for _ in range(3):  # another program may take the processor once
            seconds = asyncio.run(_rate_at_once(voters, 4.0))
            slowest.append(seconds[int(len(seconds) * 0.99)])
            told = (len(seconds), seconds[len(seconds) // 2] * 1000, slowest[-1] * 1000)
            logging.getLogger(__name__).info("%d votes: median %.1f ms, 99th percentile %.1f ms", *told)
            if slowest[-1] < BOUND:
                break
    assert min(slowest) < BOUND


async def _rate_at_once(voters: list[Voter], duration: float) -> list[float]:
    """How long each vote took, in order."""
    end = time.monotonic() + duration
    for voter in voters:
        voter.seconds.clear()
        await voter.begin("tab")

    async def rate(voter: Voter, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0, 0.7))
        while voter.state["next"] and time.monotonic() < end:
            await voter.ask("GET", voter.state["next"][-1]["address"])
            await voter.vote(voter.ballot(f"key {len(voter.acknowledged)}", 3))
            await asyncio.sleep(chance.uniform(0.6, 0.8))
        await voter.leave()

    await asyncio.gather(*(rate(voter, random.Random(voter.token)) for voter in voters))
    return sorted(second for voter in voters for second in voter.seconds)
