"""Pictures written to files row by row: a file appears when it is whole, or not at all.

Encoding runs in a thread of its own, so that it overlaps with whatever makes the rows; memory does not grow with the
picture, except for WebP and AVIF, whose libraries take pictures whole.
"""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyvips

from srgan.errors import OutputError
from srgan.files import Destination
from srgan.images import exif
from srgan.images.colour import Depth, Pixels
from srgan.images.encoding import SaveOptions, fit_depth, fit_profile, saver
from srgan.images.formats import check_format, losses
from srgan.images.metadata import Metadata, attach, exif_to_feed, tiff_tags
from srgan.images.png_stream import FeedClosed, PictureFeed
from srgan.images.resize import resize_image
from srgan.images.vips import VipsFailure, forget_failures, reason


class PictureWriter:
    """A picture being written, from top to bottom. A context manager: on leaving it the file is there, whole.

    When it is left by an exception, Ctrl-C for one, nothing is there.

    Args:
        path: of the file.
        size: (width, height) of the rows that will come.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        depth: bits a channel of the rows.
        options: format and quality.
        resize_to: (width, height) of the file, when it is not `size`.
        metadata: what the file will carry beside the pixels, where its format can.
        overwrite: whether an existing file is replaced.

    Attributes:
        notes: what the format does not hold of the picture, one short line each.

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
        self.notes = losses(options.format, channels, depth)
        self._destination = Destination(path, overwrite=overwrite)
        metadata = fit_profile(metadata or Metadata(), options.format, channels)
        if not options.keep_metadata:
            metadata = Metadata(icc=metadata.icc, dots_per_inch=metadata.dots_per_inch)
        self._metadata = metadata
        self._made_by = options.made_by if options.keep_metadata else None
        self._rows_written = 0

    def __enter__(self) -> Self:
        block = exif_to_feed(self._metadata, self._options.format)
        self._feed = PictureFeed(*self._size, self._channels, self._depth, block)
        descriptor = self._destination.open()
        self._executor = ThreadPoolExecutor(1, "srgan-encoder")
        self._encoding: Future[None] = self._executor.submit(self._encode, descriptor)
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
        expected = np.uint8 if self._depth == 8 else np.uint16
        if rows.dtype != expected or rows.ndim != 3 or rows.shape[1:] != (width, self._channels):
            raise ValueError(
                f"rows of {self._depth} bits and shape (count, {width}, {self._channels}) were promised, "
                f"not {rows.dtype} and {rows.shape}"
            )
        if self._rows_written + len(rows) > height:
            raise ValueError(f"{height} rows were promised, and more came")
        try:
            self._feed.push(rows)
        except FeedClosed:
            self._raise_failure()
        self._rows_written += len(rows)

    def _encode(self, descriptor: int) -> None:
        """Pull the rows through libvips into the temporary file. Runs in the encoder's thread."""
        options = self._options
        try:
            forget_failures()
            source = pyvips.SourceCustom()
            source.on_read(self._feed.pull)
            image = pyvips.Image.pngload_source(source, access="sequential", fail_on="error")
            image = fit_depth(resize_image(image, self._final_size), options.format)
            image = attach(image, self._metadata, options.format, self._made_by)
            operation, settings = saver(options, self._final_size, self._channels, self._depth)
            keep = "all" if options.keep_metadata else "icc"
            pyvips.Operation.call(operation, image, pyvips.Target.new_to_descriptor(descriptor), keep=keep, **settings)
        finally:
            self._feed.close()

    def _raise_failure(self) -> None:
        """Wait for the encoder to end, and raise what it failed of, if it did."""
        failure = self._encoding.exception()
        if isinstance(failure, VipsFailure):
            self._destination.fail(reason(failure))
        if failure is not None:
            raise failure

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._feed.stop()
            self._executor.shutdown(wait=True)
            self._destination.close()

    def _finish(self) -> None:
        if self._rows_written != self._size[1]:
            raise OutputError(
                f"{self._destination} was not written: {self._rows_written} of {self._size[1]} rows came; start again"
            )
        with suppress(FeedClosed):
            self._feed.end()
        self._raise_failure()
        if self._options.format == "tiff":
            self._add_tags()
        self._destination.appear()

    def _add_tags(self) -> None:
        extra = tiff_tags(self._metadata, self._final_size, self._made_by)
        if not extra.tags and not extra.children:
            return
        with os.fdopen(os.dup(self._destination.descriptor), "r+b") as file:

            def read_at(offset: int, length: int) -> bytes:
                file.seek(offset)
                return file.read(length)

            def write_at(offset: int, data: bytes) -> None:
                file.seek(offset)
                file.write(data)

            try:
                exif.add_tags(read_at, write_at, os.fstat(file.fileno()).st_size, extra)
                file.flush()
            except OSError as problem:
                self._destination.fail(problem.strerror or str(problem))
