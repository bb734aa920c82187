"""Storage: folders here and in buckets have the same files; what is written appears whole; faults are one error."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from srgan.errors import UsageError
from srgan.storage import Place, StorageError, entry_in_listing
from tests.helpers.bucket import NAME, bucket, put

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


def test_files_that_are_removed_while_a_folder_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("kept", "removed"):
        (tmp_path / name).touch()

    def is_file(path: Path) -> bool:
        (tmp_path / "removed").unlink(missing_ok=True)
        return True

    monkeypatch.setattr(Path, "is_file", is_file)
    assert set(Place(str(tmp_path)).entries()) == {"kept"}


def test_a_part_of_an_upload_is_no_file(client: Any) -> None:
    upload = client.create_multipart_upload(Bucket=NAME, Key="made/large.png")["UploadId"]
    client.upload_part(Bucket=NAME, Key="made/large.png", UploadId=upload, PartNumber=1, Body=b"half")
    assert Place(f"s3://{NAME}/made").entries() == {}


@pytest.mark.parametrize("address", ["ftp://host/photos", "s3://"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UsageError):
        Place(address)


@pytest.mark.parametrize(
    ("kind", "installed", "command"),
    [
        ("s3", (), "pip install 'srgan[ray]'"),
        ("s3", ("fsspec",), "pip install 'srgan[ray]'"),
        ("gs", ("fsspec",), "pip install gcsfs"),
        ("az", ("fsspec",), "pip install adlfs"),
        ("hf", ("fsspec",), "pip install huggingface_hub"),
    ],
)
def test_a_missing_package_is_one_error(
    kind: str, installed: tuple[str, ...], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name in installed else None)
    with pytest.raises(StorageError) as error:
        Place(f"{kind}://bucket/photos")
    assert str(error.value).endswith(command)


_DAY = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("listed", "stamp", "modified"),
    [
        ({"ETag": '"a1"', "LastModified": _DAY}, "a1-7", _DAY.timestamp()),  # s3fs
        ({"md5Hash": "b2", "updated": "2026-01-02T00:00:00.000Z"}, "b2-7", _DAY.timestamp()),  # gcsfs
        ({"etag": "0x8C", "last_modified": _DAY}, "0x8C-7", _DAY.timestamp()),  # adlfs
        ({"blob_id": "c3", "last_commit": None}, "c3-7", None),  # huggingface_hub
    ],
)
def test_listings_of_all_kinds(listed: dict[str, Any], stamp: str, modified: float | None) -> None:
    entry = entry_in_listing({"size": 7, **listed})
    assert (entry.size, entry.stamp, entry.modified) == (7, stamp, modified)


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
