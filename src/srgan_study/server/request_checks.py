"""What every request is held to before it is read, and what every response says to the browser."""

from contextlib import suppress

import h11
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from srgan_study.server.request_schemas import LARGEST

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_DRAINED = 64 * LARGEST  # bytes that are read and thrown away, so that who sends too much hears why it was refused


class CrossSite(ValueError):
    """A page of another site sent this."""


class WrongType(ValueError):
    """A body is not said to be JSON."""


class TooLarge(ValueError):
    """A body is longer than any that a page of ours sends."""


class Headers:
    """Around an application: every response is private, loads nothing from elsewhere, and says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            # Who breaks off, or sends what is no HTTP, cannot be answered any more: that is no failure of ours.
            with suppress(h11.ProtocolError):
                await send(message)

        await self._app(scope, receive, tell)


def check_site(request: Request, address: str) -> None:
    """Refuse what a page of another site sends with the rater's browser.

    Raises:
        CrossSite: if it is that.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        own = site == "same-origin"
    else:  # an old browser, or none; a proxy may have changed the host
        hosts = {request.headers.get("host", ""), address.partition("://")[2]}
        own = origin is None or origin.partition("://")[2] in hosts
    if not own:
        raise CrossSite("only the study's own page may send this")


def check_type(request: Request) -> None:
    """Refuse a body that is not said to be JSON: forms of other sites can send any but that.

    Raises:
        WrongType: if it is not.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise WrongType("the body has to be application/json")


async def read_body(request: Request) -> bytes:
    """The body, as far as one of our pages could have sent it.

    Raises:
        TooLarge: if it is longer; never more than the limit is held in memory.
    """
    body, size = b"", 0
    async for chunk in request.stream():
        size += len(chunk)
        body = body + chunk if size <= LARGEST else b""
        if size > _DRAINED:
            break
    if size > LARGEST:
        raise TooLarge(f"the body is longer than {LARGEST} bytes")
    return body
