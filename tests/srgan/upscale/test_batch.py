"""Batches: as many results as jobs, each with its reason; failures stop nothing; no folder is left empty."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.progress import NoProgress
from srgan.upscale.batch import estimate_files, plan_files, upscale_files
from srgan.upscale.jobs import EXISTING, Job, plan_jobs
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.result import BatchResult, FileResult
from srgan.upscale.sources import NO_IMAGE
from srgan.upscale.upscaler import Upscaler


@pytest.fixture
def upscaler(tiny_model: Path) -> Upscaler:
    return Upscaler(tiny_model)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of two images, one text, one broken image and one that was enlarged before."""
    folder = tmp_path / "photos"
    (tmp_path / "photos-x4").mkdir()
    folder.mkdir()
    for name in ("a.png", "c.jpg", "e.png"):
        Image.fromarray(np.full((6, 8, 3), 99, np.uint8)).save(folder / name)
    (folder / "b.jpg").write_text("no image")
    (folder / "d.txt").write_text("no image")
    (tmp_path / "photos-x4" / "e.png").touch()
    return folder


def jobs_of(folder: Path, options: UpscaleOptions) -> tuple[Job, ...]:
    return plan_jobs([str(folder)], options, "-x4")


def test_as_many_files_out_as_in(upscaler: Upscaler, photos: Path) -> None:
    options = UpscaleOptions()
    jobs = jobs_of(photos, options)
    results = list(upscale_files(upscaler, plan_files(upscaler, jobs, options)))
    assert [(Path(one.source).name, one.status, one.kind) for one in results] == [
        ("a.png", "done", None),
        ("b.jpg", "failed", None),
        ("c.jpg", "done", None),
        ("e.png", "skipped", EXISTING),
        ("d.txt", "skipped", NO_IMAGE),
    ]
    batch = BatchResult(tuple(results), 1.0)
    document = batch.document()
    assert [document[key] for key in ("done", "skipped", "failed", "planned", "left")] == [2, 2, 1, 0, 0]
    assert document["skipped_kinds"] == {EXISTING: 1, NO_IMAGE: 1}
    assert len(document["files"]) == len(list(photos.iterdir()))
    assert batch.exit_code == 1


def test_a_full_disk_ends_the_run(upscaler: Upscaler, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Image.fromarray(np.full((6, 8, 3), 99, np.uint8)).save(photos / "f.png")
    jobs = jobs_of(photos, UpscaleOptions(overwrite=True))
    monkeypatch.setattr("srgan.files.os.fsync", refuse)
    results = list(upscale_files(upscaler, plan_files(upscaler, jobs, UpscaleOptions(overwrite=True))))
    names = [Path(one.source).name for one in results if one.status == "failed"]
    assert names == ["a.png", "b.jpg", "c.jpg", "e.png"]  # b.jpg is no image, which says nothing of the disk


def test_estimates_write_nothing(upscaler: Upscaler, photos: Path) -> None:
    options = UpscaleOptions(width=100)
    results = list(estimate_files(plan_files(upscaler, jobs_of(photos, options), options)))
    planned = [one for one in results if one.status == "planned"]
    assert [(one.size_in, one.size_out) for one in planned] == [((8, 6), (100, 75))] * 2
    assert all(one.seconds is not None for one in planned)
    assert [path.name for path in (photos.parent / "photos-x4").iterdir()] == ["e.png"]


def test_a_failure_leaves_no_new_folder(upscaler: Upscaler, photos: Path, tmp_path: Path) -> None:
    contents = (photos / "a.png").read_bytes()
    (photos / "a.png").write_bytes(contents[:-30])
    jobs = [Job(photos / "a.png", tmp_path / "new" / "deep" / "a.png", None)]
    (result,) = upscale_files(upscaler, plan_files(upscaler, jobs, UpscaleOptions()))
    assert result.status == "failed"
    assert not (tmp_path / "new").exists()


def test_standard_streams(upscaler: Upscaler, photos: Path) -> None:
    sent: list[bytes] = []
    plans = plan_files(
        upscaler, [Job(None, None, "webp")], UpscaleOptions(), standard_input=(photos / "a.png").read_bytes()
    )
    (result,) = upscale_files(upscaler, plans, send=lambda path: sent.append(path.read_bytes()))
    assert (result.source, result.output) == ("standard input", "standard output")
    assert sent[0][8:12] == b"WEBP"


def test_standard_output_without_a_folder_for_temporary_files(
    upscaler: Upscaler, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", refuse)
    plans = plan_files(upscaler, [Job(photos / "a.png", None, "png")], UpscaleOptions())
    (result,) = upscale_files(upscaler, plans)
    assert result.status == "failed"


def test_a_cancelled_batch_ends_with_what_is_done(upscaler: Upscaler, photos: Path) -> None:
    class OneFile(NoProgress):
        started = 0

        def start(self, what: str, total: int) -> None:
            self.started += total > 0

        def should_stop(self) -> bool:
            return self.started > 1

    options = UpscaleOptions()
    plans = plan_files(upscaler, jobs_of(photos, options), options)
    results = list(upscale_files(upscaler, plans, progress=OneFile()))
    assert [one.status for one in results] == ["done", "failed"]
    assert sorted(path.name for path in (photos.parent / "photos-x4").iterdir()) == ["a.png", "e.png"]


def test_an_interrupted_batch_has_the_exit_code_of_ctrl_c() -> None:
    assert BatchResult((), 0.0, left=2, interrupted=True).exit_code == 130
    assert BatchResult((FileResult("a", "b", "done"),), 0.0).exit_code == 0
