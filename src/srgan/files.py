"""A file that appears under its name when it is whole, or not at all."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from srgan.errors import OutputError


class Destination:
    """The place of a file to be written.

    Args:
        path: of the file; links are followed, so that the file is replaced and not the link.
        overwrite: whether an existing file is replaced.

    Raises:
        OutputError: if the file exists already, or its folder does not.
    """

    def __init__(self, path: str | Path, *, overwrite: bool) -> None:
        try:
            self.path, self._overwrite = Path(os.path.realpath(path)), overwrite
            mode = self.path.stat().st_mode if os.path.lexists(self.path) else None
        except (OSError, ValueError) as problem:  # a name too long, or with a zero byte
            self.path = Path(str(path).replace("\0", "?"))
            self.fail(getattr(problem, "strerror", None) or str(problem))
        if mode is not None and not stat.S_ISREG(mode):
            raise OutputError(f"{self} is not an ordinary file: choose another name")
        if mode is not None and not overwrite:
            raise OutputError(f"{self} exists already: choose another name, or --overwrite to replace it")
        if not self.path.parent.is_dir():
            raise OutputError(f"the folder of {self} does not exist: create it first")
        self._mode = mode
        self._temporary: Path | None = None
        self.descriptor = -1

    def __str__(self) -> str:
        """The path as a message can show it: names may hold line breaks and bytes that are no text."""
        return "".join(char if char.isprintable() else "?" for char in str(self.path))

    def fail(self, why: str) -> NoReturn:
        """Raise the OutputError that says why the file cannot be written."""
        raise OutputError(f"{self} cannot be written ({why}): free some space or choose another folder") from None

    def open(self) -> int:
        """A descriptor of a new hidden file in the same folder, so that renaming it cannot fail half-way.

        Raises:
            OutputError: if there can be none.
        """
        temporary = self.path.parent / f".srgan-{secrets.token_hex(8)}.part"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            self.descriptor = os.open(temporary, flags, 0o666)
        except OSError as problem:
            self.fail(problem.strerror or str(problem))
        self._temporary = temporary
        return self.descriptor

    def appear(self) -> None:
        """Give the file its name, once its bytes are on the disk.

        Raises:
            OutputError: if that cannot be done, or somebody has made a file of that name since.
        """
        assert self._temporary is not None
        try:
            if self._mode is not None:  # a file that is replaced keeps who may read it
                os.chmod(self._temporary, stat.S_IMODE(self._mode))
            os.fsync(self.descriptor)
            if self._overwrite:
                os.replace(self._temporary, self.path)
            else:
                _rename_to_new(self._temporary, self.path)
        except FileExistsError:
            raise OutputError(f"{self} has appeared meanwhile: choose another name, or --overwrite") from None
        except OSError as problem:
            self.fail(problem.strerror or str(problem))
        self._temporary = None
        _synchronise_folder(self.path.parent)

    def close(self) -> None:
        """Let go of the file, and remove it unless it has appeared."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.unlink()
            self._temporary = None


def _rename_to_new(temporary: Path, path: Path) -> None:
    """Rename, unless there is a file of that name.

    Raises:
        FileExistsError: if there is one.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: take the name with an empty file, and replace that
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(temporary, path)
    else:
        temporary.unlink()


def _synchronise_folder(folder: Path) -> None:
    """Put the name on the disk too, where the system lets a folder be opened."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
