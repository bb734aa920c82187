"""Preparation: stored pixels, reports of what was left out, and no half-written sets."""

import json
import os
import pickle
import shutil
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.data import known_tests, prepared_set
from srgan.data import prepare as prepare_module
from srgan.data.prepare import find_pictures, prepare
from srgan.data.prepared_set import KnownTestComparison, PreparedPictures
from srgan.errors import DataError, OutputError
from srgan.images.resize import imresize
from tests.helpers.fractal import fractal
from tests.helpers.recorded_progress import RecordedProgress


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    pictures = tmp_path / "pictures"
    (pictures / "nested").mkdir(parents=True)
    Image.fromarray(random.integers(0, 256, (101, 130, 3), np.uint8)).save(pictures / "a.png")
    Image.fromarray(random.integers(0, 256, (120, 97), np.uint8)).save(pictures / "nested" / "b.png")
    Image.fromarray(random.integers(0, 256, (99, 99, 4), np.uint8)).save(pictures / "nested" / "c.PNG")
    Image.fromarray(random.integers(0, 256, (100, 99), np.uint8).astype(np.uint16) * 257).save(pictures / "d.png")
    Image.fromarray(random.integers(0, 256, (95, 300, 3), np.uint8)).save(pictures / "small.png")
    (pictures / "broken.jpg").write_text("not a picture")
    (pictures / "readme.txt").write_text("hello")
    return pictures


@pytest.mark.parametrize("processes", [1, 2])
def test_prepared_pictures_are_the_files(folder: Path, tmp_path: Path, processes: int) -> None:
    files = find_pictures([folder])
    assert [file.name for file in files] == ["a.png", "broken.jpg", "d.png", "b.png", "c.PNG", "small.png"]
    progress = RecordedProgress()
    report = prepare(files, tmp_path / "cache", processes=processes, progress=progress)
    assert (report.prepared, report.training, report.validation, report.too_small) == (4, 4, 0, 1)
    assert (progress.tasks, progress.counts) == ([("preparing pictures", 6)], [[1] * 6])
    assert list(report.left_out) == [str(folder / "broken.jpg")]
    assert report.size == sum(path.stat().st_size for path in (tmp_path / "cache").glob("*.bin"))

    pictures = PreparedPictures(tmp_path / "cache")
    assert len(pictures) == 4
    low, high = pictures[0]
    expected = np.asarray(Image.open(folder / "a.png"))[:100, :128]
    assert np.array_equal(high, expected)
    assert np.array_equal(low, imresize(expected, 0.25, border="replicate"))
    gray16, gray = pictures[1][1], pictures[2][1]
    assert np.array_equal(gray16[:, :, 0], np.asarray(Image.open(folder / "d.png"))[:100, :96] // 257)
    assert np.array_equal(gray, np.asarray(Image.open(folder / "nested" / "b.png"))[:120, :96, None].repeat(3, 2))
    assert pictures.low_sizes == [(25, 32), (25, 24), (30, 24), (24, 24)]
    pairs = [pictures[number] for number in range(4)]
    assert np.array_equal(pictures.low, np.concatenate([low.ravel() for low, _ in pairs]))
    assert np.array_equal(pictures.high, np.concatenate([high.ravel() for _, high in pairs]))
    assert not pictures.high.flags.writeable


def test_halving_comes_before_the_size_check(folder: Path, tmp_path: Path) -> None:
    files = [folder / "a.png", folder / "small.png"]
    prepare(files, tmp_path / "cache", halved=[folder / "a.png"], smallest=48)
    pictures = PreparedPictures(tmp_path / "cache")
    low, high = pictures[0]
    expected = imresize(np.asarray(Image.open(folder / "a.png")), 0.5)[:48, :64]  # 65 x 51, cut to a multiple of 4
    assert np.array_equal(high, expected)
    assert np.array_equal(low, imresize(expected, 0.25, border="replicate"))
    assert pictures[1][1].shape == (92, 300, 3)


def test_test_images_are_left_out_and_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = fractal(0)
    known_tests.write_known_tests(tmp_path / "known.npz", {"Set/one": test, "Set/other": fractal(1)})
    known = known_tests.read_known_tests(tmp_path / "known.npz")
    monkeypatch.setattr(prepare_module, "known_tests", lambda: known)
    Image.fromarray(test[:130, 60:]).resize((300, 278)).save(folder / "e.jpg")
    Image.fromarray(fractal(2)).save(folder / "f.jpg")
    files = find_pictures([folder])
    report = prepare(files, tmp_path / "cache", validation=[folder / "e.jpg", folder / "f.jpg"])
    assert report.test_pictures == {str(folder / "e.jpg"): "Set/one"}
    assert report.prepared + report.too_small + len(report.left_out) + len(report.test_pictures) == len(files)
    pictures = PreparedPictures(tmp_path / "cache")
    assert "e.jpg" not in {Path(entry.name).name for entry in pictures.entries}
    assert pictures.comparison == report.comparison == KnownTestComparison(2, known.identity, 1)
    assert pictures.split()[0].comparison == pictures.comparison


def test_a_set_of_an_earlier_version_was_not_compared(finished: Path) -> None:
    index = json.loads((finished / "index.json").read_text())
    assert index.pop("comparison")["left_out"] == 0
    (finished / "index.json").write_text(json.dumps(index))
    assert PreparedPictures(finished).comparison is None


def test_split_is_complete_and_disjoint(folder: Path, tmp_path: Path) -> None:
    files = find_pictures([folder])
    report = prepare(files[1:], tmp_path / "cache", validation=[files[0], files[4]])
    assert (report.training, report.validation) == (2, 2)
    pictures = PreparedPictures(tmp_path / "cache")
    training, validation = pictures.split()
    assert [Path(entry.name).name for entry in validation.entries] == ["c.PNG", "a.png"]
    assert [Path(entry.name).name for entry in training.entries] == ["d.png", "b.png"]
    assert np.array_equal(validation[1][1], np.asarray(Image.open(files[0]))[:100, :128])
    assert np.array_equal(training[0][1], pictures[0][1])


def test_pickling_sends_names_not_pixels(folder: Path, tmp_path: Path) -> None:
    prepare(find_pictures([folder]), tmp_path / "cache")
    pictures = PreparedPictures(tmp_path / "cache")
    sent = pickle.dumps(pictures)
    assert len(sent) < 2000
    assert np.array_equal(pickle.loads(sent)[2][1], pictures[2][1])  # noqa: S301  our own


def test_links_are_followed_once_and_hidden_files_skipped(folder: Path, tmp_path: Path) -> None:
    (folder / ".hidden.png").write_bytes((folder / "a.png").read_bytes())
    (folder / "nested" / "around").symlink_to(folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "e.jpeg").touch()
    (folder / "linked").symlink_to(elsewhere)
    names = [path.name for path in find_pictures([folder])]
    assert names == ["a.png", "broken.jpg", "d.png", "e.jpeg", "b.png", "c.PNG", "small.png"]


@pytest.fixture
def finished(folder: Path, tmp_path: Path) -> Path:
    """A set of the pictures of `folder`, in a folder of its own."""
    prepare(find_pictures([folder]), tmp_path / "finished")
    return tmp_path / "finished"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interruption_leaves_the_set_before(
    folder: Path, finished: Path, tmp_path: Path, failure: BaseException
) -> None:
    before = contents(finished)
    for destination in (finished, tmp_path / "new"):
        with pytest.raises((OutputError, KeyboardInterrupt)):
            prepare(find_pictures([folder]), destination, progress=RecordedProgress(failure=failure))
    assert contents(finished) == before
    assert not (tmp_path / "new").exists()


def test_an_index_that_cannot_be_written_leaves_the_set_before(
    folder: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OutputError("no space")

    monkeypatch.setattr(prepared_set, "write_bytes", full)
    before = contents(finished)
    with pytest.raises(OutputError):
        prepare(find_pictures([folder]), finished)
    assert contents(finished) == before


def test_a_set_that_will_not_fit_is_refused_early(
    folder: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**6, 10**6 - 1000, 1000))
    monkeypatch.setattr("srgan.data.prepare._FIRST", 1)
    before = contents(finished)
    with pytest.raises(DataError, match="take fewer"):
        prepare(find_pictures([folder]), finished)
    assert contents(finished) == before


def test_a_new_set_replaces_the_one_before(folder: Path, finished: Path) -> None:
    old = PreparedPictures(finished)
    killed = finished / "high-0123.bin"
    killed.touch()
    long_ago = time.time() - 2 * prepared_set._ABANDONED
    os.utime(killed, (long_ago, long_ago))
    (finished / "low-0123.bin").touch()  # a run that may still be working
    (folder / "d.png").unlink()
    prepare(find_pictures([folder]), finished)
    assert len(PreparedPictures(finished)) == 3
    assert len(list(finished.glob("high*.bin"))) == 1
    assert len(list(finished.glob("low*.bin"))) == 2
    assert old[1][1].shape == (100, 96, 3)


def test_a_folder_of_other_files_is_refused(folder: Path) -> None:
    before = contents(folder / "nested")
    with pytest.raises(DataError, match="holds other files"):
        prepare(find_pictures([folder]), folder / "nested")
    assert contents(folder / "nested") == before
    with pytest.raises(DataError, match="is a file"):
        prepare(find_pictures([folder]), folder / "a.png")


def test_incomplete_preparations_are_refused(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(DataError, match="run the preparation"):
        PreparedPictures(cache)
    prepare(find_pictures([folder]), cache)
    (low,) = cache.glob("low-*.bin")
    with low.open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(DataError, match="incomplete"):
        PreparedPictures(cache)


def test_nothing_to_prepare_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a folder"):
        find_pictures([tmp_path / "missing"])
    with pytest.raises(DataError, match="no pictures"):
        find_pictures([tmp_path])
    broken = tmp_path / "x.png"
    broken.write_text("no")
    with pytest.raises(DataError, match="none of the pictures"):
        prepare([broken], tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_other_images_validate_if_none_of_those_drawn_is_usable(folder: Path, tmp_path: Path) -> None:
    good = [path for path in find_pictures([folder]) if path.name != "broken.jpg"]
    report = prepare(good, tmp_path / "cache", validation=[folder / "broken.jpg"])
    assert report.validation == 1
    training, validation = PreparedPictures(tmp_path / "cache").split()
    assert (len(training), len(validation)) == (report.training, 1)


def test_one_picture_cannot_train_and_validate(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one must train and another validate"):
        prepare([folder / "a.png"], tmp_path / "cache", validation=[folder / "broken.jpg"])
    assert not (tmp_path / "cache").exists()
