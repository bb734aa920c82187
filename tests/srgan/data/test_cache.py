"""The cache: a folder is prepared once, and again when it changes; prepared folders are opened."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.data.cache import prepared
from srgan.data.prepare import find_pictures, prepare
from srgan.errors import OutputError
from srgan.files import cache_root
from tests.helpers.recorded_progress import RecordedProgress


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.full((100, 100, 3), number, np.uint8)).save(folder / f"{number}.png")
    return folder


def test_the_second_call_finds_what_the_first_prepared(photos: Path, tmp_path: Path) -> None:
    progress = RecordedProgress()
    pictures, report = prepared(photos, cache=tmp_path / "cache", progress=progress)
    assert report is not None
    assert (report.training, report.validation, len(progress.counts[0])) == (2, 1, 3)
    (place,) = (tmp_path / "cache" / "pictures").iterdir()
    assert place.name.startswith("photos-")
    again, nothing = prepared(photos, cache=tmp_path / "cache")
    assert nothing is None
    assert again.entries == pictures.entries
    assert [len(part) for part in again.split()] == [2, 1]


def test_a_change_is_noticed(photos: Path, tmp_path: Path) -> None:
    prepared(photos, cache=tmp_path / "cache")
    os.utime(photos / "0.png", ns=(0, 0))
    assert prepared(photos, cache=tmp_path / "cache")[1] is not None
    (photos / "2.png").unlink()
    assert prepared(photos, cache=tmp_path / "cache")[1] is not None
    assert prepared(photos, cache=tmp_path / "cache", scale=2)[1] is not None
    assert prepared(photos, cache=tmp_path / "cache")[1] is None


def test_a_prepared_folder_is_opened(photos: Path, tmp_path: Path) -> None:
    prepare(find_pictures([photos]), photos / "ready")
    pictures, report = prepared(photos / "ready", cache=tmp_path / "cache")
    assert (len(pictures), report) == (3, None)
    assert not (tmp_path / "cache").exists()
    # Its images do not count as images of the folder that holds it.
    assert len(prepared(photos, cache=tmp_path / "cache")[0]) == 3


def test_a_damaged_cache_is_made_again(photos: Path, tmp_path: Path) -> None:
    prepared(photos, cache=tmp_path / "cache")
    for path in (tmp_path / "cache").rglob("*.bin"):
        path.unlink()
    assert prepared(photos, cache=tmp_path / "cache")[1] is not None


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photos: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SRGAN_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_root() == tmp_path / ".cache" / "srgan"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_root() == tmp_path / "xdg" / "srgan"
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "own"))
    assert cache_root() == tmp_path / "own"
    prepared(photos)
    assert (tmp_path / "own" / "pictures").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        prepared(photos, cache=tmp_path / "file")
