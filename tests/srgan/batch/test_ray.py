"""Batches on Ray itself, on loopback: results, a worker that is killed, and processes that end with the run."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.patient_ray import be_patient
from runs.batch_kills import BATCH, below, campaign, workers
from srgan.batch.batch_run import Batch, run_batch
from srgan.batch.cluster import connected
from srgan.batch.model_options import ModelOptions
from srgan.cli import app
from srgan.errors import UsageError
from srgan.progress import NoProgress
from srgan.upscale.batch import plan_files, upscale_files
from srgan.upscale.jobs import plan_jobs
from srgan.upscale.options import UpscaleOptions
from tests.helpers.bucket import bucket, put
from tests.helpers.fractal import fractal
from tests.helpers.image_files import saved
from tests.srgan.batch.conftest import contents, make_photos
from tests.test_printed_commands import COMMANDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.fixture(scope="session")
def ray() -> Iterator[Any]:
    """A Ray of these tests alone, whose workers know the bucket of these tests."""
    be_patient()
    with bucket() as client, connected("ray"):
        yield client


class _Killer(NoProgress):
    """Kills a worker once two files are done."""

    def __init__(self) -> None:
        self.done, self.killed = 0, list[int]()

    def advance(self, count: int = 1) -> None:
        self.done += count
        if self.done == 2:
            self.killed = workers(os.getpid())[:1]
            os.kill(self.killed[0], signal.SIGKILL)


def test_a_worker_that_is_killed_costs_nothing(ray: Any, tmp_path: Path, tiny_model: Path) -> None:
    make_photos(tmp_path / "photos", 30)
    upscaler, options = ModelOptions(str(tiny_model)).open(), UpscaleOptions()
    jobs = plan_jobs([str(tmp_path / "photos")], options, "-x4", output=str(tmp_path / "plain"), recursive=True)
    list(upscale_files(upscaler, plan_files(upscaler, jobs, options)))
    batch = Batch(
        str(tmp_path / "photos"), str(tmp_path / "large"), model=ModelOptions(str(tiny_model)), recursive=True
    )
    killer = _Killer()
    report = run_batch(batch, "ray", progress=killer)
    assert killer.killed
    assert report.counts == {"done": 30}
    assert report.deaths == 1
    assert contents(tmp_path / "large") == contents(tmp_path / "plain")
    assert run_batch(batch, "ray").counts == {"kept": 30}


@pytest.mark.parametrize("line", [line for line in COMMANDS if re.search("--on ray|s3://", line)])
def test_printed_commands_run(ray: Any, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "cache"))
    make_photos(tmp_path / "photos", 3)
    put(ray, **{f"photos/{name}": data for name, data in contents(tmp_path / "photos").items()})
    put(ray, **{f"Set5/{name}": saved(fractal(0, 40, 36), "PNG") for name in ("baby.png", "bird.png")})
    result = CliRunner().invoke(app, shlex.split(line)[1:])
    assert result.exit_code == 0, f"{line}: {result.output}"


def test_what_is_no_cluster() -> None:
    with pytest.raises(UsageError), connected("spark"):
        pass


def test_a_run_leaves_no_process_and_listens_to_nobody(tmp_path: Path, tiny_model: Path) -> None:
    make_photos(tmp_path / "photos", 40)
    words = [str(tmp_path / "photos"), "-o", str(tmp_path / "large"), "-r", "--model", str(tiny_model), "--on", "ray"]
    with subprocess.Popen([*BATCH, *words, "--json"], stdout=subprocess.PIPE, text=True) as driver:
        addresses: set[IPv4Address | IPv6Address] = set()
        started: set[int] = set()
        while driver.poll() is None:
            found = below(driver.pid)
            started |= found
            addresses |= {line for process in found for line in _listeners(process)}
            time.sleep(0.5)
        assert driver.stdout is not None
        report = json.loads(driver.stdout.read())
    assert (driver.returncode, report["inputs"], report["done"]) == (0, 40, 40)
    assert len(started) >= 5
    assert addresses
    assert all(address.is_loopback for address in addresses)
    for process in started:
        for _ in range(600):
            if not Path(f"/proc/{process}/cmdline").exists():
                break
            time.sleep(0.1)
        else:
            pytest.fail(f"process {process} is left")


def _listeners(process: int) -> list[IPv4Address | IPv6Address]:
    """Return the addresses on which a process listens."""
    try:
        sockets = {os.readlink(one) for one in Path(f"/proc/{process}/fd").iterdir()}
        lines = [line.split() for file in ("tcp", "tcp6") for line in Path("/proc/net", file).read_text().splitlines()]
    except OSError:
        return []
    listening = [line[1] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets]
    return [_address(words.partition(":")[0]) for words in listening]


def _address(digits: str) -> IPv4Address | IPv6Address:
    """Return an address of /proc/net, whose words of four bytes are in the machine's order."""
    words = [int(digits[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(digits), 8)]
    address = ip_address(b"".join(words))
    return getattr(address, "ipv4_mapped", None) or address


def test_a_small_campaign_of_kills(tmp_path: Path, tiny_model: Path) -> None:
    outcome = campaign(tmp_path, 6, 60, model=str(tiny_model), most_seconds=0.5)
    assert outcome.files["right"] == 60 == sum((+outcome.files).values())
    assert outcome.kills


def test_a_cluster_that_does_not_answer(tmp_path: Path, tiny_model: Path) -> None:
    make_photos(tmp_path / "photos", 2)
    words = ["upscale", str(tmp_path / "photos"), "-ro", str(tmp_path / "large"), "--model", str(tiny_model), "-q"]
    command = [sys.executable, "-m", "srgan", *words, "--on", "ray://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["Error"]
