"""Files and folders that appear under their names when they are whole, or not at all.

They are written under a hidden name, `.srgan-<computer>-<process>-<token>.part`, in the folder where they will appear.
What a killed process leaves under such a name is removed when the next file is written into that folder.
"""

import errno
import hashlib
import os
import platform
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NoReturn

from srgan.errors import DataError, OutputError

_ABANDONED = 86_400.0  # seconds after which an unfinished file belongs to nobody
_TOO_LONG = os.strerror(errno.ENAMETOOLONG)
_COMPUTER = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
_swept: set[Path] = set()


def system_reason(problem: BaseException) -> str:
    """Return what the system says of a failure, without its number and the file's name."""
    return getattr(problem, "strerror", None) or str(problem)


def write_bytes(path: str | Path, data: bytes, overwrite: bool = True, *, mode: int | None = None) -> Path:
    """Write a file whole or not at all; when this returns, its bytes and its name are on the disk.

    Args:
        path: of the file; links are followed.
        data: its contents.
        overwrite: whether an existing file is replaced.
        mode: its permissions, instead of those of the file replaced or the system's default.

    Returns:
        The path with links followed.

    Raises:
        OutputError: if it cannot be written.
    """
    with AtomicFile(path, overwrite=overwrite, mode=mode) as file:
        file.write(data)
    return Path(os.path.realpath(path))


def make_folder(path: str | Path) -> None:
    """Make a folder and those above it, where they are absent.

    Raises:
        OutputError: if it cannot be made, or there is a file of that name.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as problem:
        raise OutputError(f"{path} cannot be made ({system_reason(problem)}): choose another folder") from problem


def check_folder(path: str | Path) -> None:
    """Check, before long work, that there is a folder to write into, or that it can be made; nothing is made yet.

    Raises:
        OutputError: if a file is in its place or above it, or permission is missing.
    """
    place = Path(path).absolute()
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise OutputError(f"{place} is no folder: choose another folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError(f"{place} may not be written into: choose another folder")


def cache_root() -> Path:
    """Return the cache folder: `SRGAN_CACHE`, else `srgan` in `XDG_CACHE_HOME`, else `~/.cache/srgan`.

    Raises:
        DataError: if there is no home folder either.
    """
    if chosen := os.environ.get("SRGAN_CACHE"):
        return Path(chosen)
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen) / "srgan"
    try:
        return Path.home() / ".cache" / "srgan"
    except RuntimeError as error:
        raise DataError("there is no home folder to keep a cache in: set SRGAN_CACHE to a folder") from error


def copy_modification_time(source: str | Path, target: str | Path) -> None:
    """Give a file the modification time of another, which photo managers sort by; without effect where impossible."""
    with suppress(OSError, ValueError):
        status = os.stat(source)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


class AtomicFile:
    """A file being written. As a context manager it gives a binary file, and commits unless an exception passes.

    Args:
        path: of the file; links are followed, so that the file is replaced and not the link.
        overwrite: whether an existing file is replaced.
        mode: its permissions, instead of those of the file replaced or the system's default.

    Raises:
        OutputError: if the file exists already, or its folder does not.
    """

    def __init__(self, path: str | Path, *, overwrite: bool, mode: int | None = None) -> None:
        try:
            self.path, self._overwrite = Path(os.path.realpath(path)), overwrite
            existing = self.path.stat().st_mode if os.path.lexists(self.path) else None
        except (OSError, ValueError) as problem:  # a name too long, or with a zero byte
            self.path = Path(str(path).replace("\0", "?"))
            self.fail(system_reason(problem))
        if existing is not None and not stat.S_ISREG(existing):
            raise OutputError(f"{self} is not an ordinary file: choose another name")
        if existing is not None and not overwrite:
            raise OutputError(f"{self} exists already: choose another name, or overwrite it")
        if not self.path.parent.is_dir():
            raise OutputError(f"the folder of {self} does not exist: create it first")
        self._mode = stat.S_IMODE(existing) if mode is None and existing is not None else mode
        self._temporary: Path | None = None
        self._file: BinaryIO | None = None
        self.descriptor = -1

    def __str__(self) -> str:
        """Return the path for a message: names may hold line breaks and bytes that are no text."""
        return "".join(char if char.isprintable() else "?" for char in str(self.path))

    def fail(self, why: str) -> NoReturn:
        """Raise the OutputError that says why the file cannot be written."""
        remedy = "choose a shorter one" if why == _TOO_LONG else "free some space or choose another folder"
        raise OutputError(f"{self} cannot be written ({why}): {remedy}") from None

    def open(self) -> int:
        """Return a descriptor of a new hidden file in the same folder, so that renaming it cannot fail half-way.

        Raises:
            OutputError: if it cannot be made.
        """
        _remove_leftovers(self.path.parent)
        temporary = self.path.parent / _hidden_name()
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            self.descriptor = os.open(temporary, flags, 0o666 if self._mode is None else self._mode & 0o666)
        except OSError as problem:
            self.fail(system_reason(problem))
        self._temporary = temporary
        return self.descriptor

    def commit(self) -> None:
        """Give the file its name, once its bytes are on the disk.

        Raises:
            OutputError: if that cannot be done, or another file has taken the name since.
        """
        assert self._temporary is not None
        try:
            if self._mode is not None:
                os.chmod(self._temporary, self._mode)
            os.fsync(self.descriptor)
            if self._overwrite:
                os.replace(self._temporary, self.path)
            else:
                _rename_to_new(self._temporary, self.path)
        except FileExistsError:
            raise OutputError(f"{self} has appeared meanwhile: choose another name, or overwrite it") from None
        except OSError as problem:
            self.fail(system_reason(problem))
        self._temporary = None
        _synchronise_folder(self.path.parent)

    def close(self) -> None:
        """Close the file, and remove it unless it was committed."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.unlink()
            self._temporary = None

    def __enter__(self) -> BinaryIO:
        self._file = os.fdopen(self.open(), "w+b", closefd=False)
        return self._file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        try:
            if isinstance(error, OSError):
                self.fail(system_reason(error))
            if error is None:
                self._file.flush()
                self.commit()
        except OSError as problem:  # of the last bytes
            self.fail(system_reason(problem))
        finally:
            with suppress(OSError):
                self._file.close()
            self.close()


class AtomicFolder:
    """A folder being filled. A context manager that gives `place`, and commits unless an exception passes.

    Args:
        path: of the folder, which must be absent or empty; the folders above it are made.

    Raises:
        OutputError: if it holds something, or cannot be made.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self.place = self.path.parent / _hidden_name()
        """The hidden folder to write into."""
        check_folder(self.path.parent)
        self._refuse_taken()

    def _refuse_taken(self) -> None:
        try:
            taken = os.path.lexists(self.path) and (not self.path.is_dir() or any(self.path.iterdir()))
        except OSError as problem:
            why = system_reason(problem)
            raise OutputError(f"{self.path} cannot be read ({why}): choose another folder") from problem
        if taken:
            raise OutputError(f"{self.path} exists already: choose another folder")

    def __enter__(self) -> Path:
        make_folder(self.path.parent)
        _remove_leftovers(self.path.parent)
        make_folder(self.place)
        return self.place

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._refuse_taken()
                if self.path.is_dir():
                    self.path.rmdir()
                self.place.rename(self.path)
                _synchronise_folder(self.path.parent)
        except OSError as problem:
            error = problem
        finally:
            shutil.rmtree(self.place, ignore_errors=True)
        if isinstance(error, OSError):
            why = system_reason(error)
            raise OutputError(f"{self.path} cannot be written ({why}): free some space or choose another") from error


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a new folder for temporary files, which is removed afterwards, or after a kill, when the next one is made.

    Raises:
        OutputError: if it cannot be made.
    """
    try:
        root = Path(tempfile.gettempdir())
    except FileNotFoundError as problem:
        raise OutputError("no folder for temporary files can be written: set TMPDIR to one that can") from problem
    folder = root / _hidden_name()
    remove_leftovers(root)
    make_folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the unfinished files in a folder whose processes have ended."""
    with suppress(OSError):
        for path in folder.glob(".srgan-*.part"):
            with suppress(OSError):
                if _is_abandoned(path):
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _hidden_name() -> str:
    return f".srgan-{_COMPUTER}-{os.getpid()}-{secrets.token_hex(8)}.part"


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left in a folder; looked for once per folder and process."""
    if folder in _swept:
        return
    _swept.add(folder)
    remove_leftovers(folder)


def _is_abandoned(path: Path) -> bool:
    """Whether a hidden file's process has ended on this computer; of others, whether it was not touched for a day."""
    computer, _, rest = path.name.removeprefix(".srgan-").partition("-")
    process = rest.partition("-")[0]
    if os.name != "posix" or computer != _COMPUTER or not process.isdigit():
        return time.time() - path.stat().st_mtime > _ABANDONED
    try:
        os.kill(int(process), 0)  # sends nothing
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False  # whatever the clock says, which may jump


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
    """Put a name on the disk too, where the system lets a folder be opened."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
