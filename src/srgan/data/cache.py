"""Pictures prepared once and found again: what was prepared is opened, any other folder is prepared at first sight."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from srgan.data.known_tests import known_tests
from srgan.data.layouts import detect
from srgan.data.prepare import PreparedPictures, Progress, Report, is_prepared, prepare
from srgan.errors import DataError


def cache_root() -> Path:
    """Where srgan keeps what it can make again: `SRGAN_CACHE`, else `srgan` in `XDG_CACHE_HOME`, else `~/.cache/srgan`.

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
        raise DataError("there is no home folder to keep prepared pictures in: set SRGAN_CACHE to a folder") from error


def prepared(
    folder: Path,
    *,
    scale: int = 4,
    progress: Progress = lambda done, whole: None,
    cache: Path | None = None,
) -> tuple[PreparedPictures, Report | None]:
    """The pictures of a folder, ready for training, and the report of their preparation if that was done just now.

    Args:
        folder: one that was prepared, or one of pictures in any layout. The latter is prepared into the cache, where it
            is found again for as long as its pictures stay as they are.
        scale: the factor between high and low resolution; a folder that was prepared has its own.
        progress: told after every picture how many are done, and how many there are.
        cache: in place of `cache_root()`.

    Raises:
        DataError: if there are no pictures, or the cache cannot be written.
    """
    if is_prepared(folder):
        return PreparedPictures(folder), None
    layout = detect(folder)
    selection = layout.select(folder)
    pictures = [*selection.training, *selection.validation]
    root = (cache or cache_root()) / "pictures"
    place = root / f"{folder.absolute().name}-{_fingerprint(folder, pictures, scale)}"
    if is_prepared(place):
        with suppress(DataError):  # it is damaged, and srgan's own: it is made again
            return PreparedPictures(place), None
    report = prepare(selection.training, place, validation=selection.validation, scale=scale, progress=progress)
    return PreparedPictures(place), report


def _fingerprint(folder: Path, pictures: Iterable[Path], scale: int) -> str:
    """Eight digits that change when the place, a picture, its size or its time do, or what it is compared with."""
    digest = hashlib.sha256(b"%s\0%d\0%s" % (os.fsencode(folder.absolute()), scale, known_tests().identity.encode()))
    for path in pictures:
        try:
            state = path.stat()
        except OSError:  # a link that leads nowhere: left out and reported when it is read
            continue
        digest.update(b"\0%s\0%d\0%d" % (os.fsencode(path.relative_to(folder)), state.st_size, state.st_mtime_ns))
    return digest.hexdigest()[:8]
