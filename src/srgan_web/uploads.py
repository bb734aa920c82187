"""Forms that clients send: read within limits of size and time, and images put into the store."""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from srgan.errors import SrganError
from srgan.files import AtomicFile
from srgan_web.limits import WebLimits

_MOST_FIELDS, _LONGEST_FIELD = 20, 2000
_FORM_OVERHEAD = 100_000  # bytes of a form beyond its image
_CHUNK = 1 << 18


class RequestRefused(SrganError):
    """A request that is answered with an HTTP status other than success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class UploadForm:
    """Fields of a form, and its image if it has one."""

    fields: dict[str, str] = field(default_factory=dict)
    image: UploadFile | None = None

    async def close(self) -> None:
        """Remove the temporary file of the image."""
        if self.image is not None:
            await self.image.close()


async def read_form(request: Request, limits: WebLimits) -> UploadForm:
    """Read a multipart or URL-encoded form; only the field `image` may be a file.

    Raises:
        RequestRefused: if it is too large, too slow, or not such a form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    length = request.headers.get("content-length", "")
    most = limits.max_bytes + _FORM_OVERHEAD if kind == "multipart/form-data" else _FORM_OVERHEAD
    if length.isdigit() and int(length[:20]) > most:
        raise _too_large(limits)
    if kind == "multipart/form-data":
        parser = MultiPartParser(
            request.headers,
            _limited(request, limits, most),
            max_files=1,
            max_fields=_MOST_FIELDS,
            max_part_size=_LONGEST_FIELD,
        )
        try:
            form = _split((await parser.parse()).multi_items(), limits)
        except (MultiPartException, ValueError) as error:
            raise RequestRefused(400, f"the form is damaged ({error})") from error
        if form.image is None:
            for file in parser._files_to_close_on_error:  # of an image that is cut short
                file.close()
        return form
    body = b"".join([chunk async for chunk in _limited(request, limits, most)])
    if kind == "application/x-www-form-urlencoded" or not body:
        try:
            return UploadForm(dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)))
        except ValueError as error:
            raise RequestRefused(400, f"the form is damaged ({error})") from error
    raise RequestRefused(415, "send a form: multipart/form-data with the field image")


def _split(items: list[tuple[str, UploadFile | str]], limits: WebLimits) -> UploadForm:
    form = UploadForm()
    for name, value in items:
        if isinstance(value, str):
            form.fields[name] = value
        elif name == "image":
            form.image = value
        else:
            value.file.close()
            raise RequestRefused(422, "only the field image may be a file")
    if form.image is not None and (form.image.size or 0) > limits.max_bytes:
        form.image.file.close()
        raise _too_large(limits)
    return form


async def _limited(request: Request, limits: WebLimits, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the body of a request until it is too large or too slow."""
    stream, size = request.stream(), 0
    deadline = time.monotonic() + limits.upload_seconds
    while True:
        patience = max(0.0, min(limits.idle_seconds, deadline - time.monotonic()))
        try:
            chunk = await asyncio.wait_for(anext(stream, None), patience)
        except TimeoutError:
            raise RequestRefused(408, "the upload is too slow: send it again") from None
        if chunk is None:
            return
        size += len(chunk)
        if size > most:
            raise _too_large(limits)
        yield chunk


def _too_large(limits: WebLimits) -> RequestRefused:
    return RequestRefused(413, f"the image has more than {limits.max_bytes} bytes: send a smaller one")


def save_upload(image: UploadFile, path: Path) -> str:
    """Write an uploaded image to the disk; return its SHA-256 in hexadecimal digits.

    Raises:
        OutputError: if the disk is full.
    """
    digest = hashlib.sha256()
    image.file.seek(0)
    with AtomicFile(path, overwrite=False, mode=0o600) as file:
        while chunk := image.file.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def copy_upload(source: Path, path: Path) -> None:
    """Copy an upload for another job.

    Raises:
        OutputError: if the disk is full.
    """
    with source.open("rb") as file, AtomicFile(path, overwrite=False, mode=0o600) as copy:
        while chunk := file.read(_CHUNK):
            copy.write(chunk)
