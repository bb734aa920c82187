"""Server-sent events (HTML standard, section 9.2): documents sent again whenever they change."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from srgan_web.job_queue import JobQueue

_LOOK, _HEARTBEAT = 0.25, 15.0  # seconds

Documents = Mapping[str, dict[str, Any]]


class EventStreams:
    """Streams that follow the changes of a queue.

    Args:
        queue: whose version tells when to look.

    Attributes:
        closing: set to True to end all streams.
    """

    def __init__(self, queue: JobQueue) -> None:
        self._queue, self.closing = queue, False

    def response(self, request: Request, kind: str, read: Callable[[], tuple[Documents, bool]]) -> Response:
        """Return a stream: `ready` with the ids of all documents, then an event for each change of one.

        Args:
            request: of the client; HEAD gets the headers alone.
            kind: name of the events of documents; `removed` has the id of one that is gone.
            read: returns the documents by id, and whether no more changes will come.
        """

        def changes(sent: dict[str, str]) -> tuple[list[str], bool]:
            documents, is_last = read()
            now = {id: json.dumps(document) for id, document in documents.items()}
            lines = [f"event: removed\ndata: {json.dumps(id)}\n\n" for id in sent if id not in now]
            lines += [f"event: {kind}\ndata: {text}\n\n" for id, text in now.items() if sent.get(id) != text]
            sent.clear()
            sent.update(now)
            return lines, is_last

        async def stream() -> AsyncIterator[str]:
            sent: dict[str, str] = {}
            version, spoke, ended = -1, time.monotonic(), False
            ids = list((await run_in_threadpool(read))[0])
            yield f"retry: 2000\nevent: ready\ndata: {json.dumps(ids)}\n\n"
            while not (self.closing or ended):
                if self._queue.version != version:
                    version = self._queue.version
                    lines, ended = await run_in_threadpool(changes, sent)
                    for line in lines:
                        yield line
                        spoke = time.monotonic()
                if time.monotonic() - spoke > _HEARTBEAT:
                    spoke = time.monotonic()
                    yield ": still here\n\n"
                if not ended:
                    await asyncio.sleep(_LOOK)

        content = stream() if request.method == "GET" else ()
        return StreamingResponse(content, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
