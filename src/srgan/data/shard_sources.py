"""Pictures to be stored in shards: files of a folder in any layout, or parts of tar files and of tar files in those."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from srgan.data.layouts import LAYOUTS, detect, draw, shuffle
from srgan.data.prepare import SUFFIXES
from srgan.data.shards import TRAINING, VALIDATION
from srgan.errors import DataError

_IMAGENET = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """A picture to be stored: a file, or a part of a tar file."""

    name: str
    """Path below the source."""
    path: str
    """The file, or the tar file that it lies in."""
    size: int
    """Bytes."""
    modified: int
    """Time of the file's last change, in ns."""
    offset: int = 0

    @property
    def key(self) -> str:
        """Name without its ending; webdataset takes what follows the first dot for that."""
        return str(PurePosixPath(self.name).with_suffix("")).replace(".", "_")

    def read(self) -> bytes:
        """Return its bytes.

        Raises:
            OSError: if it cannot be read.
        """
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


def find_sources(
    source: Path, *, layout: str | None, take: int | None, validation: int | None, seed: int
) -> tuple[str, dict[str, list[SourcePicture]]]:
    """Return the name of the layout, and the pictures of each split in random order.

    Raises:
        DataError: if there are no pictures.
    """
    archive = source / _IMAGENET[0] if source.is_dir() else source
    if archive.is_file():
        own = source / _IMAGENET[1] if source.is_dir() else None
        training = {Path(each.name): each for each in _members(archive)}
        validating = {Path(each.name): each for each in _members(own)} if own and own.is_file() else {}
        drawn = draw(list(training), list(validating), Path(), take=take, validation=validation, seed=seed)
        every = training | validating
        splits = {
            split: [every[path] for path in paths] for split, paths in zip((TRAINING, VALIDATION), drawn, strict=True)
        }
        return "tar", splits
    selection = (LAYOUTS[layout] if layout else detect(source)).select(
        source, take=take, validation=validation, seed=seed
    )
    paths = {TRAINING: selection.training, VALIDATION: selection.validation}
    return selection.layout, {
        split: [_of_file(path, source) for path in shuffle(paths, source, seed)] for split, paths in paths.items()
    }


def _of_file(path: Path, root: Path) -> SourcePicture:
    try:
        status = path.stat()
        size, modified = status.st_size, status.st_mtime_ns
    except OSError:  # a broken link: reported when it is read
        size, modified = 0, 0
    return SourcePicture(path.relative_to(root).as_posix(), str(path), size, modified)


def _members(archive: Path) -> list[SourcePicture]:
    """Return the pictures in a tar file, and in those that it holds.

    Raises:
        DataError: if it cannot be read, or is compressed.
    """
    try:
        modified = archive.stat().st_mtime_ns
        with tarfile.open(archive, "r:") as tar:
            found = [
                SourcePicture(name, str(archive), size, modified, offset)
                for name, size, offset in _walk(tar, "")
                if PurePosixPath(name).suffix.lower() in SUFFIXES and not PurePosixPath(name).name.startswith(".")
            ]
    except (OSError, tarfile.TarError) as error:
        raise DataError(
            f"{archive} cannot be read as a tar file ({error}): give an intact one, uncompressed, or a folder"
        ) from error
    if not found:
        raise DataError(f"no pictures found in {archive}: give a tar file of pictures, or of such tar files")
    return found


def _walk(tar: tarfile.TarFile, within: str) -> Iterator[tuple[str, int, int]]:
    """Yield (name, size, offset) of the files in a tar file, and in the tar files in it."""
    for member in tar:
        name = within + member.name.lstrip("/")  # as tar unpacks it
        if not member.isfile():
            continue
        if name.endswith(".tar"):
            with tarfile.open(fileobj=tar.extractfile(member), mode="r:") as inner:
                for below, size, offset in _walk(inner, f"{name.removesuffix('.tar')}/"):
                    yield below, size, member.offset_data + offset
        else:
            yield name, member.size, member.offset_data
