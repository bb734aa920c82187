"""Batches with a stand-in for Ray: results, ledger and report, again and after every fault. Ray itself: test_ray.py."""

import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from srgan.batch import batch_run, target_lock, worker_pool
from srgan.batch.batch_run import Batch, BatchReport, run_batch
from srgan.batch.ledger import FOLDER, Ledger, Row
from srgan.batch.model_options import ModelOptions
from srgan.batch.target_lock import TargetLock
from srgan.batch.worker import Worker
from srgan.batch.worker_pool import WorkerPool
from srgan.errors import OutputError, PictureError, SrganError, UsageError
from srgan.progress import Progress
from srgan.storage import Place, StorageError
from srgan.upscale.batch import plan_files, upscale_files
from srgan.upscale.jobs import plan_jobs
from srgan.upscale.options import UpscaleOptions
from tests.helpers.bucket import NAME, bucket, keys, put
from tests.helpers.image_files import saved
from tests.helpers.inline_ray import InlineRay
from tests.helpers.noise import noise
from tests.helpers.recorded_progress import RecordedProgress
from tests.srgan.batch.conftest import contents

Start = Callable[..., BatchReport]


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> InlineRay:
    """A stand-in for Ray, of two workers."""
    ray = InlineRay()

    @contextmanager
    def connected(place: str) -> Iterator[InlineRay]:
        yield ray

    def pool(ray: InlineRay, batch: Batch, files: int) -> WorkerPool:
        return WorkerPool(ray, lambda: ray.actor(Worker(batch.source, batch.target, batch.options, batch.model)), 2)

    monkeypatch.setattr(batch_run, "connected", connected)
    monkeypatch.setattr(batch_run, "_pool", pool)
    return ray


@pytest.fixture
def start(ray: InlineRay, photos: Path, tmp_path: Path, tiny_model: Path) -> Start:
    """Run a batch of the photos: `start(target="large", scale=2)`."""

    def run(
        source: str = str(photos),
        target: str = str(tmp_path / "large"),
        progress: Progress | None = None,
        **options: Any,
    ) -> BatchReport:
        batch = Batch(source, target, UpscaleOptions(**options), ModelOptions(str(tiny_model)), recursive=True)
        return run_batch(batch, "ray", progress=progress)

    return run


@pytest.fixture
def plain(photos: Path, tmp_path: Path, tiny_model: Path) -> dict[str, bytes]:
    """What `srgan upscale -r` makes of the photos."""
    upscaler, options = ModelOptions(str(tiny_model)).open(), UpscaleOptions()
    jobs = plan_jobs([str(photos)], options, "-x4", output=str(tmp_path / "plain"), recursive=True)
    list(upscale_files(upscaler, plan_files(upscaler, jobs, options)))
    return contents(tmp_path / "plain")


def rows(target: Path | str) -> dict[str, Row]:
    return Ledger(Place(str(target)), "reader").rows


def test_results_are_those_of_the_plain_run(
    start: Start, photos: Path, plain: dict[str, bytes], tmp_path: Path
) -> None:
    progress = RecordedProgress()
    report = start(progress=progress)
    assert report.counts == {"done": 8, "skipped": 1, "failed": 1}
    assert [line.partition(":")[0] for line in progress.lines] == ["Error"]
    assert contents(tmp_path / "large") == plain
    found = rows(tmp_path / "large")
    assert set(found) == set(contents(photos))
    assert (found["broken.jpg"].state, found["notes.txt"].state) == ("failed", "skipped")
    done = found["more/001.png"]
    assert done.output == "more/001.png"
    assert (done.width_in, done.height_in, done.width_out, done.height_out) == (12, 9, 48, 36)
    assert done.bytes_out == len(plain["more/001.png"])
    assert {found["wrong.jpg"].output, found["wrong.png"].output} == {"wrong.png", "wrong-2.png"}
    with Image.open(tmp_path / "large/000.jpg") as image:
        assert image.info["dpi"] == (300, 300)
    assert os.stat(photos / "000.jpg").st_mtime_ns == os.stat(tmp_path / "large/000.jpg").st_mtime_ns


def test_a_second_run_makes_what_is_missing_or_has_changed(start: Start, photos: Path, tmp_path: Path) -> None:
    start()
    (photos / "broken.jpg").unlink()
    assert start().counts == {"kept": 8, "skipped": 1}
    before = contents(tmp_path / "large")
    (tmp_path / "large/000.jpg").unlink()
    shutil.copy(photos / "more/005.webp", photos / "002.webp")
    shutil.copy(photos / "002.webp", photos / "new.webp")
    assert start().counts == {"kept": 6, "done": 3, "skipped": 1}
    after = contents(tmp_path / "large")
    assert after["000.jpg"] == before["000.jpg"]
    assert after["002.webp"] == after["new.webp"] == before["more/005.webp"]


def test_other_options_and_other_files_need_overwrite(start: Start, tmp_path: Path) -> None:
    (tmp_path / "large").mkdir()
    (tmp_path / "large/000.jpg").write_bytes(b"mine")
    assert start().counts == {"done": 7, "skipped": 2, "failed": 1}
    assert start(scale=2).counts == {"skipped": 9, "failed": 1}
    assert (tmp_path / "large/000.jpg").read_bytes() == b"mine"
    assert start(scale=2, overwrite=True).counts == {"done": 8, "skipped": 1, "failed": 1}
    assert start(scale=2, overwrite=True).counts == {"kept": 8, "skipped": 1, "failed": 1}


def test_a_dry_run_writes_nothing(ray: InlineRay, photos: Path, tmp_path: Path, tiny_model: Path) -> None:
    batch = Batch(str(photos), str(tmp_path / "large"), model=ModelOptions(str(tiny_model)), recursive=True)
    assert run_batch(batch, "ray", dry_run=True).counts == {"left": 9, "skipped": 1}
    assert not (tmp_path / "large").exists()


def test_a_bucket_into_a_bucket(start: Start, photos: Path, plain: dict[str, bytes]) -> None:
    with bucket() as client:
        put(client, **{f"photos/{name}": data for name, data in contents(photos).items()})
        addresses = {"source": f"s3://{NAME}/photos", "target": f"s3://{NAME}/large"}
        assert start(**addresses).counts == {"done": 8, "skipped": 1, "failed": 1}
        made = {name.removeprefix("large/"): data for name, data in keys(client).items() if name.startswith("large/")}
        assert {name: data for name, data in made.items() if name[0] != "."} == plain
        assert start(**addresses).counts == {"kept": 8, "skipped": 1, "failed": 1}
        put(client, **{"photos/000.jpg": b"no image"})
        assert start(**addresses).counts == {"kept": 7, "skipped": 1, "failed": 2}


def test_a_result_of_a_run_that_was_killed_is_not_made_again(
    start: Start, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(batch_run, "_PART", 1e9)
        patch.setattr(Ledger, "add", _only_the_first(Ledger.add))
        start()  # its results are there; of them the ledger knows that they were planned
    assert {row.state for row in rows(tmp_path / "large").values()} == {"planned", "skipped"}
    times = {path: path.stat().st_ino for path in (tmp_path / "large").rglob("*.*") if path.suffix != ".parquet"}
    assert start().counts == {"done": 8, "failed": 1, "skipped": 1}
    assert {path: path.stat().st_ino for path in times} == times
    assert start().counts == {"kept": 8, "failed": 1, "skipped": 1}


def _only_the_first(add: Any) -> Any:
    calls: list[Any] = []

    def once(self: Ledger, rows: Any) -> None:
        if not calls:
            add(self, rows)
        calls.append(rows)

    return once


def test_a_worker_that_dies_costs_a_retry(start: Start, ray: InlineRay, photos: Path, tmp_path: Path) -> None:
    died: list[str] = []

    def dies(task: Any) -> bool:
        if task.row.input == "more/001.png" or (task.row.input == "more/003.jpg" and "more/003.jpg" not in died):
            died.append(task.row.input)
            return True
        return False

    ray.dies = dies
    report = start()
    assert report.counts == {"done": 7, "skipped": 1, "failed": 1, "quarantined": 1}
    assert (report.deaths, ray.made, ray.killed) == (3, 5, 2)
    found = rows(tmp_path / "large")
    assert (found["more/001.png"].state, found["more/001.png"].deaths) == ("quarantined", 2)
    assert (found["more/003.jpg"].state, found["more/003.jpg"].deaths) == ("done", 1)
    died.clear()
    assert start().counts == {"kept": 7, "skipped": 1, "failed": 1, "quarantined": 1}
    assert died == []
    ray.dies = lambda task: False
    os.utime(photos / "more/001.png")
    assert start().counts == {"kept": 7, "skipped": 1, "failed": 1, "done": 1}


def test_a_quarantined_photo_is_tried_again_where_results_are_replaced(start: Start, ray: InlineRay) -> None:
    ray.dies = lambda task: task.row.input == "more/001.png"
    assert start().counts["quarantined"] == 1
    ray.dies = lambda task: False
    assert start(overwrite=True).counts["quarantined"] == 0


def test_workers_that_always_die_end_the_run(start: Start, ray: InlineRay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "TROUBLES", 4)
    ray.dies = lambda task: True
    report = start()
    assert report.error is not None
    assert sum(report.counts.values()) == 10


def test_a_bucket_that_vanishes_ends_the_run(start: Start, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "TROUBLES", 3)
    with bucket() as client:
        put(client, **{f"photos/{name}": data for name, data in contents(photos).items()})
        fetch = Place.fetch

        def vanish(self: Place, name: str, path: Path) -> None:
            if name.startswith("more"):
                for key in keys(client):
                    client.delete_object(Bucket=NAME, Key=key)
                client.delete_bucket(Bucket=NAME)
                monkeypatch.setattr(Place, "fetch", fetch)
            fetch(self, name, path)

        monkeypatch.setattr(Place, "fetch", vanish)
        report = start(source=f"s3://{NAME}/photos")
    assert report.error is not None
    assert sum(report.counts.values()) == 10
    assert report.counts["left"] > 0


def test_a_full_disk_ends_the_run(start: Start, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "TROUBLES", 3)
    shutil.rmtree(photos)
    photos.mkdir()
    for number, side in enumerate((8, 8, 40, 40, 40, 40)):
        (photos / f"{number}.png").write_bytes(saved(noise(side, side, seed=number), "PNG"))
    progress = RecordedProgress()
    with no_larger_files_than(20_000):
        report = start(progress=progress)
    assert progress.lines == []  # the report has the only one
    assert report.error is not None
    assert report.counts == {"done": 2, "failed": 2, "left": 2}
    assert Counter(row.state for row in rows(tmp_path / "large").values()) == {"done": 2, "failed": 2, "planned": 2}
    assert set(contents(tmp_path / "large")) == {"0.png", "1.png"}
    assert start().counts == {"done": 4, "kept": 2}


def test_a_ledger_that_cannot_be_written_is_one_error(start: Start, tmp_path: Path) -> None:
    with no_larger_files_than(500), pytest.raises(OutputError):
        start()
    assert contents(tmp_path / "large") == {}
    assert start().counts["done"] == 8


@contextmanager
def no_larger_files_than(size: int) -> Iterator[None]:
    """Let the system refuse to write more bytes into a file, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_clock_that_jumps_changes_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start()
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert start().counts == {"kept": 8, "skipped": 1, "failed": 1}
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert start().counts == {"kept": 8, "skipped": 1, "failed": 1}


@pytest.mark.parametrize("in_bucket", [False, True])
def test_two_runs_on_one_target(in_bucket: bool, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_lock, "BEAT", 0.05)
    monkeypatch.setattr(target_lock, "PATIENCE", 3.0)
    with bucket():
        target = f"s3://{NAME}/large" if in_bucket else str(tmp_path / "large")
        with TargetLock(Place(target), "other"):
            with pytest.raises(OutputError):
                start(target=target)
            opened = [os.path.realpath(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd")]
            assert in_bucket or opened.count(str(tmp_path / "large" / FOLDER / "lock")) == 1
        assert start(target=target).counts["done"] == 8


def test_the_lock_of_a_killed_run_in_a_bucket_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_lock, "BEAT", 0.05)
    monkeypatch.setattr(target_lock, "PATIENCE", 0.2)
    with bucket():
        place = Place(f"s3://{NAME}/large")
        place.write(f"{FOLDER}/lock", b"killed 17")
        with TargetLock(place, "next") as lock:
            lock.check()
            place.write(f"{FOLDER}/lock", b"third 0")  # as if this one had been asleep
            lock._thread.join()
            with pytest.raises(OutputError):
                lock.check()
        assert place.read(f"{FOLDER}/lock") == b"third 0"


def test_what_cannot_be_a_batch(start: Start, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PictureError):
        start(source=str(tmp_path / "empty"))
    with pytest.raises(StorageError):
        start(source=str(tmp_path / "absent"))
    with pytest.raises(UsageError):
        start(target=str(photos))
    assert not (tmp_path / "large").exists()


def test_many_parts_become_one(tmp_path: Path) -> None:
    place = Place(str(tmp_path))
    ledger = Ledger(place, "a")
    for number in range(70):
        ledger.add([Row(f"{number % 3}.jpg", "failed", reason=str(number))])
    again = Ledger(place, "b")
    again.merge_parts()
    assert len(list((tmp_path / FOLDER).iterdir())) == 1
    assert {name: row.reason for name, row in rows(tmp_path).items()} == {"0.jpg": "69", "1.jpg": "67", "2.jpg": "68"}
    again.add([replace(again.rows["0.jpg"], state="done")])
    assert rows(tmp_path)["0.jpg"].state == "done"


def test_parts_that_another_run_merges_meanwhile_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(str(tmp_path))
    Ledger(place, "a").add([Row("a.jpg", "failed")])
    read = Place.read

    def merge(self: Place, name: str) -> bytes | None:
        if name.endswith("-a.parquet"):
            self.remove(name)
            self.write(name.replace("-a", "-b"), b"all parts")
        return read(self, name)

    monkeypatch.setattr(Place, "read", merge)
    ledger = Ledger(place, "c")
    assert not ledger.is_current()


def test_a_name_that_is_no_text_is_entered_once(start: Start, photos: Path, tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(photos) + b"/caf\xe9.jpg")).write_bytes((photos / "000.jpg").read_bytes())
    assert start().counts["skipped"] == 2
    (photos / "broken.jpg").unlink()
    parts = list((tmp_path / "large" / FOLDER).iterdir())
    assert start().counts["skipped"] == 2
    assert list((tmp_path / "large" / FOLDER).iterdir()) == parts


def test_a_lock_whose_writing_is_not_answered_is_still_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_lock, "BEAT", 0.02)
    written, write = list[bytes](), Place.write

    def unanswered(self: Place, name: str, data: bytes) -> None:
        write(self, name, data)
        written.append(data)
        if len(written) == 3:
            raise StorageError("no answer")

    monkeypatch.setattr(Place, "write", unanswered)
    with bucket(), TargetLock(Place(f"s3://{NAME}/large"), "a") as lock:
        deadline = time.monotonic() + 20
        while len(written) < 6 and time.monotonic() < deadline:
            lock.check()
            time.sleep(0.02)
    assert len(written) >= 6


def test_a_damaged_ledger_is_one_error(start: Start, tmp_path: Path) -> None:
    start()
    next((tmp_path / "large" / FOLDER).glob("*.parquet")).write_bytes(b"PAR1")
    with pytest.raises(SrganError, match="ledger"):
        start()
