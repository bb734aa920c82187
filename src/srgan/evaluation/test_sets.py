"""Test sets: true images, and the small images made from them that methods are given.

A true image is cut to a multiple of the scale, from the top left, and reduced as MATLAB did for the sets in
circulation; on request the small image is damaged as well.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.data.prepare import SUFFIXES
from srgan.errors import DataError, PictureError, UsageError
from srgan.evaluation.damaged_inputs import CLEAN, Damage, reduced
from srgan.evaluation.local_copy import local_copy
from srgan.files import make_folder
from srgan.images import read, write
from srgan.storage import is_address

Pixels = NDArray[np.uint8]

_NAME = re.compile(r"\w[\w .+-]*")
_SHARED_FOLDER = re.compile(r"(.+)_SRF_\d+_(.+)")  # baby_SRF_4_HR, baby_SRF_4_LR, baby_SRF_4_SRCNN in one folder


@dataclass(frozen=True)
class ImageSet:
    """Images under one name."""

    name: str
    files: tuple[Path, ...]
    """The true images, ordered by name."""
    damage: Damage = CLEAN
    """Damage of the small images."""

    @property
    def images(self) -> tuple[str, ...]:
        """Names of the images, in the order of the files."""
        return tuple(image_name(path) for path in self.files)

    def damaged(self, damage: Damage) -> "ImageSet":
        """Return the set with damaged small images, under a name of its own such as `Set5+jpeg75`."""
        return self if damage == CLEAN else replace(self, name=f"{self.name}+{damage.slug}", damage=damage)


@dataclass(frozen=True)
class Pair:
    """A true image and the small one made from it, as files of an evaluation."""

    data: str
    """Name of the set."""
    name: str
    """Name of the image in the set."""
    size: tuple[int, int]
    """Width and height of the true image, as cut."""
    digest: str
    """Checksum of the true image's size and pixels, as cut."""
    high_file: Path
    low_file: Path
    damage: Damage = CLEAN
    low_digest: str = ""
    """Checksum of a damaged small image's pixels; a clean one follows from `digest`."""

    @property
    def label(self) -> str:
        """Set and name, for messages."""
        return f"{self.data}/{self.name}"

    @property
    def high(self) -> Pixels:
        """The true image, (H, W, 3)."""
        return read_rgb(self.high_file)

    @property
    def low(self) -> Pixels:
        """The small image that methods are given, (H / scale, W / scale, 3)."""
        return read_rgb(self.low_file)

    @property
    def clean(self) -> Pixels:
        """The small image before it was damaged, of the same shape."""
        low = self.low
        return low if self.damage == CLEAN else reduced(self.high, self.size[1] // low.shape[0])


def find_set(word: str) -> ImageSet:
    """Return the set named by one in `SRGAN_DATA/testsets`, by a folder or its address, or by `NAME=FOLDER`.

    Raises:
        StorageError: if a bucket cannot be read.
        UsageError: if there is no such set or folder, or the name is invalid.
        DataError: if it has no image, or two of one name.
    """
    name, equals, place = word.partition("=")
    if is_address(word):
        place, name = (word, "") if is_address(name) else (place, name)
        folder = local_folder(place)
        return _read_set(check_name(name or folder.name, "set"), folder, word)
    if equals and not os.path.isdir(word):
        if not place:
            raise UsageError(f"{word} names no folder: write NAME=FOLDER")
        return _read_set(check_name(name, "set"), Path(place), word)
    data = os.environ.get("SRGAN_DATA")
    folder = Path(word)
    if data and folder.name == word and os.path.isdir(known := Path(data) / "testsets" / word):
        return _read_set(check_name(word, "set"), known, word)
    if not os.path.isdir(folder) and not data and folder.name == word:
        raise UsageError(
            f"there is no set {word}: set SRGAN_DATA to the folder with testsets/{word} in it, or name a folder"
        )
    return _read_set(check_name(os.path.basename(os.path.realpath(folder)), "set"), folder, word)


def local_folder(word: str) -> Path:
    """Return a folder; for an address such as `s3://bucket/Set5`, one in the cache with its images and tables.

    Raises:
        UsageError: if it is an address of an unknown kind.
        StorageError: if a bucket cannot be read.
    """
    return local_copy(word, (*SUFFIXES, ".json")) if is_address(word) else Path(word)


def _read_set(name: str, folder: Path, word: str) -> ImageSet:
    if not os.path.isdir(folder):
        raise UsageError(f"there is no set {word}: name a folder of images, or one in SRGAN_DATA/testsets")
    files = picture_files(folder)
    roles = {path: match[2] for path in files if (match := _SHARED_FOLDER.fullmatch(path.stem))}
    if "HR" in roles.values():  # the others are small images, and results of methods
        files = [path for path in files if roles.get(path, "HR") == "HR"]
    if not files:
        raise DataError(f"the set {name} is empty: put images into {folder} ({', '.join(SUFFIXES)})")
    names: dict[str, Path] = {}
    for path in files:
        other = names.setdefault(image_name(path), path)
        if other != path:
            raise DataError(f"two images of {name} are called {image_name(path)}: rename {path} or {other.name}")
    return ImageSet(name, tuple(files))


def image_name(path: Path) -> str:
    """Return an image's name in its set: that of the file, without suffix and without `_SRF_4_HR`."""
    match = _SHARED_FOLDER.fullmatch(path.stem)
    return match[1] if match and match[2] == "HR" else path.stem


def check_name(name: str, noun: str) -> str:
    """Return the name of a method or a set if a folder can bear it.

    Raises:
        UsageError: otherwise.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name or 'nothing'} is no name for a {noun}: use letters, digits, spaces and . _ + -")
    return name


def picture_files(folder: Path) -> list[Path]:
    """Return the files directly in a folder that have the suffix of an image, ordered by name.

    Raises:
        DataError: if the folder cannot be read.
    """
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"the folder {folder} cannot be read ({error.strerror}): check its permissions") from error
    return [path for path in inside if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]


def lay_out(
    chosen: ImageSet, folder: Path, *, scale: int, advance: Callable[[], None] = lambda: None
) -> tuple[Pair, ...]:
    """Write a set's true images, cut, and its small images into an evaluation's folder.

    They are written into `reference` and `low`; `advance` is called after every image.

    Raises:
        PictureError: if an image cannot be read, has more than 8 bits, or is smaller than the scale.
        OutputError: if a file cannot be written.
    """
    pairs = []
    for name, (low, high) in zip(chosen.images, small_and_true(chosen, scale=scale), strict=True):
        height, width = high.shape[:2]
        pair = Pair(
            chosen.name,
            name,
            (width, height),
            hashlib.sha256(f"{width}x{height}:".encode() + high.tobytes()).hexdigest(),
            folder / "reference" / chosen.name / f"{name}.png",
            folder / "low" / chosen.name / f"{name}.png",
            chosen.damage,
            "" if chosen.damage == CLEAN else hashlib.sha256(low.tobytes()).hexdigest(),
        )
        keep(pair.high_file, high)
        keep(pair.low_file, low)
        pairs.append(pair)
        advance()
    return tuple(pairs)


def small_and_true(chosen: ImageSet, *, scale: int) -> Iterator[tuple[Pixels, Pixels]]:
    """Yield the small image that methods are given, and the true one as cut, of every image of a set.

    Raises:
        PictureError: if an image cannot be read, has more than 8 bits, or is smaller than the scale.
    """
    for name, path in zip(chosen.images, chosen.files, strict=True):
        whole = read_rgb(path)
        height, width = (side // scale * scale for side in whole.shape[:2])
        if min(height, width) == 0:
            raise PictureError(
                f"{path} is {whole.shape[1]}x{whole.shape[0]}, less than the scale of {scale}: leave it out"
            )
        high = np.ascontiguousarray(whole[:height, :width])
        yield chosen.damage.apply(high, scale=scale, seed=f"{chosen.name}/{name}"), high


def read_rgb(path: Path) -> Pixels:
    """Read an 8-bit image as RGB, (H, W, 3): grey is repeated, transparency left out.

    Raises:
        PictureError: if it cannot be read, or has more than 8 bits a channel.
    """
    image = read(path)
    if (depth := image.info.depth) != 8:
        raise PictureError(f"{path} has {depth} bits a channel, and scores are defined on 8: convert it first")
    colour: NDArray[Any] = image.pixels[:, :, : image.info.colour_channels]
    rgb = np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour
    return np.ascontiguousarray(rgb, np.uint8)


def keep(path: Path, pixels: Pixels) -> None:
    """Write pixels into a file, unless it holds them already.

    Raises:
        OutputError: if it cannot be written.
    """
    if path.is_file():
        try:
            if np.array_equal(read(path).pixels, pixels):
                return
        except PictureError:
            pass  # damaged: it is written again
    make_folder(path.parent)
    write(path, pixels, overwrite=True)


def check_unlike(names: Sequence[str], noun: str) -> None:
    """Check that no two things share a name; capitals make no difference, as on many file systems.

    Raises:
        UsageError: if two do.
    """
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise UsageError(f"two {noun}s are called {name}: name one of them otherwise, as OTHER={name}")
        seen.add(name.lower())
