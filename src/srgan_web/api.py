"""The REST interface of jobs: what each address gives."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from srgan_web.access import CLIENT_COOKIE, read_cookie
from srgan_web.api_document import Endpoint, openapi_document
from srgan_web.batch_api import BatchApi
from srgan_web.batches import Batches
from srgan_web.downloads import send_archive, send_file, send_result
from srgan_web.enlarging import is_client_error
from srgan_web.event_stream import Documents, EventStreams
from srgan_web.job_document import job_document
from srgan_web.job_options import JobOptions, parse_options, safe_name
from srgan_web.job_queue import JobQueue, job_bytes
from srgan_web.job_record import JobRecord
from srgan_web.job_store import new_id, store_errors
from srgan_web.prometheus import prometheus_text
from srgan_web.uploads import RequestRefused, UploadForm, copy_upload, read_form, save_upload
from srgan_web.views import RESULT_VIEWS, VIEWS, write_view

_PREPARED_AT_ONCE = 2  # images that are inspected or rendered for the page; it bounds memory
_STEP_SECONDS = 0.5  # between looks whether a client that waits is still there


class Api:
    """Handlers of the REST interface.

    Args:
        queue: of jobs.
        batches: of a folder of this computer, if one is open.
        version: of srgan, for the OpenAPI document.
        responses: number of responses by HTTP status, for `/metrics`.
        is_alive: whether the workers run.
        is_proxied: whether requests come through a proxy, which names the clients.

    Attributes:
        streams: of events.
    """

    def __init__(
        self,
        queue: JobQueue,
        batches: Batches | None,
        *,
        version: str,
        responses: Counter[int],
        is_alive: Callable[[], bool],
        is_proxied: bool,
    ) -> None:
        self._queue, self._store, self._limits = queue, queue.store, queue.limits
        self._version, self._responses, self._is_alive, self._is_proxied = version, responses, is_alive, is_proxied
        self._prepared = asyncio.Semaphore(_PREPARED_AT_ONCE)
        self.streams = EventStreams(queue)
        self._batches = BatchApi(batches, queue, self.streams)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return all endpoints of the interface, which the server routes by and `/openapi.json` describes."""
        job = "/v1/jobs/{id}"
        return (
            Endpoint("POST", "/v1/images/upscale", self.upscale, "Enlarge an image.", (200, 404, 503), "form"),
            Endpoint("GET", "/v1/jobs", self.list_jobs, "List the jobs of this client.", (200,)),
            Endpoint("POST", "/v1/jobs", self.create_job, "Accept an image to enlarge.", (202, 404, 503), "form"),
            Endpoint("GET", job, self.show_job, "Show a job.", (200, 404)),
            Endpoint("DELETE", job, self.delete_job, "Cancel a job and delete its images.", (204, 404)),
            Endpoint("POST", f"{job}/start", self.start_job, "Queue a held job.", (202, 404, 409, 503), "options"),
            Endpoint("GET", f"{job}/events", self.job_events, "Follow a job (server-sent events).", (200, 404)),
            Endpoint("GET", f"{job}/result", self.result, "Download the result.", (200, 404, 409)),
            Endpoint("GET", f"{job}/views/{{view}}", self.view, "Show an image as JPEG.", (200, 404, 409, 422)),
            Endpoint("GET", "/v1/events", self.client_events, "Follow all jobs of this client.", (200,)),
            Endpoint("GET", "/v1/results.zip", self.archive, "Download all results of this client.", (200,)),
            Endpoint("GET", "/v1/models", self.models, "List the models.", (200,)),
            Endpoint("GET", "/healthz", self.health, "Report whether the service works.", (200, 503)),
            Endpoint("GET", "/metrics", self.metrics, "Report counts as Prometheus text.", (200,)),
            Endpoint("GET", "/openapi.json", self.document, "Show this document.", (200,)),
            *self._batches.endpoints(),
        )

    async def upscale(self, request: Request) -> Response:
        """Answer with the result, or with the job where the client accepts JSON only."""
        client = self._client(request)
        await run_in_threadpool(self._queue.check_room, client, 0)
        job = await self._accept(request, client, waits=True)
        ended = asyncio.wrap_future(await run_in_threadpool(self._queue.ended, job.id))
        while not (await asyncio.wait([ended], timeout=_STEP_SECONDS))[0]:
            if self.streams.closing:
                raise RequestRefused(503, "the server stops; the job goes on when it starts again")
            if await request.is_disconnected():
                await run_in_threadpool(self._queue.delete, job.id)
                return Response(status_code=400)
        job = await self._find(job.id)
        if job.status == "failed":
            await run_in_threadpool(self._queue.delete, job.id)
            raise RequestRefused(422 if is_client_error(job.error_kind) else 503, job.error or "")
        if request.headers.get("accept", "").startswith("application/json"):
            return JSONResponse(await run_in_threadpool(self._describe, job))
        return await send_result(job, self._store, BackgroundTask(run_in_threadpool, self._queue.delete, job.id))

    async def create_job(self, request: Request) -> Response:
        """Accept a job; it is on the disk when the answer is sent."""
        job = await self._accept(request, self._client(request))
        headers = {"Location": f"/v1/jobs/{job.id}"}
        return JSONResponse(await run_in_threadpool(self._describe, job), 202, headers)

    async def start_job(self, request: Request) -> Response:
        """Queue a held job with the options of a form."""
        job = await self._find(request.path_params["id"])
        options = self._options((await read_form(request, self._limits)).fields)
        async with self._prepared:
            plan = await run_in_threadpool(self._plan, job.id, job.name, options)
        if not await run_in_threadpool(self._queue.release, job, options, plan):
            raise RequestRefused(409, "this job has started already")
        return JSONResponse(await run_in_threadpool(self._describe, await self._find(job.id)), 202)

    async def list_jobs(self, request: Request) -> Response:
        client = self._client(request)
        return JSONResponse({"jobs": await run_in_threadpool(lambda: list(map(self._describe, self._jobs_of(client))))})

    async def show_job(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._describe, await self._find(request.path_params["id"])))

    async def delete_job(self, request: Request) -> Response:
        if not await run_in_threadpool(self._queue.delete, request.path_params["id"]):
            raise RequestRefused(404, "there is no such job")
        return Response(status_code=204)

    async def job_events(self, request: Request) -> Response:
        id = (await self._find(request.path_params["id"])).id

        def read() -> tuple[Documents, bool]:
            job = self._store.find(id)
            return ({} if job is None else {id: self._describe(job)}), job is None or job.is_final

        return self.streams.response("job", read)

    async def client_events(self, request: Request) -> Response:
        client = self._client(request)
        return self.streams.response(
            "job", lambda: ({job.id: self._describe(job) for job in self._jobs_of(client)}, False)
        )

    async def result(self, request: Request) -> Response:
        return await send_result(await self._find(request.path_params["id"], done=True), self._store)

    async def view(self, request: Request) -> Response:
        """Send a thumbnail, or an image to compare; it is rendered when first asked for."""
        view = request.path_params["view"]
        if view not in VIEWS:
            raise RequestRefused(404, f"there is no such view: use {', '.join(VIEWS)}")
        job = await self._find(request.path_params["id"], done=view in RESULT_VIEWS)
        against = request.query_params.get("against", "") if view == "invented" else ""
        other = await self._find(against, done=True) if against else None
        path = self._store.view(job.id, f"{view}-{other.id}" if other else view)
        if not path.exists():
            async with self._prepared:
                await run_in_threadpool(self._render, job, view, path, other)
        return await send_file(path, "image/jpeg")

    async def archive(self, request: Request) -> Response:
        return send_archive(await run_in_threadpool(self._jobs_of, self._client(request)), self._store)

    async def models(self, request: Request) -> Response:
        return JSONResponse({"models": self._queue.enlarger.models()})

    async def health(self, request: Request) -> Response:
        alive = self._is_alive()
        return JSONResponse({"status": "ok" if alive else "a worker has ended"}, 200 if alive else 503)

    async def metrics(self, request: Request) -> Response:
        return PlainTextResponse(
            await run_in_threadpool(prometheus_text, self._queue, self._responses),
            media_type="text/plain; version=0.0.4",
        )

    async def document(self, request: Request) -> Response:
        return JSONResponse(openapi_document(self.endpoints(), self._version))

    async def _accept(self, request: Request, client: str, *, waits: bool = False) -> JobRecord:
        """Put an image and its options into the store as a job."""
        form = await read_form(request, self._limits)
        try:
            held = form.fields.pop("hold", "") in ("true", "1", "on") and not waits
            source = form.fields.pop("source", "")
            options = self._options(form.fields)
            original = await self._find(source) if source and form.image is None else None
            if form.image is None and original is None:
                raise RequestRefused(422, "the field image with a file is missing")
            async with self._prepared:
                return await run_in_threadpool(self._store_job, client, form, original, options, held)
        finally:
            await form.close()

    def _store_job(
        self, client: str, form: UploadForm, original: JobRecord | None, options: JobOptions, held: bool
    ) -> JobRecord:
        id, now = new_id(), time.time()
        path = self._store.upload(id)
        try:
            with store_errors():
                if form.image is not None:
                    self._queue.check_room(client, form.image.size or 0, jobs=int(not held))
                    name, picture = safe_name(form.image.filename), save_upload(form.image, path)
                else:
                    assert original is not None
                    name, picture = original.name, original.picture
                    copy_upload(self._store.upload(original.id), path)
            plan = self._plan(id, name, options)
            job = JobRecord(
                id=id,
                client=client,
                name=name,
                picture=picture,
                status="held" if held else "queued",
                options=options,
                plan=plan,
                outcome={},
                error=None,
                error_kind=None,
                attempts=0,
                bytes=plan["bytes"] if held else job_bytes(plan),
                created=now,
                queued=None if held else now,
                started=None,
                finished=None,
            )
            self._queue.add(job)
        except BaseException:
            self._store.delete_files(id)
            raise
        return job

    def _options(self, fields: dict[str, str]) -> JobOptions:
        return parse_options(fields, self._queue.enlarger.cards)

    def _plan(self, id: str, name: str, options: JobOptions) -> dict[str, Any]:
        path = self._store.upload(id)
        if not path.exists():
            raise RequestRefused(404, "the image has been deleted")
        return self._queue.enlarger.plan(path, name, options)

    async def _find(self, id: str, *, done: bool = False) -> JobRecord:
        """Return a job.

        Raises:
            RequestRefused: if there is none, or if it is to be done and is not.
        """
        with store_errors():
            job = await run_in_threadpool(self._store.find, id)
        if job is None:
            raise RequestRefused(404, "there is no such job")
        if done and job.status != "done":
            raise RequestRefused(409, f"there is no result: the job is {job.status}")
        return job

    def _jobs_of(self, client: str) -> list[JobRecord]:
        with store_errors():
            return self._store.of_client(client)

    def _render(self, job: JobRecord, view: str, path: Path, other: JobRecord | None) -> None:
        size = job.plan["result"]["width"], job.plan["result"]["height"]
        if other is not None and size != (other.plan["result"]["width"], other.plan["result"]["height"]):
            raise RequestRefused(422, "the two results are not of one size: choose another")
        against = None if other is None else self._store.result(other.id)
        with store_errors():
            write_view(view, self._store.upload(job.id), self._store.result(job.id), job.options, size, path, against)
            if not self._store.add_bytes(job.id, path.stat().st_size):  # deleted meanwhile
                self._store.delete_files(job.id)

    def _describe(self, job: JobRecord) -> dict[str, Any]:
        return job_document(job, self._queue)

    def _client(self, request: Request) -> str:
        """Return who sends a request: a browser by its cookie, a program by its address."""
        cookie = read_cookie(request.headers, CLIENT_COOKIE)
        if cookie:
            return f"browser {cookie[:64]}"
        named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() if self._is_proxied else ""
        return f"address {named[:64] or (request.client.host if request.client else '')}"
