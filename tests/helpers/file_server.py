"""Files on an HTTP server of this machine, which can break off and refuse ranges."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from srgan.download import Remote


class FileServer(ThreadingHTTPServer):
    """What is served, and how."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []  # the range of each request
        self.most, self.ranges, self.length = 10**9, True, True  # bytes of a response; whether it has ranges, a length

    def add(self, name: str, content: bytes) -> Remote:
        """Serve a file."""
        self.files[f"/{name}"] = content
        url = f"http://127.0.0.1:{self.server_port}/{name}"
        return Remote(url, len(content), hashlib.sha256(content).hexdigest(), "the test's own file")


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        asked = self.headers.get("Range", "")
        self.server.asked.append(asked)
        match = re.fullmatch(r"bytes=(\d+)-", asked)
        start = int(match[1]) if match and self.server.ranges else 0
        self.send_response(206 if start else 200)
        if self.server.length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : start + self.server.most])

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def file_server() -> Iterator[FileServer]:
    """Serve files on a thread."""
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
