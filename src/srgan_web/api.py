"""The REST interface: what each address gives, and the job documents that it answers with."""

import asyncio
import json
import secrets
import time
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from srgan_web.access import CLIENT_COOKIE, read_cookie
from srgan_web.api_document import Endpoint, openapi_document
from srgan_web.enlarging import is_client_error
from srgan_web.job_options import JobOptions, parse_options, safe_name
from srgan_web.job_queue import JobQueue, job_bytes
from srgan_web.job_store import JobRecord, new_id, store_errors
from srgan_web.uploads import RequestRefused, UploadForm, copy_upload, read_form, save_upload
from srgan_web.views import RESULT_VIEWS, VIEWS, write_view

_CHUNK = 1 << 18
_PREPARED_AT_ONCE = 2  # images that are inspected or rendered for the page; it bounds memory
_EVENT_SECONDS, _HEARTBEAT_SECONDS = 0.25, 15.0
_STEP_SECONDS = 0.5  # between looks whether a client that waits is still there
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same results give the same archive


class Api:
    """Handlers of the REST interface.

    Args:
        queue: of jobs.
        version: of srgan, for the OpenAPI document.
        responses: number of responses by HTTP status, for `/metrics`.

    Attributes:
        closing: set to True to end event streams.
    """

    def __init__(self, queue: JobQueue, *, version: str, responses: Counter[int]) -> None:
        self._queue, self._store, self._limits = queue, queue.store, queue.limits
        self._version, self._responses = version, responses
        self._prepared = asyncio.Semaphore(_PREPARED_AT_ONCE)
        self.closing = False

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return all addresses of the interface."""
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
        )

    async def upscale(self, request: Request) -> Response:
        """Answer with the result, or with the job where the client accepts JSON only."""
        client = client_of(request)
        await run_in_threadpool(self._queue.check_room, client, 0)
        job = await self._accept(request, client, waits=True)
        ended = asyncio.wrap_future(await run_in_threadpool(self._queue.ended, job.id))
        while not (await asyncio.wait([ended], timeout=_STEP_SECONDS))[0]:
            if self.closing:
                raise RequestRefused(503, "the server stops; the job goes on when it starts again")
            if await request.is_disconnected():
                await run_in_threadpool(self._queue.delete, job.id)
                return Response(status_code=400)
        job = await self._find(job.id)
        if job.status == "failed":
            await run_in_threadpool(self._queue.delete, job.id)
            raise RequestRefused(422 if is_client_error(job.error_kind) else 503, job.error or "")
        if request.headers.get("accept", "").startswith("application/json"):
            return JSONResponse(await run_in_threadpool(self.describe, job))
        return await self._download(job, BackgroundTask(run_in_threadpool, self._queue.delete, job.id))

    async def create_job(self, request: Request) -> Response:
        """Accept a job; it is on the disk when the answer is sent."""
        job = await self._accept(request, client_of(request))
        headers = {"Location": f"/v1/jobs/{job.id}"}
        return JSONResponse(await run_in_threadpool(self.describe, job), 202, headers)

    async def start_job(self, request: Request) -> Response:
        """Queue a held job with the options of a form."""
        job = await self._find(request.path_params["id"])
        options = self._options((await read_form(request, self._limits)).fields)
        async with self._prepared:
            plan = await run_in_threadpool(self._plan, job.id, job.name, options)
        if not await run_in_threadpool(self._queue.release, job, options, plan):
            raise RequestRefused(409, "this job has started already")
        return JSONResponse(await run_in_threadpool(self.describe, await self._find(job.id)), 202)

    async def list_jobs(self, request: Request) -> Response:
        client = client_of(request)
        return JSONResponse({"jobs": await run_in_threadpool(lambda: list(map(self.describe, self._jobs_of(client))))})

    async def show_job(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.describe, await self._find(request.path_params["id"])))

    async def delete_job(self, request: Request) -> Response:
        if not await run_in_threadpool(self._queue.delete, request.path_params["id"]):
            raise RequestRefused(404, "there is no such job")
        return Response(status_code=204)

    async def job_events(self, request: Request) -> Response:
        id = (await self._find(request.path_params["id"])).id
        return self._events(request, lambda: [job for job in [self._store.find(id)] if job is not None], ends=True)

    async def client_events(self, request: Request) -> Response:
        client = client_of(request)
        return self._events(request, lambda: self._jobs_of(client), ends=False)

    async def result(self, request: Request) -> Response:
        return await self._download(await self._find(request.path_params["id"], done=True))

    async def view(self, request: Request) -> Response:
        """Send a thumbnail, or an image to compare; it is rendered when first asked for."""
        view = request.path_params["view"]
        if view not in VIEWS:
            raise RequestRefused(404, f"there is no such view: use {', '.join(VIEWS)}")
        job = await self._find(request.path_params["id"], done=view in RESULT_VIEWS)
        path = self._store.view(job.id, view)
        if not path.exists():
            async with self._prepared:
                await run_in_threadpool(self._render, job, view, path)
        file = await run_in_threadpool(_open, path)
        return StreamingResponse(_chunks(file), media_type="image/jpeg")

    async def archive(self, request: Request) -> Response:
        jobs = await run_in_threadpool(self._jobs_of, client_of(request))
        entries = _archive_entries(jobs)
        files = [(name, self._store.result(job.id)) for name, job in entries]
        headers = {"Content-Disposition": 'attachment; filename="enlarged.zip"'}
        return StreamingResponse(_zip_chunks(files), media_type="application/zip", headers=headers)

    async def models(self, request: Request) -> Response:
        return JSONResponse({"models": self._queue.enlarger.models()})

    async def health(self, request: Request) -> Response:
        alive = self._queue.is_alive
        return JSONResponse({"status": "ok" if alive else "a worker has ended"}, 200 if alive else 503)

    async def metrics(self, request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(self._metrics), media_type="text/plain; version=0.0.4")

    async def document(self, request: Request) -> Response:
        return JSONResponse(openapi_document(self.endpoints(), self._version))

    def describe(self, job: JobRecord) -> dict[str, Any]:
        """Return a job as clients see it."""
        plan, address = job.plan, f"/v1/jobs/{job.id}"
        return {
            "id": job.id,
            "name": job.name,
            "status": job.status,
            "picture": job.picture,
            "options": asdict(job.options),
            "source": {name: plan[name] for name in ("width", "height", "format", "bytes")},
            "result": plan["result"] | {name: job.outcome.get(name) for name in ("bytes", "seconds", "engine")},
            "model": job.outcome.get("model", plan["model"]),
            "reason": plan["reason"],
            "seen": plan["seen"],
            "notes": job.outcome.get("notes", []),
            "error": job.error,
            "created": job.created,
            "started": job.started,
            "finished": job.finished,
            **self._queue.state(job),
            "links": {"self": address, "events": f"{address}/events", "result": f"{address}/result"},
        }

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

    def _render(self, job: JobRecord, view: str, path: Path) -> None:
        size = job.plan["result"]["width"], job.plan["result"]["height"]
        with store_errors():
            write_view(view, self._store.upload(job.id), self._store.result(job.id), job.options, size, path)
            if not self._store.add_bytes(job.id, path.stat().st_size):  # deleted meanwhile
                self._store.delete_files(job.id)

    async def _download(self, job: JobRecord, then: BackgroundTask | None = None) -> Response:
        file, size = await run_in_threadpool(_open, self._store.result(job.id)), job.outcome["bytes"]
        kind, name = job.plan["result"]["format"], job.plan["result"]["name"]
        headers = {
            "Content-Length": str(size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Srgan-Model": job.outcome["model"],
        }
        return StreamingResponse(_chunks(file), media_type=f"image/{kind}", headers=headers, background=then)

    def _events(self, request: Request, read: Callable[[], list[JobRecord]], *, ends: bool) -> Response:
        """Return a stream of events: `ready` with the ids of all jobs, `job` with a document, `removed` with an id."""

        def changes(sent: dict[str, str]) -> tuple[list[str], bool]:
            jobs = read()
            now = {job.id: json.dumps(self.describe(job)) for job in jobs}
            lines = [f"event: removed\ndata: {json.dumps(id)}\n\n" for id in sent if id not in now]
            lines += [f"event: job\ndata: {text}\n\n" for id, text in now.items() if sent.get(id) != text]
            sent.clear()
            sent.update(now)
            return lines, ends and all(job.is_final for job in jobs)

        async def stream() -> AsyncIterator[str]:
            sent: dict[str, str] = {}
            version, spoke, ended = -1, time.monotonic(), False
            ids = [job.id for job in await run_in_threadpool(read)]
            yield f"retry: 2000\nevent: ready\ndata: {json.dumps(ids)}\n\n"
            while not (self.closing or ended):
                if self._queue.version != version:
                    version = self._queue.version
                    lines, ended = await run_in_threadpool(changes, sent)
                    for line in lines:
                        yield line
                        spoke = time.monotonic()
                if time.monotonic() - spoke > _HEARTBEAT_SECONDS:
                    spoke = time.monotonic()
                    yield ": still here\n\n"
                if not ended:
                    await asyncio.sleep(_EVENT_SECONDS)

        content = stream() if request.method == "GET" else ()
        return StreamingResponse(content, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    def _metrics(self) -> str:
        totals, counts = self._queue.totals, self._store.counts()
        lines = []

        def add(name: str, kind: str, help: str, *values: tuple[str, float]) -> None:
            lines.extend([f"# HELP srgan_{name} {help}", f"# TYPE srgan_{name} {kind}"])
            lines.extend(f"srgan_{name}{label} {value}" for label, value in values)

        states = [
            (f'{{status="{name}"}}', counts.get(name, 0)) for name in ("held", "queued", "running", "done", "failed")
        ]
        ends = [(f'{{outcome="{name}"}}', totals.jobs[name]) for name in ("done", "failed", "cancelled")]
        answers = [(f'{{status="{status}"}}', count) for status, count in sorted(self._responses.items())]
        add("jobs", "gauge", "Jobs in the store.", *states)
        add("jobs_ended_total", "counter", "Jobs ended since the start.", *ends)
        add("jobs_refused_total", "counter", "Jobs refused for lack of room.", ("", totals.refused))
        add("job_seconds_total", "counter", "Time spent on jobs that are done.", ("", totals.seconds))
        add("pixels_total", "counter", "Input pixels of jobs that are done.", ("", totals.pixels))
        add("store_bytes", "gauge", "Disk space of all jobs, with results to come.", ("", self._store.bytes()))
        add("responses_total", "counter", "HTTP responses.", *answers)
        return "\n".join(lines) + "\n"


def client_of(request: Request) -> str:
    """Return who sends a request: a browser by its cookie, a program by its address."""
    cookie = read_cookie(request.headers, CLIENT_COOKIE)
    if cookie:
        return f"browser {cookie[:64]}"
    return f"address {request.client.host if request.client else ''}"


def new_client() -> str:
    """Return the value of a browser's cookie."""
    return secrets.token_urlsafe(16)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise RequestRefused(404, "the image has been deleted") from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _archive_entries(jobs: list[JobRecord]) -> list[tuple[str, JobRecord]]:
    """Return results under names that are all different, whatever the case of their letters."""
    entries: list[tuple[str, JobRecord]] = []
    taken: set[str] = set()
    for job in jobs:
        if job.status != "done":
            continue
        path, number = Path(job.plan["result"]["name"]), 1
        name = path.name
        while name.lower() in taken:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        taken.add(name.lower())
        entries.append((name, job))
    return entries


class _Pipe:
    """A file that can only be written; what was written is taken out in parts."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _zip_chunks(files: list[tuple[str, Path]]) -> Iterator[bytes]:
    """Yield a ZIP archive, not compressed: images are already. Files that have been deleted are left out."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[call-overload]
        for name, path in files:
            try:
                file = path.open("rb")
            except OSError:
                continue
            with file, archive.open(zipfile.ZipInfo(name, _ZIP_TIME), "w", force_zip64=True) as entry:
                for chunk in _chunks(file):
                    entry.write(chunk)
                    yield pipe.take()
    yield pipe.take()
