"""Preparation: what goes in comes out, what cannot be used is reported, and half of it is never taken for whole."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.data.prepare import PreparedPictures, find_pictures, prepare
from srgan.errors import DataError
from srgan.images.resample import imresize


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


def test_prepared_pictures_are_the_files(folder: Path, tmp_path: Path) -> None:
    files = find_pictures([folder])
    assert [file.name for file in files] == ["a.png", "broken.jpg", "d.png", "b.png", "c.PNG", "small.png"]
    done: list[int] = []
    report = prepare(files, tmp_path / "cache", progress=done.append)
    assert report.prepared == 4
    assert done == list(range(1, 7))
    assert {Path(name).name for name in report.left_out} == {"broken.jpg", "small.png"}

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


def test_split_leaves_nothing_out_and_nothing_in_both(folder: Path, tmp_path: Path) -> None:
    prepare(find_pictures([folder]), tmp_path / "cache")
    pictures = PreparedPictures(tmp_path / "cache")
    training, validation = pictures.split(3)
    assert validation.entries == [pictures.entries[0], pictures.entries[3]]
    assert training.entries == [pictures.entries[1], pictures.entries[2]]
    assert np.array_equal(training[0][1], pictures[1][1])


def test_incomplete_preparations_are_refused(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(DataError, match="run the preparation"):
        PreparedPictures(cache)
    prepare(find_pictures([folder]), cache)
    with (cache / "low.bin").open("r+b") as file:
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
    with pytest.raises(DataError):
        PreparedPictures(tmp_path / "cache")
