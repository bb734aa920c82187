"""The server: one process, its store, its workers, and an end that loses nothing."""

import asyncio
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from srgan.errors import UsageError
from srgan.http_server import EVERYWHERE, await_start, listen, listening_address, run_server
from srgan_web.access import AccessRules
from srgan_web.batches import Batches
from srgan_web.enlarging import Enlarger
from srgan_web.job_queue import JobQueue
from srgan_web.job_store import JobStore
from srgan_web.limits import WebLimits
from srgan_web.report_links import Reports
from srgan_web.web_app import create_web_app
from srgan_web.worker_pool import WorkerPool

_END = 10.0  # seconds that the server may take to end
_HEADER_SECONDS = 20.0  # in which the headers of a request must arrive
_MOST_CONNECTIONS = 500


@dataclass(frozen=True)
class WebPlace:
    """Where the service listens, and where it keeps images.

    Raises:
        UsageError: if the address is no URL.
    """

    host: str = "127.0.0.1"
    """A name or address of this machine."""
    port: int = 0
    """0 for any that is free."""
    address: str | None = None
    """URL at which browsers reach the service, if it is another, as behind a proxy."""
    store: Path | None = None
    """Folder of images; None for a temporary one that is deleted in the end."""
    token: str | None = None
    """What requests must carry; where others can reach the service, one is made up if there is none."""
    folder: Path | None = None
    """Folder of this computer in which batches may be enlarged; None for none."""
    reports: Path | None = None
    """Folder of reports to link; None for none."""

    def __post_init__(self) -> None:
        if self.address is not None and not _host(self.address):
            raise UsageError(
                f"address must be a URL such as https://photos.example, not {self.address}", parameter="address"
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the service."""
        return all(_is_loopback(name) for name in (self.host, _host(self.address or "")) if name)


@dataclass(frozen=True)
class ServedSite:
    """A running service."""

    address: str
    """Such as http://127.0.0.1:8080."""
    link: str
    """The address, with the token where there is one."""
    token: str | None
    store: Path
    ended: threading.Event
    """Set when the server stops."""


@contextmanager
def serving_site(
    place: WebPlace, enlarger: Enlarger, limits: WebLimits, *, workers: int = 1, tell: Callable[[str], None]
) -> Iterator[ServedSite]:
    """Run the service in a thread while the context lasts.

    Args:
        place: where.
        enlarger: does the work.
        limits: on what is accepted.
        workers: images that are enlarged at the same time.
        tell: receives lines for the person who runs the server.

    Raises:
        UsageError: if the host or port cannot be used.
        OutputError: if the store cannot be used.
    """
    with JobStore(place.store) as store, listen(place.host, place.port) as listener:
        address = (place.address or listening_address(listener, place.host)).rstrip("/")
        token = place.token or (None if place.is_local else secrets.token_urlsafe(24))
        names = {name.lower() for name in (place.host, _host(address), socket.gethostname()) if name}
        rules = AccessRules(place.is_local, names - set(EVERYWHERE), token, place.address is not None)
        batches = None if place.folder is None else Batches(place.folder, store, enlarger)
        pool, ended = WorkerPool(JobQueue(store, enlarger, limits), batches, workers=workers), threading.Event()
        reports = None if place.reports is None else Reports(place.reports)
        app = create_web_app(pool, rules, reports=reports, tell=tell)
        server = uvicorn.Server(_config(app))
        logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # damaged forms are the clients' business
        pool.start()
        threading.Thread(target=run_server, args=(server, listener, ended), name="web-server", daemon=True).start()
        try:
            await_start(server, ended)
            yield ServedSite(address, address + (f"/?token={token}" if token else ""), token, store.folder, ended)
        finally:
            app.state.api.streams.closing = True
            server.should_exit = True
            ended.wait(_END)
            pool.stop()


def _host(address: str) -> str | None:
    """Return the host of a URL of http or https, None if it is no such URL."""
    try:
        parts = urlsplit(address)
        return parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    return name in ("localhost", "::1") or name.startswith("127.")


class _ImpatientProtocol(H11Protocol):
    """HTTP that closes connections on which the headers of a request do not arrive in time."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        waits = self.conn.their_state in (h11.IDLE, h11.SEND_RESPONSE) and (
            self.cycle is None or self.cycle.response_complete
        )
        if not waits and self._patience is not None:
            self._patience.cancel()
            self._patience = None
        elif waits and self._patience is None:
            self._patience = self.loop.call_later(_HEADER_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self._patience = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_ImpatientProtocol,
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=15,
    )
