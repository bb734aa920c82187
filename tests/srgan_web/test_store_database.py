"""Servers that share a store: claims, the end of a server, and the journal that its disk allows."""

import subprocess
import sys
from pathlib import Path

import pytest

from srgan.errors import OutputError
from srgan_web import store_database
from srgan_web.job_store import JobStore
from srgan_web.store_database import StoreDatabase, file_system
from tests.srgan_web.conftest import RESULT, make_photo
from tests.srgan_web.test_job_queue import MakeService, wait_for
from tests.srgan_web.test_job_store import make_record

# Opens a store, claims every job in it until none is left, prints their ids, and ends only when it is killed.
CLAIM = """
import sys, time
from pathlib import Path
from srgan_web import store_database
from srgan_web.job_store import JobStore
store_database._is_local = lambda folder: sys.argv[2] == "local"
store = JobStore(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
while waiting := store.queued():
    job = store.claim(waiting[0].id, 1.0)
    if job is not None:
        print(job.id, flush=True)
print("end", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["local", "network"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Kind of disk that the store is taken to be on."""
    kind: str = request.param
    monkeypatch.setattr(store_database, "_is_local", lambda folder: kind == "local")
    return kind


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me", "ext4"),
        ("/srv/photos/store", "nfs4"),
        ("/srv/photos2", "ext4"),
        ("/my disk/a", "cifs"),
        ("/", "ext4"),
    ],
)
def test_the_file_system_is_that_of_the_innermost_mount(folder: str, kind: str) -> None:
    lines = "a / rootfs rw", "a / ext4 rw", "host:/x /srv/photos nfs4 rw", r"//h/x /my\040disk cifs rw"
    mounts = "".join(f"{line} 0 0\n" for line in lines).encode()
    assert file_system(Path(folder), mounts) == kind


def test_each_job_is_claimed_once_and_a_killed_server_loses_its_claims(disk: str, tmp_path: Path) -> None:
    with JobStore(tmp_path) as store:
        mode = store.database.read("PRAGMA journal_mode")[0][0]
        assert mode == {"local": "wal", "network": "delete"}[disk]
        jobs = [make_record(queued=float(number)) for number in range(20)]
        for job in jobs:
            store.add(job)
        command = [sys.executable, "-c", CLAIM, str(tmp_path), disk]
        servers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        claimed: list[list[str]] = []
        for server in servers:
            assert server.stdin is not None
            assert server.stdout is not None
            assert server.stdout.readline() == "open\n"
        for server in servers:
            server.stdin.write("go\n")  # type: ignore[union-attr]
            server.stdin.flush()  # type: ignore[union-attr]
        for server in servers:
            claimed.append([line.strip() for line in iter(server.stdout.readline, "end\n")])  # type: ignore[union-attr]
        assert sorted(claimed[0] + claimed[1]) == sorted(job.id for job in jobs)
        assert not store.recover()  # both run
        servers[0].kill()
        servers[0].communicate()
        assert store.recover() == bool(claimed[0])
        assert sorted(job.id for job in store.queued()) == sorted(claimed[0])
        servers[1].kill()
        servers[1].communicate()
        store.recover()
        assert len(store.queued()) == 20


def test_a_server_that_lost_a_job_does_not_change_it(tmp_path: Path) -> None:
    with JobStore(tmp_path) as store, JobStore(tmp_path) as other:
        job = make_record()
        store.add(job)
        assert store.claim(job.id, 1.0) is not None
        assert other.claim(job.id, 1.0) is None
        assert not other.update_claimed(job.id, status="done")
        assert store.update_claimed(job.id, progress=0.5)
        found = other.find(job.id)
        assert found is not None
        assert (found.status, found.progress, found.attempts) == ("running", 0.5, 1)


def test_files_that_another_server_is_receiving_are_kept(tmp_path: Path) -> None:
    with JobStore(tmp_path) as store:
        store.upload("arriving").write_bytes(b"x")
        with JobStore(tmp_path):
            assert store.upload("arriving").exists()
    with JobStore(tmp_path) as store:
        assert not store.upload("arriving").exists()


def test_a_store_of_another_version_or_on_a_disk_in_use_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = StoreDatabase(tmp_path)
    monkeypatch.setattr(store_database, "_is_local", lambda folder: False)
    with pytest.raises(OutputError):
        StoreDatabase(tmp_path)
    database.write("PRAGMA user_version = 1")
    database.close()
    with pytest.raises(OutputError):
        StoreDatabase(tmp_path)


def test_two_servers_answer_for_each_other(make_service: MakeService) -> None:
    accepts = make_service(workers=0)
    works = make_service(folder=accepts.store.folder)
    client, other = accepts.client(), works.client()
    id = accepts.post(client).json()["id"]
    works.enlarger.wait_until_began(1)
    assert wait_for(client, id, "running")["progress"] in (0.0, 0.5)
    works.enlarger.permits.release()
    wait_for(client, id, "done")
    for each in (client, other):
        assert each.get(f"/v1/jobs/{id}/result").content == RESULT
    assert [job["id"] for job in other.get("/v1/jobs").json()["jobs"]] == [id]


def test_a_job_is_cancelled_on_the_server_that_runs_it(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srgan_web.worker_pool._REPORT", 0.0)
    accepts = make_service(workers=0)
    works = make_service(folder=accepts.store.folder)
    first, second = (accepts.post(accepts.client()).json()["id"] for _ in range(2))
    works.enlarger.wait_until_began(1)
    assert accepts.client().delete(f"/v1/jobs/{first}").status_code == 204
    works.enlarger.wait_until_began(2)
    assert not works.store.upload(first).exists()
    assert works.store.upload(second).read_bytes() == make_photo()


def test_upscale_answers_though_another_server_did_the_work(make_service: MakeService) -> None:
    accepts = make_service(workers=0)
    works = make_service(folder=accepts.store.folder)
    works.enlarger.permits.release()
    answer = accepts.post(accepts.client(), path="/v1/images/upscale")
    assert (answer.status_code, answer.content) == (200, RESULT)
