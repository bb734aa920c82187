"""Local copies of folders in buckets, kept in the cache."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from srgan.files import AtomicFile, cache_root, make_folder, scratch_folder, write_bytes
from srgan.storage import Place, StorageError

_AT_ONCE = 16  # requests


def local_copy(address: str, suffixes: Sequence[str]) -> Path:
    """Return a local folder with the files of a folder in a bucket, which are copied into the cache when they change.

    Args:
        address: of the folder.
        suffixes: of the files that are copied, in small letters; subfolders are copied too, hidden files are not.

    Raises:
        UsageError: if it is an address of an unknown kind.
        StorageError: if it cannot be read, or holds no such file.
        OutputError: if the cache cannot be written.
    """
    place = Place(address)
    place.check()
    listed = {name: entry for name, entry in place.entries().items() if _is_wanted(name, suffixes)}
    if not listed:
        raise StorageError(f"{address} has no such files ({', '.join(suffixes)}): check the address")
    folder = cache_root() / "buckets" / hashlib.sha256(address.rstrip("/").encode()).hexdigest()[:12] / place.path.name
    make_folder(folder)

    def copy(name: str) -> None:
        path, entry = folder / name, listed[name]
        mark = path.with_name(f".{path.name}.stamp")  # written last: a copy without its stamp is made again
        if path.is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == entry.stamp:
            return
        make_folder(path.parent)
        with scratch_folder() as scratch:
            place.fetch(name, scratch / "file")
            with AtomicFile(path, overwrite=True) as target, (scratch / "file").open("rb") as source:
                while block := source.read(1 << 20):
                    target.write(block)
        write_bytes(mark, entry.stamp.encode())

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        list(threads.map(copy, listed))
    for path in folder.rglob("*"):  # what the bucket no longer holds
        if path.is_file() and path.name[0] != "." and path.relative_to(folder).as_posix() not in listed:
            path.unlink(missing_ok=True)
    return folder


def _is_wanted(name: str, suffixes: Sequence[str]) -> bool:
    inside = Path(name)
    return inside.suffix.lower() in suffixes and not any(part.startswith(".") for part in inside.parts)
