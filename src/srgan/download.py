"""Files fetched over the network, only when the user asks: continued after a break, held against a checksum."""

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from srgan.errors import OutputError, SrganError

Report = Callable[[int, int], None]
"""Told after every piece how many bytes are there, and how many there will be."""

_CHUNK = 2**20
_PATIENCE = 30  # seconds without a byte


@dataclass(frozen=True)
class Remote:
    """A file with a public address, and how it is known to be the right one."""

    url: str
    size: int
    """In bytes."""
    sha256: str
    what: str
    """What it is, for messages."""

    @property
    def name(self) -> str:
        """What the file is called where it is kept."""
        return self.url.rpartition("/")[2]


def fetch(remote: Remote, folder: Path, *, failure: type[SrganError], report: Report | None = None) -> Path:
    """The file in `folder`, fetched unless it is there.

    What was begun is continued. The file appears under its name when all of it has arrived and is what it should be.

    Args:
        remote: what to fetch.
        folder: where it is kept; made if it is absent.
        failure: the kind of error that is raised where the network or the file is at fault.
        report: see `Report`.

    Raises:
        SrganError: `failure`, if the file cannot be fetched, or what came is something else.
        OutputError: if it cannot be written.
    """
    path = folder / remote.name
    part = path.with_name(f".{path.name}.part")
    try:
        if path.is_file() and path.stat().st_size == remote.size and sha256(path) == remote.sha256:
            return path
        folder.mkdir(parents=True, exist_ok=True)
        _continue(remote, part, failure, report)
        if part.stat().st_size < remote.size:
            raise failure(f"the download of {remote.url} ended early: run it again, it continues where it stopped")
        if sha256(part) != remote.sha256:
            part.unlink()
            raise failure(
                f"what came from {remote.url} is not {remote.what} (its sha256 is another): try another network"
            )
        part.replace(path)
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise failure(
            f"{remote.url} cannot be fetched ({error}): run it again, it continues where it stopped, or fetch it "
            f"elsewhere ({remote.size / 1e9:.1f} GB) and put it at {path}"
        ) from error
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}): choose a folder with {remote.size / 1e9:.1f} GB free"
        ) from error
    return path


def sha256(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _continue(remote: Remote, part: Path, failure: type[SrganError], report: Report | None) -> None:
    """Append what is missing; a server that cannot continue sends all of it again."""
    done = part.stat().st_size if part.exists() else 0
    if done == remote.size:
        return
    if done > remote.size:
        done = 0
    request = Request(remote.url, headers={"Range": f"bytes={done}-"} if done else {})
    with closing(urlopen(request, timeout=_PATIENCE)) as answer:
        if answer.status != 206:
            done = 0
        # A login page of some network answers with all's well too, and must not become the beginning of the file.
        if answer.length not in (None, remote.size - done):
            raise failure(
                f"{remote.url} sends {done + answer.length:,} bytes, but {remote.what} has {remote.size:,}: "
                "try another network"
            )
        with part.open("ab" if done else "wb") as file:
            while done < remote.size and (piece := answer.read(min(_CHUNK, remote.size - done))):
                done += file.write(piece)
                if report is not None:
                    report(done, remote.size)
