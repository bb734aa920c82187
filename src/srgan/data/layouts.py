"""Folder layouts of known datasets, and the choice of training and validation images.

Images are drawn by a hash of the seed and the image's name within the folder: the choice is the same on every computer,
and images added later hardly move others from one split to the other.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from srgan.data.prepare import find_pictures
from srgan.errors import DataError, UsageError

_CLASS = re.compile(r"n\d{8}")
_BREED = re.compile(r"n\d{8}-.+")
_BERKELEY = re.compile(r"bsds|bsd[-_ ]?\d|^bsr$", re.IGNORECASE)
_LSDIR_PART = re.compile(r"\d{7}")
_MAX_VALIDATION = 100


@dataclass(frozen=True)
class Selection:
    """Training and validation images of a folder, without overlap."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...]
    layout: str = "folder"
    found: int = 0
    """Number of training images to choose from."""


@dataclass(frozen=True)
class Splits:
    """Folders of the training and validation images, which may lie in subfolders."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...] = ()
    """Without any, validation images are drawn from the training images."""
    certain: bool = True
    """Whether `detect` may choose the layout by this evidence."""


@dataclass(frozen=True)
class DataLayout:
    """Folder structure of a dataset."""

    name: str
    expected: str
    """Description for messages."""
    splits: Callable[[Path], Splits | None]
    """Return the splits of a folder; None if it has another layout."""

    def select(self, root: Path, *, take: int | None = None, validation: int | None = None, seed: int = 0) -> Selection:
        """Choose the training and validation images of a folder.

        Args:
            root: the folder.
            take: number of images drawn before validation images are drawn from them; without it, all.
            validation: number of validation images; without it, a tenth of the images, from 1 to 100.
            seed: random seed.

        Raises:
            DataError: if the folder has another layout, or too few images.
            UsageError: if a number is below 1.
        """
        if not root.is_dir():
            raise DataError(f"{root} is {'not a folder' if root.exists() else 'not there'}: name a folder of pictures")
        splits = self.splits(root)
        if splits is None:
            raise DataError(
                f"{root} does not have the layout {self.name}: expected in it {self.expected}; or choose another layout"
            )
        found = find_pictures(splits.training)
        own = find_pictures(splits.validation) if splits.validation else []
        drawn, validating = draw(found, own, root, take=take, validation=validation, seed=seed)
        return Selection(
            training=tuple(sorted(drawn)),
            validation=tuple(sorted(validating)),
            layout=self.name,
            found=len(found),
        )


def draw(
    found: Sequence[Path], own: Sequence[Path], root: Path, *, take: int | None, validation: int | None, seed: int
) -> tuple[Sequence[Path], Sequence[Path]]:
    """Draw training and validation images, both in random order.

    Args:
        found: images to train on.
        own: images to validate on; without any, they are drawn from the former.
        root: the folder that names are relative to.
        take: number of images drawn before validation images are drawn from them; None for all.
        validation: number of validation images; None for a tenth of the images, from 1 to 100.
        seed: random seed.

    Raises:
        DataError: if there are too few images.
        UsageError: if a number is below 1.
    """
    for name, number in (("take", take), ("validation", validation)):
        if number is not None and number < 1:
            raise UsageError(f"{name} must be 1 or more, not {number}", parameter=name)
    drawn = shuffle(found, root, seed)[:take]
    if own:
        return drawn, shuffle(own, root, seed)[: validation or _MAX_VALIDATION]
    count = validation or max(1, min(_MAX_VALIDATION, len(drawn) // 10))
    if count >= len(drawn):
        raise DataError(
            f"{len(drawn)} {'picture is' if len(drawn) == 1 else 'pictures are'} too few to validate with "
            f"{count} and train with the rest: add pictures, or take more of them"
        )
    return drawn[count:], drawn[:count]


def detect(root: Path) -> DataLayout:
    """Return the layout of a folder: `folder`, which fits any images, if it is no other."""
    for layout in LAYOUTS.values():
        splits = layout.splits(root)
        if splits is not None and splits.certain:
            return layout
    return _FOLDER


def shuffle(pictures: Iterable[Path], root: Path, seed: int) -> Sequence[Path]:
    """Return images in an order that their names in a folder and the seed fix."""

    def place(path: Path) -> bytes:
        name = os.fsencode(path.relative_to(root).as_posix())
        return hashlib.sha256(b"%d/%s" % (seed, name)).digest()

    return sorted(pictures, key=place)


def _any_tree(root: Path) -> Splits:
    return Splits((root,))


def _div2k(root: Path) -> Splits | None:
    # The report of the San Diego group used other splits: 800 images for training, 200 for validation.
    for folder in (root, root / "DIV2K"):
        train, valid = folder / "DIV2K_train_HR", folder / "DIV2K_valid_HR"
        if train.is_dir():
            return Splits((train,), (valid,) if valid.is_dir() else ())
    return None


def _lsdir(root: Path) -> Splits | None:
    for folder in (root, root / "LSDIR"):
        valid = tuple(path for path in (folder / "HR" / "val", folder / "val1" / "HR" / "val") if path.is_dir())[:1]
        if (folder / "HR" / "train").is_dir():
            return Splits((folder / "HR" / "train",), valid)
        for train in (folder / "train", folder):
            if (parts := _folders(train, _LSDIR_PART)) and (valid or folder.name == "LSDIR"):
                return Splits(parts, valid)
    return None


def _dogs(root: Path) -> Splits | None:
    for folder in (root, root / "Images"):
        if breeds := _folders(folder, _BREED):
            return Splits(breeds)
    return None


def _bsds(root: Path) -> Splits | None:
    # `val` is never used: BSDS500's validation images are the test images of BSDS300, which are BSD100.
    for inside in ("", "images", "data/images", "BSDS500/data/images", "BSR/BSDS500/data/images", "BSDS300/images"):
        folder = root / inside
        splits = tuple(split for split in (folder / "train", folder / "test") if split.is_dir())
        if len(splits) == 2:
            return Splits(splits, certain=any(_BERKELEY.search(part) for part in folder.absolute().parts))
    return None


def _imagenet(root: Path) -> Splits | None:
    for folder in (root, root / "ILSVRC" / "Data" / "CLS-LOC"):
        if _folders(folder / "train", _CLASS):
            return Splits((folder / "train",), (folder / "val",) if (folder / "val").is_dir() else ())
    return None


def _folders(folder: Path, name: re.Pattern[str]) -> tuple[Path, ...]:
    """Return the folders inside whose full names match."""
    try:
        return tuple(sorted(path for path in folder.iterdir() if name.fullmatch(path.name) and path.is_dir()))
    except OSError:
        return ()


_FOLDER = DataLayout("folder", "pictures, at any depth", _any_tree)

LAYOUTS: dict[str, DataLayout] = {
    layout.name: layout
    for layout in (
        DataLayout("div2k", "DIV2K_train_HR (800 pictures) and, to validate, DIV2K_valid_HR (100)", _div2k),
        DataLayout("lsdir", "HR/train, or folders such as 0001000, and, to validate, HR/val or val1/HR/val", _lsdir),
        DataLayout("dogs", "Stanford Dogs' Images, or folders of breeds such as n02085620-Chihuahua", _dogs),
        DataLayout(
            "bsds", "BSDS500/data/images with train and test, or a folder of that kind of name with the two", _bsds
        ),
        DataLayout("imagenet", "train with folders such as n01440764 and, to validate, val", _imagenet),
        _FOLDER,
    )
}
"""In the order in which `detect` tries them."""
