"""The sets of pictures that methods are judged on, and how the small pictures are made that methods are given.

The true picture is cut to a multiple of the scale, from the top left, and shrunk as MATLAB did for the sets in
circulation, or damaged as well on request. This module does not know about methods or metrics.
"""

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.data.prepare import SUFFIXES
from srgan.errors import DataError, OutputError, PictureError, UsageError
from srgan.evaluation.inputs import CLEAN, Damage, reduced
from srgan.images.image import read, write

Pixels = NDArray[np.uint8]

_NAME = re.compile(r"\w[\w .+-]*")


@dataclass(frozen=True)
class PictureSet:
    """Pictures under one name."""

    name: str
    files: tuple[Path, ...]
    """The true pictures, in the order of their names."""
    damage: Damage = CLEAN
    """What is done to the small pictures."""

    def damaged(self, damage: Damage) -> "PictureSet":
        """Return the set with damaged small pictures, under a name of its own such as `Set5+jpeg75`."""
        return self if damage == CLEAN else replace(self, name=f"{self.name}+{damage.slug}", damage=damage)


@dataclass(frozen=True)
class Pair:
    """A true picture, and the small one made from it, as files of an evaluation."""

    data: str
    """The name of the set."""
    name: str
    """The picture's own, without ending."""
    size: tuple[int, int]
    """Width and height of the true picture, as cut."""
    digest: str
    """The checksum of the true picture's size and pixels, as cut."""
    high_file: Path
    low_file: Path
    damage: Damage = CLEAN
    """What was done to the small picture."""
    low_digest: str = ""
    """The checksum of the small picture's pixels if it was damaged; of a clean one, `digest` is enough."""

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.data}/{self.name}"

    @property
    def high(self) -> Pixels:
        """The true picture, (H, W, 3)."""
        return read_rgb(self.high_file)

    @property
    def low(self) -> Pixels:
        """The small picture that methods are given, (H / scale, W / scale, 3)."""
        return read_rgb(self.low_file)

    @property
    def clean(self) -> Pixels:
        """The small picture before it was damaged, of the same shape."""
        low = self.low
        return low if self.damage == CLEAN else reduced(self.high, self.size[1] // low.shape[0])


def find_set(word: str) -> PictureSet:
    """The set that is meant by the name of one in `SRGAN_DATA/testsets`, by a folder, or by `NAME=FOLDER`.

    Raises:
        UsageError: if there is no such set or folder, or its name cannot be that of a folder.
        DataError: if there is no picture in it, or two have the same name.
    """
    name, equals, place = word.partition("=")
    if equals and not os.path.isdir(word):
        return _set_of(check_name(name, "set"), Path(place), word)
    known = Path(os.environ["SRGAN_DATA"]) / "testsets" / word if os.environ.get("SRGAN_DATA") else None
    if known is not None and Path(word).name == word and os.path.isdir(known):
        return _set_of(check_name(word, "set"), known, word)
    folder = Path(word)
    if not os.path.isdir(folder) and known is None and folder.name == word:
        raise UsageError(
            f"there is no set {word}: set SRGAN_DATA to the folder with testsets/{word} in it, or name a folder"
        )
    return _set_of(check_name(folder.resolve().name, "set"), folder, word)


def _set_of(name: str, folder: Path, word: str) -> PictureSet:
    if not os.path.isdir(folder):
        raise UsageError(f"there is no set {word}: name a folder of pictures, or one in SRGAN_DATA/testsets")
    files = picture_files(folder)
    if not files:
        raise DataError(f"the set {name} is empty: put JPEG, PNG, WebP, TIFF, AVIF or GIF files into {folder}")
    names: dict[str, Path] = {}
    for path in files:
        if path.stem in names:
            raise DataError(f"two pictures of {name} are called {path.stem}: rename {path} or {names[path.stem].name}")
        names[path.stem] = path
    return PictureSet(name, tuple(files))


def check_name(name: str, noun: str) -> str:
    """The name of a method or a set, of which a folder will be called.

    Raises:
        UsageError: if it cannot be one.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name or 'nothing'} is no name for a {noun}: use letters, digits, spaces and . _ + -")
    return name


def picture_files(folder: Path) -> list[Path]:
    """The files in a folder, not below it, that look like pictures, in the order of their names.

    Raises:
        DataError: if the folder cannot be read.
    """
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"the folder {folder} cannot be read ({error.strerror}): check its permissions") from error
    return [path for path in inside if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]


def lay_out(
    chosen: PictureSet, folder: Path, *, scale: int, advance: Callable[[], None] = lambda: None
) -> tuple[Pair, ...]:
    """Write the true pictures of a set, cut, and the small ones, into an evaluation's folder.

    Args:
        chosen: the set.
        folder: of the evaluation; `reference` and `low` are written in it.
        scale: how many times smaller the small pictures are, along each side.
        advance: called after every picture.

    Raises:
        PictureError: if a picture cannot be read, has more than 8 bits, or is smaller than the scale.
        OutputError: if something cannot be written.
    """
    pairs = []
    for path in chosen.files:
        whole = read_rgb(path)
        height, width = (side // scale * scale for side in whole.shape[:2])
        if min(height, width) == 0:
            raise PictureError(
                f"{path} is {whole.shape[1]}x{whole.shape[0]}, less than the scale of {scale}: leave it out"
            )
        high = np.ascontiguousarray(whole[:height, :width])
        low = chosen.damage.apply(high, scale=scale, seed=f"{chosen.name}/{path.stem}")
        pair = Pair(
            chosen.name,
            path.stem,
            (width, height),
            hashlib.sha256(f"{width}x{height}:".encode() + high.tobytes()).hexdigest(),
            folder / "reference" / chosen.name / f"{path.stem}.png",
            folder / "low" / chosen.name / f"{path.stem}.png",
            chosen.damage,
            "" if chosen.damage == CLEAN else hashlib.sha256(low.tobytes()).hexdigest(),
        )
        keep(pair.high_file, high)
        keep(pair.low_file, low)
        pairs.append(pair)
        advance()
    return tuple(pairs)


def read_rgb(path: Path) -> Pixels:
    """A picture of 8 bits as RGB, (H, W, 3): gray is repeated, transparency left out.

    Raises:
        PictureError: if it cannot be read, or has 16 bits.
    """
    picture = read(path)
    if picture.info.depth != 8:
        raise PictureError(f"{path} has 16 bits, and scores are defined on 8: convert it first")
    colour: NDArray[Any] = picture.pixels[:, :, : picture.info.colour_channels]
    rgb = np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour
    return np.ascontiguousarray(rgb, np.uint8)


def keep(path: Path, pixels: Pixels) -> None:
    """See to it that a file holds these pixels; one that does already is left alone.

    Raises:
        OutputError: if it cannot be written.
    """
    if path.is_file():
        try:
            if np.array_equal(read(path).pixels, pixels):
                return
        except PictureError:
            pass  # it is damaged, and ours: it is written again
    make_folder(path.parent)
    write(path, pixels, overwrite=True)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises:
        OutputError: if it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {folder} cannot be made ({error.strerror}): choose another with -o") from error


def check_unlike(names: Sequence[str], noun: str) -> None:
    """Refuse two things of one name, whose files would be the same; capitals make no difference on many disks.

    Raises:
        UsageError: if there are two.
    """
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise UsageError(f"two {noun}s are called {name}: name one of them otherwise, as OTHER={name}")
        seen.add(name.lower())
