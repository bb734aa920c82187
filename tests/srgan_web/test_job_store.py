"""The store: what it keeps, and that no accepted job is lost when its process is killed."""

import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from srgan_web.job_options import JobOptions
from srgan_web.job_record import JobRecord
from srgan_web.job_store import ATTEMPTS, JobStore, new_id
from tests.srgan_web.conftest import RESULT, make_photo

# Accepts three jobs one after another while a worker finishes them; prints every event in a line.
ACCEPT_AND_WORK = """
import os, sys
from pathlib import Path
from srgan_web.access import AccessRules
from srgan_web.limits import WebLimits
from tests.srgan_web.conftest import Service

def tell(*words):
    os.write(1, (" ".join(words) + "\\n").encode())  # in one piece

service = Service(Path(sys.argv[1]), WebLimits(), AccessRules())
enlarge = service.enlarger.enlarge
def enlarge_and_tell(path, name, output, options, progress):
    tell("began", path.name)
    outcome = enlarge(path, name, output, options, progress)
    tell("written", path.name)
    return outcome
service.enlarger.enlarge = enlarge_and_tell
service.pool.start()
client = service.client()
for number in range(3):
    answer = service.post(client, f"{number}.jpg")
    tell("accepted", answer.json()["id"])
    service.enlarger.permits.release()
tell("idle", "-")
sys.stdin.read()
"""


def make_record(status: str = "queued", **changes: object) -> JobRecord:
    """Return a job."""
    plan = {"bytes": 10, "result_bytes": 5, "pixels": 100, "model_name": "m"}
    job = JobRecord(
        id=new_id(), client="c", name="n", picture="p", status="queued", options=JobOptions(crop=(1, 2, 3, 4)),
        plan=plan, outcome={}, error=None, error_kind=None, attempts=0, bytes=15,
        created=1.0, queued=1.0, started=None, finished=None,
    )  # fmt: skip
    return replace(job, status=status, **changes)  # type: ignore[arg-type]


def test_a_job_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    with JobStore(tmp_path) as store:
        job = make_record()
        store.add(job)
        assert store.find(job.id) == job
        assert store.update(job.id, status="done", outcome={"bytes": 3}, finished=2.0)
        assert store.find(job.id) == replace(job, status="done", outcome={"bytes": 3}, finished=2.0)
        assert store.of_client("c") == [store.find(job.id)]
        assert (store.counts(), store.bytes()) == ({"done": 1}, 15)
        assert store.expired(2.0) == []
        assert [expired.id for expired in store.expired(2.1)] == [job.id]
        store.upload(job.id).write_bytes(b"x")
        assert store.delete(job.id)
        assert not store.delete(job.id)
        assert not store.update(job.id, status="queued")
        assert not store.upload(job.id).exists()


def test_a_restart_queues_running_jobs_until_they_have_stopped_it_too_often(tmp_path: Path) -> None:
    once, often = make_record("running", attempts=1), make_record("running", attempts=ATTEMPTS)
    with JobStore(tmp_path) as store:
        for job in (once, often):
            store.add(job)
            store.upload(job.id).write_bytes(b"x")
        store.upload("orphan").write_bytes(b"x")
        store.result("orphan").write_bytes(b"x")
    with JobStore(tmp_path) as store:
        found = store.find(once.id), store.find(often.id)
        assert [job and job.status for job in found] == ["queued", "failed"]
        assert store.upload(once.id).exists()
        assert not store.upload("orphan").exists()
        assert not store.result("orphan").exists()


def test_a_temporary_store_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with JobStore() as store:
        folder = store.folder
        assert folder.is_dir()
        with JobStore() as other:
            assert folder.is_dir()  # it is in use
            assert other.folder != folder
    assert not folder.exists()


def test_an_abandoned_temporary_store_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    abandoned, other = tmp_path / "srgan-web-abandoned", tmp_path / "srgan-web-notes"
    with JobStore(abandoned) as store:
        store.upload("x").write_bytes(b"private")
    (abandoned / "servers" / "killed").touch()
    other.mkdir()
    with JobStore():
        assert not abandoned.exists()
        assert other.is_dir()  # it is no store


@pytest.mark.parametrize("event", ["accepted 1", "accepted 3", "began 1", "began 2", "written 1", "written 3"])
def test_kill_at_any_event_loses_no_accepted_job(event: str, tmp_path: Path) -> None:
    kind, _, count = event.partition(" ")
    accepted, seen = [], 0
    command = [sys.executable, "-c", ACCEPT_AND_WORK, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            word, id = line.split()
            accepted += [id] if word == "accepted" else []
            seen += word == kind
            if seen == int(count):
                process.send_signal(signal.SIGKILL)
                break
        rest = [line.split() for line in process.stdout]
        accepted += [id for word, id in rest if word == "accepted"]
        process.kill()
    with JobStore(tmp_path) as store:
        for id in accepted:
            job = store.find(id)
            assert job is not None
            assert job.status in ("queued", "done")
            assert store.upload(id).read_bytes() == make_photo()
            if job.status == "done":
                assert store.result(id).read_bytes() == RESULT
        known = {id for (id,) in store.database.read("SELECT id FROM jobs")}
        assert {path.name for path in (tmp_path / "uploads").iterdir()} == known
