"""Random requests: the server never fails, and never reveals data of others or the method of an image."""

import asyncio
import json
import logging
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.types import ASGIApp

from srgan_study.server.app import create_app
from srgan_study.server.server import running
from srgan_study.study import Study
from srgan_study.votes.store import Store, read_ratings
from srgan_study.votes.vote_writer import VoteWriter
from tests.helpers.asking import VOTE, Answer, Asker, ask
from tests.helpers.studies_made_up import make_study

REQUESTS, RAW = 10_000, 400

METHODS = ["GET", "GET", "POST", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "X" * 300]
PARTS = [
    "r", "i", "o", "static", "state", "take", "consent", "calibrated", "calibration", "votes", "undo", "events",
    "progress", "rater.js", "rater.html", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "%ff%fe", "%", "%zz", "",
    ".", "votes.sqlite", "study.json", "app.py", "%F0%9F%98%80", "a" * 5000, "%2F", "\\", ";", "*", "con", "'--",
]  # fmt: skip
KEYS = ["lease", "assignment", "score", "key", "shown_at", "response_ms", "device_pixel_ratio", "viewport", "zoom_ok"]
KEYS += ["client", "consent", "answers", "kind", "detail", "__proto__", ""]
WEIRD: list[Any] = [
    None, True, False, 0, -1, 3, 10**30, 1.5, 1e308, "", "x", "\0", "\ud800", "é" * 100, "x" * 3000, [], {}, [[[]]],
    {"a": {"b": []}}, "2026-01-01T00:00:00Z", [1, 2], "pause", "../..", "'; DROP TABLE votes; --",
]  # fmt: skip
JSON, JSON_TYPE = "application/json", "application/json; charset=utf-8"
TYPES = [JSON, JSON, JSON_TYPE, "text/plain", "", "multipart/form-data"]
HEADERS = ["origin", "sec-fetch-site", "content-length", "accept", "range", "if-none-match", "x-forwarded-host"]
VALUES = ["null", "same-origin", "-1", "9" * 40, "text/html", "bytes=0-", ""]


@dataclass
class Site:
    """A served study with names that no response may contain."""

    app: ASGIApp
    folder: Path
    study: Study
    own: str  # token that requests are made with
    secrets: tuple[str, ...]  # tokens and addresses of all others

    def check(self, answer: Answer, request: object) -> None:
        """Assert that a response is no failure and reveals nothing."""
        assert answer.status < 500, request
        text = " ".join([answer.content.decode("latin-1"), *map(": ".join, answer.headers.items())])
        if not answer.headers.get("content-type", "").startswith(("text/javascript", "text/css", "image/png")):
            names = {stimulus.data for stimulus in self.study.stimuli} | {each.name for each in self.study.methods}
            files = {stimulus.shown.file.removesuffix(".png") for stimulus in self.study.stimuli}
            for word in ("Traceback", "sqlite", "site-packages", str(self.folder), *names, *files):
                assert word not in text, (request, word)
        for secret in self.secrets:
            assert secret not in text, request


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "study"
    study = make_study(folder, sets={"Hidden-set": 2}, methods=("hidden-one", "hidden-two", "HR"), raters=3)
    with Store.open(folder) as store, VoteWriter(store) as writer:
        app = create_app(store, writer, address="http://study", report=pytest.fail)
        own, *others = [rater.token for rater in store.raters()]
        with store.reading() as connection:
            rows = connection.execute("SELECT address FROM presentations WHERE rater != 'R01'")
            addresses = [address for (address,) in rows]
        study = replace(study, methods=study.methods[:2])  # HR would be found in any chance letters
        yield Site(app, folder, study, own, (*others, store.organiser_token, *addresses))


class Fuzzer:
    """Random requests, many of them nearly valid."""

    def __init__(self, token: str, seed: int) -> None:
        self._token, self._random = token, random.Random(seed)
        self.lease = ""

    def path(self) -> str:
        chance = self._random.random()
        if chance < 0.3:
            return f"/r/{self._token}/{self._random.choice(PARTS)}"
        if chance < 0.4:
            return f"/{self._random.choice('rio')}/{self._mutated(self._token)}/{self._random.choice(PARTS)}"
        parts = [self._random.choice(PARTS) for _ in range(self._random.randint(0, 6))]
        query = "?" + quote(self._text()) if chance > 0.9 else ""
        return "/" + "/".join(parts) + query

    def body(self) -> bytes:
        chance = self._random.random()
        if chance < 0.1:
            return self._random.randbytes(self._random.choice([0, 1, 100, 20_000]))
        if chance < 0.15:
            return b"[" * 9000
        fields = {key: self._random.choice(WEIRD) for key in self._random.sample(KEYS, self._random.randint(0, 12))}
        if chance < 0.7:
            fields["lease"] = self.lease
        text = json.dumps(fields).encode()
        return text if chance < 0.95 else text[: self._random.randint(0, len(text))]

    def headers(self) -> list[tuple[str, str]]:
        found = [("content-type", self._random.choice(TYPES))]
        chosen = [name for name in HEADERS if self._random.random() < 0.1]
        return found + [(name, self._random.choice(VALUES)) for name in chosen]

    def method(self) -> str:
        return self._random.choice(METHODS)

    def raw(self) -> bytes:
        """Return bytes that no browser would send."""
        line = f"{self.method()} {self.path()} HTTP/{self._random.choice(['1.1', '1.0', '2', '9.9', ''])}\r\n"
        head = line.encode("utf-8", "replace") + b"host: study\r\n"
        for name, value in self.headers():
            head += f"{name}: {value}\r\n".encode()
        kind = self._random.random()
        if kind < 0.2:
            return self._random.randbytes(self._random.randint(1, 3000))
        if kind < 0.3:
            return head + b"x: " + b"y" * 100_000 + b"\r\n\r\n"
        if kind < 0.4:
            return head + b"transfer-encoding: chunked\r\n\r\nZZ\r\n" + self.body()
        if kind < 0.5:
            return head.replace(b"/", self._random.choice([b"\x00", b"\xff", b" ", b"\r\n"]), 1) + b"\r\n"
        return head + b"\r\n" + self.body()

    def _mutated(self, text: str) -> str:
        place = self._random.randrange(len(text))
        return self._random.choice([text[:place], text[:place] + "A" + text[place + 1 :], text + "x", text.swapcase()])

    def _text(self) -> str:
        return "".join(chr(self._random.choice([0, 10, 39, 60, 97, 255, 0x1F600])) for _ in range(20))


def test_ten_thousand_random_requests_break_and_reveal_nothing(site: Site) -> None:
    statuses = asyncio.run(_fuzz(site))
    assert sum(statuses.values()) == REQUESTS
    assert set(statuses) <= {200, 400, 403, 404, 405, 409, 413, 415, 422}
    assert min(statuses[status] for status in (200, 400, 403, 404, 405, 409, 413, 415, 422)) > 0, statuses
    assert read_ratings(site.folder).rows == ()


async def _fuzz(site: Site) -> Counter[int]:
    fuzzer, statuses = Fuzzer(site.own, 0), Counter[int]()

    async def one(request: tuple[str, str, bytes, list[tuple[str, str]]]) -> None:
        answer = await ask(site.app, *request)
        site.check(answer, request)
        statuses[answer.status] += 1

    for _ in range(REQUESTS // 50):
        taken = await ask(site.app, "POST", f"/r/{site.own}/take", b'{"client": "x"}', {"content-type": JSON})
        fuzzer.lease = taken.json()["lease"]
        batch = [(fuzzer.method(), fuzzer.path(), fuzzer.body(), fuzzer.headers()) for _ in range(50)]
        await asyncio.gather(*map(one, batch))
    return statuses


def test_a_whole_study_is_rated_without_revealing_methods(site: Site) -> None:
    asker, own = Asker(site.app), f"/r/{site.own}"
    said: list[Answer] = []

    def post(path: str, **fields: Any) -> dict[str, Any]:
        said.append(asker.post(f"{own}/{path}", fields))
        found: dict[str, Any] = said[-1].json()
        return found

    taken = post("take", client="tab")
    lease, state = taken["lease"], taken["state"]
    said += [asker.get(own), asker.get(f"{own}/state"), asker.get(f"{own}/calibration")]
    post("consent", lease=lease, consent="1", answers={"age": "x"})
    state = post("calibrated", lease=lease)["state"]
    while state["next"]:
        said.append(asker.get(state["next"][0]["address"]))
        vote = VOTE | {"assignment": state["next"][0]["assignment"], "key": str(len(said))}
        state = post("votes", lease=lease, **vote)["state"]
    assert state["stage"] == "done"
    for answer in said:
        assert answer.status == 200
        site.check(answer, "a sensible one")
    assert all(chunk not in answer.content for answer in said for chunk in (b"tEXt", b"iTXt", b"eXIf", b"tIME"))


def test_a_rater_reaches_nothing_of_another(site: Site) -> None:
    asker = Asker(site.app)
    lease = asker.post(f"/r/{site.own}/take", {"client": "x"}).json()["lease"]
    other = site.secrets[0]
    before = asker.get(f"/r/{other}/state").json()
    for path in ("consent", "calibrated", "undo", "events"):
        fields = {"lease": lease, "consent": "1", "assignment": 1, "kind": "pause"}
        assert asker.post(f"/r/{other}/{path}", fields).status == 409  # with the right link, but a lease of another
    assert asker.get(f"/r/{other}/state").json() == before


def test_invalid_bytes_do_not_harm_the_server(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    make_study(tmp_path / "study", raters=1)
    with running(tmp_path / "study") as address, Store.open(tmp_path / "study") as store:
        host, port = address.removeprefix("http://").split(":")
        token = store.raters()[0].token
        fuzzer = Fuzzer(token, 1)
        answers = asyncio.run(_exchange(host, int(port), [fuzzer.raw() for _ in range(RAW)]))
        (good,) = asyncio.run(
            _exchange(host, int(port), [f"GET /r/{token}/state HTTP/1.1\r\nhost: x\r\n\r\n".encode()])
        )
    statuses = Counter(int(answer.split(b" ", 2)[1]) if answer else 0 for answer in answers)
    assert max(statuses) < 500  # 0: the connection was closed, which is a valid response
    assert min(statuses[400], statuses[404], statuses[0]) > RAW / 100, statuses
    assert not any(b"Traceback" in answer or b"server:" in answer.lower() for answer in answers)
    assert good.startswith(b"HTTP/1.1 200")
    assert capfd.readouterr().err == ""
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def _exchange(host: str, port: int, requests: list[bytes]) -> list[bytes]:
    """Return the responses to all requests within half a second; some clients close half-way."""

    async def one(number: int, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(host, port)
        answer = b""
        try:
            writer.write(request)
            await writer.drain()
            if number % 10 == 9:
                writer.write_eof()
            async with asyncio.timeout(0.5):
                while piece := await reader.read(65536):
                    answer += piece
        except (OSError, TimeoutError):  # the server closed, or waits for more
            pass
        writer.close()
        return answer

    found: list[bytes] = []
    for begin in range(0, len(requests), 100):
        found += await asyncio.gather(*(one(*pair) for pair in enumerate(requests[begin : begin + 100])))
    return found
