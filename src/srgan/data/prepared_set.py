"""Prepared pictures on disk: flat files of pixels that processes map into memory and share, and an index of them.

This module does not know where pictures come from, nor what makes one usable: `prepare` does.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from srgan.errors import DataError

Pixels = NDArray[np.uint8]

_INDEX = "index.json"
_ABANDONED = 24 * 3600  # seconds: data without an index, not written to for so long, is of a run that was killed


@dataclass(frozen=True)
class Entry:
    """One prepared picture: its high-resolution size, where its pixels begin, and what it is for."""

    name: str
    height: int
    width: int
    high_offset: int
    low_offset: int
    validation: bool


@dataclass(frozen=True)
class Comparison:
    """With which test pictures those of a set were compared, so that none is learned from."""

    known: int
    """How many they were."""
    identity: str
    """Of their list."""
    left_out: int
    """Pictures that showed one of them, or a part of one."""


def comparison_words(comparison: Comparison | None) -> str:
    """With which test pictures a set was compared, if it was, for the card of what learns from it."""
    if comparison is None:
        return "not compared with pictures of test sets"
    left_out = comparison.left_out or "none"
    return f"compared with {comparison.known} pictures of test sets, {left_out} left out for showing one"


class PreparedPictures:
    """A folder that `prepare` wrote, opened for reading; the pixels stay on disk until they are touched.

    `pictures[i]` gives (low, high), both (H, W, 3) uint8 and read-only. Processes that have it open share the memory,
    those to which it was sent as well: what is sent are the names of the files.

    Attributes:
        low: all low-resolution pixels, flat.
        high: all high-resolution pixels, flat.
        comparison: with pictures of test sets; None if a version of srgan prepared them that made none.

    Raises:
        DataError: if the folder holds no complete set of prepared pictures.
    """

    low: Pixels
    high: Pixels

    def __init__(self, folder: Path) -> None:
        try:
            index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
            self.scale = int(index["scale"])
            self.entries = [Entry(**entry) for entry in index["pictures"]]
            self.comparison = Comparison(**index["comparison"]) if "comparison" in index else None
            self._files = {name: folder / index[name] for name in ("low", "high")}
            self._open()
            whole = len(self.high) == index["high_bytes"] and len(self.low) == index["low_bytes"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{folder} holds no prepared pictures: run the preparation again ({error})") from error
        if not whole:
            raise DataError(f"{folder} is incomplete: delete it and run the preparation again")

    def _open(self) -> None:
        self.low = np.memmap(self._files["low"], np.uint8, "r")
        self.high = np.memmap(self._files["high"], np.uint8, "r")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("low", "high")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._open()

    def split(self) -> tuple["PreparedPictures", "PreparedPictures"]:
        """(training, validation) pictures: as they were told apart when they were prepared."""
        training, validation = copy(self), copy(self)
        training.entries = [entry for entry in self.entries if not entry.validation]
        validation.entries = [entry for entry in self.entries if entry.validation]
        return training, validation

    @property
    def low_sizes(self) -> list[tuple[int, int]]:
        """(height, width) of every low-resolution picture."""
        return [(entry.height // self.scale, entry.width // self.scale) for entry in self.entries]

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, position: int) -> tuple[Pixels, Pixels]:
        entry = self.entries[position]
        low_shape = (entry.height // self.scale, entry.width // self.scale, 3)
        high_shape = (entry.height, entry.width, 3)
        low = self.low[entry.low_offset : entry.low_offset + int(np.prod(low_shape))].reshape(low_shape)
        high = self.high[entry.high_offset : entry.high_offset + int(np.prod(high_shape))].reshape(high_shape)
        return low, high


def is_prepared(folder: Path) -> bool:
    """Whether `prepare` wrote this folder, in whatever state it is."""
    return "high_bytes" in _index_of(folder)


class NewSet:
    """A set of pictures being written. A context manager: unless it has appeared, nothing of it is left.

    Its files have names of their own, so that it and the set before it stand side by side; the index says which are
    meant, and replacing that one file replaces the set.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[Entry] = []
        token = secrets.token_hex(4)
        self._names = {"low": f"low-{token}.bin", "high": f"high-{token}.bin"}
        self._appeared = self._made = False

    def __enter__(self) -> Self:
        with self._writing():
            self._refuse_another()
            self._made = not self.folder.exists()
            self.folder.mkdir(parents=True, exist_ok=True)
            with ExitStack() as opening:
                opening.callback(self._remove)
                self._files: dict[str, BinaryIO] = {
                    name: (self.folder / file).open("xb") for name, file in self._names.items()
                }
                opening.pop_all()
        return self

    def _refuse_another(self) -> None:
        """Raise unless the folder is new, empty or of an earlier preparation."""
        if os.path.lexists(self.folder) and not self.folder.is_dir():
            raise DataError(f"{self.folder} is a file: name a folder for the prepared pictures")
        if not self.folder.is_dir() or is_prepared(self.folder):
            return
        others = sorted(path.name for path in self.folder.iterdir() if not _is_data(path))
        if others:
            raise DataError(
                f"{self.folder} holds other files ({others[0]}): choose a new folder, or one that was prepared before"
            )

    @property
    def size(self) -> int:
        """Bytes of pixels so far."""
        return sum(file.tell() for file in self._files.values())

    def add(self, name: str, low: Pixels, high: Pixels, *, validation: bool) -> None:
        """Write a picture behind those before."""
        height, width = high.shape[:2]
        with self._writing():
            offsets = self._files["high"].tell(), self._files["low"].tell()
            self._files["high"].write(high.data)
            self._files["low"].write(low.data)
        self.entries.append(Entry(name, height, width, *offsets, validation))

    def check_space(self, done: int, wanted: int) -> None:
        """Refuse early what will clearly not fit, rather than when the disk is full."""
        missing = self.size * (wanted - done) // done
        free = shutil.disk_usage(self.folder).free
        if missing > 1.25 * free:  # an estimate: it must not refuse what may fit
            raise DataError(
                f"{wanted} pictures need about {(missing + self.size) / 1e9:.1f} GB at {self.folder}, where "
                f"{(free + self.size) / 1e9:.1f} GB are free: take fewer, or choose another disk"
            )

    def appear(self, scale: int, comparison: Comparison) -> None:
        """Take the place of the set before, once all bytes are on the disk."""
        before = _index_of(self.folder)
        with self._writing():
            sizes = {f"{name}_bytes": file.tell() for name, file in self._files.items()}
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
            index = {
                **{"scale": scale, **self._names, **sizes, "comparison": asdict(comparison)},
                "pictures": [asdict(entry) for entry in self.entries],
            }
            temporary = self.folder / f".{_INDEX}.{self._names['low']}"
            try:
                temporary.write_text(json.dumps(index, indent=0), encoding="utf-8")
                temporary.replace(self.folder / _INDEX)
            finally:
                temporary.unlink(missing_ok=True)
        self._appeared = True
        with suppress(OSError):  # Windows keeps what a process has open
            self._tidy(before)

    def _tidy(self, before: dict[str, Any]) -> None:
        """Remove the set that was there before, and what runs that were killed have left."""
        for path in self.folder.iterdir():
            if path.name in self._names.values() or not _is_data(path):
                continue
            if path.name in before.values() or time.time() - path.stat().st_mtime > _ABANDONED:
                path.unlink()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"{self.folder} cannot be written ({error.strerror}): free some space or choose another folder"
            ) from error

    def _remove(self) -> None:
        for name in self._names.values():
            (self.folder / name).unlink(missing_ok=True)
        if self._made:
            with suppress(OSError):
                self.folder.rmdir()

    def __exit__(self, *failure: object) -> None:
        for file in self._files.values():
            with suppress(OSError):  # what is still buffered may not fit; it is not needed
                file.close()
        if not self._appeared:
            self._remove()


def _is_data(path: Path) -> bool:
    return path.suffix == ".bin" and path.name.startswith(("low", "high"))


def _index_of(folder: Path) -> dict[str, Any]:
    """What the index of a prepared folder says; nothing if there is none."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}
