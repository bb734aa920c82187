"""Server-sent events (HTML standard, section 9.2): documents sent again whenever they change."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from srgan_web.job_queue import JobQueue

_LOOK = 0.25  # seconds between looks for changes
_RETRY = 2000  # milliseconds after which a browser that lost its connection asks again

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

    def response(self, kind: str, read: Callable[[], tuple[Documents, bool]]) -> Response:
        """Return a stream: `ready` with the ids of all documents, then an event for each change of one.

        Args:
            kind: name of the events of documents; `removed` has the id of one that is gone.
            read: returns the documents by id, and whether no more changes will come.
        """

        def changes(sent: dict[str, str]) -> tuple[list[dict[str, Any]], bool]:
            documents, is_last = read()
            now = {id: json.dumps(document) for id, document in documents.items()}
            events = [{"event": "removed", "data": json.dumps(id)} for id in sent if id not in now]
            events += [{"event": kind, "data": text} for id, text in now.items() if sent.get(id) != text]
            sent.clear()
            sent.update(now)
            return events, is_last

        async def stream() -> AsyncIterator[dict[str, Any]]:
            sent: dict[str, str] = {}
            version, ended = -1, False
            ids = list((await run_in_threadpool(read))[0])
            yield {"event": "ready", "data": json.dumps(ids), "retry": _RETRY}
            while not (self.closing or ended):
                if self._queue.version != version:
                    version = self._queue.version
                    events, ended = await run_in_threadpool(changes, sent)
                    for event in events:
                        yield event
                if not ended:
                    await asyncio.sleep(_LOOK)

        return EventSourceResponse(stream(), sep="\n")
