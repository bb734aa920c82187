"""Pictures written to files row by row: a file appears when it is whole, or not at all.

Encoding runs in a thread of its own, so that it overlaps with whatever makes the rows; memory does not grow with the
picture, except for WebP and AVIF, whose libraries take pictures whole.
"""

import os
import secrets
import stat
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyvips

from srgan.errors import OutputError, UsageError
from srgan.images import exif
from srgan.images.colour import Depth, Pixels
from srgan.images.feed import FeedClosed, PictureFeed
from srgan.images.formats import FORMATS, check_format
from srgan.images.metadata import Metadata, attach, profile_fits, tiff_tags
from srgan.images.resize import resize_image
from srgan.images.vips import VipsFailure, reason

_CLASSIC_TIFF = 3_900_000_000  # bytes; offsets in a classic TIFF end at 4 GiB


@dataclass(frozen=True)
class SaveOptions:
    """How a result is written."""

    format: str
    """A key of FORMATS."""
    quality: int = 95
    """1 to 100, for JPEG, WebP and AVIF."""
    keep_metadata: bool = True
    """Whether EXIF, XMP and IPTC of the source are carried over; the colour profile always is."""
    made_by: str | None = None
    """What the metadata says of the making of the picture; nothing when metadata is not kept."""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UsageError(f"--format must be one of {', '.join(FORMATS)}, not {self.format!r}")
        if not 1 <= self.quality <= 100:
            raise UsageError(f"--quality must be from 1 to 100, not {self.quality}")


class PictureWriter:
    """A picture being written, from top to bottom. A context manager: on leaving it the file is there, whole.

    When it is left by an exception, also by Ctrl-C, nothing is there.

    Args:
        path: of the file.
        size: (width, height) of the rows that will come.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        depth: bits a channel of the rows.
        options: format and quality.
        resize_to: (width, height) of the file, when it is not `size`.
        metadata: what the file will carry beside the pixels.
        overwrite: whether an existing file is replaced.

    Raises:
        OutputError: if the file exists, cannot be made, or its format cannot hold the picture.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        size: tuple[int, int],
        channels: int,
        depth: Depth,
        options: SaveOptions,
        resize_to: tuple[int, int] | None = None,
        metadata: Metadata | None = None,
        overwrite: bool = False,
    ) -> None:
        self._size, self._channels, self._depth, self._options = size, channels, depth, options
        self._final_size = resize_to or size
        check_format(options.format, *self._final_size, channels, depth)
        # Through links, so that the file is replaced and not the link.
        self._path, self._overwrite = Path(os.path.realpath(path)), overwrite
        _check_place(self._path, overwrite=overwrite)
        metadata = metadata or Metadata()
        if not options.keep_metadata:
            metadata = Metadata(icc=metadata.icc, dots_per_inch=metadata.dots_per_inch)
        self._metadata = metadata
        self._made_by = options.made_by if options.keep_metadata else None
        self._rows_written = 0
        self._temporary: Path | None = None

    def __enter__(self) -> Self:
        self._temporary, self._descriptor = _temporary_file(self._path.parent)
        block = self._metadata.exif if self._options.format != "tiff" else None
        self._feed = PictureFeed(*self._size, self._channels, self._depth, block)
        self._executor = ThreadPoolExecutor(1, "srgan-encoder")
        self._encoding: Future[None] = self._executor.submit(self._encode)
        return self

    def write_rows(self, rows: Pixels) -> None:
        """Give the next rows.

        Args:
            rows: (count, width, channels), of the size, channels and depth promised.

        Raises:
            OutputError: if the file cannot be written.
            ValueError: if the rows are not those promised, or too many.
        """
        expected = np.uint8 if self._depth == 8 else np.uint16
        if rows.dtype != expected or rows.ndim != 3 or rows.shape[1:] != (self._size[0], self._channels):
            raise ValueError(f"rows are {self._size[0]} x {self._channels} of {self._depth} bits, not {rows.shape}")
        if self._rows_written + len(rows) > self._size[1]:
            raise ValueError(f"{self._size[1]} rows were promised, and more came")
        try:
            self._feed.push(rows)
        except FeedClosed:
            self._fail()
        self._rows_written += len(rows)

    def _fail(self) -> None:
        """Raise what the encoder failed of; the encoder has ended."""
        failure = self._encoding.exception()
        if isinstance(failure, VipsFailure):
            raise OutputError(_not_written(self._path, reason(failure))) from None
        if isinstance(failure, OSError):
            raise OutputError(_not_written(self._path, failure.strerror or str(failure))) from None
        if failure is not None:
            raise failure

    def _encode(self) -> None:
        """Pull the rows through libvips into the temporary file. Runs in the encoder's thread."""
        try:
            source = pyvips.SourceCustom()
            source.on_read(self._feed.pull)
            image = pyvips.Image.pngload_source(source, access="sequential", fail_on="error")
            image = attach(
                resize_image(image, self._final_size), self._fitting_metadata(), self._options.format, self._made_by
            )
            target = pyvips.Target.new_to_descriptor(self._descriptor)
            saver, options = _saver(self._options, self._final_size, self._channels, self._depth)
            keep = "all" if self._options.keep_metadata else "icc"
            pyvips.Operation.call(saver, image, target, keep=keep, **options)
        finally:
            self._feed.close()

    def _fitting_metadata(self) -> Metadata:
        """Without a profile that does not describe the file's pixels: WebP makes three channels of gray."""
        channels = 3 if self._options.format == "webp" else self._channels
        icc = self._metadata.icc
        if icc is None or profile_fits(icc, channels):
            return self._metadata
        return Metadata(
            None, self._metadata.exif, self._metadata.xmp, self._metadata.iptc, self._metadata.dots_per_inch
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._feed.stop()
            self._executor.shutdown(wait=True)
            os.close(self._descriptor)
            if self._temporary is not None:
                with suppress(OSError):
                    self._temporary.unlink()

    def _finish(self) -> None:
        if self._rows_written != self._size[1]:
            raise OutputError(
                f"{self._path} was not written: {self._rows_written} of {self._size[1]} rows came; start again"
            )
        with suppress(FeedClosed):
            self._feed.end()
        self._encoding.exception()
        self._fail()
        try:
            if self._options.format == "tiff":
                self._add_tags()
            os.fsync(self._descriptor)
            self._appear()
        except FileExistsError:
            raise OutputError(_exists(self._path)) from None
        except OSError as problem:
            raise OutputError(_not_written(self._path, problem.strerror or str(problem))) from None

    def _add_tags(self) -> None:
        extra = tiff_tags(self._metadata, self._final_size, self._made_by)
        if not extra.tags and not extra.children:
            return
        descriptor = self._descriptor

        def read_at(offset: int, length: int) -> bytes:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, length)

        def write_at(offset: int, data: bytes) -> None:
            os.lseek(descriptor, offset, os.SEEK_SET)
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]

        exif.add_tags(read_at, write_at, os.fstat(descriptor).st_size, extra)

    def _appear(self) -> None:
        """Give the temporary file its name."""
        assert self._temporary is not None
        if self._overwrite:
            os.replace(self._temporary, self._path)
        else:
            _rename_to_new(self._temporary, self._path)
        self._temporary = None
        with suppress(OSError, AttributeError):  # not every system lets a folder be synchronised
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _saver(options: SaveOptions, size: tuple[int, int], channels: int, depth: Depth) -> tuple[str, dict[str, Any]]:
    """The libvips operation that writes a format, and its settings."""
    if options.format == "jpeg":
        # Full resolution of colour: a network has just drawn it.
        return "jpegsave_target", {"Q": options.quality, "subsample_mode": "off"}
    if options.format == "webp":
        return "webpsave_target", {"Q": options.quality, "effort": 4, "smart_subsample": True}
    if options.format == "avif":
        bits = min(depth, FORMATS["avif"].deepest)
        settings = {"Q": options.quality, "bitdepth": bits, "compression": "av1", "effort": 2, "subsample_mode": "off"}
        return "heifsave_target", settings
    if options.format == "tiff":
        big = size[0] * size[1] * channels * depth // 8 > _CLASSIC_TIFF
        return "tiffsave_target", {"compression": "deflate", "predictor": "horizontal", "level": 4, "bigtiff": big}
    return "pngsave_target", {"compression": 2, "filter": "paeth"}


def _check_place(path: Path, *, overwrite: bool) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, ValueError) as problem:
        raise OutputError(_not_written(path, getattr(problem, "strerror", None) or str(problem))) from None
    if mode is not None and not stat.S_ISREG(mode):
        raise OutputError(f"{path} is not an ordinary file: choose another name")
    if mode is not None and not overwrite:
        raise OutputError(_exists(path))
    if not path.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist: create it first")


def _temporary_file(folder: Path) -> tuple[Path, int]:
    """A new hidden file in the folder where the result will be, so that renaming it cannot fail half-way."""
    temporary = folder / f".srgan-{secrets.token_hex(8)}.part"
    try:
        return temporary, os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as problem:
        raise OutputError(_not_written(folder, problem.strerror or str(problem))) from None


def _rename_to_new(temporary: Path, path: Path) -> None:
    """Rename, unless somebody has made a file of that name since we looked.

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


def _exists(path: Path) -> str:
    return f"{path} exists already: choose another name, or --overwrite to replace it"


def _not_written(path: Path, why: str) -> str:
    return f"{path} cannot be written ({why}): free some space or choose another folder"
