"""Folders here and in buckets: `s3://`, `gs://`, `az://` and `hf://` by fsspec; `file://` and paths directly.

A file appears under its name when it is whole, or not at all: here by renaming it, in a bucket because an upload that
is not completed leaves nothing. Networks are asked only when the user names an address.
"""

import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from srgan.errors import SrganError, UsageError
from srgan.files import make_folder, write_bytes

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "hf": "huggingface_hub"}
"""The package that each kind of address needs."""

_AT_ONCE = 16  # requests


class StorageError(SrganError):
    """A folder or bucket cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a listing has it."""

    size: int
    stamp: str
    """Changes whenever the file does: its checksum in the bucket, or its time, and its size."""
    modified: float | None = None
    """Seconds since 1970, where the storage says so."""


def is_address(word: str) -> bool:
    """Return whether a word is an address such as `s3://bucket/photos`, and no path."""
    return "://" in word


class Place:
    """A folder.

    Args:
        address: a path, or the address of a folder in a bucket.

    Attributes:
        path: of the folder. For one in a bucket it stands for no folder of this computer, and names inside it still
            follow from its parts.

    Raises:
        UsageError: if it is an address of an unknown kind.
        StorageError: if a package that it needs is not installed.
    """

    def __init__(self, address: str) -> None:
        kind, separator, rest = address.partition("://")
        self.address = address
        self.is_local = not separator or kind == "file"
        if self.is_local:
            self.path = Path(rest if separator else address)
            return
        if kind not in PACKAGES:
            known = ", ".join(f"{name}://" for name in PACKAGES)
            raise UsageError(f"{address} is no address that srgan reads: it begins with one of {known}")
        for package in ("fsspec", PACKAGES[kind]):
            if importlib.util.find_spec(package) is None:
                extra = "'srgan[ray]'" if package in ("fsspec", "s3fs") else package
                raise StorageError(f"{kind}:// needs {package}, which is not installed: pip install {extra}")
        self._kind, self._root = kind, rest.strip("/")
        if not self._root:
            raise UsageError(f"{address} names no bucket: {kind}://BUCKET/FOLDER")
        self.path = Path(f"/{kind}:", self._root)

    def __reduce__(self) -> tuple[type["Place"], tuple[str]]:
        return Place, (self.address,)

    def __str__(self) -> str:
        return self.address

    @cached_property
    def _system(self) -> Any:
        import fsspec

        with self._errors():
            return fsspec.filesystem(self._kind, use_listings_cache=False, skip_instance_cache=True)

    def _key(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the errors of whatever library reads the storage into one line.

        Raises:
            FileNotFoundError: as it is.
            StorageError: for all others.
        """
        try:
            yield
        except (FileNotFoundError, SrganError):
            raise
        except Exception as error:  # each kind of storage has errors of its own
            why = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise StorageError(
                f"{self} cannot be reached ({why[:200]}): check the address and your credentials"
            ) from error

    def check(self) -> None:
        """Check that the folder is there and can be listed; in a bucket an empty folder is, once the bucket exists.

        Raises:
            StorageError: if not.
        """
        try:
            if self.is_local:
                os.listdir(self.path)
                return
            with self._errors(), suppress(FileNotFoundError):
                if self._system.ls(self._root, detail=False):
                    return
            with self._errors():
                self._system.ls(self._root if self._kind == "hf" else self._root.partition("/")[0], detail=False)
        except OSError as error:
            raise StorageError(f"{self} cannot be read ({error.strerror or 'not found'}): check the address") from error

    def walk(self, entries: dict[Path, Entry]) -> Callable[..., Iterator[tuple[str, list[str], list[str]]]]:
        """Return an `os.walk` of this place, which notes the entries of the files that it meets.

        Raises:
            StorageError: if the storage cannot be read; raised by the walk.
        """

        def walk(top: Path, **_: object) -> Iterator[tuple[str, list[str], list[str]]]:
            with self._errors():
                for place, folders, files in self._system.walk(self._root, detail=True, on_error="raise"):
                    folder = top / place[len(self._root) :].strip("/")
                    names = sorted(name for name in files if name)  # a bucket's marker of a folder has no name
                    for name in names:
                        entries[folder / name] = entry_in_listing(files[name])
                    inner = sorted(folders)
                    yield str(folder), inner, names
                    for name in set(folders) - set(inner):
                        del folders[name]

        return walk

    def entries(self) -> dict[str, Entry]:
        """Return all files by their names, such as `dogs/a.jpg`; none where the folder does not exist.

        Raises:
            StorageError: if it cannot be read.
        """
        if self.is_local:
            found: dict[str, Entry] = {}
            for path in (Path(folder, name) for folder, _, names in os.walk(self.path) for name in names):
                with suppress(FileNotFoundError):  # others may remove files meanwhile
                    if path.is_file():
                        found[self.name(path)] = entry_of(path)
            return found
        try:
            with self._errors():
                listed = self._system.find(self._root, detail=True)
        except FileNotFoundError:
            return {}
        return {key[len(self._root) + 1 :]: entry_in_listing(info) for key, info in listed.items()}

    def entry(self, name: str) -> Entry | None:
        """Return one file as a listing has it, or None if there is none.

        Raises:
            StorageError: if the storage cannot be read.
        """
        try:
            with self._errors():
                return (
                    entry_of(self.path / name)
                    if self.is_local
                    else entry_in_listing(self._system.info(self._key(name)))
                )
        except FileNotFoundError:
            return None

    def heads(self, paths: Sequence[Path], count: int) -> list[bytes]:
        """Return the first bytes of files, by their paths inside `path`; nothing of those that cannot be read."""

        def head(path: Path) -> bytes:
            try:
                with self._errors():
                    return bytes(self._system.cat_file(self._key(self.name(path)), start=0, end=count))
            except (OSError, StorageError):  # reported when it is enlarged
                return b""

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return list(threads.map(head, paths))

    def name(self, path: Path) -> str:
        """Return the name in this place of a path inside `path`."""
        return path.relative_to(self.path).as_posix()

    def read(self, name: str) -> bytes | None:
        """Return the contents of a small file, or None if there is none."""
        try:
            if self.is_local:
                return (self.path / name).read_bytes()
            with self._errors():
                return bytes(self._system.cat_file(self._key(name)))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{self}/{name} cannot be read ({error.strerror}): check its permissions") from error

    def part(self, name: str, start: int, stop: int) -> bytes:
        """Return bytes [start, stop) of a file, or fewer where it ends before.

        Raises:
            StorageError: if it cannot be read, or there is none.
        """
        if not self.is_local:
            with self._errors(), self._found():
                return bytes(self._system.cat_file(self._key(name), start=start, end=stop))
        try:
            with open(self.path / name, "rb") as file:
                file.seek(start)
                return file.read(stop - start)
        except OSError as error:
            raise StorageError(f"{self}/{name} cannot be read ({error.strerror}): check the disk") from error

    def write(self, name: str, data: bytes) -> None:
        """Write a small file whole, or not at all.

        Raises:
            OutputError: if a local file cannot be written.
            StorageError: if one in a bucket cannot.
        """
        if self.is_local:
            make_folder((self.path / name).parent)
            write_bytes(self.path / name, data)
            return
        with self._errors(), self._found():
            self._system.pipe_file(self._key(name), data)

    def fetch(self, name: str, path: Path) -> None:
        """Copy a file of a bucket to a path.

        Raises:
            StorageError: if that fails, or there is none.
        """
        with self._errors(), self._found():
            self._system.get_file(self._key(name), str(path))

    def store(self, path: Path, name: str) -> None:
        """Copy a file into a bucket.

        Raises:
            StorageError: if that fails.
        """
        with self._errors(), self._found():
            self._system.put_file(str(path), self._key(name))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there.

        Raises:
            StorageError: if that fails.
        """
        try:
            if self.is_local:
                (self.path / name).unlink()
            else:
                with self._errors():
                    self._system.rm_file(self._key(name))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StorageError(f"{self}/{name} cannot be removed ({error.strerror}): check its permissions") from error

    @contextmanager
    def _found(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise StorageError(f"{self}: there is no such bucket or file ({error}): check the address") from error


def entry_of(path: Path) -> Entry:
    """Return a local file as a listing would have it.

    Raises:
        OSError: if it is not there.
    """
    status = path.stat()
    return Entry(status.st_size, f"{status.st_mtime_ns}-{status.st_size}", status.st_mtime)


def entry_in_listing(info: dict[str, Any]) -> Entry:
    """Return what an fsspec listing says of a file; each kind of storage names it otherwise."""
    size = int(info.get("size") or 0)
    mark = next((info[key] for key in ("ETag", "etag", "md5Hash", "content_md5", "blob_id", "generation")
                 if info.get(key)), None)  # fmt: skip
    modified = next((info[key] for key in ("LastModified", "updated", "last_modified") if info.get(key)), None)
    when = datetime.fromisoformat(modified) if isinstance(modified, str) else modified
    stamp = f"{str(mark if mark is not None else when).strip(chr(34))}-{size}"
    return Entry(size, stamp, when.timestamp() if isinstance(when, datetime) else None)
