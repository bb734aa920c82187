"""Folders of images prepared once, and found again in the cache afterwards."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from srgan.data.known_tests import known_tests
from srgan.data.layouts import detect
from srgan.data.prepare import PreparationReport, prepare
from srgan.data.prepared_set import PreparedPictures, is_prepared
from srgan.errors import DataError
from srgan.files import cache_root
from srgan.progress import Progress


def prepared(
    folder: Path, *, scale: int = 4, progress: Progress | None = None, cache: Path | None = None
) -> tuple[PreparedPictures, PreparationReport | None]:
    """Return the images of a folder, ready for training, and the report if they were prepared just now.

    Args:
        folder: prepared, or images in any layout; the latter are prepared into the cache and found there again until
            a file changes.
        scale: factor between high and low resolution; a prepared folder has its own.
        progress: counts images.
        cache: replaces `cache_root()`.

    Raises:
        DataError: if there are no images.
        OutputError: if the cache cannot be written.
    """
    if is_prepared(folder):
        return PreparedPictures(folder), None
    selection = detect(folder).select(folder)
    pictures = [*selection.training, *selection.validation]
    root = (cache or cache_root()) / "pictures"
    place = root / f"{folder.absolute().name}-{_fingerprint(folder, pictures, scale)}"
    if is_prepared(place):
        with suppress(DataError):  # a damaged set in the cache is made again
            return PreparedPictures(place), None
    report = prepare(selection.training, place, validation=selection.validation, scale=scale, progress=progress)
    return PreparedPictures(place), report


def _fingerprint(folder: Path, pictures: Iterable[Path], scale: int) -> str:
    """Return eight digits that depend on the folder, its files with sizes and times, and the list of test images."""
    digest = hashlib.sha256(b"%s\0%d\0%s" % (os.fsencode(folder.absolute()), scale, known_tests().identity.encode()))
    for path in pictures:
        try:
            state = path.stat()
        except OSError:  # a broken link: reported when it is read
            continue
        digest.update(b"\0%s\0%d\0%d" % (os.fsencode(path.relative_to(folder)), state.st_size, state.st_mtime_ns))
    return digest.hexdigest()[:8]
