"""ASGI application of a study: its pages, images and requests.

A rater is identified by the token in the link alone. Responses never name a method, a dataset, an image or other
raters.
"""

import asyncio
import json
import traceback
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from srgan.errors import OutputError, SrganError
from srgan_study.server import request_schemas as schemas
from srgan_study.server.admin import Overview
from srgan_study.server.rater_state import RaterState
from srgan_study.server.request_checks import PrivateResponses, RequestError, check_origin, read_json_body
from srgan_study.server.session import Clock, Sessions, TakenOver, Withdrawn, server_clock
from srgan_study.stimuli.instructions import read_text
from srgan_study.votes.store import Store
from srgan_study.votes.vote_writer import Refused, VoteWriter

_T = TypeVar("_T")
_R = TypeVar("_R", bound=schemas.Request)

PAGES = Path(__file__).parent / "pages"
UNKNOWN = "There is nothing here: check that your link is whole."
NOT_SAVED = "This was not saved: the study cannot be written just now. Leave this page open, and it is tried again."
_TYPES = {".js": "text/javascript", ".css": "text/css"}


def create_app(
    store: Store, writer: VoteWriter, *, address: str, report: Callable[[str], None], clock: Clock = server_clock
) -> Starlette:
    """Return the application that serves a study.

    Args:
        store: database of the study; from now on used by the writer alone.
        writer: writer of that store.
        address: address of the server as raters reach it, such as http://127.0.0.1:8080 or https://lab.org/study.
        report: shows a line to the operator of the server.
        clock: returns the current time in UTC.
    """
    return _Application(store, writer, address, report, clock).starlette()


class _Application:
    def __init__(
        self, store: Store, writer: VoteWriter, address: str, report: Callable[[str], None], clock: Clock
    ) -> None:
        self._folder, self._writer, self._address = store.path.parent, writer, address
        self._root_path = urlsplit(address).path
        self._sessions = Sessions(store, clock, self._root_path)
        # Tokens are looked up by their hashes, so that timing does not reveal how near a guess was.
        self._raters = {_hash(rater.token): rater.code for rater in store.raters()}
        self._organiser = _hash(store.organiser_token)
        self._images = store.addresses()
        self._static = {path.name: path for path in sorted(PAGES.iterdir()) if path.suffix in _TYPES}
        self._templates = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
        self._facts = {
            "title": store.study.title,
            "simulated": store.simulated,
            "consent": read_text(self._folder, "consent"),
            "instructions": read_text(self._folder, "instructions"),
            "root_path": self._root_path,
        }
        self._overview = Overview(store)
        self._report, self._reported, self._stuck = report, set[str](), False

    def starlette(self) -> Starlette:
        """Return routes, middleware and error handlers."""
        sessions = self._sessions
        actions: dict[str, tuple[type[schemas.Request], Callable[..., Any]]] = {
            "take": (schemas.TakeRequest, self._take),
            "consent": (schemas.ConsentRequest, sessions.consent),
            "calibrated": (schemas.LeaseRequest, sessions.calibrated),
            "votes": (schemas.VoteRequest, sessions.vote),
            "undo": (schemas.UndoRequest, sessions.undo),
            "events": (schemas.EventRequest, sessions.event),
        }
        pages = {
            "/r/{token}": self._rater_page,
            "/r/{token}/": self._rater_page,
            "/r/{token}/state": self._state,
            "/r/{token}/calibration": self._calibration,
            "/i/{address}": self._image,
            "/static/{name}": self._file,
            "/favicon.ico": _no_icon,
            "/o/{token}": self._organiser_page,
            "/o/{token}/progress": self._progress,
        }
        routes = [Route(path, endpoint, methods=["GET"]) for path, endpoint in pages.items()]
        routes += [
            Route(f"/r/{{token}}/{name}", partial(self._act, kind, action), methods=["POST"])
            for name, (kind, action) in actions.items()
        ]
        handlers: dict[Any, Any] = {
            HTTPException: _http_error,
            SrganError: self._cannot_write,
            ClientDisconnect: _disconnected,
            Exception: self._unexpected,
        }
        middleware = [Middleware(PrivateResponses, root_path=self._root_path)]
        app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
        app.router.redirect_slashes = False  # it would redirect to any Host that a request names
        return app

    async def _rater_page(self, request: Request) -> Response:
        self._rater(request)
        return self._render("rater.html")

    async def _state(self, request: Request) -> Response:
        return _json(asdict(await self._run(self._sessions.state, self._rater(request))))

    async def _calibration(self, request: Request) -> Response:
        return _json({"examples": await self._run(self._sessions.examples, self._rater(request))})

    def _take(self, rater: str, request: schemas.TakeRequest) -> dict[str, Any]:
        lease, state = self._sessions.take(rater, request)
        return {"lease": lease, "state": asdict(state)}

    async def _act(
        self, kind: type[_R], action: Callable[[str, _R], RaterState | dict[str, Any]], request: Request
    ) -> Response:
        """Check a request, do what it asks for, and respond when that is on the disk."""
        rater = self._rater(request)
        try:
            check_origin(request, self._address)
            result = await self._run(action, rater, schemas.parse_request(await read_json_body(request), kind))
        except (RequestError, Refused) as error:
            answer: dict[str, Any] = {
                "error": str(error),
                "state": asdict(await self._run(self._sessions.state, rater)),
            }
            answer |= {"taken_over": True} if isinstance(error, TakenOver) else {}
            return _json(answer, error.status if isinstance(error, RequestError) else 409)
        if self._stuck:
            self._stuck = False
            self._reported.clear()
            self._report("Raters can go on again")
        return _json(result if isinstance(result, dict) else {"state": asdict(result)})

    async def _image(self, request: Request) -> Response:
        image = _found(self._images.get(request.path_params["address"]))
        content = await asyncio.to_thread(_read, self._folder / image.file)
        return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    async def _file(self, request: Request) -> Response:
        path = _found(self._static.get(request.path_params["name"]))
        content = await asyncio.to_thread(_read, path)
        headers = {"Cache-Control": "private, no-cache", "Content-Type": f"{_TYPES[path.suffix]}; charset=utf-8"}
        return Response(content, headers=headers)

    async def _organiser_page(self, request: Request) -> Response:
        self._check_organiser(request)
        return self._render("organiser.html")

    async def _progress(self, request: Request) -> Response:
        self._check_organiser(request)
        return _json(await asyncio.to_thread(self._overview.document, self._address))

    def _rater(self, request: Request) -> str:
        """Return the code of the rater whose link this is."""
        return _found(self._raters.get(_hash(request.path_params["token"])))

    def _check_organiser(self, request: Request) -> None:
        if _hash(request.path_params["token"]) != self._organiser:
            raise HTTPException(404)

    def _render(self, template: str) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(self._facts))

    async def _run(self, operation: Callable[..., _T], *arguments: Any) -> _T:
        """Run an operation in the thread that writes votes."""
        try:
            return await asyncio.wrap_future(self._writer.submit(partial(operation, *arguments)))
        except Withdrawn as error:  # while this server runs: the link is now unknown
            raise HTTPException(404) from error
        except SrganError:
            self._stuck = True
            raise

    async def _cannot_write(self, request: Request, error: Exception) -> Response:
        """Report a full disk or the like once to the operator, and to each rater."""
        if str(error) not in self._reported:
            self._reported.add(str(error))
            self._report(f"A rater could not go on: {error}")
        return _json({"error": NOT_SAVED}, 503, {"Retry-After": "2"})

    async def _unexpected(self, request: Request, error: Exception) -> Response:
        """Report a bug to the operator; the rater's page tries again."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.name}, {place.filename}:{place.lineno}"
        self._report(f"A mistake in srgan, please report it: {error!r} in {where}")
        return _json({"error": NOT_SAVED}, 500)


def _found(value: _T | None) -> _T:
    if value is None:
        raise HTTPException(404)
    return value


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "backslashreplace")).digest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutputError(f"{path} cannot be read ({error.strerror}): put it back") from error


def _json(document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = json.dumps(document, separators=(",", ":"))
    return Response(content, status, media_type="application/json", headers=headers)


async def _http_error(request: Request, error: HTTPException) -> Response:
    """Respond in words to a person's browser, in JSON to a program."""
    words = UNKNOWN if error.status_code == 404 else f"{error.detail}."
    headers = dict(error.headers or {})
    if "text/html" in request.headers.get("accept", ""):
        return PlainTextResponse(words, error.status_code, headers)
    return _json({"error": words}, error.status_code, headers)


async def _no_icon(request: Request) -> Response:
    """Respond without an icon: browsers ask for one, and log a missing one as an error."""
    return Response(status_code=204)


async def _disconnected(request: Request, error: Exception) -> Response:
    return Response(status_code=400)
