"""Folders of damaged low-resolution images, made from photos by a mix: to test programs on what people have."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srgan.data.degradations import Pixels, degrade, draw, seeded
from srgan.data.mixes import Mix, shares
from srgan.data.prepare import Progress, rgb8
from srgan.errors import DataError, OutputError, PictureError
from srgan.images.image import write


@dataclass(frozen=True)
class DamagedImages:
    """What was made of the images of a folder; every image is in one of the two."""

    written: dict[str, str]
    """Path of each written image, relative to the destination, and the mix it was damaged by."""
    left_out: dict[str, str]
    """Files that could not be used, with the reason."""


def write_damaged(
    images: Sequence[Path],
    source: Path,
    destination: Path,
    *,
    mix: str,
    scale: int = 4,
    seed: int = 0,
    progress: Progress = lambda done, whole: None,
) -> DamagedImages:
    """Write a damaged low-resolution image, a PNG of the same name, for every image of a folder.

    The damage depends on the seed and on the image's name below `source` alone. After a failure or an interruption,
    nothing that was written stays.

    Args:
        images: files below `source`, of any format that srgan reads.
        source: the folder whose subfolders `destination` gets too.
        destination: a folder, new or empty.
        mix: name of a mix of damage, or `everyday`, which draws one for each image.
        scale: factor by which images are made smaller, along each side; they are cut to a multiple of it, top left.
        seed: fixes the damage.
        progress: called after every image.

    Raises:
        UsageError: if there is no such mix.
        DataError: if two images would have the same name, none can be used, or the destination holds other files.
        OutputError: if an image cannot be written.
    """
    choices = shares(mix)
    places = _places(images, source)
    found = DamagedImages({}, {})
    with _new_files(destination) as claim:
        for done, (path, place) in enumerate(places.items(), start=1):
            random = seeded(str(seed), place.as_posix())
            drawn = draw(choices, random)
            try:
                low = _reduced(path, drawn, scale, random)
            except (PictureError, OSError) as error:  # the latter of a disk that fails while it reads
                found.left_out[str(path)] = str(error)
            else:
                write(claim(destination / place), low)
                found.written[place.as_posix()] = drawn.name
            progress(done, len(places))
        if not found.written:
            first = next(iter(found.left_out.values()), "there was none")
            raise DataError(f"none of the {len(places)} images could be used: give intact ones; the first: {first}")
    return found


def _reduced(path: Path, mix: Mix, scale: int, random: np.random.Generator) -> Pixels:
    high = rgb8(path)
    height, width = (side // scale * scale for side in high.shape[:2])
    if min(height, width) == 0:
        raise PictureError(f"{path} is {high.shape[1]}x{high.shape[0]}, less than the scale of {scale}: leave it out")
    return degrade(high[:height, :width], mix, scale=scale, random=random)


def _places(images: Sequence[Path], source: Path) -> dict[Path, Path]:
    """Where each image's damaged one lies, relative to the destination."""
    taken: dict[Path, Path] = {}
    for path in images:
        place = path.relative_to(source).with_suffix(".png")
        if place in taken:
            raise DataError(f"{taken[place]} and {path} would both become {place}: rename one of them")
        taken[place] = path
    return {path: place for place, path in taken.items()}


@contextmanager
def _new_files(folder: Path) -> Iterator[Callable[[Path], Path]]:
    """Fill a new or empty folder: files that are claimed, and the folders made for them, are removed on failure."""
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file: name a folder for the damaged images")
    others = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if others:
        raise DataError(f"{folder} holds other files ({others[0]}): choose a new folder")
    files: list[Path] = []
    made: list[Path] = []

    def claim(path: Path) -> Path:
        missing = [parent for parent in path.parents if not parent.exists()]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"the folder {path.parent} cannot be made ({error.strerror}): choose another") from error
        made.extend(reversed(missing))
        files.append(path)
        return path

    try:
        yield claim
    except BaseException:
        for path in files:
            path.unlink(missing_ok=True)
        for path in reversed(made):
            with suppress(OSError):  # another program has written into it
                path.rmdir()
        raise
