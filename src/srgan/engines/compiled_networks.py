"""Compiled networks kept in the user's cache: OpenVINO is ready with one in a quarter of the time that compiling takes.

What is kept is code for this processor, so only the user's own files are believed: the folder belongs to them and is
closed to others, and each file begins with a checksum of its key and contents. Without such a folder, or where
anything fails, networks are compiled as if there were no cache.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from srgan.errors import SrganError
from srgan.files import cache_root, write_bytes

_MOST_BYTES = 128 * 2**20
"""Of all files; the ones not used for longest are removed."""
_CHECKSUM = 32  # bytes of a sha256


def load(key: str) -> bytes | None:
    """Return what was stored under a key, unless it is damaged."""
    with suppress(OSError):
        if (folder := _folder()) is not None:
            path = folder / key
            contents = path.read_bytes()
            if contents[:_CHECKSUM] == _checksum(key, contents[_CHECKSUM:]):
                os.utime(path)
                return contents[_CHECKSUM:]
    return None


def store(key: str, compiled: bytes) -> None:
    """Store what OpenVINO exports, under a key of letters and digits that changes whenever the network would."""
    with suppress(SrganError, OSError):
        if (folder := _folder()) is not None:
            write_bytes(folder / key, _checksum(key, compiled) + compiled, mode=0o600)
            _make_room(folder)


def _checksum(key: str, compiled: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + compiled).digest()


def _folder() -> Path | None:
    """Return the folder, made if necessary; None where it cannot be, or is not the user's alone."""
    try:
        folder = cache_root() / "networks"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    except (OSError, ValueError, SrganError):
        return None
    own = os.name != "posix" or (state.st_uid == os.getuid() and not state.st_mode & 0o077)
    return folder if own else None


def _make_room(folder: Path) -> None:
    states = sorted(((path.stat(), path) for path in folder.iterdir()), key=lambda each: -each[0].st_mtime)
    total = 0
    for state, path in states:
        total += state.st_size
        if total > _MOST_BYTES:
            path.unlink()
