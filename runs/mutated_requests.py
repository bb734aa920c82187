"""A campaign of requests that no client of ours would send, to a service on this machine.

    python -m runs.mutated_requests 10000 [--seed 1]

Bodies, headers, forms, uploads that are cut short, senders that stop, images and archives that unpack to far more than
they hold, and paths that lead elsewhere. Faults are a server error but for 503 with Retry-After, an answer that does
not come, a mistake that the service reports, an answer with what lies outside the open folders, and what is left
behind: files without a job, open files, threads.
"""

import argparse
import gzip
import io
import os
import random
import socket
import struct
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from srgan_web import web_server
from srgan_web.enlarging import Enlarger
from srgan_web.job_store import JobStore
from srgan_web.limits import WebLimits
from srgan_web.web_server import WebPlace, serving_site

SENDERS = 4
"""Requests that are under way at the same time."""
PATIENCE = 60.0
"""Seconds without a byte after which an answer does not come."""
_IDLE = 0.3  # seconds that senders may stop for
_SECRET = b"what lies outside"

PATHS = (
    "/", "/v1/jobs", "/v1/jobs/x", "/v1/jobs/x/result", "/v1/jobs/x/views/source", "/v1/images/upscale", "/metrics",
    "/static/../api.py", "/static/..%2f..%2fapi.py", "/static/%2e%2e/limits.py", "//etc/passwd", "/%00", "/v1/jobs/%ff",
    "/v1/jobs/../../../etc/passwd", "/reports/../outside/secret.jpg", "/reports/%2e%2e/outside/secret.jpg", "/reports/",
    "/v1/folders?path=../outside", "/v1/folders?path=way-out", "/v1/folders?path=%00", "/v1/folders?path=/etc",
    "/v1/batches", "/v1/batches/x/files?offset=9999999999999999999&status=x", "/reports/way-out/report.html", "/folder",
    "/models/..%2f..%2fx", "/v1/results.zip", "/v1/jobs/x/views/invented?against=../../x",
    "/v1/jobs/..%2f..%2fjobs.sqlite/result", "http://evil.example/", "*", "/?token=x",
)  # fmt: skip
FIELDS = ("scale", "width", "fidelity", "format", "quality", "keep_metadata", "crop", "model", "source", "", "x" * 300)
VALUES = ("", "2", "-1", "1e999", "nan", "../../x", "\x00", "9" * 400, "0,0,1,1", "auto", "true", "é", "/etc/passwd")


def photo(format: str = "JPEG") -> bytes:
    """Return a small image file."""
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((48, 36)).convert("RGB").save(buffer, format)
    return buffer.getvalue()


def archive() -> bytes:
    """Return a ZIP archive of a few kilobytes that unpacks to 10 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("photo.jpg", bytes(10_000_000))
    return buffer.getvalue()


def long_png() -> bytes:
    """Return a PNG of 48 x 36 pixels whose data unpack to 10 MB."""
    return _png(48, 36, bytes(10_000_000))


def png_bomb() -> bytes:
    """Return a small PNG that claims 100,000 x 100,000 pixels."""
    return _png(100_000, 100_000, b"\0" * 1000)


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def damaged(content: bytes, random: random.Random) -> bytes:
    """Return bytes with some of them changed, or the end missing."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 3, 30))):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed[: random.choice((len(changed), random.randrange(1, len(changed))))])


FILES = (photo(), photo("PNG"), photo("WEBP"), photo("TIFF"), photo("BMP"), png_bomb(), long_png(), archive())


def head(method: str, path: str, *lines: str) -> bytes:
    """Return the head of a request to this machine."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""]).encode(
        "latin-1"
    )


def form_of(random: random.Random) -> bytes:
    """Return a multipart body with the boundary b and a damaged image, or with damage anywhere."""
    whole = random.choice(FILES)
    image = damaged(whole, random) if random.random() < 0.7 else whole
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


def batch(random: random.Random) -> bytes:
    """Return a request to enlarge a folder; none of these paths is one."""
    path = random.choice(("..", "../outside", "/etc", "way-out", "none", "%00", "a" * 1500, "~", "x/../..", "%ff%fe"))
    body = f"path={path}&{random.choice(FIELDS)}={random.choice(VALUES)}".encode()
    kind = "Content-Type: application/x-www-form-urlencoded"
    return head("POST", "/v1/batches", kind, f"Content-Length: {len(body)}") + body


def packed(random: random.Random) -> bytes:
    """Return a body that is compressed, which no client was asked for."""
    body, coding = gzip.compress(form_of(random) + bytes(1_000_000)), random.choice(("gzip", "deflate", "br", "x"))
    lines = ("Content-Type: multipart/form-data; boundary=b", f"Content-Encoding: {coding}")
    return head("POST", "/v1/jobs", *lines, f"Content-Length: {len(body)}") + body


def slow(random: random.Random) -> bytes:
    """Return the beginning of a request whose sender then waits."""
    request = random.choice((form, plain, headers))(random)
    return request[: random.randrange(1, max(2, len(request) - 1))]


def headers(random: random.Random) -> bytes:
    line = random.choice(
        (f"X: {'x' * 100_000}", "Content-Length: -1", "Content-Length: 99999999999999999999",
         "Transfer-Encoding: chunked\r\n\r\nzz", "Content-Type: multipart/form-data; boundary=", "Host: evil.example",
         "Authorization: Bearer \xff", "no colon", "\x00: \x01", "Content-Length: 5\r\nContent-Length: 6")
    )  # fmt: skip
    return head(random.choice(("GET", "POST")), "/v1/jobs", line)


def noise(random: random.Random) -> bytes:
    return random.randbytes(random.choice((1, 50, 5000)))


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    *[plain] * 8, *[form] * 16, *[headers] * 6, *[noise] * 4, *[batch] * 3, *[packed] * 2, slow
)  # fmt: skip


@dataclass
class Outcome:
    """What came of a campaign."""

    answers: Counter[int | None] = field(default_factory=Counter)
    """Number of answers by status; None where the service closed the connection without one."""
    faults: list[str] = field(default_factory=list)


def campaign(folder: Path, count: int, seed: int = 1) -> Outcome:
    """Send requests to a service in a folder of its own.

    Args:
        folder: empty; the store and the open folders lie in it.
        count: of requests.
        seed: decides which they are.
    """
    for name in ("open", "outside", "store"):
        (folder / name).mkdir()
    for name in ("secret.jpg", "report.html"):
        (folder / "outside" / name).write_bytes(_SECRET)
    (folder / "open" / "way-out").symlink_to(folder / "outside")
    limits = WebLimits(max_bytes=1_000_000, max_pixels=1_000_000, max_disk=50_000_000, idle_seconds=_IDLE)
    place = WebPlace(store=folder / "store", folder=folder / "open", reports=folder / "open")
    outcome, patience, web_server._HEADER_SECONDS = Outcome(), web_server._HEADER_SECONDS, _IDLE
    try:
        with serving_site(place, Enlarger(limits), limits, tell=outcome.faults.append) as site:
            port = int(site.address.rpartition(":")[2])
            _ask(port, random.Random(seed), outcome)  # what is opened once is open now
            before = _open_files(), threading.active_count()
            with ThreadPoolExecutor(SENDERS) as senders:
                for number in range(count):
                    senders.submit(_ask, port, random.Random(seed * 1_000_003 + number), outcome)
            _check_left(outcome, before)
            if _ask_once(port, head("GET", "/healthz"))[0] != 200:
                outcome.faults.append("it is not well in the end")
    finally:
        web_server._HEADER_SECONDS = patience
    with JobStore(folder / "store") as store:
        files = [path.name for part in ("uploads", "results") for path in (folder / "store" / part).iterdir()]
        if len(files) != sum(store.counts().values()):  # opening the store has removed files without a job
            outcome.faults.append("there are jobs without files")
    if sorted(path.name for path in (folder / "outside").iterdir()) != ["report.html", "secret.jpg"]:
        outcome.faults.append("a file was written outside")
    return outcome


def _check_left(outcome: Outcome, before: tuple[int, int]) -> None:
    """Note files and threads that stay open once all clients have left."""
    deadline = time.monotonic() + PATIENCE
    while (now := (_open_files(), threading.active_count()))[0] > before[0] + 20 or now[1] > before[1] + 60:
        if time.monotonic() > deadline:
            outcome.faults.append(f"open files and threads: {before} at first, {now} in the end")
            return
        time.sleep(0.05)


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if sys.platform.startswith("linux") else 0


def _ask(port: int, dice: random.Random, outcome: Outcome) -> None:
    """Send a request, and note what is wrong with the answer."""
    kind = dice.choice(KINDS)
    request = kind(dice)
    try:
        status, answer = _ask_once(port, request, leave=kind is noise or dice.random() < 0.1)
    except TimeoutError:
        outcome.faults.append(f"no answer to {request[:200]!r}")
        return
    outcome.answers[status] += 1
    if (status or 0) >= 500 and not (status == 503 and b"retry-after" in answer.lower()):
        outcome.faults.append(f"{status} for {request[:200]!r}")
    if _SECRET in answer or b"root:" in answer:
        outcome.faults.append(f"an answer with a secret to {request[:200]!r}")


def _ask_once(port: int, request: bytes, *, leave: bool = False) -> tuple[int | None, bytes]:
    """Send a request, and perhaps leave at once; returns the status, None where the service just closed, and all."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        answer = b""
        try:
            connection.sendall(request)
            if leave:
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except (ConnectionError, BrokenPipeError):
            pass
    words = answer.split(b" ", 2)
    return (int(words[1]) if answer.startswith(b"HTTP/1.1 ") else None), answer


def main() -> None:
    """Run a campaign and show what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome = campaign(Path(name), given.count, given.seed)
    answers = ", ".join(f"{status or 'closed'}: {number}" for status, number in outcome.answers.most_common())
    sys.stdout.write(f"{answers}\nfaults: {len(outcome.faults)}\n" + "\n".join(outcome.faults[:20]) + "\n")
    sys.exit(1 if outcome.faults else 0)


if __name__ == "__main__":
    main()
