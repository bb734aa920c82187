"""Server: one per study, reachable where it says, fast with many raters, and clear about why it cannot serve."""

import asyncio
import http.client
import json
import logging
import socket
import threading
from pathlib import Path

import pytest

from srgan.errors import DataError, OutputError, SrganError, UsageError
from srgan.http_server import listen
from srgan_study.server.server import ServeOptions, running, serving
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.crowd import Voter
from tests.helpers.process import ServerProcess
from tests.helpers.studies_made_up import make_study

RATERS, VOTES, BOUND = 50, 10, 0.005  # seconds of the processor for a vote with its image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two raters; tests add only votes."""
    folder = tmp_path_factory.mktemp("served") / "study"
    make_study(folder, sets={"A": 2}, raters=2)
    return folder


def fail(line: str) -> None:
    pytest.fail(f"unexpected report: {line}")


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
        with pytest.raises(OutputError), running(folder):
            pass
        with ServerProcess(folder) as other:
            assert other.begin() is None
        with running(folder, simulated=True) as address:  # programs do not disturb people
            assert address.startswith("http://")
    with ServerProcess(folder) as server:
        port = server.begin()
        assert port is not None
        with pytest.raises(OutputError), running(folder):
            pass
        server.kill()
    with running(folder, port=port) as address:  # a server that was killed leaves nothing that refuses
        assert address.endswith(f":{port}")


def test_a_host_or_port_that_cannot_be_used(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        places = [("127.0.0.1", taken.getsockname()[1])]
        places += [(host, 0) for host in ("no-such-host.invalid", "x" * 300, "256.1.1.1", "192.0.2.1", "a\0b")]
        for host, port in places:
            options = ServeOptions(host, port)
            with pytest.raises(UsageError), serving(folder, options, simulated=False, report=fail):
                pass


@pytest.mark.parametrize(("host", "said"), [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("0.0.0.0", "")])
def test_the_address_can_be_reached(folder: Path, host: str, said: str) -> None:
    with serving(folder, ServeOptions(host), simulated=False, report=fail) as served:
        name, port = served.address.removeprefix("http://").rsplit(":", 1)
        assert name == said or (not said and name not in ("0.0.0.0", "127.0.0.1", ""))
        connection = http.client.HTTPConnection("127.0.0.1" if not said else name, int(port))
        connection.request("GET", "/")
        assert connection.getresponse().status == 404
        connection.close()


def test_links_may_begin_with_another_address(tmp_path: Path) -> None:
    make_study(tmp_path / "study", sets={"A": 1}, raters=1)
    options = ServeOptions(address="https://study.example.org/study")
    with serving(tmp_path / "study", options, simulated=False, report=fail, more=1) as served:
        assert served.address == "https://study.example.org/study"
        assert served.organiser.startswith("https://study.example.org/study/o/")
        assert [rater.code for rater in served.raters] == ["R01", "R02"]
        # Only the writer may use its store: a reader's end would roll back the votes of a shared transaction.
        assert not [value for value in vars(served).values() if isinstance(value, Store)]


@pytest.mark.parametrize(
    ("address", "root_path", "expected"),
    [
        (None, "", (None, "")),
        (None, "/a/b/", (None, "/a/b")),
        ("https://lab.org/", "", ("https://lab.org", "")),
        ("https://lab.org/study/", "", ("https://lab.org/study", "/study")),
        ("https://lab.org", "/study", ("https://lab.org/study", "/study")),
        ("http://[::1]:80/~x/s.t-u_v", "/~x/s.t-u_v", ("http://[::1]:80/~x/s.t-u_v", "/~x/s.t-u_v")),
        *(
            (address, "", "address")
            for address in ("", "lab.org", "ftp://lab.org", "https://", "https://a b", "https:/x")
        ),
        *((f"https://lab.org{end}", "", "address") for end in ("?q", "#f", "/a?b", "/a//b", "/..", "/a/./b", "/%2e")),
        *((None, path, "root_path") for path in ("study", "//x", "/a b", "/a/../b", "/é", "/a?b", "https://x")),
        ("https://lab.org/one", "/other", "root_path"),
        ("https://user@lab.org", "", "address"),
    ],
)
def test_address_and_root_path(address: str | None, root_path: str, expected: tuple[str | None, str] | str) -> None:
    """Expected are both as they are used, or the parameter that is refused."""
    if isinstance(expected, str):
        with pytest.raises(UsageError) as error:
            ServeOptions(address=address, root_path=root_path)
        assert error.value.parameter == expected
    else:
        options = ServeOptions(address=address, root_path=root_path)
        assert (options.address, options.root_path) == expected


def test_changed_images_are_refused(folder: Path, tmp_path: Path) -> None:
    first, second = sorted((folder / "pictures").iterdir())[:2]
    kept = first.read_bytes()
    try:
        first.write_bytes(second.read_bytes())
        with pytest.raises(DataError), running(folder):
            pass
        first.unlink()
        with pytest.raises(DataError), running(folder):
            pass
    finally:
        first.write_bytes(kept)
    with pytest.raises(SrganError), running(tmp_path):  # no study
        pass


def test_small_packets_are_sent_at_once() -> None:
    """asyncio turns Nagle's algorithm off for sockets declared as TCP; else two packets would wait 40 ms."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_the_organiser_does_not_hold_up_votes(folder: Path) -> None:
    with serving(folder, ServeOptions(), simulated=False, report=fail) as served:
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
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processor time is read as on Linux")
def test_fifty_raters_at_once_leave_the_processor_time_to_spare(tmp_path: Path) -> None:
    """Each votes every 0.7 s, 300 ms of image and 400 ms of gray: that leaves 14 ms of one processor for a vote.

    Of the server's own processor time, so that other programs change little.
    """
    make_study(tmp_path / "study", raters=RATERS, sets={"A": 8})
    with ServerProcess(tmp_path / "study") as server:
        port = server.begin()
        assert port is not None
        voters = [Voter("127.0.0.1", port, token) for token in tokens(tmp_path / "study")]
        before = server.processor_seconds()
        asyncio.run(_rate_at_once(voters))
        votes = sum(len(voter.acknowledged) for voter in voters)
        each = (server.processor_seconds() - before) / votes
    seconds = sorted(second for voter in voters for second in voter.seconds)
    measured = votes, each * 1000, seconds[votes // 2] * 1000, seconds[int(votes * 0.99)] * 1000
    logging.getLogger(__name__).info("%d votes: %.1f ms of processor; took %.1f ms, 99th percentile %.1f ms", *measured)
    assert votes == RATERS * VOTES
    assert each < BOUND


async def _rate_at_once(voters: list[Voter]) -> None:
    async def rate(voter: Voter) -> None:
        await voter.begin("tab")
        for number in range(VOTES):
            await voter.ask("GET", voter.state["next"][-1]["address"])
            await voter.vote(voter.ballot(f"key {number}", 3))
        await voter.leave()

    await asyncio.gather(*map(rate, voters))
