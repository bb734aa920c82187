"""Sets of pictures that have a public address: fetched when the user says so, verified, and unpacked.

Of an archive only pictures are taken, under names inside the folder; nothing else it may hold is ever written.
"""

import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from srgan.data.prepare import SUFFIXES
from srgan.download import Remote, fetch
from srgan.errors import DataError, UsageError

Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Archive:
    """An archive of pictures."""

    remote: Remote
    folder: str
    """What all of its pictures lie in; where it is, the archive is not needed any more."""


# Sizes and checksums as TensorFlow Datasets publishes them (its url_checksums/div2k.txt and stanford_dogs.txt).
ARCHIVES: dict[str, tuple[Archive, ...]] = {
    "div2k": (
        Archive(
            Remote(
                "https://data.vision.ee.ethz.ch/cvl/DIV2K/DIV2K_train_HR.zip",
                3_530_603_713,
                "9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335",
                "DIV2K's training pictures",
            ),
            "DIV2K_train_HR",
        ),
        Archive(
            Remote(
                "https://data.vision.ee.ethz.ch/cvl/DIV2K/DIV2K_valid_HR.zip",
                448_993_893,
                "20dd31fd84d777bc1cf5d6b7654a3f569c0aec74458ae094122ad1d0489900fc",
                "DIV2K's validation pictures",
            ),
            "DIV2K_valid_HR",
        ),
    ),
    "dogs": (
        Archive(
            Remote(
                "http://vision.stanford.edu/aditya86/ImageNetDogs/images.tar",
                793_579_520,
                "a443fc2f9a851aa1a7b8e4fa4af94b8459fce2c9f5a2f4dd4669cf9673a4ec58",
                "Stanford Dogs",
            ),
            "Images",
        ),
    ),
}

_BY_HAND = {
    "bsds": (
        "BSDS500 has no checksum to hold a download against: fetch "
        "http://www.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz and unpack it in "
        "{folder}, so that BSR/BSDS500/data/images/train is in there; then run this without --download"
    ),
    "imagenet": (
        "ImageNet needs an account at https://image-net.org: fetch ILSVRC2012_img_train.tar there and unpack it and "
        "the archives in it, so that {folder}/train/n01440764/*.JPEG and so on are there; then run this without "
        "--download"
    ),
}


def download(layout: str | None, folder: Path, *, report: Report = lambda what, done, whole: None) -> None:
    """Fetch and unpack the pictures of a layout into a folder; what is there already is not fetched again.

    Args:
        layout: a key of LAYOUTS.
        folder: where the archives and the pictures are kept; made if it is absent.
        report: see `Report`.

    Raises:
        UsageError: if the layout has no public address.
        DataError: if the pictures cannot be fetched or unpacked, with what to place where.
        OutputError: if they cannot be written.
    """
    if layout in _BY_HAND:
        raise DataError(_BY_HAND[layout].format(folder=folder))
    if layout not in ARCHIVES:
        raise UsageError(f"--download does not know what to fetch: name it with --layout {' or '.join(ARCHIVES)}")
    for archive in ARCHIVES[layout]:
        if (folder / archive.folder).is_dir():
            continue
        name = archive.remote.name

        def fetching(done: int, whole: int, what: str = f"fetching {name}") -> None:
            report(what, done, whole)

        def unpacking(done: int, whole: int, what: str = f"unpacking {name}") -> None:
            report(what, done, whole)

        path = fetch(archive.remote, folder, failure=DataError, report=fetching)
        unpack(path, archive.folder, folder, report=unpacking)


def unpack(path: Path, inside: str, folder: Path, *, report: Callable[[int, int], None] | None = None) -> None:
    """The pictures of an archive, .zip or .tar, as `folder / inside`: all of them or, when something fails, none.

    Args:
        path: of the archive.
        inside: the folder in the archive that holds the pictures.
        folder: where that folder appears.
        report: told after every picture how many bytes of the archive are done, and how many there are.

    Raises:
        DataError: if the archive is damaged, has names that lead elsewhere, or cannot be unpacked here.
    """
    temporary = folder / f".{inside}.{os.getpid()}.part"
    whole = path.stat().st_size
    try:
        with _opened(path) as members:
            for name, file, done in members:
                target = temporary / _safe(name, path)
                if target.suffix.lower() not in SUFFIXES or target.name.startswith("."):
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as written:
                    shutil.copyfileobj(file, written)
                if report is not None:
                    report(min(done, whole), whole)
        if not (temporary / inside).is_dir():
            raise DataError(f"{path} holds no pictures in {inside}: delete it and fetch it again")
        (temporary / inside).replace(folder / inside)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise DataError(f"{path} is damaged ({error}): delete it and fetch it again") from error
    except OSError as error:
        raise DataError(
            f"{path} cannot be unpacked in {folder} ({error.strerror or error}): free some space or choose another "
            "folder"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _safe(name: str, path: Path) -> PurePosixPath:
    inner = PurePosixPath(name)
    if inner.is_absolute() or ".." in inner.parts or "\\" in name or ":" in name:
        raise DataError(f"{path} holds a name that leads elsewhere ({name}): delete it, it is not what it should be")
    return inner


Member = tuple[str, IO[bytes], int]
"""Name, contents, and where in the archive it lies, in bytes."""


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[Member]]:
    """The files of an archive, one after the other: ordinary ones alone, for links may lead elsewhere too."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            yield _zipped(archive)
    else:
        with tarfile.open(path) as archive:
            yield _tarred(archive)


def _zipped(archive: zipfile.ZipFile) -> Iterator[Member]:
    for member in archive.infolist():
        if not member.is_dir():
            with archive.open(member) as file:
                yield member.filename, file, member.header_offset + member.compress_size


def _tarred(archive: tarfile.TarFile) -> Iterator[Member]:
    for member in archive:
        file = archive.extractfile(member) if member.isfile() else None
        if file is not None:
            with file:
                yield member.name, file, member.offset_data + member.size
