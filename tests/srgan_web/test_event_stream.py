"""Streams of events: their pings and their ends, with several servers in one process."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from sse_starlette import EventSourceResponse

from srgan_web.event_stream import EventStreams
from srgan_web.limits import WebLimits
from srgan_web.web_server import ServedSite
from tests.srgan_web.conftest import Service, StubEnlarger, make_photo, serve_site


def serve() -> AbstractContextManager[ServedSite]:
    """Serve on a free port; jobs wait."""
    return serve_site(StubEnlarger(WebLimits()))


@contextmanager
def following(site: ServedSite) -> Iterator[Iterator[str]]:
    """Follow the jobs of a site; yields the lines after the first event."""
    with httpx.stream("GET", f"{site.address}/v1/events", timeout=180) as response:
        lines = response.iter_lines()
        assert [next(lines) for _ in range(4)] == ["event: ready", "data: []", "retry: 2000", ""]
        yield lines


def add_and_see(site: ServedSite, lines: Iterator[str]) -> None:
    """Send a photo and wait until a stream tells of it."""
    form: Any = {"files": {"image": ("photo.jpg", make_photo())}, "data": {"hold": "true"}}
    id = httpx.post(f"{site.address}/v1/jobs", **form, timeout=180).json()["id"]
    assert next(lines) == "event: job"
    assert json.loads(next(lines).removeprefix("data: "))["id"] == id


def test_streams_end_with_their_own_server_only() -> None:
    with serve() as lasting, following(lasting) as lasting_lines:
        with ExitStack() as first, ExitStack() as stream:
            ending = first.enter_context(serve())
            lines = stream.enter_context(following(ending))
            add_and_see(ending, lines)
            first.close()
            assert list(lines) == [""]  # a whole answer: nothing was cut off
        add_and_see(lasting, lasting_lines)
        with serve() as later, following(later) as lines:
            add_and_see(later, lines)


def test_a_silent_stream_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventSourceResponse, "DEFAULT_PING_INTERVAL", 0.1)
    with serve() as site, following(site) as lines:
        assert next(lines).startswith(": ")


def test_a_stream_ends_when_its_client_leaves(service: Service) -> None:
    async def leave() -> set[str]:
        left, sent = asyncio.Event(), []

        async def receive() -> dict[str, str]:
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.body":
                left.set()

        before = asyncio.all_tasks()
        response = EventStreams(service.queue).response("job", lambda: ({}, False))
        await response({"type": "http", "method": "GET"}, receive, send)
        assert sent[0]["status"] == 200
        return {task.get_coro().__qualname__ for task in asyncio.all_tasks() - before}  # type: ignore[union-attr]

    assert asyncio.run(leave()) <= {"_shutdown_watcher"}  # one of sse-starlette for the whole server


def test_head_is_answered_without_a_stream(service: Service) -> None:
    answer = service.client().head("/v1/events")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
