"""Files sent in chunks: results, renderings, and an archive of results made while it is sent."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from srgan_web.job_record import JobRecord
from srgan_web.job_store import JobStore
from srgan_web.uploads import RequestRefused

_CHUNK = 1 << 18
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same results give the same archive


async def send_file(
    path: Path, media_type: str, headers: dict[str, str] | None = None, then: BackgroundTask | None = None
) -> Response:
    """Return a file as a response.

    Args:
        path: of the file.
        media_type: of its contents.
        headers: besides the type.
        then: done when it has been sent.

    Raises:
        RequestRefused: if it has been deleted.
    """
    file = await run_in_threadpool(_open, path)
    return StreamingResponse(_chunks(file), media_type=media_type, headers=headers, background=then)


async def send_result(job: JobRecord, store: JobStore, then: BackgroundTask | None = None) -> Response:
    """Return the result of a job under its name."""
    headers = {
        "Content-Length": str(job.outcome["bytes"]),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(job.plan['result']['name'])}",
        "Srgan-Model": job.outcome["model"],
    }
    return await send_file(store.result(job.id), f"image/{job.plan['result']['format']}", headers, then)


def send_archive(jobs: Iterable[JobRecord], store: JobStore) -> Response:
    """Return the results of jobs as a ZIP archive."""
    files = [(name, store.result(job.id)) for name, job in archive_names(jobs)]
    headers = {"Content-Disposition": 'attachment; filename="enlarged.zip"'}
    return StreamingResponse(_zip_chunks(files), media_type="application/zip", headers=headers)


def archive_names(jobs: Iterable[JobRecord]) -> list[tuple[str, JobRecord]]:
    """Return finished jobs under names that are all different, whatever the case of their letters."""
    entries: list[tuple[str, JobRecord]] = []
    taken: set[str] = set()
    for job in jobs:
        if job.status != "done":
            continue
        path, number = Path(job.plan["result"]["name"]), 1
        name = path.name
        while name.lower() in taken:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        taken.add(name.lower())
        entries.append((name, job))
    return entries


class _Pipe:
    """A file that can only be written; what was written is taken out in parts."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _zip_chunks(files: list[tuple[str, Path]]) -> Iterator[bytes]:
    """Yield a ZIP archive, not compressed: images are already. Files that have been deleted are left out."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[call-overload]
        for name, path in files:
            try:
                file = path.open("rb")
            except OSError:
                continue
            with file, archive.open(zipfile.ZipInfo(name, _ZIP_TIME), "w", force_zip64=True) as entry:
                for chunk in _chunks(file):
                    entry.write(chunk)
                    yield pipe.take()
    yield pipe.take()


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise RequestRefused(404, "the image has been deleted") from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
