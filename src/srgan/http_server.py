"""Uvicorn on a thread of its own, on a socket that listens already: for studies and for the web page."""

import asyncio
import os
import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import Any

import h11
import uvicorn

from srgan.errors import SrganError, UsageError

EVERYWHERE = ("0.0.0.0", "::", "")
"""Hosts that stand for all addresses of this machine."""
_START = 10.0  # seconds that starting may take


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at a host, "" for everywhere, and a port, 0 for any that is free.

    Raises:
        UsageError: if host or port cannot be used.
    """
    with ExitStack() as opened:
        try:
            found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            # Declared as TCP: asyncio then sends small packets at once, and a response need not wait 40 ms.
            listener = opened.enter_context(socket.socket(found[0][0], socket.SOCK_STREAM, socket.IPPROTO_TCP))
            if os.name == "posix":  # so that a server can follow another at once; Windows means something else by it
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(found[0][4])
            listener.listen(512)
        except (OSError, UnicodeError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"{host} port {port} cannot be used ({why}): choose another host or port") from error
        opened.pop_all()
    return listener


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
