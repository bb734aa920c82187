"""Checks of every request before its body is parsed, and headers of every response."""

from contextlib import suppress
from urllib.parse import urlsplit

import h11
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 16 * 1024  # limit of a body in bytes

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_DRAINED = 64 * LARGEST  # bytes that are read and dropped, so that the client gets to read why it was refused


class RequestError(Exception):
    """Request that is refused, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PrivateResponses:
    """ASGI middleware: every response is private and loads nothing from elsewhere.

    The application is reached below `root_path`; a proxy may strip that from requests or leave it.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app, self._root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            with suppress(h11.ProtocolError):  # a client that broke off, or does not speak HTTP, cannot be answered
                await send(message)

        await self._app({**scope, "root_path": self._root_path}, receive, send_with_headers)


def check_origin(request: Request, address: str) -> None:
    """Refuse requests that a page of another site sends with the rater's browser. Raises RequestError if it is one."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = site == "same-origin"
    if site is None:  # an old browser, or none; a proxy may have changed the host
        own = origin is None or urlsplit(origin).netloc in (request.headers.get("host", ""), urlsplit(address).netloc)
    if not own:
        raise RequestError(403, "only the study's own page may send this")


async def read_json_body(request: Request) -> bytes:
    """Read a body that is declared as JSON, which forms of other sites cannot do; never more than the limit.

    Raises:
        RequestError: if it has another type or is too long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RequestError(415, "the body has to be application/json")
    body, size = b"", 0
    async for chunk in request.stream():
        size += len(chunk)
        body = body + chunk if size <= LARGEST else b""
        if size > _DRAINED:
            break
    if size > LARGEST:
        raise RequestError(413, f"the body is longer than {LARGEST} bytes")
    return body
