"""The pages: for photos, for a folder, of models, of reports; and the files that they load."""

import secrets
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from srgan import __version__
from srgan.images import FORMATS
from srgan_web.access import CLIENT_COOKIE, COOKIE_SECONDS, read_cookie
from srgan_web.batches import Batches
from srgan_web.job_queue import JobQueue
from srgan_web.report_links import Reports

_TYPES = {".js": "text/javascript", ".css": "text/css"}
_REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads allow-modals; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'none'"
)
"""A report is a page of its own origin, which can neither ask this service anything nor load anything."""


class SitePages:
    """Pages, rendered when they are asked for, and files, which are read once.

    Args:
        queue: of jobs, with the limits and the models.
        batches: of the folder that is open, if one is.
        reports: to link, if there are any.
    """

    def __init__(self, queue: JobQueue, batches: Batches | None, reports: Reports | None) -> None:
        self._enlarger, self._limits, self._batches, self._reports = queue.enlarger, queue.limits, batches, reports
        self._environment = Environment(
            loader=PackageLoader("srgan_web", "pages"), autoescape=True, undefined=StrictUndefined
        )
        self._links = [("/", "Photos")]
        self._links += [("/folder", "Folder")] if batches is not None else []
        self._links += [("/reports", "Reports")] if reports is not None else []
        self._files = {
            path.name: (path.read_bytes(), _TYPES[suffix])
            for path in files("srgan_web").joinpath("pages").iterdir()
            if (suffix := "." + path.name.rpartition(".")[2]) in _TYPES
        }

    def routes(self) -> list[Route]:
        """Return the addresses of all pages and files."""
        return [
            Route("/", self.photos),
            Route("/folder", self.folder),
            Route("/models/{name}", self.model),
            Route("/reports", self.reports),
            Route("/reports/{path:path}", self.report),
            Route("/static/{name}", self.file),
            Route("/favicon.ico", self.icon),
        ]

    async def photos(self, request: Request) -> Response:
        response = self._render("index.html", "/", hours=self._limits.keep_seconds / 3600)
        client = read_cookie(request.headers, CLIENT_COOKIE) or secrets.token_urlsafe(16)
        response.set_cookie(CLIENT_COOKIE, client, COOKIE_SECONDS, httponly=True, samesite="strict")
        return response

    async def folder(self, request: Request) -> Response:
        if self._batches is None:
            raise HTTPException(404)
        return self._render("folder.html", "/folder", root=str(self._batches.root))

    async def model(self, request: Request) -> Response:
        card = self._enlarger.cards.get(request.path_params["name"])
        if card is None:
            raise HTTPException(404)
        return self._render("model.html", "", card=card)

    async def reports(self, request: Request) -> Response:
        if self._reports is None:
            raise HTTPException(404)
        found = await run_in_threadpool(self._reports.all)
        return self._render("reports.html", "/reports", reports=found, root=str(self._reports.root))

    async def report(self, request: Request) -> Response:
        reports = self._reports
        content = None if reports is None else await run_in_threadpool(reports.read, request.path_params["path"])
        if content is None:
            raise HTTPException(404)
        return HTMLResponse(content, headers={"Content-Security-Policy": _REPORT_POLICY})

    async def file(self, request: Request) -> Response:
        if request.path_params["name"] not in self._files:
            raise HTTPException(404)
        content, kind = self._files[request.path_params["name"]]
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "private, no-cache"}
        return Response(content, headers=headers)

    async def icon(self, request: Request) -> Response:
        return Response(status_code=204)

    def _render(self, template: str, here: str, **values: Any) -> HTMLResponse:
        page = self._environment.get_template(template).render(
            version=__version__,
            links=self._links,
            here=here,
            limits=self._limits,
            models=self._enlarger.models(),
            formats=list(FORMATS),
            **values,
        )
        return HTMLResponse(page)
