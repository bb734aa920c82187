"""The pages of a study and what they ask of the server: which address gives what, and to whom.

Whoever has a rater's token is that rater; nothing that is sent back names a method, a set, a picture or anybody else.
"""

import asyncio
import json
import traceback
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from srgan.errors import OutputError, SrganError
from srgan_study.server.admin import Overview
from srgan_study.server.rater_state import State
from srgan_study.server.request_checks import CrossSite, Headers, TooLarge, WrongType, check_site, check_type, read_body
from srgan_study.server.request_schemas import Consent, Event, Held, Malformed, NotJson, Take, Undo, Vote, read_object
from srgan_study.server.session import Clock, Refused, Sessions, Withdrawn, server_clock
from srgan_study.server.wording import PAGES, read_wording
from srgan_study.votes.store import Store
from srgan_study.votes.vote_writer import Writer

_T = TypeVar("_T")
_Post = TypeVar("_Post")
Tell = Callable[[str], None]

UNKNOWN = "There is nothing here: check that your link is whole."
NOT_SAVED = "This was not saved: the study cannot be written just now. Leave this page open, and it is tried again."
_STATUS: dict[type[Exception], int] = {
    NotJson: 400,
    CrossSite: 403,
    Refused: 409,
    TooLarge: 413,
    WrongType: 415,
    Malformed: 422,
}
_TYPES = {".js": "text/javascript", ".css": "text/css"}


def create_app(store: Store, writer: Writer, *, address: str, tell: Tell, clock: Clock = server_clock) -> Starlette:
    """The application that serves a study.

    Args:
        store: of the study; from now on used by the writer alone.
        writer: of that store.
        address: of the server as raters reach it, as in http://127.0.0.1:8080.
        tell: says a line to whoever runs the server.
        clock: tells the moment, in UTC.
    """
    return _Application(store, writer, address, tell, clock).starlette()


class _Application:
    def __init__(self, store: Store, writer: Writer, address: str, tell: Tell, clock: Clock) -> None:
        self._folder, self._writer, self._address = store.path.parent, writer, address
        self._sessions = Sessions(store, clock)
        # A token is looked up by its hash: how long that takes says nothing of how near a guess was.
        self._raters = {_hashed(rater.token): rater.code for rater in store.raters()}
        self._organiser = _hashed(store.organiser_token)
        self._addresses = store.addresses()
        self._static = {path.name: path for path in sorted(PAGES.iterdir()) if path.suffix in _TYPES}
        self._templates = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
        self._facts = {
            "title": store.study.title,
            "simulated": store.simulated,
            "consent": (consent := read_wording(self._folder, "consent")),
            "consent_version": consent.version,
            "instructions": read_wording(self._folder, "instructions"),
        }
        self._overview = Overview(store)
        self._tell, self._told, self._stuck = tell, set[str](), False

    def starlette(self) -> Starlette:
        """The routes, and what is said where something goes wrong."""
        page, post = partial(Route, methods=["GET"]), partial(Route, methods=["POST"])
        own = "/r/{token}"
        routes = [
            page(own, self._page),
            page(f"{own}/", self._page),
            page(f"{own}/state", self._state),
            page(f"{own}/calibration", self._calibration),
            post(f"{own}/take", partial(self._posted, Take.read, self._take)),
            post(f"{own}/consent", partial(self._posted, Consent.read, self._sessions.consent)),
            post(f"{own}/calibrated", partial(self._posted, Held.read, self._sessions.calibrated)),
            post(f"{own}/votes", partial(self._posted, Vote.read, self._sessions.vote)),
            post(f"{own}/undo", partial(self._posted, Undo.read, self._sessions.undo)),
            post(f"{own}/events", partial(self._posted, Event.read, self._sessions.event)),
            page("/i/{address}", self._picture),
            page("/static/{name}", self._file),
            page("/favicon.ico", _no_icon),
            page("/o/{token}", self._organiser_page),
            page("/o/{token}/progress", self._progress),
        ]
        handlers: dict[Any, Any] = {HTTPException: _failed, SrganError: self._broken, ClientDisconnect: _gone}
        handlers[Exception] = self._mistaken
        found = Starlette(routes=routes, middleware=[Middleware(Headers)], exception_handlers=handlers)
        found.router.redirect_slashes = False  # it would send people to whatever Host they named
        return found

    async def _page(self, request: Request) -> Response:
        self._rater(request)
        return self._shown("rater.html", request)

    async def _state(self, request: Request) -> Response:
        return _json((await self._work(self._sessions.state, self._rater(request))).document())

    async def _calibration(self, request: Request) -> Response:
        examples = await self._work(self._sessions.examples, self._rater(request))
        return _json({"examples": [vars(example) for example in examples]})

    def _take(self, rater: str, post: Take) -> dict[str, Any]:
        lease, state = self._sessions.take(rater, post)
        return {"lease": lease, "state": state.document()}

    async def _posted(
        self,
        read: Callable[[dict[str, Any]], _Post],
        do: Callable[[str, _Post], State | dict[str, Any]],
        request: Request,
    ) -> Response:
        """Check what was sent, do it, and answer when it is on the disk."""
        rater = self._rater(request)
        try:
            check_site(request, self._address)
            check_type(request)
            post = read(read_object(await read_body(request)))
            done = await self._work(do, rater, post)
        except tuple(_STATUS) as error:
            state = await self._work(self._sessions.state, rater)
            answer: dict[str, Any] = {"error": str(error), "state": state.document()}
            if isinstance(error, Refused) and error.taken_over:
                answer["taken_over"] = True
            return _json(answer, _STATUS[type(error)])
        self._recovered()
        return _json(done if isinstance(done, dict) else {"state": done.document()})

    async def _picture(self, request: Request) -> Response:
        shown = self._addresses.get(request.path_params["address"])
        if shown is None:
            raise HTTPException(404)
        content = await asyncio.to_thread(_read, self._folder / shown.file)
        return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    async def _file(self, request: Request) -> Response:
        path = self._static.get(request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        content = await asyncio.to_thread(_read, path)
        headers = {"Cache-Control": "private, no-cache", "Content-Type": f"{_TYPES[path.suffix]}; charset=utf-8"}
        return Response(content, headers=headers)

    async def _organiser_page(self, request: Request) -> Response:
        self._check_organiser(request)
        return self._shown("organiser.html", request)

    async def _progress(self, request: Request) -> Response:
        self._check_organiser(request)
        return _json(await asyncio.to_thread(self._overview.document, self._address))

    def _rater(self, request: Request) -> str:
        """The code of the rater whose link this is."""
        code = self._raters.get(_hashed(request.path_params["token"]))
        if code is None:
            raise HTTPException(404)
        return code

    def _check_organiser(self, request: Request) -> None:
        if _hashed(request.path_params["token"]) != self._organiser:
            raise HTTPException(404)

    def _shown(self, template: str, request: Request) -> Response:
        return HTMLResponse(
            self._templates.get_template(template).render(self._facts, token=request.path_params["token"])
        )

    async def _work(self, do: Callable[..., _T], *arguments: Any) -> _T:
        """Have it done where votes are written."""
        try:
            return await asyncio.wrap_future(self._writer.submit(partial(do, *arguments)))
        except Withdrawn as error:  # while this server runs: their link is as good as unknown
            raise HTTPException(404) from error
        except SrganError:
            self._stuck = True
            raise

    async def _broken(self, request: Request, error: Exception) -> Response:
        """The disk is full, or the like: said once to whoever runs the server, and to the rater."""
        if str(error) not in self._told:
            self._told.add(str(error))
            self._tell(f"A rater could not go on: {error}")
        return _json({"error": NOT_SAVED}, 503, {"Retry-After": "2"})

    async def _mistaken(self, request: Request, error: Exception) -> Response:
        """What should not happen: the operator hears of it, and the rater's page tries again."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        self._tell(f"A mistake in srgan, please report it: {error!r} in {place.name}, {place.filename}:{place.lineno}")
        return _json({"error": NOT_SAVED}, 500)

    def _recovered(self) -> None:
        if self._stuck:  # a picture that is missing is not there again because something was saved
            self._stuck = False
            self._told.clear()
            self._tell("Raters can go on again")


def _hashed(token: str) -> bytes:
    return sha256(token.encode("utf-8", "backslashreplace")).digest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutputError(f"{path} cannot be read ({error.strerror}): put it back") from error


def _json(document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = json.dumps(document, separators=(",", ":"))
    return Response(content, status, media_type="application/json", headers=headers)


async def _failed(request: Request, error: Exception) -> Response:
    """What there is not, or not to be done so; in words for a person who looks, else for a program."""
    assert isinstance(error, HTTPException)
    words = UNKNOWN if error.status_code == 404 else f"{error.detail}."
    headers = dict(error.headers or {})
    if "text/html" in request.headers.get("accept", ""):
        return PlainTextResponse(words, error.status_code, headers)
    return _json({"error": words}, error.status_code, headers)


async def _no_icon(request: Request) -> Response:
    """Browsers ask for it unasked, and complain to whoever looks where there is none."""
    return Response(status_code=204)


async def _gone(request: Request, error: Exception) -> Response:
    """Nobody is there to read it."""
    return Response(status_code=400)
