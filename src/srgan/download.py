"""Download files when the user asks for it: interrupted ones are continued, and checksums verified."""

import hashlib
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from srgan.errors import OutputError, SrganError
from srgan.progress import NoProgress, Progress

_CHUNK = 2**20
_TIMEOUT = 30  # seconds without a byte


@dataclass(frozen=True)
class Remote:
    """A file with a public address."""

    url: str
    size: int
    """In bytes."""
    sha256: str
    what: str
    """Description for messages."""

    @property
    def name(self) -> str:
        """Name of the local file."""
        return self.url.rpartition("/")[2]


def fetch(remote: Remote, folder: Path, *, failure: type[SrganError], progress: Progress | None = None) -> Path:
    """Download a file into a folder, unless it is there, and return its path.

    An interrupted download is continued. The file gets its name once it is complete and its checksum is right.

    Args:
        remote: what to download.
        folder: where to keep it; made if it is absent.
        failure: type of error to raise where the network or the file is at fault.
        progress: counts bytes.

    Raises:
        SrganError: `failure`, if the file cannot be downloaded, or its size or checksum is wrong.
        OutputError: if it cannot be written.
    """
    path = folder / remote.name
    part = path.with_name(f".{path.name}.part")
    try:
        if path.is_file() and path.stat().st_size == remote.size and sha256(path) == remote.sha256:
            return path
        folder.mkdir(parents=True, exist_ok=True)
        _continue(remote, part, failure, progress or NoProgress())
        if part.stat().st_size < remote.size:
            raise failure(f"the download of {remote.url} ended early: run it again, it continues where it stopped")
        if sha256(part) != remote.sha256:
            part.unlink()
            raise failure(f"what {remote.url} sent is not {remote.what} (wrong sha256): try another network")
        part.replace(path)
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise failure(
            f"{remote.url} cannot be downloaded ({error}): run it again, it continues where it stopped, or get the "
            f"file elsewhere ({remote.size / 1e9:.1f} GB) and put it at {path}"
        ) from error
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}): choose a folder with {remote.size / 1e9:.1f} GB free"
        ) from error
    return path


def sha256(path: Path) -> str:
    """Return the checksum of a file in hexadecimal digits.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _continue(remote: Remote, part: Path, failure: type[SrganError], progress: Progress) -> None:
    """Append what is missing of the file; start again if the server cannot continue."""
    done = part.stat().st_size if part.exists() else 0
    if done == remote.size:
        return
    if done > remote.size:
        done = 0
    request = Request(remote.url, headers={"Range": f"bytes={done}-"} if done else {})
    with closing(urlopen(request, timeout=_TIMEOUT)) as response:
        if response.status != 206:
            done = 0
        # The login page of a hotel's network has status 200 too, and must not become the start of the file.
        if response.length not in (None, remote.size - done):
            raise failure(
                f"{remote.url} sends {done + response.length:,} bytes, but {remote.what} has {remote.size:,}: "
                "try another network"
            )
        progress.start(f"downloading {remote.what}", remote.size - done)
        with part.open("ab" if done else "wb") as file:
            while done < remote.size and (piece := response.read(min(_CHUNK, remote.size - done))):
                done += file.write(piece)
                progress.advance(len(piece))
