"""Files of results that were made elsewhere, found by the names of their images."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from srgan.errors import DataError, PictureError
from srgan.evaluation.damaged_inputs import CLEAN
from srgan.evaluation.test_sets import Pair, picture_files
from srgan.images import ImageReader

_FURTHER = re.compile(r"(x\d+)?([-_. +(].*)?")  # what may follow the name of an image in that of a result
_TRUE_IMAGE = re.compile(r"(_SRF_\d+|((?<=\d)|[-_ ])x\d+)*([-_ ](HR|GT))?")  # at the end of a true image's name
_NO_RESULT = re.compile(r".*[-_ ](HR|GT|LR)", re.IGNORECASE)


def find_results(folder: Path, pairs: Sequence[Pair], method: str) -> dict[Pair, Path]:
    """Find a method's results for the images of one set.

    A result is found by the name of its image, which more words may follow: for `baby.png`, `baby.bmp`, `baby_x4.png`,
    `baby-SRGAN.tif` and `baby_SRF_4_SRGAN.png`. Endings of true images such as `_HR` or `x4` are not part of the name.
    Of several files, the one that ends in the method's name is taken.

    Args:
        folder: has a folder per set, or the files of all sets.
        pairs: all images of the set.
        method: its name.

    Returns:
        The file of every image; nothing where the folder has none of the set.

    Raises:
        DataError: if the folder has results for some images only, or two that suit one.
        PictureError: if a result has another size than its image, or more than 8 bits a channel.
    """
    own = folder / pairs[0].data
    if pairs[0].damage != CLEAN and not own.is_dir():
        return {}  # files in the folder itself may have been made from other small images
    files = _assign(picture_files(own if own.is_dir() else folder), [pair.name for pair in pairs])
    found = {pair: _choose(pair, files[pair.name], method) for pair in pairs if files[pair.name]}
    if not found and not own.is_dir():
        return {}
    missing = [pair for pair in pairs if pair not in found]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DataError(f"{method} has no picture of {missing[0].label}{more}: add it to {folder}")
    for pair, file in found.items():
        _check(pair, file)
    return found


def _assign(files: Iterable[Path], names: Sequence[str]) -> dict[str, list[Path]]:
    """Return the files whose names begin with that of each image; where several fit, the longest counts."""
    found: dict[str, list[Path]] = {name: [] for name in names}
    shortened = {_shorten(name): name for name in names}
    keys = {**({} if len(shortened) < len(names) else shortened), **{name: name for name in names}}
    for path in files:
        fitting = [
            key for key in keys if path.stem.startswith(key) and _FURTHER.fullmatch(path.stem, len(key)) is not None
        ]
        if fitting:
            found[keys[max(fitting, key=len)]].append(path)
    return found


def _shorten(name: str) -> str:
    """Return the name of a true image without endings such as `_HR`, `_x4` or `_SRF_4`."""
    starts = (start for start in range(1, len(name)) if _TRUE_IMAGE.fullmatch(name, start))
    return name[: next(starts, len(name))]


def _choose(pair: Pair, files: Sequence[Path], method: str) -> Path:
    """Return the file named as the image, or the only one named after it, or the one named after the method."""
    found = [path for path in files if path.stem == pair.name] or list(files)
    mine = re.compile(rf".*[-_. +(]{re.escape(method)}\)?", re.IGNORECASE)
    for wanted in (mine.fullmatch, lambda stem: not _NO_RESULT.fullmatch(stem)):
        if len(found) > 1:
            found = [path for path in found if wanted(path.stem)] or found
    if len(found) > 1:
        raise DataError(
            f"{method} has two pictures of {pair.label}: leave {found[0].name} or {found[1].name} in {found[0].parent}"
        )
    return found[0]


def _check(pair: Pair, file: Path) -> None:
    with ImageReader(file) as reader:
        size, depth = (reader.info.width, reader.info.height), reader.info.depth
    if size != pair.size:
        raise PictureError(
            f"{file} is {size[0]}x{size[1]} but {pair.label}, cut to a multiple of the scale, is "
            f"{pair.size[0]}x{pair.size[1]}: enlarge the same picture"
        )
    if depth != 8:
        raise PictureError(f"{file} has {depth} bits a channel, and scores are defined on 8: convert it first")


def checksum(file: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        PictureError: if it cannot be read.
    """
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise PictureError(f"{file} cannot be read ({error.strerror}): check its permissions") from error
