"""Batches: the ledger, retries, restarts, and that nothing outside the folder is opened."""

import os
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from srgan.cli import app
from srgan_web.batch_file import FileProgress
from srgan_web.batches import Batches
from srgan_web.enlarging import Enlarger
from srgan_web.job_options import JobOptions
from srgan_web.job_store import JobStore
from srgan_web.limits import WebLimits
from tests.srgan_web.conftest import Service, make_photo
from tests.srgan_web.test_job_queue import MakeService


def test_a_database_that_is_away_stops_no_file() -> None:
    def is_gone() -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    assert not FileProgress(lambda: False, is_gone).should_stop()
    assert FileProgress(lambda: True, is_gone).should_stop()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder, open for batches, with photos in `dogs`, links that lead out of it, and a photo outside."""
    root = tmp_path / "root"
    (root / "dogs" / "puppies").mkdir(parents=True)
    for name in ("dogs/a.jpg", "dogs/b.jpg", "dogs/puppies/c.jpg"):
        (root / name).write_bytes(make_photo())
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.jpg").write_bytes(make_photo())
    (root / "dogs" / "link.jpg").symlink_to(tmp_path / "outside" / "secret.jpg")
    (root / "way-out").symlink_to(tmp_path / "outside")
    (root / "dogs" / "notes.txt").write_bytes(b"x")
    (root / "loop").symlink_to("loop")
    return root


@pytest.fixture
def service(make_service: MakeService, photos: Path) -> Service:
    """A service in whose folder batches may run."""
    return make_service(root=photos)


def finished(client: Any, address: str) -> dict[str, Any]:
    """Return a batch once it has ended."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        batch: dict[str, Any] = client.get(address).json()
        if batch["status"] == "done":
            return batch
        time.sleep(0.01)
    raise AssertionError(f"the batch is {batch}")


def ledger(client: Any, address: str, **query: Any) -> dict[str, str]:
    """Return the status of each file."""
    return {row["source"]: row["status"] for row in client.get(f"{address}/files", params=query).json()["files"]}


def test_every_file_is_accounted_for(service: Service, photos: Path) -> None:
    client = service.client()
    answer = client.post("/v1/batches", data={"path": "dogs", "scale": "2"})
    assert answer.status_code == 202
    address = answer.headers["Location"]
    batch = finished(client, address)
    assert (batch["folder"], batch["output"], batch["files"]) == ("dogs", "dogs-x2", 5)
    assert batch["counts"] == {"queued": 0, "running": 0, "done": 2, "failed": 0, "skipped": 3}
    assert ledger(client, address) == {
        "dogs/a.jpg": "done", "dogs/b.jpg": "done", "dogs/link.jpg": "skipped", "dogs/notes.txt": "skipped",
        "dogs/puppies": "skipped",
    }  # fmt: skip
    assert sorted(path.name for path in (photos / "dogs-x2").iterdir()) == ["a.jpg", "b.jpg"]
    again = finished(client, client.post("/v1/batches", data={"path": "dogs", "scale": "2"}).headers["Location"])
    assert again["counts"]["skipped"] == 5  # what is done is not done again
    assert [each["id"] for each in client.get("/v1/batches").json()["batches"]] == [again["id"], batch["id"]]
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert (photos / "dogs-x2" / "a.jpg").exists()


def test_failed_files_are_tried_again(service: Service, photos: Path) -> None:
    (photos / "dogs" / "bad.jpg").write_bytes(make_photo())
    client = service.client()
    address = client.post("/v1/batches", data={"path": str(photos / "dogs"), "recursive": "true"}).headers["Location"]
    assert finished(client, address)["counts"]["failed"] == 1
    rows = client.get(f"{address}/files", params={"status": "failed"}).json()["files"]
    assert [(row["source"], row["note"]) for row in rows] == [("dogs/bad.jpg", "dogs/bad.jpg is damaged")]
    service.enlarger.bad = "none"
    assert client.post(f"{address}/retry").status_code == 202
    assert finished(client, address)["counts"] == {"queued": 0, "running": 0, "done": 4, "failed": 0, "skipped": 2}
    assert ledger(client, address, offset=5) == {"dogs/notes.txt": "skipped"}
    assert client.get(f"{address}/files", params={"offset": "-1"}).status_code == 422


def test_the_folder_itself_gets_a_folder_of_results_inside(service: Service, photos: Path) -> None:
    shutil.copy(photos / "dogs" / "a.jpg", photos)
    client = service.client()
    batch = client.post("/v1/batches", data={"path": "", "fidelity": "0.5"}).json()
    assert (batch["folder"], batch["output"]) == (".", "root-x4-f0.5")
    assert finished(client, batch["links"]["self"])["counts"]["done"] == 1


@pytest.mark.parametrize(
    "path", ["..", "../outside", "way-out", "/etc", "none", "loop", "dogs/a.jpg", "a\0b", "x" * 5000]
)
def test_no_other_folder_is_opened(path: str, service: Service) -> None:
    client = service.client()
    assert client.post("/v1/batches", data={"path": path[:1900]}).status_code == 422
    assert client.get("/v1/folders", params={"path": path}).status_code == 422


def test_a_link_that_appears_later_is_not_followed(service: Service, photos: Path, tmp_path: Path) -> None:
    batches = service.pool.batches
    assert batches is not None
    service.pool.stop()
    address = service.client().post("/v1/batches", data={"path": "dogs"}).headers["Location"]
    (photos / "dogs" / "a.jpg").unlink()
    (photos / "dogs" / "a.jpg").symlink_to(tmp_path / "outside" / "secret.jpg")
    (photos / "dogs-x4").symlink_to(tmp_path / "outside")
    while (file := batches.claim()) is not None:
        batches.enlarge(file, should_stop=lambda: False)
    assert set(ledger(service.client(), address).values()) == {"failed", "skipped"}
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret.jpg"]


def test_folders_are_listed(service: Service, photos: Path) -> None:
    client = service.client()
    assert client.get("/v1/folders").json() == {"root": str(photos), "path": ".", "folders": ["dogs"]}
    assert client.get("/v1/folders", params={"path": "dogs"}).json()["folders"] == ["puppies"]


def test_without_a_folder_there_are_no_batches(make_service: MakeService) -> None:
    client = make_service().client()
    assert [client.get(path).status_code for path in ("/v1/batches", "/v1/folders", "/folder")] == [404] * 3
    assert client.post("/v1/batches", data={"path": "/"}).status_code == 404


def test_photos_that_people_send_come_first(service: Service) -> None:
    service.enlarger.permits.release(1)
    client = service.client()
    held = service.post(client, hold="true").json()["id"]
    service.enlarger.hold_files.acquire()  # the first file of the batch waits
    address = client.post("/v1/batches", data={"path": "dogs"}).headers["Location"]
    client.post(f"/v1/jobs/{held}/start")
    service.enlarger.hold_files.release()
    finished(client, address)
    assert client.get(f"/v1/jobs/{held}").json()["status"] == "done"


def test_a_batch_goes_on_after_the_server_was_killed(service: Service, photos: Path) -> None:
    batches = service.pool.batches
    assert batches is not None
    service.pool.stop()
    address = service.client().post("/v1/batches", data={"path": "dogs"}).headers["Location"]
    claimed = batches.claim()
    assert claimed is not None
    with JobStore(service.store.folder) as other:
        batches._database.write("UPDATE batch_files SET owner = 'killed' WHERE status = 'running'")
        batches.recover()
        assert other.database.read("SELECT count(*) FROM batch_files WHERE status = 'queued'") == [(2,)]
    batches.enlarge(claimed, should_stop=lambda: False)  # it is not ours any more
    assert ledger(service.client(), address)["dogs/a.jpg"] == "queued"


def test_results_are_those_of_the_command_line(photos: Path, tmp_path: Path) -> None:
    with JobStore(tmp_path / "store") as store:
        batches = Batches(photos, store, Enlarger(WebLimits()))
        batches.create("dogs/puppies", JobOptions(format="png"), recursive=False)
        file = batches.claim()
        assert file is not None
        batches.enlarge(file, should_stop=lambda: False)
    shutil.copytree(photos / "dogs" / "puppies", tmp_path / "puppies")
    run = CliRunner().invoke(app, ["upscale", str(tmp_path / "puppies"), "--format", "png"])
    assert run.exit_code == 0, run.output
    made, expected = photos / "dogs" / "puppies-x4" / "c.png", tmp_path / "puppies-x4" / "c.png"
    assert made.read_bytes() == expected.read_bytes()
    assert os.stat(made).st_mtime_ns == os.stat(photos / "dogs" / "puppies" / "c.jpg").st_mtime_ns
