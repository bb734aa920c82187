"""Public datasets: downloaded once and unpacked safely; errors say how to do it by hand."""

import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.data import public_datasets as module
from srgan.data.public_datasets import ARCHIVES, Archive, download, unpack
from srgan.errors import DataError, UsageError
from tests.helpers.file_server import FileServer, file_server
from tests.helpers.recorded_progress import RecordedProgress


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with file_server() as server:
        yield server


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), shade, np.uint8)).save(file, "png")
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def archives(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """DIV2K and the dogs, small and nearby."""
    train = zipped({"DIV2K_train_HR/": b"", **{f"DIV2K_train_HR/{n:04}.png": picture(n) for n in range(1, 4)}})
    valid = zipped({"DIV2K_valid_HR/0801.png": picture(9)})
    dogs = tarred({f"Images/n02085620-Chihuahua/{n}.jpg": picture(n) for n in range(3)})
    nearby = {
        "div2k": (
            Archive(server.add("DIV2K_train_HR.zip", train), "DIV2K_train_HR"),
            Archive(server.add("DIV2K_valid_HR.zip", valid), "DIV2K_valid_HR"),
        ),
        "dogs": (Archive(server.add("images.tar", dogs), "Images"),),
    }
    monkeypatch.setattr(module, "ARCHIVES", nearby)


@pytest.mark.usefixtures("archives")
def test_archives_are_fetched_and_unpacked_once(server: FileServer, tmp_path: Path) -> None:
    progress = RecordedProgress()
    for _ in range(2):
        download("div2k", tmp_path / "DIV2K", progress=progress)
        download("dogs", tmp_path / "dogs")
    assert len(server.asked) == 3
    assert (tmp_path / "DIV2K" / "DIV2K_train_HR" / "0002.png").read_bytes() == picture(2)
    assert (tmp_path / "DIV2K" / "DIV2K_valid_HR" / "0801.png").read_bytes() == picture(9)
    assert len(list((tmp_path / "dogs" / "Images").rglob("*.jpg"))) == 3
    assert [what for what, _ in progress.tasks] == [
        words
        for part in ("train", "valid")
        for words in ("downloading the test's own file", f"unpacking DIV2K_{part}_HR.zip")
    ]
    assert all(0 < sum(counts) <= total for (_, total), counts in zip(progress.tasks, progress.counts, strict=True))
    assert not list(tmp_path.rglob(".*"))


def test_only_images_are_unpacked_and_no_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    files = {"Images/a.jpg": picture(1), "Images/run.sh": b"rm", "Images/way/b.jpg": picture(2), "c.txt": b""}
    (tmp_path / "x.tar").write_bytes(tarred(files, {"Images/way": str(outside), "Images/d.jpg": "/etc/passwd"}))
    unpack(tmp_path / "x.tar", "Images", tmp_path)
    found = sorted(path.relative_to(tmp_path / "Images").as_posix() for path in (tmp_path / "Images").rglob("*.*"))
    assert found == ["a.jpg", "way/b.jpg"]
    assert not list(outside.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Images", "outside", "x.tar"]


@pytest.mark.parametrize("name", ["../escaped.jpg", "/tmp/escaped.jpg", "Images/../../escaped.jpg", "C:\\escaped.jpg"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str, kind: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    files = {"Images/a.jpg": picture(1), name: picture(2)}
    (folder / f"x.{kind}").write_bytes(zipped(files) if kind == "zip" else tarred(files))
    with pytest.raises(DataError, match="leads outside"):
        unpack(folder / f"x.{kind}", "Images", folder)
    assert [path.name for path in folder.iterdir()] == [f"x.{kind}"]
    assert not list(tmp_path.rglob("escaped*"))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_damaged_archives_leave_nothing(tmp_path: Path, kind: str) -> None:
    files = {f"Images/{n}.jpg": picture(n) for n in range(9)}
    whole = zipped(files) if kind == "zip" else tarred(files)
    path = tmp_path / f"x.{kind}"
    for content in (whole[: len(whole) // 2 - 500], b"<html>log in</html>"):
        path.write_bytes(content)
        with pytest.raises(DataError, match="is damaged"):
            unpack(path, "Images", tmp_path)
    path.write_bytes(zipped({"Other/a.jpg": b""}) if kind == "zip" else tarred({"Other/a.jpg": b""}))
    with pytest.raises(DataError, match="holds no pictures in Images"):
        unpack(path, "Images", tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_layouts_without_a_public_address(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"BSR_bsds500\.tgz"):
        download("bsds", tmp_path)
    with pytest.raises(DataError, match=r"image-net\.org"):
        download("imagenet", tmp_path)
    for layout in (None, "folder"):
        with pytest.raises(UsageError) as caught:
            download(layout, tmp_path)
        assert caught.value.parameter == "layout"
    assert not list(tmp_path.iterdir())


def test_archives_have_sizes_and_checksums() -> None:
    for archive in (archive for several in ARCHIVES.values() for archive in several):
        assert re.fullmatch("[0-9a-f]{64}", archive.remote.sha256)
        assert archive.remote.size > 10**8
