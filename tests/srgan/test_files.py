"""Files and folders: whole or absent, whatever happens, and nothing hidden is left."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from srgan import files
from srgan.errors import OutputError
from srgan.files import AtomicFile, AtomicFolder, check_folder, copy_modification_time, make_folder, write_bytes


@pytest.fixture(autouse=True)
def _sweep_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_swept", set())


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _give_up(path: Path, error: BaseException, *, overwrite: bool = True) -> None:
    with AtomicFile(path, overwrite=overwrite) as file:
        file.write(b"half")
        raise error


def test_an_existing_file_is_kept_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"precious")
    path.chmod(0o640)
    with pytest.raises(OutputError, match=r"a.txt exists already: choose another name, or overwrite it"):
        write_bytes(path, b"new", overwrite=False)
    for error in (KeyboardInterrupt(), ValueError()):
        with pytest.raises(type(error)):
            _give_up(path, error)
    assert path.read_bytes() == b"precious"
    assert write_bytes(path, b"new") == path
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    write_bytes(tmp_path / "private", b"", mode=0o600)
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
    assert _names(tmp_path) == ["a.txt", "private"]


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for below in ("file", "file/a", "file/a/b"):
        with pytest.raises(OutputError, match="is no folder"):
            check_folder(tmp_path / below)
    with pytest.raises(OutputError, match="is no folder"):
        AtomicFolder(tmp_path / "file" / "a")
    check_folder(tmp_path / "a" / "b")
    assert _names(tmp_path) == ["file"]


def test_the_name_appears_last(tmp_path: Path) -> None:
    with AtomicFile(tmp_path / "a", overwrite=False) as file:
        file.write(b"contents")
        assert len(_names(tmp_path)) == 1
        assert _names(tmp_path)[0].startswith(".srgan-")
    assert _names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"contents"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_kept(links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:

        def refuse(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr("srgan.files.os.link", refuse)
    path = tmp_path / "a"
    file = AtomicFile(path, overwrite=False)
    path.write_bytes(b"precious")
    with pytest.raises(OutputError), file as opened:
        opened.write(b"new")
    assert path.read_bytes() == b"precious"
    path.unlink()
    write_bytes(path, b"new", overwrite=False)
    assert path.read_bytes() == b"new"
    assert _names(tmp_path) == ["a"]


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "folder" / "real")
    assert write_bytes(link, b"new") == tmp_path / "folder" / "real"
    assert link.is_symlink()
    assert (tmp_path / "folder" / "real").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["no/such", "folder", "long" * 100, "zero\0", "folder/../folder"])
def test_places_where_no_file_can_be(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as caught:
        write_bytes(f"{tmp_path}/{name}", b"")
    assert "\n" not in str(caught.value)
    assert ("shorter" in str(caught.value)) is ("long" in name)
    assert _names(tmp_path) == ["folder"]


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_failures_of_the_system_are_one_error(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"srgan.files.os.{call}", refuse)
    with pytest.raises(OutputError, match="No space left"):
        write_bytes(tmp_path / "a", b"new")
    assert _names(tmp_path) == []


def test_an_error_of_the_writer_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space left"):
        _give_up(tmp_path / "a", OSError(28, "No space left on device"))
    assert _names(tmp_path) == []


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("new/one", "empty"):
        with AtomicFolder(tmp_path / name) as place:
            (place / "a").write_bytes(b"a")
            assert not (tmp_path / name / "a").exists()
        assert _names(tmp_path / name) == ["a"]
    with pytest.raises(KeyboardInterrupt), AtomicFolder(tmp_path / "other") as place:
        raise KeyboardInterrupt
    with pytest.raises(OutputError), AtomicFolder(tmp_path / "other") as place:
        raise OSError(28, "No space left on device")
    with pytest.raises(OutputError):
        AtomicFolder(tmp_path / "new")
    with pytest.raises(OutputError), AtomicFolder(tmp_path / "other") as place:
        (tmp_path / "other").write_bytes(b"precious")
    assert (tmp_path / "other").read_bytes() == b"precious"
    assert _names(tmp_path) == ["empty", "new", "other"]
    with pytest.raises(OutputError):
        make_folder(tmp_path / "other" / "folder")


KILLED = """
import sys, time
from srgan.files import AtomicFile, AtomicFolder
with AtomicFolder(sys.argv[1] + "/folder") as place, AtomicFile(sys.argv[1] + "/file", overwrite=True) as file:
    (place / "inner").write_bytes(b"half")
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="processes cannot be asked for here")
def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            write_bytes(tmp_path / "a", b"")
            assert len(_names(tmp_path)) == 3  # its process lives: nothing is touched
        finally:
            process.kill()
            process.wait()
    files._swept.clear()
    write_bytes(tmp_path / "a", b"")
    assert _names(tmp_path) == ["a"]


def test_only_what_is_surely_abandoned_is_removed(tmp_path: Path) -> None:
    elsewhere = tmp_path / ".srgan-00000000-1-0123456789abcdef.part"  # of another computer
    old, unrelated = tmp_path / ".srgan-0123456789abcdef.part", tmp_path / ".other.part"
    for path in (elsewhere, old, unrelated):
        path.write_bytes(b"")
    day_before = time.time() - 100_000
    for path in (old, unrelated):
        os.utime(path, (day_before, day_before))
    write_bytes(tmp_path / "a", b"")
    assert _names(tmp_path) == sorted([elsewhere.name, unrelated.name, "a"])


def test_threads_may_write_one_file(tmp_path: Path) -> None:
    contents = [bytes([number]) * 100_000 for number in range(8)]
    threads = [threading.Thread(target=write_bytes, args=(tmp_path / "a", data)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a").read_bytes() in contents
    assert _names(tmp_path) == ["a"]


def test_modification_time_is_copied(tmp_path: Path) -> None:
    first, second = (write_bytes(tmp_path / name, b"") for name in "ab")
    os.utime(first, ns=(0, 1_234_567_890_123_456_789))
    copy_modification_time(first, second)
    assert second.stat().st_mtime_ns == 1_234_567_890_123_456_789
    copy_modification_time(tmp_path / "absent", second)
