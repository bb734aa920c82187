"""Requests that no client of ours would send: no server error, nothing left behind, no hang."""

import random
import socket
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from srgan_web.enlarging import Enlarger
from srgan_web.job_store import JobStore
from srgan_web.limits import WebLimits
from srgan_web.web_server import WebPlace, serving_site
from tests.srgan_web.conftest import make_photo

REQUESTS = 300
PATHS = (
    "/", "/v1/jobs", "/v1/jobs/x", "/v1/jobs/x/result", "/v1/jobs/x/views/source", "/v1/images/upscale", "/metrics",
    "/static/../api.py", "/static/..%2f..%2fapi.py", "/static/%2e%2e/limits.py", "//etc/passwd", "/%00", "/v1/jobs/%ff",
    "/v1/jobs/../../../etc/passwd", "/v1/jobs/..%2f..%2fjobs.sqlite/result", "http://evil.example/", "*", "/?token=x",
)  # fmt: skip
FIELDS = ("scale", "width", "fidelity", "format", "quality", "keep_metadata", "crop", "model", "source", "", "x" * 300)
VALUES = ("", "2", "-1", "1e999", "nan", "../../x", "\x00", "9" * 400, "0,0,1,1", "auto", "true", "é", "/etc/passwd")


def png_bomb() -> bytes:
    """Return a small PNG that claims 100,000 x 100,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def damaged(content: bytes, random: random.Random) -> bytes:
    """Return bytes with some of them changed, or the end missing."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 3, 30))):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed[: random.choice((len(changed), random.randrange(1, len(changed))))])


def head(method: str, path: str, *lines: str) -> bytes:
    """Return the head of a request to this machine."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""]).encode(
        "latin-1"
    )


def form_of(random: random.Random) -> bytes:
    """Return a multipart body with the boundary b and a damaged image, or with damage anywhere."""
    make = random.choice((make_photo, png_bomb, lambda: make_photo(format="PNG"), lambda: make_photo(format="WEBP")))
    image = damaged(make(), random) if random.random() < 0.7 else make()
    start, name = "--b\r\nContent-Disposition: form-data; name=", random.choice(("a.jpg", "../a", "a\x01b", "x" * 3000))
    parts = [f'{start}"hold"\r\n\r\ntrue\r\n'] * random.choice((1, 1, 1, 30))
    if random.random() < 0.5:
        parts += [f'{start}"{random.choice(FIELDS)}"\r\n\r\n{random.choice(VALUES)}\r\n']
    parts += [f'{start}"image"; filename="{name}"\r\n\r\n']
    body = "".join(parts).encode("latin-1") + image + b"\r\n--b--\r\n"
    return damaged(body, random) if random.random() < 0.3 else body


def plain(random: random.Random) -> bytes:
    method = random.choice(("GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "BREW", "get"))
    return head(method, random.choice(PATHS), f"Cookie: srgan_client={random.choice(VALUES)}")


def form(random: random.Random) -> bytes:
    body, path = form_of(random), random.choice(("/v1/jobs", "/v1/images/upscale", "/v1/jobs/x/start"))
    if path == "/v1/images/upscale":  # it would be enlarged
        body = body[: len(body) // 2]
    length = random.choice((len(body), len(body), len(body), len(body) + 50, len(body) - 50))
    return head("POST", path, "Content-Type: multipart/form-data; boundary=b", f"Content-Length: {length}") + body


def headers(random: random.Random) -> bytes:
    line = random.choice(
        (f"X: {'x' * 100_000}", "Content-Length: -1", "Content-Length: 99999999999999999999",
         "Transfer-Encoding: chunked\r\n\r\nzz", "Content-Type: multipart/form-data; boundary=", "Host: evil.example",
         "Authorization: Bearer \xff", "no colon", "\x00: \x01", "Content-Length: 5\r\nContent-Length: 6")
    )  # fmt: skip
    return head(random.choice(("GET", "POST")), "/v1/jobs", line)


def noise(random: random.Random) -> bytes:
    return random.randbytes(random.choice((1, 50, 5000)))


KINDS: tuple[Callable[[random.Random], bytes], ...] = (plain, form, form, headers, noise)


def ask(port: int, request: bytes, *, leave: bool) -> int | None:
    """Send a request, and perhaps leave at once; returns the status, None where the server just closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        try:
            connection.sendall(request)
            if leave:
                connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
            while connection.recv(65536):
                pass
        except (ConnectionError, BrokenPipeError):
            return None
    words = answer.split(b" ", 2)
    return int(words[1]) if answer.startswith(b"HTTP/1.1 ") else None


def test_odd_requests_do_no_harm(tmp_path: Path) -> None:
    dice, limits, told = random.Random(1), WebLimits(max_bytes=100_000, idle_seconds=0.3), list[str]()
    answers: Counter[int | None] = Counter()
    with serving_site(WebPlace(store=tmp_path), Enlarger(limits), limits, tell=told.append) as site:
        port = int(site.address.rpartition(":")[2])
        for _ in range(REQUESTS):
            kind = dice.choice(KINDS)
            answers[ask(port, kind(dice), leave=kind is noise or dice.random() < 0.1)] += 1
        assert httpx.get(f"{site.address}/healthz").json() == {"status": "ok"}
    assert told == []
    assert not [status for status in answers if status is not None and status >= 500]
    assert {202, 400, 404, 422} <= set(answers)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    uploads = {path.name for path in (tmp_path / "uploads").iterdir()}
    with JobStore(tmp_path) as store:  # opening it removes files without a job
        assert {path.name for path in (tmp_path / "uploads").iterdir()} == uploads
        assert sum(store.counts().values()) == len(uploads)


def test_slow_senders_are_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan_web.web_server._HEADER_SECONDS", 0.3)
    limits = WebLimits(idle_seconds=0.3)
    with serving_site(WebPlace(store=tmp_path), Enlarger(limits), limits, tell=lambda line: None) as site:
        port = int(site.address.rpartition(":")[2])
        for start, status in ((b"GET / HT", b""), (b"", b""), (head("GET", "/healthz") + b"GET", b"HTTP/1.1 200"),
                              (head("POST", "/v1/jobs", "Content-Type: multipart/form-data; boundary=b",
                                    "Content-Length: 1000") + b"--b", b"HTTP/1.1 408")):  # fmt: skip
            with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
                connection.sendall(start)
                received = b""
                while part := connection.recv(65536):
                    received += part
                assert received.startswith(status)
