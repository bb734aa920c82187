"""Asks an application without a network, as fast as the application answers."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

JSON = {"content-type": "application/json"}
VOTE: dict[str, Any] = {
    "score": 4,
    "key": "k1",
    "shown_at": "2026-03-01T12:00:00.000Z",
    "response_ms": 900,
    "device_pixel_ratio": 1.5,
    "viewport": [1280, 800],
    "zoom_ok": True,
}
"""What a page sends of a vote, besides the lease and the assignment."""


@dataclass(frozen=True)
class Answer:
    """What an application said."""

    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


async def ask(
    app: ASGIApp,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] = b"",
    headers: Iterable[tuple[str, str]] | dict[str, str] = (),
) -> Answer:
    """What an application answers.

    Args:
        app: the application.
        method: such as GET.
        path: as it is written in a request, with percent signs; perhaps with a query.
        body: whole or in pieces.
        headers: besides the host.
    """
    pieces = [body] if isinstance(body, bytes) else list(body)
    named = headers.items() if isinstance(headers, dict) else headers
    way, _, query = path.partition("?")
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(way),
        "raw_path": way.encode("latin-1", "replace"),
        "query_string": query.encode("latin-1", "replace"),
        "root_path": "",
        "headers": [(b"host", b"study"), *((name.lower().encode(), value.encode("latin-1")) for name, value in named)],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    messages: list[Message] = []

    async def receive() -> Message:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start = messages[0]
    told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], told, b"".join(message.get("body", b"") for message in messages[1:]))


class Asker:
    """Asks one application, without any `await`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def get(self, path: str, **headers: str) -> Answer:
        return asyncio.run(ask(self._app, "GET", path, headers=_spelt(headers)))

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        return asyncio.run(ask(self._app, "POST", path, json.dumps(document).encode(), JSON | _spelt(headers)))

    def send(self, method: str, path: str, body: bytes | Iterable[bytes] = b"", **headers: str) -> Answer:
        return asyncio.run(ask(self._app, method, path, body, _spelt(headers)))


def _spelt(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
