"""Storage: folders here and in buckets have the same files; what is written appears whole; faults are one error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from srgan.errors import UsageError
from srgan.storage import Place, StorageError, local_copy
from tests.helpers.bucket import NAME, bucket, keys, put

PHOTOS = {"photos/a.png": b"a", "photos/dogs/b.jpg": b"bb", "photos/.hidden.png": b"h", "photos/notes.txt": b"n"}


@pytest.fixture
def client() -> Iterator[Any]:
    with bucket() as client:
        put(client, **PHOTOS)
        yield client


def test_files_of_a_bucket(client: Any, tmp_path: Path) -> None:
    place = Place(f"s3://{NAME}/photos/")
    place.check()
    assert {name: entry.size for name, entry in place.entries().items()} == {
        "a.png": 1, "dogs/b.jpg": 2, ".hidden.png": 1, "notes.txt": 1}  # fmt: skip
    found: dict[Path, Any] = {}
    walked = {folder: (folders, names) for folder, folders, names in place.walk(found)(place.path)}
    assert walked[str(place.path)] == (["dogs"], [".hidden.png", "a.png", "notes.txt"])
    assert {place.name(path) for path in found} == set(place.entries())
    assert place.heads([place.path / "dogs/b.jpg", place.path / "absent"], 1) == [b"b", b""]
    place.fetch("dogs/b.jpg", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"bb"


@pytest.mark.parametrize("in_bucket", [False, True])
def test_what_is_written_is_read(in_bucket: bool, client: Any, tmp_path: Path) -> None:
    place = Place(f"s3://{NAME}/made" if in_bucket else str(tmp_path / "made"))
    assert place.entries() == {}
    assert place.read("x/y") is None
    assert place.entry("x/y") is None
    place.write("x/y", b"one")
    first = place.entry("x/y")
    place.write("x/y", b"three")
    assert place.read("x/y") == b"three"
    assert place.entry("x/y") == place.entries()["x/y"] != first
    place.remove("x/y")
    place.remove("x/y")
    assert place.entries() == {}


def test_a_part_of_an_upload_is_no_file(client: Any) -> None:
    upload = client.create_multipart_upload(Bucket=NAME, Key="made/large.png")["UploadId"]
    client.upload_part(Bucket=NAME, Key="made/large.png", UploadId=upload, PartNumber=1, Body=b"half")
    assert Place(f"s3://{NAME}/made").entries() == {}


@pytest.mark.parametrize("address", ["ftp://host/photos", "s3://"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UsageError):
        Place(address)


def test_a_missing_package_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StorageError, match=r"srgan\[ray\]"):
        Place("s3://bucket/photos")


def test_a_bucket_that_is_not_there(client: Any, tmp_path: Path) -> None:
    for address in ("s3://absent/photos", str(tmp_path / "absent")):
        with pytest.raises(StorageError):
            Place(address).check()
    absent = Place("s3://absent/photos")
    with pytest.raises(StorageError):
        absent.write("a", b"")
    with pytest.raises(StorageError):
        absent.fetch("a", tmp_path / "a")
    with pytest.raises(StorageError):
        absent.store(Path(__file__), "a")


def test_wrong_credentials_are_one_error(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StorageError, match="credentials"):
        Place(f"s3://{NAME}/photos").check()


def test_a_local_copy_follows_the_bucket(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path))
    folder = local_copy(f"s3://{NAME}/photos", (".png", ".jpg"))
    assert folder.name == "photos"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.name[0] != "."} == {
        "a.png", "dogs", "dogs/b.jpg"}  # fmt: skip
    put(client, **{"photos/dogs/b.jpg": b"new"})
    client.delete_object(Bucket=NAME, Key="photos/a.png")
    put(client, **{"photos/c.png": b"c"})
    assert local_copy(f"s3://{NAME}/photos/", (".png", ".jpg")) == folder
    assert (folder / "dogs/b.jpg").read_bytes() == b"new"
    assert not (folder / "a.png").exists()
    assert (folder / "c.png").read_bytes() == b"c"
    with pytest.raises(StorageError):
        local_copy(f"s3://{NAME}/photos", (".tif",))
    assert set(keys(client)) == {"photos/dogs/b.jpg", "photos/c.png", "photos/.hidden.png", "photos/notes.txt"}
