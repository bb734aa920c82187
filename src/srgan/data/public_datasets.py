"""Datasets with a public address: downloaded when the user asks for it, verified and unpacked.

Only images are unpacked, and only inside the given folder.
"""

import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from srgan.data.prepare import SUFFIXES
from srgan.download import Remote, fetch
from srgan.errors import DataError, UsageError
from srgan.files import AtomicFolder
from srgan.progress import NoProgress, Progress


@dataclass(frozen=True)
class Archive:
    """An archive of images."""

    remote: Remote
    folder: str
    """The folder in the archive that holds all images; where it exists, the archive is not needed any more."""


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
        "BSDS500 has no published checksum to verify a download: get "
        "http://www.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz and unpack it in "
        "{folder}, which gives BSR/BSDS500/data/images/train; then run this without --download"
    ),
    "imagenet": (
        "ImageNet needs an account at https://image-net.org: get ILSVRC2012_img_train.tar there and unpack it and the "
        "archives in it, which gives {folder}/train/n01440764/*.JPEG and so on; then run this without --download"
    ),
}


def download(layout: str | None, folder: Path, *, progress: Progress | None = None) -> None:
    """Download and unpack the images of a layout into a folder, unless they are there.

    Args:
        layout: a key of LAYOUTS.
        folder: where archives and images are kept; made if it is absent.
        progress: counts bytes.

    Raises:
        UsageError: if the layout has no public address.
        DataError: if the images cannot be downloaded or unpacked, with what to do by hand.
        OutputError: if they cannot be written.
    """
    if layout in _BY_HAND:
        raise DataError(_BY_HAND[layout].format(folder=folder))
    if layout not in ARCHIVES:
        raise UsageError(
            f"layout is required for a download: {' or '.join(ARCHIVES)}"
            if layout is None
            else f"layout {layout} has no download: choose {' or '.join(ARCHIVES)}",
            parameter="layout",
        )
    for archive in ARCHIVES[layout]:
        if not (folder / archive.folder).is_dir():
            path = fetch(archive.remote, folder, failure=DataError, progress=progress)
            unpack(path, archive.folder, folder, progress=progress)


def unpack(path: Path, inside: str, folder: Path, *, progress: Progress | None = None) -> None:
    """Unpack the images of a .zip or .tar archive as `folder / inside`: all of them or, on an error, none.

    Args:
        path: of the archive.
        inside: the folder in the archive that holds the images.
        folder: where that folder appears.
        progress: counts bytes of the archive.

    Raises:
        DataError: if the archive is damaged, or has names that lead outside.
        OutputError: if the images cannot be written.
    """
    progress = progress or NoProgress()
    whole, counted = path.stat().st_size, 0
    try:
        with AtomicFolder(folder / inside) as place, _opened(path) as members:
            progress.start(f"unpacking {path.name}", whole)
            for name, file, done in members:
                inner = _safe(name, path)
                if inner.suffix.lower() not in SUFFIXES or inner.name.startswith(".") or inner.parts[0] != inside:
                    continue
                target = place / inner.relative_to(inside)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as written:
                    shutil.copyfileobj(file, written)
                progress.advance(max(0, min(done, whole) - counted))
                counted = max(counted, min(done, whole))
            if not any(place.iterdir()):
                raise DataError(f"{path} holds no pictures in {inside}: delete it and download it again")
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise DataError(f"{path} is damaged ({error}): delete it and download it again") from error


def _safe(name: str, path: Path) -> PurePosixPath:
    inner = PurePosixPath(name)
    if inner.is_absolute() or ".." in inner.parts or "\\" in name or ":" in name:
        raise DataError(f"{path} holds a name that leads outside ({name}): delete it, it is not what it should be")
    return inner


Member = tuple[str, IO[bytes], int]
"""Name, contents, and end position in the archive in bytes."""


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[Member]]:
    """Open an archive, and give its files in order; links are skipped, for they may lead outside too."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            yield _zip_members(archive)
    else:
        with tarfile.open(path) as archive:
            yield _tar_members(archive)


def _zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    for member in archive.infolist():
        if not member.is_dir():
            with archive.open(member) as file:
                yield member.filename, file, member.header_offset + member.compress_size


def _tar_members(archive: tarfile.TarFile) -> Iterator[Member]:
    for member in archive:
        file = archive.extractfile(member) if member.isfile() else None
        if file is not None:
            with file:
                yield member.name, file, member.offset_data + member.size
