"""`srgan web` as a process: killed and started again; and the examples of docs/web.md."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from PIL import Image

from srgan_web.web_server import ServedSite
from tests.srgan_web.conftest import make_photo, serve_site

DOCS = Path(__file__).parents[2] / "docs" / "web.md"


@contextmanager
def running(store: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Start the command; yields its process and a client once it serves."""
    command = [sys.executable, "-m", "srgan", "web", "--port", "0", "--json", "--store", str(store), *arguments]
    environment = os.environ | {"SRGAN_WEB_TOKEN": ""}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            text = process.stdout.readline()
            while not text.rstrip().endswith("}"):
                text += process.stdout.readline()
            with httpx.Client(base_url=json.loads(text)["address"], timeout=180) as client:
                yield process, client
        finally:
            process.kill()


def test_an_accepted_job_survives_kill_9_and_ends_as_on_the_command_line(tmp_path: Path) -> None:
    photo, store = tmp_path / "photo.jpg", tmp_path / "store"
    photo.write_bytes(make_photo(200, 150, quality=60))
    with running(store) as (process, client):
        job = client.post("/v1/jobs", files={"image": ("photo.jpg", photo.read_bytes())}).json()
        with client.stream("GET", job["links"]["events"]) as events:
            for line in events.iter_lines():
                if '"status": "running"' in line or '"status": "done"' in line:
                    break
            process.send_signal(signal.SIGKILL)
            process.wait()
    with running(store) as (process, client):
        events_text = client.get(job["links"]["events"]).text
        assert json.loads(events_text.strip().rpartition("data: ")[2])["status"] == "done"
        result = client.get(job["links"]["result"]).content
        with client.stream("GET", "/v1/events") as open_events:
            lines = open_events.iter_lines()
            assert next(lines) == "event: ready"
            process.send_signal(signal.SIGINT)
            assert list(lines)  # to the end of a whole answer
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read().count("\n") == 1  # no word of tasks that were left
    subprocess.run([sys.executable, "-m", "srgan", "upscale", "--quiet", str(photo)], check=True)
    assert result == (tmp_path / "photo-x4.jpg").read_bytes()


def test_a_server_goes_on_with_the_jobs_of_one_that_was_killed(tmp_path: Path) -> None:
    with running(tmp_path) as (first, client), running(tmp_path) as (_, other):
        jobs = [client.post("/v1/jobs", files={"image": make_photo(seed=seed)}).json() for seed in range(6)]
        first.kill()
        first.wait()
        for job in jobs:
            events = other.get(job["links"]["events"]).text
            assert json.loads(events.strip().rpartition("data: ")[2])["status"] == "done"
            with Image.open(io.BytesIO(other.get(job["links"]["result"]).content)) as image:
                assert image.size == (192, 144)


def test_folders_and_reports_are_served(tmp_path: Path) -> None:
    for name in ("photos", "results"):
        (tmp_path / name).mkdir()
    folders = ("--folder", str(tmp_path / "photos"), "--reports", str(tmp_path / "results"))
    with running(tmp_path / "store", *folders) as (_, client):
        assert [client.get(path).status_code for path in ("/", "/folder", "/reports", "/models/srgan")] == [200] * 4
        assert client.get("/v1/folders").json()["root"] == str(tmp_path / "photos")
        assert client.get("/models/none").status_code == 404
    for option in ("--folder", "--reports"):
        command = [sys.executable, "-m", "srgan", "web", "--port", "0", "--no-browser", option, str(tmp_path / "none")]
        run = subprocess.run(command, capture_output=True, text=True)
        assert (run.returncode, run.stderr.count("\n")) == (2, 1)


def example(kind: str, site: ServedSite) -> str:
    """Return an example of the documentation for a served site."""
    found = re.search(rf"<!-- test: {kind} -->\n```\w+\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found is not None
    assert "http://127.0.0.1:8000" in found[1]
    return found[1].replace("http://127.0.0.1:8000", site.address)


@pytest.mark.parametrize(
    ("kind", "command", "name", "size"),
    [
        ("curl", ["sh", "-c"], "photo-x2.jpg", (96, 72)),
        ("python", [sys.executable, "-c"], "photo-x4-f0.7.jpg", (192, 144)),
    ],
)
def test_examples_of_the_documentation_run(
    kind: str, command: list[str], name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    if kind == "curl" and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (tmp_path / "photo.jpg").write_bytes(make_photo())
    with serve_site() as site:
        subprocess.run([*command, example(kind, site)], cwd=tmp_path, check=True, timeout=120)
    with Image.open(tmp_path / name) as image:
        assert image.size == size


def test_the_documentation_lists_every_address(site: ServedSite) -> None:
    text = DOCS.read_text()
    for path in httpx.get(f"{site.address}/openapi.json").json()["paths"]:
        assert path in text
