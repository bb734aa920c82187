"""Load on `srgan web`: 50 clients send small JPEGs for three minutes, against the command line on the same files.

    python -m benchmarks.web_load [--seconds 180] [--clients 50] [--workers 2] [--jobs]

The command line runs before and after the service, in the same conditions, and its rate leaves out what starting takes.
Every answer is compared with the file that the command line made. With --jobs clients send jobs, follow their events,
fetch the results and delete them; without, each waits for its image. Memory, answers, latencies of /healthz and
the ratio of both rates are shown, and the exit code is 1 where one of them misses its aim.
"""

import argparse
import asyncio
import hashlib
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

from benchmarks.commands import SRGAN, photo
from srgan.images import write

WIDTH, HEIGHT, FILES = 240, 180, 40
PROBE, SAMPLE = 0.1, 2.0  # seconds between requests of /healthz, and between looks at memory
AIM_RATE, AIM_P99, AIM_GROWTH = 0.9, 0.1, 1.05
"""Rate relative to the command line's, seconds of /healthz at the 99th percentile, and memory at the end relative to
that after a third of the time."""


def main() -> None:
    """Run the load and show what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--max-waiting", type=int, default=40, help="fewer than clients, so that some are refused")
    parser.add_argument("--jobs", action="store_true")
    parser.add_argument("--send", metavar="URL", help=argparse.SUPPRESS)  # what the process of the clients runs
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.send:
        asyncio.run(send_all(given.send, given.folder, given.clients, given.seconds, jobs=given.jobs))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        whole = photo(WIDTH * 8, HEIGHT * 5)
        for number in range(FILES):
            top, left = number // 8 * HEIGHT, number % 8 * WIDTH
            write(folder / "photos" / f"{number:02}.jpg", whole[top : top + HEIGHT, left : left + WIDTH])
        before = command_rate(folder)
        found = load(folder, given)
        after = command_rate(folder)
    sys.stdout.write("\n".join(report(found, before, after)) + "\n")
    sys.exit(0 if is_good(found, before, after) else 1)


def command_rate(folder: Path) -> float:
    """Return images per second of `srgan upscale`, without what starting it takes."""

    def seconds(*arguments: str) -> float:
        begun = time.perf_counter()
        subprocess.run([SRGAN, "upscale", "--quiet", "--overwrite", *arguments], check=True)
        return time.perf_counter() - begun

    alone = seconds(str(folder / "photos" / "00.jpg"), "-o", f"{folder}/alone/")
    return (FILES - 1) / (seconds(str(folder / "photos"), "-o", f"{folder}/expected/") - alone)


@contextmanager
def service(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run `srgan web` on a free port; yields its process and its address."""
    command = [SRGAN, "web", "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            text = ""
            while not text.rstrip().endswith("}"):
                line = process.stdout.readline()
                if not line:
                    raise SystemExit("srgan web did not start")
                text += line
            yield process, json.loads(text)["address"]
        finally:
            process.kill()


def load(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Run the service under load; returns answers, latencies of /healthz, and memory in megabytes."""
    options = ("--store", str(folder / "store"), "--workers", str(given.workers))
    with service(*options, "--max-waiting", str(given.max_waiting)) as (process, address):
        sender = [
            sys.executable, "-m", "benchmarks.web_load", "--send", address, "--folder", str(folder),
            "--clients", str(given.clients), "--seconds", str(given.seconds), *(["--jobs"] if given.jobs else []),
        ]  # fmt: skip
        latencies, memory, ended = list[float](), list[float](), threading.Event()
        probes = [
            threading.Thread(target=probe, args=(address, latencies, ended)),
            threading.Thread(target=watch_memory, args=(process.pid, memory, ended)),
        ]
        for thread in probes:
            thread.start()
        try:
            said = subprocess.run(sender, check=True, stdout=subprocess.PIPE, text=True).stdout
        finally:
            ended.set()
            for thread in probes:
                thread.join()
        left = [path.name for part in ("uploads", "results") for path in (folder / "store" / part).iterdir()]
    return {**json.loads(said), "latencies": latencies, "memory": memory, "left": len(left)}


def probe(address: str, latencies: list[float], ended: threading.Event) -> None:
    """Ask for /healthz again and again."""
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)) as connection:
        while not ended.wait(PROBE):
            begun = time.perf_counter()
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
            latencies.append(time.perf_counter() - begun)
            assert answer.status == 200


def watch_memory(pid: int, memory: list[float], ended: threading.Event) -> None:
    """Note the resident memory of a process, in megabytes."""
    while not ended.wait(SAMPLE):
        text = Path(f"/proc/{pid}/status").read_text()
        memory.append(int(text.partition("VmRSS:")[2].split()[0]) / 1024)


async def send_all(address: str, folder: Path, clients: int, seconds: float, *, jobs: bool) -> None:
    """Let clients send images until the time is over, and print the answers by status as JSON."""
    files = sorted((folder / "photos").iterdir())
    expected = {path.name: hashlib.sha256((folder / "expected" / path.name).read_bytes()).digest() for path in files}
    answers: Counter[str] = Counter()
    begun = time.monotonic()
    deadline, times = begun + seconds, list[float]()

    async def client(number: int) -> None:
        own, turn = Client(address, f"client{number}"), number
        while time.monotonic() < deadline:
            path = files[turn % len(files)]
            turn += 1
            body = await (own.job if jobs else own.upscale)(path, answers)
            if body is not None:
                times.append(time.monotonic())
                right = hashlib.sha256(body).digest() == expected[path.name]
                answers["right" if right else "wrong"] += 1
        own.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    done = sum(moment <= deadline for moment in times)
    print(json.dumps({"answers": answers, "rate": done / seconds, "seconds": time.monotonic() - begun}))  # noqa: T201


class Client:
    """A client with one connection, which costs as little as possible: it shares the processor with the service."""

    def __init__(self, address: str, name: str) -> None:
        self._host, self._name = urlsplit(address).netloc, name
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def upscale(self, path: Path, answers: Counter[str]) -> bytes | None:
        """Send an image and wait for the result; returns it, or None where it was refused."""
        return await self._post("/v1/images/upscale", path, answers)

    async def job(self, path: Path, answers: Counter[str]) -> bytes | None:
        """Send a job, follow it to its end, fetch the result and delete it."""
        body = await self._post("/v1/jobs", path, answers)
        if body is None:
            return None
        links = json.loads(body)["links"]
        events, _ = await self._ask("GET", links["events"], answers)
        if b'"status": "done"' not in events:
            raise SystemExit(f"a job did not end well: {events[-2000:]!r}")
        result, _ = await self._ask("GET", links["result"], answers)
        await self._ask("DELETE", links["self"], answers)
        return result

    async def _post(self, path: str, image: Path, answers: Counter[str]) -> bytes | None:
        start = f'--b\r\nContent-Disposition: form-data; name="image"; filename="{image.name}"\r\n\r\n'.encode()
        form = start + image.read_bytes() + b"\r\n--b--\r\n"
        body, headers = await self._ask("POST", path, answers, form)
        if headers["status"] == "429":
            await asyncio.sleep(float(headers["retry-after"]))
        return body if headers["status"].startswith("2") else None

    async def _ask(
        self, method: str, path: str, answers: Counter[str], body: bytes = b""
    ) -> tuple[bytes, dict[str, str]]:
        """Send a request; returns the body and the headers, with `status`."""
        if self._streams is None:
            host, port = self._host.rsplit(":", 1)
            self._streams = await asyncio.open_connection(host, int(port), limit=1 << 22)
        reader, writer = self._streams
        kind = "Content-Type: multipart/form-data; boundary=b\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nCookie: srgan_client={self._name}\r\n{kind}"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        headers["status"] = lines[0].split(" ")[1]
        answers[headers["status"]] += 1
        if "content-length" in headers:
            content = await reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            content = b"".join([part async for part in _chunks(reader)])
        else:
            content = b""
        if headers.get("connection") == "close":
            self.close()
        return content, headers

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _chunks(reader: asyncio.StreamReader) -> Any:
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readline()
    await reader.readline()


def is_good(found: dict[str, Any], before: float, after: float) -> bool:
    """Return whether the load met its aims."""
    answers = found["answers"]
    statuses = {status for status in answers if status.isdigit()}
    return bool(
        statuses <= {"200", "202", "204", "429"}
        and not answers.get("wrong", 0)
        and p99(found["latencies"]) < AIM_P99
        and growth(found["memory"]) <= AIM_GROWTH
        and found["rate"] / ((before + after) / 2) >= AIM_RATE
    )


def p99(latencies: list[float]) -> float:
    """Return the 99th percentile."""
    return quantiles(latencies, n=100)[98]


def growth(memory: list[float]) -> float:
    """Return memory at the end relative to that after a third of the time."""
    third = len(memory) // 3
    return median(memory[-third:]) / median(memory[third : 2 * third])


def report(found: dict[str, Any], before: float, after: float) -> list[str]:
    """Return what was seen, a line each."""
    answers, memory, latencies = found["answers"], found["memory"], found["latencies"]
    ratio = found["rate"] / ((before + after) / 2)
    return [
        f"command line   {before:.2f} images/s before, {after:.2f} after",
        f"service        {found['rate']:.2f} images/s, {ratio:.2f} of the command line's",
        f"answers        {dict(sorted(answers.items()))} in {found['seconds']:.0f} s",
        f"/healthz       median {1e3 * median(latencies):.1f} ms, 99th percentile {1e3 * p99(latencies):.0f} ms, "
        f"most {1e3 * max(latencies):.0f} ms, {len(latencies)} requests",
        f"memory         {memory[0]:.0f} MB at first, {max(memory):.0f} MB at most, {memory[-1]:.0f} MB in the end, "
        f"{growth(memory):.3f} of that after a third",
        f"files left     {found['left']}",
    ]


if __name__ == "__main__":
    main()
