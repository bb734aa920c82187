"""Uvicorn on a thread of its own, on a socket that listens already: for studies and for the web page."""

import asyncio
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import h11
import uvicorn

from srgan.errors import SrganError

EVERYWHERE = ("0.0.0.0", "::", "")
"""Hosts that stand for all addresses of this machine."""
_START = 10.0  # seconds that starting may take


def listening_address(listener: socket.socket, host: str) -> str:
    """Return the URL of a listening socket; of one that listens everywhere, with this machine's network address."""
    if host in EVERYWHERE:
        host = socket.gethostname()
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks for the route
            host = probe.getsockname()[0]
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def run_server(server: uvicorn.Server, listener: socket.socket, ended: threading.Event) -> None:
    """Serve until the server is asked to exit, then set the event."""

    async def serve() -> None:
        asyncio.get_running_loop().set_exception_handler(_ignore_malformed)
        await server.serve([listener])

    try:
        asyncio.run(serve())
    finally:
        ended.set()


def await_start(server: uvicorn.Server, ended: threading.Event) -> None:
    """Wait until a server that runs on another thread has started.

    Raises:
        SrganError: if it ends instead, or takes longer than ten seconds.
    """
    deadline = time.monotonic() + _START
    while not server.started:
        if time.monotonic() > deadline or ended.is_set():
            raise SrganError("the server did not start: try again")
        time.sleep(0.005)


def _ignore_malformed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Ignore requests that are not HTTP, on which uvicorn closes the connection."""
    if not isinstance(context.get("exception"), h11.ProtocolError):
        loop.default_exception_handler(context)
