"""Checks of every request, and headers of every response."""

import hashlib
import hmac
import ipaddress
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import h11
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_COOKIE, CLIENT_COOKIE = "srgan_token", "srgan_client"
COOKIE_SECONDS = 30 * 24 * 3600

_OPEN = ("/healthz", "/static/")
_SAFE = ("GET", "HEAD", "OPTIONS")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True)
class AccessRules:
    """Rules for who may send requests."""

    local: bool = True
    """Whether the server listens for this machine alone."""
    names: Collection[str] = ()
    """Host names besides `localhost` and IP addresses, in lower case."""
    token: str | None = None
    """What requests must carry; None for no token."""
    proxied: bool = False
    """Whether requests come through a proxy, whose X-Forwarded-For is believed."""

    def allows_host(self, header: str) -> bool:
        """Return whether a Host header names this server; a name that points here by a trick of DNS does not."""
        try:
            name = urlsplit(f"//{header}").hostname or ""
        except ValueError:
            return False
        if name == "localhost" or name in self.names:
            return True
        with suppress(ValueError):
            return ipaddress.ip_address(name).is_loopback or not self.local
        return False

    def allows_token(self, given: str) -> bool:
        """Return whether a token is the right one, in a time that does not depend on how nearly it is."""
        return self.token is None or hmac.compare_digest(_hashed(given), _hashed(self.token))


class AccessCheck:
    """Middleware that refuses requests of other sites, hosts and people, and adds headers to every response.

    Args:
        app: the application.
        rules: who may send requests.
        responses: counts responses by status.
    """

    def __init__(self, app: ASGIApp, rules: AccessRules, responses: Counter[int]) -> None:
        self._app, self._rules, self._responses = app, rules, responses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._responses[message["status"]] += 1
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            with suppress(h11.ProtocolError):  # the client left
                await send(message)

        if scope["type"] != "http":
            return
        refusal = self._check(scope, Headers(scope=scope))
        await (refusal or self._app)(scope, receive, answer)

    def _check(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the answer to a request that is refused, or None."""
        host = headers.get("host", "")
        if not self._rules.allows_host(host):
            return _refusal(403, "this host name is not served: start srgan web with --address")
        if _is_cross_site(scope["method"], headers, host):
            return _refusal(403, "only the service's own page and programs may send this")
        if self._rules.token is None or scope["path"].startswith(_OPEN):
            return None
        if scope["path"] == "/" and scope["method"] == "GET":
            token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if token and self._rules.allows_token(token):
                response = RedirectResponse("/", 303)
                response.set_cookie(TOKEN_COOKIE, token, COOKIE_SECONDS, httponly=True, samesite="strict")
                return response
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if kind.lower() == "bearer" else read_cookie(headers, TOKEN_COOKIE)
        if given and self._rules.allows_token(given):
            return None
        return _refusal(401, "a token is needed: open the link that srgan web shows, or send Authorization: Bearer")


def read_cookie(headers: Headers, name: str) -> str:
    """Return a cookie of a request, empty if absent; those of other services on this host may be malformed."""
    return cookie_parser(headers.get("cookie", "")).get(name, "")


def _is_cross_site(method: str, headers: Headers, host: str) -> bool:
    """Return whether a page of another site sends this with the user's browser; following a link is allowed."""
    site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
    if site not in ("same-origin", "none"):
        return method not in _SAFE or headers.get("sec-fetch-mode") != "navigate"
    return method not in _SAFE and origin is not None and origin.partition("://")[2] != host


def _refusal(status: int, message: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"error": message}, status, headers)


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).digest()
