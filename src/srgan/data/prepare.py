"""Prepare folders of images for training: decode, check and store them as one memory-mapped set.

Images that show one of a known test set are left out, so that no network is judged on what it was trained on. Each
high-resolution image is stored with its low-resolution one, made from the whole image by the MATLAB-exact resize: crops
of the two are aligned, and free of border effects.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from srgan.data.known_tests import known_tests
from srgan.data.prepared_set import KnownTestComparison, NewSet, Pixels
from srgan.data.worker_pool import map_in_order
from srgan.errors import DataError, PictureError
from srgan.images.colour import from_float, to_float
from srgan.images.image import FORMATS, read
from srgan.images.resize import imresize
from srgan.progress import NoProgress, Progress

SUFFIXES = (*(suffix for form in FORMATS.values() for suffix in form.suffixes), ".gif")
"""Endings of image files in folders."""

_RUN = "run.json"
_FIRST = 100  # images after which the space for all is estimated


@dataclass(frozen=True)
class PreparationReport:
    """Images that were stored, and those that were left out."""

    prepared: int
    """Number of stored images, for training and validation."""
    validation: int
    """Number of stored images for validation."""
    too_small: int
    left_out: dict[str, str]
    """Unreadable files, with the reason."""
    test_pictures: dict[str, str]
    """Files that show all or a part of a test image, with its name."""
    comparison: KnownTestComparison
    size: int
    """Bytes on disk."""

    @property
    def training(self) -> int:
        """Number of stored images for training."""
        return self.prepared - self.validation


def find_pictures(folders: Iterable[Path]) -> list[Path]:
    """Return all image files below the folders, sorted by path.

    Links to folders are followed; hidden files and training runs are skipped.

    Raises:
        DataError: if a folder does not exist or cannot be read, or there are no images.
    """
    found: list[Path] = []
    folders = list(folders)
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder: name a folder of pictures")
        found += _walk(folder)
    if not found:
        places = folders[0] if len(folders) == 1 else f"{len(folders)} folders"
        raise DataError(f"no pictures found in {places}: name folders of JPEG, PNG, WebP, TIFF, AVIF or GIF files")
    return sorted(found)


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise DataError(f"the folder {error.filename} cannot be read ({error.strerror}): check its permissions")

    seen: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(place)
        # A link to a parent folder would otherwise be followed for ever.
        folders[:] = [] if real in seen else sorted(name for name in folders if not name.startswith("."))
        if _RUN in files:  # a training run: its images are samples
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
    processes: int = 1,
    progress: Progress | None = None,
) -> PreparationReport:
    """Decode, check and store images in `destination`.

    Unreadable and small files, and images of known test sets, are left out and reported. An earlier set in the folder
    is replaced once the new one is complete.

    Args:
        pictures: files of any format that srgan reads; converted to 8-bit RGB, transparency dropped.
        destination: a new or empty folder, or one of an earlier preparation.
        validation: images for validation; they need not be among `pictures`.
        halved: images to halve in width and height first, by averaging, which removes most noise, blur and JPEG
            artefacts of photos.
        scale: factor between high and low resolution; images are cropped to a multiple of it at the right and bottom.
        smallest: least width and height in pixels.
        processes: how many look at images at a time; each image is the same for any number.
        progress: counts images.

    Raises:
        DataError: if the destination holds other files, or no image is left for training or for validation.
        OutputError: if the destination cannot be written.
    """
    progress = progress or NoProgress()
    validating, halving = set(validation), set(halved)
    files = list(dict.fromkeys([*pictures, *validation]))
    left_out: dict[str, str] = {}
    test_pictures: dict[str, str] = {}
    too_small = 0
    known = known_tests()
    look = partial(_look, scale=scale, smallest=smallest)
    tasks = [(path, path in halving) for path in files]
    with NewSet(destination) as new, closing(map_in_order(look, tasks, processes)) as seen:
        progress.start("preparing pictures", len(files))
        for done, (path, outcome) in enumerate(zip(files, seen, strict=True), start=1):
            if outcome.unreadable:
                left_out[str(path)] = outcome.unreadable
            elif outcome.test:
                test_pictures[str(path)] = outcome.test
            elif outcome.pair:
                new.add(str(path), *outcome.pair, validation=path in validating)
            else:
                too_small += 1
            if done == _FIRST:
                new.check_space(done, len(files))
            progress.advance()
        if validating and len(new.entries) > 1 and not any(entry.validation for entry in new.entries):
            # No validation image was usable: the last training images take their place.
            count = min(len(validating), len(new.entries) // 2)
            new.entries[-count:] = [replace(entry, validation=True) for entry in new.entries[-count:]]
        validate = sum(entry.validation for entry in new.entries)
        comparison = KnownTestComparison(len(known.names), known.identity, len(test_pictures))
        report = PreparationReport(len(new.entries), validate, too_small, left_out, test_pictures, comparison, new.size)
        _check(report, files=len(files), validating=len(validating), smallest=smallest)
        new.commit(scale, comparison)
    return report


@dataclass(frozen=True)
class _Outcome:
    """Outcome for an image: all None where it is too small."""

    pair: tuple[Pixels, Pixels] | None = None
    test: str | None = None
    unreadable: str | None = None


def _look(task: tuple[Path, bool], *, scale: int, smallest: int) -> _Outcome:
    path, halved = task
    try:
        pixels = rgb8(path)
    except PictureError as error:
        return _Outcome(unreadable=str(error))
    except OSError as error:  # a disk or network that fails during reading
        return _Outcome(unreadable=f"{path} cannot be read ({error.strerror})")
    if test := known_tests().find(pixels):
        return _Outcome(test=test)
    return _Outcome(_make_pair(imresize(pixels, 0.5) if halved else pixels, scale, smallest))


def _make_pair(high: Pixels, scale: int, smallest: int) -> tuple[Pixels, Pixels] | None:
    """Return (low, high), cropped to a multiple of the scale; None if the image is too small."""
    height, width = (side // scale * scale for side in high.shape[:2])
    if min(height, width) < max(smallest, scale):
        return None
    high = np.ascontiguousarray(high[:height, :width])
    # The border handling of the published low-resolution test images.
    return imresize(high, 1 / scale, border="replicate"), high


def _check(report: PreparationReport, *, files: int, validating: int, smallest: int) -> None:
    """Raise DataError if there is no image for training, or none for validation."""
    if not report.training:
        first = next(iter(report.left_out.values()), "")
        reasons = (
            f"{report.too_small} smaller than {smallest} pixels on a side, {len(report.left_out)} unreadable, "
            f"{len(report.test_pictures)} of test sets"
        )
        raise DataError(
            f"none of the pictures could be used for training ({files} looked at: {reasons}): give larger, intact or "
            f"other pictures{f'; the first was: {first}' if first else ''}"
        )
    if validating and not report.validation:
        raise DataError(
            f"only one of the {files} pictures could be used, but one must train and another validate: "
            "give larger, intact or other pictures"
        )


def rgb8(source: Path | bytes, *, reduction: int = 1) -> Pixels:
    """Read an image file as (H, W, 3) uint8: gray repeated, alpha dropped, 16 bits rounded to 8.

    Args:
        source: a file, or the bytes of one.
        reduction: a JPEG is decoded at this part of its size, 1, 2, 4 or 8.

    Raises:
        PictureError: if it cannot be read.
    """
    picture = read(source, reduction=reduction)
    colour = picture.pixels[:, :, : picture.info.colour_channels]
    if colour.dtype != np.uint8:
        colour = from_float(to_float(colour), 8)
    pixels = colour.astype(np.uint8, copy=False)
    return pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels
