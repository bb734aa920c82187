"""Raters for the tests of the server: many in one process, each over a connection of its own, without a library.

A library would take more of the processor than the server that is measured.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from tests.helpers.asking import VOTE


class Lost(Exception):
    """The server went away in the middle of it."""


@dataclass
class Voter:
    """A rater who does what the page does: takes the study over, and votes on what the server says is next."""

    host: str
    port: int
    token: str
    lease: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each key, the assignment and the score."""
    seconds: list[float] = field(default_factory=list)
    """That each vote took."""
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Status and content of an answer.

        Raises:
            Lost: if there was none.
        """
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(self.host, self.port)
            reader, writer = self._streams
            content = b"" if body is None else json.dumps(body).encode()
            head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}\r\ncontent-length: {len(content)}\r\n"
            writer.write(f"{head}content-type: application/json\r\n\r\n".encode() + content)
            lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
            answer = await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            await self.leave()
            raise Lost from error
        if b"connection: close" in lines:
            await self.leave()
        return int(lines[0].split()[1]), answer

    async def leave(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def post(self, path: str, **fields: Any) -> int:
        """Send something as the holder of the lease; the state is then what the server says."""
        status, answer = await self.ask("POST", f"/r/{self.token}/{path}", {"lease": self.lease, **fields})
        self.state = json.loads(answer).get("state", self.state)
        return status

    async def begin(self, client: str) -> None:
        """Take the study over, agree, and look at the calibration, as far as that is to be done."""
        status, answer = await self.ask("POST", f"/r/{self.token}/take", {"client": client})
        assert status == 200, answer
        document = json.loads(answer)
        self.lease, self.state = document["lease"], document["state"]
        if self.state["stage"] == "consent":
            assert await self.post("consent", consent="1", answers={}) == 200
        if self.state["stage"] == "calibration":
            assert await self.post("calibrated") == 200

    def ballot(self, key: str, score: int) -> dict[str, Any]:
        """A vote on what is next."""
        return VOTE | {"assignment": self.state["next"][0]["assignment"], "score": score, "key": key}

    async def vote(self, ballot: dict[str, Any]) -> None:
        """Send a vote, and keep that it was acknowledged.

        Raises:
            Lost: if no answer came.
        """
        begun = time.perf_counter()
        status = await self.post("votes", **ballot)
        self.seconds.append(time.perf_counter() - begun)
        assert status == 200, (status, self.state)
        self.acknowledged[ballot["key"]] = (ballot["assignment"], ballot["score"])
