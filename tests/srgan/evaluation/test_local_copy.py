"""Local copies of folders in buckets follow the bucket."""

from pathlib import Path

import pytest

from srgan.evaluation.local_copy import local_copy
from srgan.storage import StorageError
from tests.helpers.bucket import NAME, bucket, keys, put


def test_a_local_copy_follows_the_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path))
    with bucket() as client:
        put(client, **{"set/a.png": b"a", "set/dogs/b.jpg": b"bb", "set/.hidden.png": b"h", "set/notes.txt": b"n"})
        folder = local_copy(f"s3://{NAME}/set", (".png", ".jpg"))
        assert folder.name == "set"
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.name[0] != "."} == {
            "a.png", "dogs", "dogs/b.jpg"}  # fmt: skip
        put(client, **{"set/dogs/b.jpg": b"new", "set/c.png": b"c"})
        client.delete_object(Bucket=NAME, Key="set/a.png")
        assert local_copy(f"s3://{NAME}/set/", (".png", ".jpg")) == folder
        assert (folder / "dogs/b.jpg").read_bytes() == b"new"
        assert not (folder / "a.png").exists()
        assert (folder / "c.png").read_bytes() == b"c"
        with pytest.raises(StorageError):
            local_copy(f"s3://{NAME}/set", (".tif",))
        left = {key for key in keys(client) if key.startswith("set/")}
        assert left == {"set/dogs/b.jpg", "set/c.png", "set/.hidden.png", "set/notes.txt"}
