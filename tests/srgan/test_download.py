"""Downloads: continued and verified; errors say how to do it by hand."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from srgan.download import fetch
from srgan.errors import DataError, OutputError
from tests.helpers.file_server import FileServer, file_server
from tests.helpers.recorded_progress import RecordedProgress

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with file_server() as server:
        yield server


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("ranges", [True, False])
def test_an_interrupted_download_is_continued(server: FileServer, tmp_path: Path, ranges: bool, length: bool) -> None:
    remote = server.add("file.bin", CONTENT)
    server.most, server.ranges, server.length = 1000, ranges, length
    with pytest.raises(DataError, match="run it again, it continues"):
        fetch(remote, tmp_path / "new", failure=DataError)
    assert not (tmp_path / "new" / "file.bin").exists()
    server.most = len(CONTENT)
    progress = RecordedProgress()
    path = fetch(remote, tmp_path / "new", failure=DataError, progress=progress)
    assert path.read_bytes() == CONTENT
    missing = len(CONTENT) - 1000 if ranges else len(CONTENT)
    assert progress.tasks == [("downloading the test's own file", missing)]
    assert sum(progress.counts[0]) == missing
    assert fetch(remote, path.parent, failure=DataError) == path
    assert server.asked == ["", "bytes=1000-"]
    assert [file.name for file in path.parent.iterdir()] == ["file.bin"]


def test_other_contents_are_not_kept(server: FileServer, tmp_path: Path) -> None:
    remote = server.add("file.bin", CONTENT)
    for wrong, fault in ((replace(remote, sha256="0" * 64), "sha256"), (replace(remote, size=99_999), "10,240 bytes")):
        with pytest.raises(DataError, match=fault):
            fetch(wrong, tmp_path, failure=DataError)
    assert not list(tmp_path.iterdir())


def test_a_failed_download_says_where_to_put_the_file(server: FileServer, tmp_path: Path) -> None:
    remote = server.add("file.bin", CONTENT)
    for url, fault in ((f"{remote.url}x", "404"), ("http://127.0.0.1:9/file.bin", "refused")):
        absent = replace(remote, url=url)
        with pytest.raises(DataError, match=fault) as caught:
            fetch(absent, tmp_path, failure=DataError)
        assert str(caught.value).endswith(f"put it at {tmp_path / absent.name}")
        assert "\n" not in str(caught.value)
    (tmp_path / "a file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(remote, tmp_path / "a file", failure=DataError)
