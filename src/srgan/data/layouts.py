"""The ways in which folders of pictures are laid out, and which of their pictures train and which validate.

What is drawn is drawn by a hash of the seed and the picture's name within the folder. So the choice is the same on
every computer, and pictures that are added later hardly move others from one part to the other.
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
_MOST_VALIDATION = 100


@dataclass(frozen=True)
class Selection:
    """What a folder gives: no picture is in both parts."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...]
    layout: str = "folder"
    found: int = 0
    """Pictures there were to take from."""


@dataclass(frozen=True)
class Parts:
    """The folders, at any depth in which pictures lie."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...] = ()
    """Those that were made for it; without them, validation is drawn from what trains."""
    certain: bool = True
    """Whether folders of other pictures hardly look like this."""


@dataclass(frozen=True)
class Layout:
    """A way to lay out pictures."""

    name: str
    expected: str
    """What lies where, in the words of messages."""
    parts: Callable[[Path], Parts | None]
    """The parts of a folder; None if it is laid out otherwise."""

    def select(self, root: Path, *, take: int | None = None, validation: int | None = None, seed: int = 0) -> Selection:
        """The pictures of a folder that train, and those that validate.

        Args:
            root: the folder.
            take: how many to take, drawn by the seed, before validation is drawn from them; without it, all.
            validation: how many validate; without it, a tenth of the pictures, 100 at most and 1 at least.
            seed: fixes what is drawn.

        Raises:
            DataError: if the folder is laid out otherwise, or has too few pictures.
            UsageError: if a number cannot be meant.
        """
        for option, number in (("--take", take), ("--validation", validation)):
            if number is not None and number < 1:
                raise UsageError(f"{option} must be 1 or more, not {number}")
        if not root.is_dir():
            raise DataError(f"{root} is {'not a folder' if root.exists() else 'not there'}: name a folder of pictures")
        parts = self.parts(root)
        if parts is None:
            raise DataError(
                f"{root} is not laid out as {self.name}: expected in it {self.expected}; or name another --layout"
            )
        found = find_pictures(parts.training)
        drawn = _shuffled(found, root, seed)[:take]
        if parts.validation:
            own = _shuffled(find_pictures(parts.validation), root, seed)
            validating = own[: validation or _MOST_VALIDATION]
        else:
            count = validation or max(1, min(_MOST_VALIDATION, len(drawn) // 10))
            if count >= len(drawn):
                raise DataError(
                    f"{len(drawn)} pictures are not enough to validate with {count} of them and train with the rest: "
                    "add pictures, or take more of them"
                )
            validating, drawn = drawn[:count], drawn[count:]
        return Selection(
            training=tuple(sorted(drawn)),
            validation=tuple(sorted(validating)),
            layout=self.name,
            found=len(found),
        )


def detect(root: Path) -> Layout:
    """The layout of a folder; `folder`, which any pictures are, if it is no other."""
    for layout in LAYOUTS.values():
        parts = layout.parts(root)
        if parts is not None and parts.certain:
            return layout
    return _FOLDER


def _shuffled(pictures: Iterable[Path], root: Path, seed: int) -> Sequence[Path]:
    def place(path: Path) -> bytes:
        name = os.fsencode(path.relative_to(root).as_posix())
        return hashlib.sha256(b"%d/%s" % (seed, name)).digest()

    return sorted(pictures, key=place)


def _any_tree(root: Path) -> Parts:
    return Parts((root,))


def _div2k(root: Path) -> Parts | None:
    # The report of the San Diego group trained on other parts: 800 pictures, and validated with 200.
    for folder in (root, root / "DIV2K"):
        train, valid = folder / "DIV2K_train_HR", folder / "DIV2K_valid_HR"
        if train.is_dir():
            return Parts((train,), (valid,) if valid.is_dir() else ())
    return None


def _dogs(root: Path) -> Parts | None:
    for folder in (root, root / "Images"):
        if breeds := _folders(folder, _BREED):
            return Parts(breeds)
    return None


def _bsds(root: Path) -> Parts | None:
    # `val` is never taken: BSDS500's validation pictures are the test pictures of BSDS300, which are BSD100.
    for inside in ("", "images", "data/images", "BSDS500/data/images", "BSR/BSDS500/data/images", "BSDS300/images"):
        folder = root / inside
        parts = tuple(part for part in (folder / "train", folder / "test") if part.is_dir())
        if len(parts) == 2:
            return Parts(parts, certain=any(_BERKELEY.search(part) for part in folder.absolute().parts))
    return None


def _imagenet(root: Path) -> Parts | None:
    for folder in (root, root / "ILSVRC" / "Data" / "CLS-LOC"):
        if _folders(folder / "train", _CLASS):
            return Parts((folder / "train",), (folder / "val",) if (folder / "val").is_dir() else ())
    return None


def _folders(folder: Path, name: re.Pattern[str]) -> tuple[Path, ...]:
    """The folders inside whose whole names match."""
    try:
        return tuple(sorted(path for path in folder.iterdir() if name.fullmatch(path.name) and path.is_dir()))
    except OSError:
        return ()


_FOLDER = Layout("folder", "pictures, at any depth", _any_tree)

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout("div2k", "DIV2K_train_HR (800 pictures) and, to validate, DIV2K_valid_HR (100)", _div2k),
        Layout("dogs", "Stanford Dogs' Images, or folders of breeds such as n02085620-Chihuahua", _dogs),
        Layout("bsds", "BSDS500/data/images with train and test, or a folder named so with the two", _bsds),
        Layout("imagenet", "train with folders such as n01440764 and, to validate, val", _imagenet),
        _FOLDER,
    )
}
"""In the order in which `detect` tries them."""
