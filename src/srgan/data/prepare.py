"""Folders of pictures made ready for training: decoded once, verified, and kept as one memory-mapped set.

Pictures that show one of a known test set are left out, lest a network is judged by what it remembers. Beside every
high-resolution picture stands its low-resolution one, made by the MATLAB-exact resize from the whole picture, so that
crops of the two are aligned and know nothing of crop borders. This module does not know which folders there are, nor
which pictures should validate: `layouts` does.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from srgan.data.known_tests import known_tests
from srgan.data.prepared_set import Comparison, Entry, NewSet, Pixels, PreparedPictures, is_prepared
from srgan.errors import DataError, PictureError
from srgan.images.colour import from_float, to_float
from srgan.images.image import FORMATS, read
from srgan.images.resample import imresize

__all__ = ["Entry", "PreparedPictures", "Progress", "Report", "find_pictures", "is_prepared", "prepare"]

Progress = Callable[[int, int], None]
"""Told after every picture how many are done, and how many there are."""

SUFFIXES = (*(suffix for form in FORMATS.values() for suffix in form.suffixes), ".gif")
"""Endings of the files that are looked for in folders."""

_RUN = "run.json"
_FIRST = 100  # pictures after which the space for all is estimated


@dataclass(frozen=True)
class Report:
    """What a preparation took, and what it left out."""

    prepared: int
    """Pictures of use, those that validate included."""
    validation: int
    """Of those, how many validate."""
    too_small: int
    left_out: dict[str, str]
    """Files that could not be read, with the reason."""
    test_pictures: dict[str, str]
    """Files that show all or a part of a picture of a test set, with its name: none is learned from."""
    comparison: Comparison
    """With which test pictures they were compared."""
    size: int
    """Bytes on disk."""

    @property
    def training(self) -> int:
        """How many pictures train."""
        return self.prepared - self.validation


def find_pictures(folders: Iterable[Path]) -> list[Path]:
    """Every picture file below the folders, in an order that depends on their names alone.

    Links to folders are followed. Hidden files, such as the shadows that Macs leave on other disks, are no pictures.

    Raises:
        DataError: if a folder does not exist or cannot be read, or none holds a picture.
    """
    found: list[Path] = []
    folders = list(folders)
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder: name a folder of pictures")
        found += _inside(folder)
    if not found:
        places = folders[0] if len(folders) == 1 else f"{len(folders)} folders"
        raise DataError(f"no pictures found in {places}: name folders of JPEG, PNG, WebP, TIFF, AVIF or GIF files")
    return sorted(found)


def _inside(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise DataError(f"the folder {error.filename} cannot be read ({error.strerror}): check its permissions")

    seen: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(place)
        # A link to a folder around it would otherwise be followed for ever.
        folders[:] = [] if real in seen else sorted(name for name in folders if not name.startswith("."))
        if _RUN in files:  # a training run, whose pictures are no photos
            folders[:] = []
        elif real not in seen:
            yield from (
                Path(place, name)
                for name in files
                if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES
            )
        seen.add(real)


def prepare(
    pictures: Sequence[Path],
    destination: Path,
    *,
    validation: Collection[Path] = (),
    halved: Collection[Path] = (),
    scale: int = 4,
    smallest: int = 96,
    progress: Progress = lambda done, whole: None,
) -> Report:
    """Decode, verify and index pictures into `destination`; what is of no use is left out and reported.

    Of no use are files that cannot be read, too small pictures, and those that show a picture of a known test set.

    A set that stands there already is replaced when the new one is whole, and untouched until then, whatever happens.

    Args:
        pictures: files of any format that srgan reads; converted to 8-bit RGB, transparency dropped.
        destination: a folder, new, empty, or of an earlier preparation.
        validation: those that validate; they need not be among `pictures`.
        halved: those that are first made half as wide and high, by a resize that averages: it takes most of the noise,
            the blur and the traces of JPEG out of photos.
        scale: the factor between high and low resolution; each picture is cut to a multiple of it, top left.
        smallest: the least side, in pixels, for a picture to be of use.
        progress: see `Progress`.

    Raises:
        DataError: if the destination is another's or cannot be written, or no picture is left to train, or none of
            those that were to validate.
    """
    validating, halving = set(validation), set(halved)
    wanted = list(dict.fromkeys([*pictures, *validation]))
    left_out: dict[str, str] = {}
    test_pictures: dict[str, str] = {}
    too_small = 0
    known = known_tests()
    with NewSet(destination) as new:
        for done, path in enumerate(wanted, start=1):
            try:
                pixels = rgb8(path)
            except PictureError as error:
                left_out[str(path)] = str(error)
            except OSError as error:  # of a disk or network that fails while it reads
                left_out[str(path)] = f"{path} cannot be read ({error.strerror})"
            else:
                if test := known.find(pixels):
                    test_pictures[str(path)] = test
                elif pair := _pair(imresize(pixels, 0.5) if path in halving else pixels, scale, smallest):
                    new.add(str(path), *pair, validation=path in validating)
                else:
                    too_small += 1
            if done == _FIRST:
                new.check_space(done, len(wanted))
            progress(done, len(wanted))
        if validating and len(new.entries) > 1 and not any(entry.validation for entry in new.entries):
            # None of those drawn can be used: others take their place.
            count = min(len(validating), len(new.entries) // 2)
            new.entries[-count:] = [replace(entry, validation=True) for entry in new.entries[-count:]]
        validate = sum(entry.validation for entry in new.entries)
        comparison = Comparison(len(known.names), known.identity, len(test_pictures))
        report = Report(len(new.entries), validate, too_small, left_out, test_pictures, comparison, new.size)
        _check(report, wanted=len(wanted), validating=len(validating), smallest=smallest)
        new.appear(scale, comparison)
    return report


def _pair(high: Pixels, scale: int, smallest: int) -> tuple[Pixels, Pixels] | None:
    """(low, high), cut to a multiple of the scale; None if too small."""
    height, width = (side // scale * scale for side in high.shape[:2])
    if min(height, width) < max(smallest, scale):
        return None
    high = np.ascontiguousarray(high[:height, :width])
    # With the border of the test sets' own low-resolution files.
    return imresize(high, 1 / scale, border="replicate"), high


def _check(report: Report, *, wanted: int, validating: int, smallest: int) -> None:
    """Refuse a set from which nothing can be learned, or with which nothing can be validated."""
    if not report.training:
        first = next(iter(report.left_out.values()), "")
        found = (
            f"{report.too_small} smaller than {smallest} pixels on a side, {len(report.left_out)} unreadable, "
            f"{len(report.test_pictures)} of test sets"
        )
        raise DataError(
            f"none of the pictures could be used for training ({wanted} looked at: {found}): give larger, intact or "
            f"other pictures{f'; the first was: {first}' if first else ''}"
        )
    if validating and not report.validation:
        raise DataError(
            f"only one of the {wanted} pictures could be used, but one must train and another validate: "
            "give larger, intact or other pictures"
        )


def rgb8(path: Path) -> Pixels:
    """Return an image file as (H, W, 3) uint8: gray repeated, alpha dropped, 16 bits rounded to 8.

    Raises:
        PictureError: if it cannot be read.
    """
    picture = read(path)
    colour = picture.pixels[:, :, : picture.info.colour_channels]
    if colour.dtype != np.uint8:
        colour = from_float(to_float(colour), 8)
    pixels = colour.astype(np.uint8, copy=False)
    return pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels
