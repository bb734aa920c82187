"""The bytes of an image, in a file or in memory: opened, recognised, and given to the one loader for their format."""

import io
import os
import stat
import zlib
from pathlib import Path
from typing import Any

from srgan.errors import PictureError
from srgan.files import system_reason
from srgan.images import containers
from srgan.images.bmp import load_bmp, open_bmp
from srgan.images.containers import JpegContents
from srgan.images.formats import SNIFFED_BYTES, sniff
from srgan.images.gif import check_whole, on_canvas, read_first_frame
from srgan.images.heic import load_heic, open_heic
from srgan.images.tiff_tags import harmless_faults
from srgan.images.vips import pyvips, unreadable

_LOADERS = {"avif": "heif"}


class InputBytes:
    """An opened image, not yet decoded.

    Args:
        source: a file, or the bytes of one.
        reduction: a JPEG is loaded at this part of its size, 1, 2, 4 or 8.

    Attributes:
        name: for messages.
        format: a key of FORMATS or READ_ONLY.
        jpeg: the blocks of a JPEG; empty for other formats.

    Raises:
        PictureError: if there is no such file, or it is no image that srgan reads.
    """

    def __init__(self, source: str | Path | bytes, *, reduction: int = 1) -> None:
        self._bytes, self._descriptor, self._reduction = b"", -1, reduction
        self._opened: Any = None
        if isinstance(source, bytes):
            self.name, self._bytes = "standard input", source
        else:
            self.name = "".join(char if char.isprintable() else "?" for char in str(source))
            self._descriptor = _open(source, self.name)
        try:
            self.format = self._recognise()
            self.jpeg = containers.scan_jpeg(self.read_at) if self.format == "jpeg" else JpegContents()
            self._mend_jpeg()
            self._mend_tiff()
        except BaseException:
            self.close()
            raise

    def _recognise(self) -> str:
        start = self.read_at(0, SNIFFED_BYTES)
        if not start:
            raise PictureError(f"{self.name} is empty: give a picture")
        format = sniff(start)
        if format is None:
            raise PictureError(
                f"{self.name} is not a picture that srgan reads: give a JPEG, PNG, WebP, TIFF, AVIF, HEIC, BMP or GIF "
                "file"
            )
        if format == "png" and zlib.crc32(start[12:29]) != int.from_bytes(start[29:33], "big"):
            # libvips looks at this sum only after it has taken memory for the size that the header claims.
            raise PictureError(f"{self.name} is damaged (its header does not add up): use an intact copy")
        return format

    def _mend_jpeg(self) -> None:
        """Read a JPEG without the faults before its pixels that decoders pass over, as some phones write them.

        Decoders warn of them, and libjpeg's first warning hides those of damaged pixels.
        """
        if self.jpeg.scan_faults or self.jpeg.padding:
            self._bytes = containers.mend_jpeg(self._whole(), self.jpeg)
            self._release()

    def _mend_tiff(self) -> None:
        """Read a TIFF without faults that cost no pixel, for which libtiff gives up: see `harmless_faults`."""
        faults = harmless_faults(self.read_at, self.length) if self.format == "tiff" else ()
        if faults:
            mended = bytearray(self._whole())
            for at, right in faults:
                mended[at : at + len(right)] = right
            self._bytes = bytes(mended)
            self._release()

    @property
    def length(self) -> int:
        """Number of bytes."""
        return len(self._bytes) if self._descriptor < 0 else os.fstat(self._descriptor).st_size

    def _whole(self) -> bytes:
        return self._bytes if self._descriptor < 0 else self.read_at(0, self.length)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return so many bytes from an offset, fewer or none at the end.

        Raises:
            PictureError: if the disk fails.
        """
        if self._descriptor < 0:
            return self._bytes[offset : offset + length]
        if offset >= 1 << 63:
            return b""
        try:
            return _read_at(self._descriptor, offset, length)
        except OSError as problem:
            raise PictureError(f"{self.name} cannot be read ({system_reason(problem)}): check the disk") from None

    def size(self) -> tuple[int, int]:
        """Return (width, height) as stored, before memory is taken for the pixels."""
        if self.format in ("heic", "bmp"):
            if self._opened is None and self.format == "heic":
                self._opened = open_heic(self._whole(), self.name)
            elif self._opened is None:
                self._opened = open_bmp(io.BufferedReader(_File(self)), self.name)
            size: tuple[int, int] = self._opened[0]
            return size
        if self.format == "gif":
            return read_first_frame(self.read_at, self.name).canvas
        image = self.load(strictness="error")
        return image.width, image.height

    def check_whole(self) -> None:
        """Refuse a GIF that lacks pixels, which libvips would make up; decoders of other formats fail by themselves."""
        if self.format == "gif":
            check_whole(self._whole(), read_first_frame(self.read_at, self.name), self.name)

    def load(self, *, strictness: str) -> Any:
        """Return a libvips image to be read once, by the loader of its format and by no other; only its header is read.

        HEIC and BMP are decoded whole.

        Args:
            strictness: at which level of trouble libvips is to fail: `error` or `warning`.
        """
        if self.format in ("heic", "bmp"):
            size = self.size()
            opened = self._opened[1]
            if not isinstance(opened, pyvips.Image):
                image = load_heic(opened, self.name) if self.format == "heic" else load_bmp(opened, self.name)
                self._opened = size, image  # without what decoded it, and its memory
            return self._opened[1]
        loader = f"{_LOADERS.get(self.format, self.format)}load_source"
        if not pyvips.type_find("VipsOperation", loader):
            raise PictureError(
                f"{self.name} is {self.format.upper()}, which this libvips cannot read: save it as PNG first"
            )
        if self._descriptor < 0:
            source = pyvips.Source.new_from_memory(self._bytes)
        else:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            source = pyvips.Source.new_from_descriptor(self._descriptor)
        reduced = {"shrink": self._reduction} if self.format == "jpeg" else {}
        image = pyvips.Operation.call(loader, source, access="sequential", fail_on=strictness, **reduced)
        return on_canvas(image, read_first_frame(self.read_at, self.name)) if self.format == "gif" else image

    def damaged(self, failure: BaseException) -> PictureError:
        """Return the error to raise when libvips fails to decode it."""
        return unreadable(self.name, failure)

    def without_room(self, problem: OSError) -> PictureError:
        """Return the error to raise when a temporary file for its pixels cannot be made."""
        return PictureError(f"{self.name} needs a temporary file ({system_reason(problem)}): free some space")

    def close(self) -> None:
        """Close the file."""
        self._opened = None
        self._release()

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _File(io.RawIOBase):
    """The bytes as a file to seek in; closing it closes nothing."""

    def __init__(self, opened: InputBytes) -> None:
        self._opened, self._position = opened, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._opened.length}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._opened.read_at(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _read_at(descriptor: int, offset: int, length: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, length, offset)
    position = os.lseek(descriptor, 0, os.SEEK_CUR)  # where libvips goes on reading
    os.lseek(descriptor, offset, os.SEEK_SET)
    try:
        return os.read(descriptor, length)
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)


def _open(path: str | Path, name: str) -> int:
    """Return a descriptor of an ordinary file."""
    try:
        # Non-blocking, so that a pipe without a writer is refused and not waited for.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise PictureError(f"{name} does not exist: check the path") from None
    except PermissionError:
        raise PictureError(f"{name} may not be read: check its permissions") from None
    except (OSError, ValueError) as error:  # a name too long, or with a zero byte
        raise PictureError(f"{name} cannot be opened ({system_reason(error)}): check the path") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    kind = "a folder" if stat.S_ISDIR(mode) else "not an ordinary file"
    raise PictureError(f"{name} is {kind}: give a picture file")
