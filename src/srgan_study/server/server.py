"""A study on the network: one process, one writer, and an end that loses nothing."""

import asyncio
import hashlib
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette

from srgan.errors import DataError, OutputError, SrganError, UsageError
from srgan_study.server.app import create_app
from srgan_study.study import StimulusImage, Study, read_study
from srgan_study.votes.database import explained
from srgan_study.votes.store import Rater, Store
from srgan_study.votes.vote_writer import Writer

LOCK = ".served"
"""Held while a study is served; empty."""

Tell = Callable[[str], None]

_START, _END = 10.0, 5.0  # seconds that the server may take for it
_EVERYWHERE = ("0.0.0.0", "::", "")


@dataclass(frozen=True)
class Place:
    """Where a study is served."""

    host: str = "127.0.0.1"
    """Of this machine: this one can be reached from nowhere else."""
    port: int = 0
    """0 for any that is free."""
    address: str | None = None
    """As raters reach it, if that is another, as behind a proxy."""


@dataclass(frozen=True)
class Served:
    """A study that can be reached."""

    address: str
    """As raters reach it, as in http://127.0.0.1:8080."""
    organiser: str
    """The address of the organiser's page."""
    raters: tuple[Rater, ...]
    """Who are invited."""
    votes: Path
    """The database; while it is served, its store is the writer's alone."""
    ended: threading.Event
    """Set when the server stops."""


@contextmanager
def running(folder: Path, *, simulated: bool = False, port: int = 0) -> Iterator[str]:
    """The server of a study, in a thread, for this machine alone, while this lasts.

    Args:
        folder: of the study.
        simulated: whether raters are programs.
        port: 0 for any that is free.

    Yields:
        Its address, as in http://127.0.0.1:8080.

    Raises:
        UsageError: if the port cannot be used.
        OutputError: if the study is served already, or cannot be written.
        DataError: if there is no study, or its database or a picture is damaged.
    """
    with serving(folder, Place(port=port), simulated=simulated, tell=lambda line: None) as served:
        yield served.address


@contextmanager
def serving(folder: Path, place: Place, *, simulated: bool, tell: Tell, more: int = 0) -> Iterator[Served]:
    """The same, anywhere.

    Args:
        folder: of the study.
        place: where.
        simulated: whether raters are programs.
        tell: says a line to whoever runs the server.
        more: raters to invite beyond those that there are.

    Raises:
        UsageError, OutputError, DataError: as above.
    """
    check_pictures(read_study(folder), folder)
    with (
        only_one(folder, simulated=simulated),
        Store.open(folder, simulated=simulated) as store,
        Writer(store) as writer,
        _bound(place) as listener,
    ):
        if more:
            store.invite_more(more)
        address = place.address or _address(listener, place.host)
        ended = threading.Event()
        # The store is asked before the first rater comes: two threads at once would share one transaction.
        served = Served(address, f"{address}/o/{store.organiser_token}", store.raters(), store.path, ended)
        server = _server(create_app(store, writer, address=address, tell=tell))
        threading.Thread(target=_run, args=(server, listener, ended), name="server", daemon=True).start()
        try:
            _await_start(server, ended)
            yield served
        finally:
            server.should_exit = True
            ended.wait(_END)


def serve(folder: Path, place: Place, *, tell: Tell, more: int, ready: Callable[[Served], None]) -> None:
    """Serve a study to people until Ctrl-C, which is raised again once everything is put away.

    Args:
        folder: of the study.
        place: where.
        tell: says a line to whoever runs the server.
        more: raters to invite beyond those that there are.
        ready: hears when raters may come.

    Raises:
        KeyboardInterrupt: in the end.
        UsageError, OutputError, DataError: as above.
    """
    with serving(folder, place, simulated=False, tell=tell, more=more) as served:
        ready(served)
        # Not the thread itself is waited for: interrupted, `join` takes it for ended.
        while not served.ended.wait(1):
            pass
    raise OutputError("the server stopped by itself: start it again, no vote is lost")


@contextmanager
def only_one(folder: Path, *, simulated: bool = False) -> Iterator[None]:
    """Refuse to go on while another process serves the study; one that was killed leaves nothing behind that refuses.

    Raises:
        OutputError: if there is one.
    """
    path = folder / f"{LOCK}{'-simulated' * simulated}"
    with explained(path):
        lock = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")  # SQLite's locks hold on every system, and end with their process
        except sqlite3.OperationalError as error:
            lock.close()
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise OutputError(f"{folder} is being served already: stop that server first") from error
            raise
    try:
        yield
    finally:
        lock.close()


def check_pictures(study: Study, folder: Path) -> None:
    """Refuse a study whose pictures are not those that it was made with.

    Raises:
        DataError: if one is missing or another.
    """
    for shown in _pictures(study):
        path = folder / shown.file
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror}): put it back, or make another study") from error
        if found != shown.sha256:
            raise DataError(f"{path} was changed since the study was made: put it back, or make another study")


def _pictures(study: Study) -> Iterator[StimulusImage]:
    yield from (each.shown for each in study.stimuli)
    yield from (each.shown for each in study.practice)
    yield from (each.shown for each in study.calibration)


def _server(app: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http="h11",
        log_config=None,
        log_level="critical",  # nonsense from the network is no news; what is, the application says itself
        access_log=False,  # it would hold the addresses of raters' computers, and their links
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,
    )
    return uvicorn.Server(config)


@contextmanager
def _bound(place: Place) -> Iterator[socket.socket]:
    """A socket that listens.

    Raises:
        UsageError: if it cannot.
    """
    with ExitStack() as opened:
        try:
            found = socket.getaddrinfo(place.host or None, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            # Named as TCP: asyncio then sends small packets at once, and a vote need not wait 40 ms for its answer.
            listener = opened.enter_context(socket.socket(found[0][0], socket.SOCK_STREAM, socket.IPPROTO_TCP))
            if os.name == "posix":  # so that a server can follow another at once; on Windows it means something else
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(found[0][4])
            listener.listen(512)
        except (OSError, UnicodeError, OverflowError) as error:
            where, why = f"{place.host} port {place.port}", getattr(error, "strerror", None) or str(error)
            raise UsageError(f"{where} cannot be used ({why}): choose with --host and --port") from error
        yield listener


def _address(listener: socket.socket, host: str) -> str:
    """The address of a server that listens there; of one that listens everywhere, as the network knows this machine."""
    if host in _EVERYWHERE:
        host = socket.gethostname()
        # Nothing is sent: this only asks which way a packet would go.
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            host = probe.getsockname()[0]
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def _run(server: uvicorn.Server, listener: socket.socket, ended: threading.Event) -> None:
    async def serve() -> None:
        asyncio.get_running_loop().set_exception_handler(_pass_over_nonsense)
        await server.serve([listener])

    try:
        asyncio.run(serve())
    finally:
        ended.set()


def _pass_over_nonsense(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Some of what is no HTTP makes uvicorn stumble; the connection is closed, and nobody needs the traceback."""
    if not isinstance(context.get("exception"), h11.ProtocolError):
        loop.default_exception_handler(context)


def _await_start(server: uvicorn.Server, ended: threading.Event) -> None:
    deadline = time.monotonic() + _START
    while not server.started:
        if time.monotonic() > deadline or ended.is_set():
            raise SrganError("the server did not start: try again")
        time.sleep(0.005)
