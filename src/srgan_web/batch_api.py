"""The REST interface of batches: folders of this computer."""

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from srgan_web.api_document import Endpoint
from srgan_web.batch_file import STATUSES
from srgan_web.batches import PAGE, Batches
from srgan_web.event_stream import Documents, EventStreams
from srgan_web.job_options import parse_options
from srgan_web.job_queue import JobQueue
from srgan_web.uploads import RequestRefused, read_form

_MOST_OFFSET = 1 << 40


class BatchApi:
    """Handlers of batches; without a folder for them every answer is 404.

    Args:
        batches: of the folder, if there is one.
        queue: is told when there is more to do.
        streams: of events.
    """

    def __init__(self, batches: Batches | None, queue: JobQueue, streams: EventStreams) -> None:
        self._batches, self._queue, self._streams = batches, queue, streams

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return all addresses of batches."""
        all, one = "/v1/batches", "/v1/batches/{id}"
        return (
            Endpoint("GET", "/v1/folders", self.folders, "List the subfolders of a folder.", (200, 404, 422)),
            Endpoint("GET", all, self.list_batches, "List the batches.", (200, 404)),
            Endpoint("POST", all, self.create_batch, "Enlarge the images of a folder.", (202, 404, 503), "batch"),
            Endpoint("GET", one, self.show_batch, "Show a batch.", (200, 404)),
            Endpoint("DELETE", one, self.delete_batch, "Stop a batch and forget it; results stay.", (204, 404, 503)),
            Endpoint("GET", f"{one}/files", self.files, "List the files of a batch.", (200, 404, 422)),
            Endpoint("POST", f"{one}/retry", self.retry, "Queue the failed files again.", (202, 404, 503)),
            Endpoint("GET", f"{one}/events", self.events, "Follow a batch (server-sent events).", (200, 404)),
        )

    async def folders(self, request: Request) -> Response:
        return JSONResponse(await self._call(lambda batches: batches.folder(request.query_params.get("path", ""))))

    async def list_batches(self, request: Request) -> Response:
        return JSONResponse({"batches": await self._call(Batches.all)})

    async def create_batch(self, request: Request) -> Response:
        """Plan a batch; its ledger is on the disk when the answer is sent."""
        await self._call(lambda batches: None)  # before the form is read
        form = await read_form(request, self._queue.limits)
        if form.image is not None:
            await form.close()
            raise RequestRefused(422, "a batch takes no image: send path")
        path, recursive = form.fields.pop("path", ""), form.fields.pop("recursive", "") in ("true", "1", "on")
        options = parse_options(form.fields, self._queue.enlarger.cards)
        id = await self._call(lambda batches: batches.create(path, options, recursive=recursive))
        self._queue.note()
        return JSONResponse(await self._document(id), 202, {"Location": f"/v1/batches/{id}"})

    async def show_batch(self, request: Request) -> Response:
        return JSONResponse(await self._document(request.path_params["id"]))

    async def delete_batch(self, request: Request) -> Response:
        if not await self._call(lambda batches: batches.delete(request.path_params["id"])):
            raise RequestRefused(404, "there is no such batch")
        self._queue.note()
        return Response(status_code=204)

    async def files(self, request: Request) -> Response:
        """List up to PAGE files from `offset` on, those of one `status` or all."""
        id, offset = (await self._document(request.path_params["id"]))["id"], request.query_params.get("offset", "0")
        status = next((name for name in STATUSES if name == request.query_params.get("status", "")), None)
        if not (offset.isascii() and offset.isdigit()) or len(offset) > 12 or int(offset) > _MOST_OFFSET:
            raise RequestRefused(422, "offset must be a number from 0")
        if status is None and request.query_params.get("status", ""):
            raise RequestRefused(422, f"status must be one of {', '.join(STATUSES)}")
        rows = await self._call(lambda batches: batches.files(id, status, int(offset)))
        return JSONResponse({"files": rows, "next": int(offset) + PAGE if len(rows) == PAGE else None})

    async def retry(self, request: Request) -> Response:
        id = (await self._document(request.path_params["id"]))["id"]
        await self._call(lambda batches: batches.retry(id))
        self._queue.note()
        return JSONResponse(await self._document(id), 202)

    async def events(self, request: Request) -> Response:
        id = (await self._document(request.path_params["id"]))["id"]
        batches = self._batches
        assert batches is not None

        def read() -> tuple[Documents, bool]:
            document = batches.find(id)
            return ({} if document is None else {id: document}), document is None or document["status"] == "done"

        return self._streams.response("batch", read)

    async def _document(self, id: str) -> dict[str, Any]:
        document = await self._call(lambda batches: batches.find(id))
        if document is None:
            raise RequestRefused(404, "there is no such batch")
        found: dict[str, Any] = document
        return found

    async def _call(self, work: Callable[[Batches], Any]) -> Any:
        if self._batches is None:
            raise RequestRefused(404, "no folder is open for batches: start srgan web with --folder")
        return await run_in_threadpool(work, self._batches)
