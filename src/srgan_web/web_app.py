"""The application: its pages, the REST interface, and the answer to every error."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from srgan import __version__
from srgan.errors import SrganError, UsageError
from srgan_web.access import AccessCheck, AccessRules
from srgan_web.api import Api
from srgan_web.job_queue import QueueFull
from srgan_web.job_store import StoreFull
from srgan_web.report_links import Reports
from srgan_web.site_pages import SitePages
from srgan_web.uploads import RequestRefused
from srgan_web.worker_pool import WorkerPool

_RETRY_STORE = 30  # seconds after which a client may try again when the store was full


def create_web_app(
    pool: WorkerPool, rules: AccessRules, *, reports: Reports | None = None, tell: Callable[[str], None]
) -> Starlette:
    """Return the application; its `state.api.streams` ends event streams when the server stops.

    Args:
        pool: of workers, started and stopped by the caller, with their queue and their batches.
        rules: who may send requests.
        reports: of evaluations and studies, which the page links, if there are any.
        tell: receives a line for the person who runs the server.
    """
    responses: Counter[int] = Counter()
    api = Api(
        pool.queue,
        pool.batches,
        version=__version__,
        responses=responses,
        is_alive=lambda: pool.is_alive,
        is_proxied=rules.proxied,
    )
    pages = SitePages(pool.queue, pool.batches, reports)

    async def mistake(request: Request, error: Exception) -> Response:
        tell(f"A mistake in srgan, please report it: {request.method} {request.url.path}: {error!r}")
        return JSONResponse({"error": "a mistake in srgan; it has been reported on the server"}, 500)

    handlers: dict[Any, Any] = {
        HTTPException: _refuse_http,
        ClientDisconnect: _leave,
        SrganError: _refuse,
        sqlite3.Error: _refuse,
        Exception: mistake,
    }
    routes = pages.routes()
    routes += [Route(each.path, each.handler, methods=[each.method]) for each in api.endpoints()]
    middleware = [Middleware(AccessCheck, rules=rules, responses=responses)]
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.router.redirect_slashes = False
    app.state.api = api
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    """Answer an error of srgan with its HTTP status, its message and the parameter at fault."""
    document: dict[str, Any] = {"error": str(error)}
    headers: dict[str, str] = {}
    status = 422
    if isinstance(error, RequestRefused):
        status = error.status
    elif isinstance(error, QueueFull):
        status, headers = 429, {"Retry-After": str(error.retry_after)}
    elif isinstance(error, StoreFull | sqlite3.Error):
        status, document = 503, {"error": "the store is full or cannot be written: try again later"}
    if status == 503:
        headers = {"Retry-After": str(_RETRY_STORE)}
    if isinstance(error, UsageError) and error.parameter:
        document["parameter"] = error.parameter
    return JSONResponse(document, status, headers)


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = "there is nothing here" if error.status_code == 404 else error.detail
    return JSONResponse({"error": words}, error.status_code, dict(error.headers or {}))


async def _leave(request: Request, error: Exception) -> Response:
    """Return a response for a client that has left."""
    return Response(status_code=400)
