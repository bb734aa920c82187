"""HTTP server of a study: one process, one writer, and an end that loses no vote."""

import hashlib
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from srgan.errors import DataError, OutputError, UsageError
from srgan.http_server import await_start, listen, listening_address, run_server
from srgan_study.server.app import create_app
from srgan_study.study import Study, read_study
from srgan_study.votes.database import sqlite_errors
from srgan_study.votes.queries import InvitedRater
from srgan_study.votes.store import Store
from srgan_study.votes.vote_writer import VoteWriter

Report = Callable[[str], None]
LOCK = ".served"  # file that is locked while a study is served; empty

_END = 5.0  # seconds that stopping may take
_PATH = r"(?:/(?!\.\.?(?:/|$))[\w.~-]+)*"  # one that needs no escaping, or none
_ADDRESS = re.compile(rf"(?P<server>https?://[^\s/?#@\\]+)(?P<path>{_PATH})", re.ASCII)


@dataclass(frozen=True)
class ServeOptions:
    """Where a study is served. Raises UsageError if address or root path are none, or contradict each other."""

    host: str = "127.0.0.1"
    """Host name or address to bind to; the default cannot be reached from other machines."""
    port: int = 0  # port, or 0 for any that is free
    address: str | None = None
    """URL by which raters reach the server, if it is another one, as behind a proxy; it may have a path."""
    root_path: str = ""
    """Path below which a proxy serves the study, such as /study; without one, the path of the address."""

    def __post_init__(self) -> None:
        root = self.root_path.rstrip("/")
        if not re.fullmatch(_PATH, root, re.ASCII):
            raise UsageError(f"root_path must be a path such as /study, not {self.root_path}", parameter="root_path")
        if self.address is not None:
            match = _ADDRESS.fullmatch(self.address.rstrip("/"))
            if match is None:
                example = "https://study.example.org or https://example.org/study"
                raise UsageError(f"address must be a URL such as {example}, not {self.address}", parameter="address")
            if match["path"] and root and match["path"] != root:
                why = f"root_path must be the path of the address, {match['path']}, not {root}"
                raise UsageError(why, parameter="root_path")
            root = root or match["path"]
            object.__setattr__(self, "address", match["server"] + root)
        object.__setattr__(self, "root_path", root)


@dataclass(frozen=True)
class Served:
    """Study that can be reached."""

    address: str  # URL by which raters reach it, such as http://127.0.0.1:8080
    organiser: str  # URL of the organiser's page
    raters: tuple[InvitedRater, ...]
    votes: Path  # the database; while it is served, only the writer uses its store
    ended: threading.Event  # set when the server stops


@contextmanager
def running(folder: Path, *, simulated: bool = False, port: int = 0, root_path: str = "") -> Iterator[str]:
    """Serve a study in a thread, for this machine alone, and yield its URL; see `serving`."""
    options = ServeOptions(port=port, root_path=root_path)
    with serving(folder, options, simulated=simulated, report=lambda line: None) as served:
        yield served.address


@contextmanager
def serving(folder: Path, options: ServeOptions, *, simulated: bool, report: Report, more: int = 0) -> Iterator[Served]:
    """Serve a study in a thread.

    Args:
        folder: folder of the study.
        options: where to serve it.
        simulated: whether raters are programs.
        report: shows a line to the operator of the server.
        more: number of raters to invite in addition.

    Raises:
        UsageError: if the port cannot be used.
        OutputError: if the study is served already, or cannot be written.
        DataError: if there is no study, or its database or an image is damaged.
    """
    check_images(read_study(folder), folder)
    with (
        only_one(folder, simulated=simulated),
        Store.open(folder, simulated=simulated) as store,
        VoteWriter(store) as writer,
        listen(options.host, options.port) as listener,
    ):
        if more:
            store.invite_more(more)
        address = options.address or listening_address(listener, options.host) + options.root_path
        ended = threading.Event()
        # The store is read before the first rater comes: two threads at once would share one transaction.
        served = Served(address, f"{address}/o/{store.organiser_token}", store.raters(), store.path, ended)
        server = _make_server(create_app(store, writer, address=address, report=report))
        threading.Thread(target=run_server, args=(server, listener, ended), name="server", daemon=True).start()
        try:
            await_start(server, ended)
            yield served
        finally:
            server.should_exit = True
            ended.wait(_END)


def serve(folder: Path, options: ServeOptions, *, report: Report, more: int, ready: Callable[[Served], None]) -> None:
    """Serve a study to people until Ctrl-C, see `serving`; `ready` is called when raters may come.

    Raises:
        KeyboardInterrupt: after Ctrl-C, when everything is closed.
    """
    with serving(folder, options, simulated=False, report=report, more=more) as served:
        ready(served)
        # Not `join` on the thread: once interrupted, it takes the thread for ended.
        while not served.ended.wait(1):
            pass
    raise OutputError("the server stopped by itself: start it again, no vote is lost")


@contextmanager
def only_one(folder: Path, *, simulated: bool = False) -> Iterator[None]:
    """Hold a lock on the study; it ends with the process, however that ends.

    Raises:
        OutputError: if another process serves the study.
    """
    path = folder / f"{LOCK}{'-simulated' * simulated}"
    with sqlite_errors(path):
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    with closing(connection) as lock:
        with sqlite_errors(path):
            try:
                lock.execute("BEGIN EXCLUSIVE")  # SQLite's locks work on every system
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                    raise OutputError(f"{folder} is being served already: stop that server first") from error
                raise
        yield


def check_images(study: Study, folder: Path) -> None:
    """Compare all images with their checksums. Raises DataError if one is missing or was changed."""
    for image in (each.shown for part in (study.stimuli, study.practice, study.calibration) for each in part):
        path = folder / image.file
        try:
            checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror}): put it back, or make another study") from error
        if checksum != image.sha256:
            raise DataError(f"{path} was changed since the study was made: put it back, or make another study")


def _make_server(app: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http="h11",
        log_config=None,
        log_level="critical",  # malformed requests are no news; the application itself reports what is
        access_log=False,  # it would contain raters' addresses and links
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,
    )
    return uvicorn.Server(config)
