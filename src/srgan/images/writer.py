"""Images written to files row by row: a file appears when it is whole, or not at all.

Encoding runs in a thread of its own, so that it overlaps with the making of the rows; memory does not grow with the
image, except for WebP and AVIF, whose libraries take images whole.
"""

import secrets
import struct
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from srgan.errors import OutputError
from srgan.files import AtomicFile, system_reason
from srgan.images import containers, exif
from srgan.images.bmp import write_bmp
from srgan.images.colour import DTYPES, Depth, Pixels
from srgan.images.encoders import fit_depth, saver, without_gray
from srgan.images.exif import Directory, Tag
from srgan.images.formats import EncodeOptions, check_format, losses
from srgan.images.icc import SRGB_SPACE, make_profile
from srgan.images.metadata import THUMBNAIL, Metadata, fit
from srgan.images.metadata_writer import attach, jpeg_segments, png_chunks, tiff_tags
from srgan.images.png_stream import PngStream, StreamClosed, floats_of
from srgan.images.pyramid import add_smaller_copies
from srgan.images.resize import resize_image
from srgan.images.tiff_tags import add_tags
from srgan.images.vips import VipsFailure, forget_failures, pyvips, reason

_KEPT = {"exif": 1, "xmp": 2, "icc": 8}  # VipsForeignKeep
_PIECE = 1 << 20  # bytes searched at once


class ImageWriter:
    """An image being written, from top to bottom. A context manager: on leaving it the file is there, whole.

    When it is left by an exception, Ctrl-C for one, nothing is there.

    Args:
        path: of the file.
        size: (width, height) of the rows that will come.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        depth: bits a channel of the rows.
        options: format and quality.
        resize_to: (width, height) of the file, when it is not `size`.
        metadata: of the source; it is made to fit.
        overwrite: whether an existing file is replaced.

    Attributes:
        ledger: what the source carried, and whether it is kept, corrected or left out.
        notes: what the file does not hold of the image, one short line each; what no format holds is in the notes of
            the source.

    Raises:
        OutputError: if the file exists, cannot be made, or its format cannot hold the image.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        size: tuple[int, int],
        channels: int,
        depth: Depth,
        options: EncodeOptions,
        resize_to: tuple[int, int] | None = None,
        metadata: Metadata | None = None,
        overwrite: bool = False,
    ) -> None:
        self._size, self._channels, self._depth, self._options = size, channels, depth, options
        self._final_size = resize_to or size
        check_format(options.format, *self._final_size, channels, depth)
        source = metadata or Metadata()
        self._lossless = source.lossless if options.lossless is None else options.lossless
        self._metadata, self.ledger = fit(source, options, self._final_size, channels)
        lost = [entry for entry in self.ledger if entry.fate == "left out" and entry not in source.left_out]
        left_out = [str(entry) for entry in lost if entry.what != THUMBNAIL and options.keep_metadata]
        self.notes = (*losses(options.format, channels, depth), *left_out)
        self._file = AtomicFile(path, overwrite=overwrite)
        self._rows_written = 0

    def __enter__(self) -> Self:
        # Of WebP and AVIF, libvips writes an EXIF block of its own making: it is given a placeholder to be overwritten.
        self._mark = secrets.token_bytes(32)
        placeholder = None
        if self._options.format in ("webp", "avif") and self._metadata.exif is not None:
            # Text whose character set is said: libexif would add it, but for text that begins with a zero.
            room = b"ASCII\0\0\0" + self._mark * (len(self._metadata.exif) // 32 + 1)
            photo = Directory({0x9286: Tag(7, len(room), room)})
            placeholder = exif.pack_exif(Directory({}, {exif.EXIF_POINTER: photo}))
        self._stream = PngStream(*self._size, self._channels, self._depth, placeholder)
        descriptor = self._file.open()
        self._executor = ThreadPoolExecutor(1, "srgan-encoder")
        try:
            self._encoding: Future[None] = self._executor.submit(self._encode, descriptor)
        except BaseException:  # an interruption: the encoder may have begun, and would wait for rows for ever
            self._stream.stop()
            raise
        return self

    def write_rows(self, rows: Pixels) -> None:
        """Give the next rows.

        Args:
            rows: (count, width, channels), of the size, channels and depth promised.

        Raises:
            OutputError: if the file cannot be written.
            ValueError: if the rows are not those promised, or too many.
        """
        width, height = self._size
        if rows.dtype != DTYPES[self._depth] or rows.ndim != 3 or rows.shape[1:] != (width, self._channels):
            raise ValueError(
                f"rows of {self._depth} bits and shape (count, {width}, {self._channels}) were promised, "
                f"not {rows.dtype} and {rows.shape}"
            )
        if self._rows_written + len(rows) > height:
            raise ValueError(f"{height} rows were promised, and more came")
        try:
            self._stream.push(rows)
        except StreamClosed:
            self._raise_failure()
        self._rows_written += len(rows)

    def _encode(self, descriptor: int) -> None:
        """Pull the rows through libvips into the temporary file. Runs in the encoder's thread."""
        format, metadata = self._options.format, self._metadata
        try:
            forget_failures()
            source = pyvips.SourceCustom()
            source.on_read(self._stream.pull)
            image = pyvips.Image.pngload_source(source, access="sequential", fail_on="error")
            if self._depth == 32:
                image = floats_of(image, self._channels)
            image = fit_depth(resize_image(image, self._final_size), format)
            with open(descriptor, "r+b", closefd=False) as file:
                if format == "bmp":
                    write_bmp(without_gray(image), file, metadata.icc, metadata.dots_per_inch)
                    return
                operation, settings = saver(
                    self._options, self._final_size, self._channels, self._depth, lossless=self._lossless
                )
                if format == "jpeg":
                    segments = jpeg_segments(metadata)
                    _save_with_head(file, operation, image, settings, lambda head: containers.jpeg_head(head, segments))
                elif format == "png":
                    chunks = png_chunks(metadata, self._options.made_by if self._options.keep_metadata else None)
                    _save_with_head(file, operation, image, settings, lambda head: containers.png_head(head, chunks))
                else:
                    self._save_with_libvips(file, operation, image, settings)
        finally:
            self._stream.close()

    def _save_with_libvips(self, file: BinaryIO, operation: str, image: Any, settings: dict[str, Any]) -> None:
        """Save WebP, AVIF or TIFF, and write into the file what libvips does not."""
        format, metadata = self._options.format, self._metadata
        keep = sum(bit for name, bit in _KEPT.items() if getattr(metadata, name) is not None)
        image = attach(image, metadata, format)
        coded = format == "avif" and metadata.cicp is not None
        if coded:  # libvips cannot write colour codes: they take the place of a profile
            keep |= _KEPT["icc"]
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", make_profile(SRGB_SPACE, gray=False))
        target = pyvips.Target.new_to_descriptor(file.fileno())
        pyvips.Operation.call(operation, image, target, keep=keep, **settings)
        if self._options.pyramid:
            add_smaller_copies(file, self._file.path.parent, settings)
        if format == "tiff":
            add_tags(file, tiff_tags(metadata))
            return
        if metadata.exif is not None:
            start, end = _find(file, self._mark)
            file.seek(max(0, start - 4096))
            before = file.read(start - file.tell())
            header = start - len(before) + max(before.rfind(b"II*\0"), before.rfind(b"MM\0*"))
            if format == "webp":  # libvips puts JPEG's marker before it
                header -= len(containers.EXIF_MARK)
            file.seek(header)
            file.write(metadata.exif.ljust(end - header, b"\0"))
        if coded and metadata.cicp is not None:
            start, _ = _find(file, b"colrrICC")
            file.seek(start - 4)
            room = int.from_bytes(file.read(4), "big") - 8
            matrix = 0 if self._lossless else 6  # by which libheif encodes
            codes = struct.pack(">4sHHHB", b"nclx", *metadata.cicp, matrix, 0x80)
            file.seek(start + 4)
            file.write(codes.ljust(room, b"\0"))

    def _raise_failure(self) -> None:
        """Wait for the encoder to end, and raise its error, if it had one."""
        failure = self._encoding.exception()
        if isinstance(failure, VipsFailure):
            self._file.fail(reason(failure))
        if isinstance(failure, OSError):
            self._file.fail(system_reason(failure))
        if failure is not None:
            raise failure

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._stream.stop()
            self._executor.shutdown(wait=True)
            self._file.close()

    def _finish(self) -> None:
        if self._rows_written != self._size[1]:
            raise OutputError(
                f"{self._file} was not written: {self._rows_written} of {self._size[1]} rows came; start again"
            )
        with suppress(StreamClosed):
            self._stream.end()
        self._raise_failure()
        self._file.commit()


def _save_with_head(
    file: BinaryIO, operation: str, image: Any, settings: dict[str, Any], change: Callable[[bytes], bytes | None]
) -> None:
    """Save by an operation of libvips, with another head than it writes.

    Args:
        change: makes the beginning that goes into the file out of that of libvips; None until there is enough of it.

    Raises:
        OSError: if the file cannot be written.
    """
    head: bytes | None = b""
    failure: OSError | None = None

    def write(data: memoryview) -> int:
        nonlocal head, failure
        try:
            if head is None:
                file.write(data)
            else:
                head += bytes(data)
                changed = change(head)
                if changed is not None:
                    file.write(changed)
                    head = None
        except OSError as problem:
            failure = problem
            return -1
        return len(data)

    target = pyvips.TargetCustom()
    target.on_write(write)
    try:
        pyvips.Operation.call(operation, image, target, keep="none", **settings)
        file.flush()
    except VipsFailure:
        if failure is None:
            raise
        raise failure from None


def _find(file: BinaryIO, mark: bytes) -> tuple[int, int]:
    """Return where repetitions of a mark begin and end in a file."""
    file.seek(0)
    at, tail = 0, b""
    while piece := file.read(_PIECE):
        window = tail + piece
        if (found := window.find(mark)) >= 0:
            break
        at, tail = at + len(piece), window[-len(mark) :]
    else:
        raise OSError("the encoder left out the metadata")
    start = end = at - len(tail) + found
    file.seek(start)
    while file.read(len(mark)) == mark:
        end += len(mark)
    return start, end
