"""Prepared images on disk: two flat files of pixels, which processes map into memory and share, and an index."""

import json
import os
import secrets
import shutil
import time
from contextlib import ExitStack, suppress
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from srgan.errors import DataError
from srgan.files import AtomicFile, make_folder, write_bytes

Pixels = NDArray[np.uint8]

_INDEX = "index.json"
_ABANDONED = 24 * 3600  # seconds after which data files without an index belong to no running process


@dataclass(frozen=True)
class PreparedEntry:
    """One prepared image."""

    name: str
    height: int
    width: int
    high_offset: int
    """First byte of its pixels in the high-resolution file."""
    low_offset: int
    validation: bool


@dataclass(frozen=True)
class KnownTestComparison:
    """Result of comparing the images of a set with those of known test sets."""

    known: int
    """Number of test images."""
    identity: str
    """Identity of the list of test images."""
    left_out: int
    """Number of images left out because they show a test image or a part of one."""


def comparison_words(comparison: KnownTestComparison | None) -> str:
    """Describe the comparison with test images, for the card of a model trained on the set."""
    if comparison is None:
        return "not compared with pictures of test sets"
    left_out = comparison.left_out or "none"
    return f"compared with {comparison.known} pictures of test sets, {left_out} left out for showing one"


class PreparedPictures:
    """A folder that `prepare` wrote, opened for reading; pixels stay on disk until they are used.

    `pictures[i]` is (low, high), both (H, W, 3) uint8 and read-only. Processes share the memory; pickling sends file
    names, not pixels.

    Attributes:
        low: all low-resolution pixels, flat.
        high: all high-resolution pixels, flat.
        comparison: with images of test sets; None for sets of an earlier version, which made none.

    Raises:
        DataError: if the folder holds no complete set.
    """

    low: Pixels
    high: Pixels

    def __init__(self, folder: Path) -> None:
        try:
            index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
            self.scale = int(index["scale"])
            self.entries = [PreparedEntry(**entry) for entry in index["pictures"]]
            self.comparison = KnownTestComparison(**index["comparison"]) if "comparison" in index else None
            self._files = {name: folder / index[name] for name in ("low", "high")}
            self._open()
            complete = len(self.high) == index["high_bytes"] and len(self.low) == index["low_bytes"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{folder} holds no prepared pictures: run the preparation again ({error})") from error
        if not complete:
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
        """Return the training and the validation images."""
        training, validation = copy(self), copy(self)
        training.entries = [entry for entry in self.entries if not entry.validation]
        validation.entries = [entry for entry in self.entries if entry.validation]
        return training, validation

    @property
    def low_sizes(self) -> list[tuple[int, int]]:
        """(height, width) of every low-resolution image."""
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
    """Return whether `prepare` wrote this folder, complete or not."""
    return "high_bytes" in _read_index(folder)


class NewSet:
    """A set being written. A context manager: without `commit`, it leaves nothing behind.

    Its data files have unique names, so that it and the set before it exist together; replacing the index replaces the
    set.

    Raises:
        DataError: if the folder is neither new, nor empty, nor of an earlier preparation.
        OutputError: if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[PreparedEntry] = []
        token = secrets.token_hex(4)
        self._names = {"low": f"low-{token}.bin", "high": f"high-{token}.bin"}

    def __enter__(self) -> Self:
        self._check_folder()
        self._new_folder, self._committed = not self.folder.exists(), False
        make_folder(self.folder)
        try:
            with ExitStack() as stack:
                self._files: dict[str, BinaryIO] = {
                    name: stack.enter_context(AtomicFile(self.folder / file, overwrite=False))
                    for name, file in self._names.items()
                }
                self._stack = stack.pop_all()
        except BaseException:
            self._remove()
            raise
        return self

    def _check_folder(self) -> None:
        if os.path.lexists(self.folder) and not self.folder.is_dir():
            raise DataError(f"{self.folder} is a file: name a folder for the prepared pictures")
        if not self.folder.is_dir() or is_prepared(self.folder):
            return
        others = sorted(
            path.name for path in self.folder.iterdir() if not _is_data(path) and not path.name.startswith(".srgan-")
        )
        if others:
            raise DataError(
                f"{self.folder} holds other files ({others[0]}): choose a new folder, or one that was prepared before"
            )

    @property
    def size(self) -> int:
        """Bytes of pixels so far."""
        return sum(file.tell() for file in self._files.values())

    def add(self, name: str, low: Pixels, high: Pixels, *, validation: bool) -> None:
        """Append an image."""
        height, width = high.shape[:2]
        offsets = self._files["high"].tell(), self._files["low"].tell()
        self._files["high"].write(high.data)
        self._files["low"].write(low.data)
        self.entries.append(PreparedEntry(name, height, width, *offsets, validation))

    def check_space(self, done: int, total: int) -> None:
        """Raise DataError early if the images will clearly not fit on the disk."""
        missing = self.size * (total - done) // done
        free = shutil.disk_usage(self.folder).free
        if missing > 1.25 * free:  # an estimate: it must not refuse what may fit
            raise DataError(
                f"{total} pictures need about {(missing + self.size) / 1e9:.1f} GB at {self.folder}, where "
                f"{(free + self.size) / 1e9:.1f} GB are free: take fewer, or choose another disk"
            )

    def commit(self, scale: int, comparison: KnownTestComparison) -> None:
        """Replace the set before, once all bytes are on the disk."""
        before = _read_index(self.folder)
        sizes = {f"{name}_bytes": file.tell() for name, file in self._files.items()}
        index = {
            **{"scale": scale, **self._names, **sizes, "comparison": asdict(comparison)},
            "pictures": [asdict(entry) for entry in self.entries],
        }
        self._stack.close()
        write_bytes(self.folder / _INDEX, json.dumps(index, indent=0).encode())
        self._committed = True
        with suppress(OSError):  # Windows keeps files that a process has open
            for path in self.folder.iterdir():
                if not _is_data(path) or path.name in self._names.values():
                    continue
                if path.name in before.values() or time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()

    def __exit__(self, *failure: Any) -> None:
        try:
            self._stack.__exit__(*failure)
        finally:
            if not self._committed:
                self._remove()

    def _remove(self) -> None:
        for name in self._names.values():
            (self.folder / name).unlink(missing_ok=True)
        if self._new_folder:
            with suppress(OSError):
                self.folder.rmdir()


def _is_data(path: Path) -> bool:
    return path.suffix == ".bin" and path.name.startswith(("low", "high"))


def _read_index(folder: Path) -> dict[str, Any]:
    """Return the index of a folder; empty if there is none."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}
