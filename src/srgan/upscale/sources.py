"""Sources: which images the words of a command mean, and what else lies in the folders that they name.

Images are recognised by name alone; whether a file is what its name says shows when it is opened.
"""

import glob
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from srgan.errors import PictureError
from srgan.images.formats import FORMATS, READ_ONLY

SUFFIXES = {*chain(*(form.suffixes for form in FORMATS.values()), *READ_ONLY.values())}
"""Endings of image files."""

EARLIER, NO_IMAGE, FOLDER = "made by earlier runs", "not readable", "not searched"
"""Why files are skipped, for summaries."""

Walk = Callable[..., Iterable[tuple[str, list[str], list[str]]]]
"""`os.walk` or its like."""

_RESULT = re.compile(r"(?P<source>.+)-(x\d+(\.\d+)?|[whl]\d+)(-f[01](\.\d+)?)?(-ensemble)?(-\d+)?")
"""Names of results and of folders of results, without suffix."""


@dataclass(frozen=True)
class Found:
    """A file that a word means."""

    path: Path
    folder: Path | None = None
    """The folder that was named and in which it lies, at any depth; None if it was named itself."""
    kind: str | None = None
    """Why it is not enlarged, as in `Job`."""


def find_images(
    words: Collection[str], *, recursive: bool, follow_links: bool, output: Path | None
) -> tuple[Found, ...]:
    """Return the files that files, folders and patterns mean, each once, in the order of the words.

    Args:
        words: as typed.
        recursive: whether subfolders are searched.
        follow_links: whether linked folders are searched too.
        output: a folder in which no sources are looked for, since results go there.

    Raises:
        PictureError: if a word means no image.
    """
    found: dict[tuple[str, Path | None], Found] = {}
    for word in words:
        path = Path(word)
        if os.path.isdir(path):
            inside = find_in_folder(path, recursive=recursive, follow_links=follow_links, output=output)
        else:
            inside = tuple(_matching(word, path))
        for one in inside:
            found.setdefault((os.path.abspath(one.path), one.folder), one)
    return _without_results(found.values())


def find_in_folder(
    folder: Path, *, recursive: bool, follow_links: bool, output: Path | None, walk: Walk = os.walk
) -> tuple[Found, ...]:
    """Return the files of a folder, and its subfolders that are not searched, sorted.

    Args:
        folder: need not be one of this computer, if `walk` knows it.
        output: a folder in which no sources are looked for, since results go there.
        walk: lists the folder.

    Raises:
        PictureError: if there is no image.
    """
    found = _without_results(
        list(_inside(folder, recursive=recursive, follow_links=follow_links, output=output, walk=walk))
    )
    if all(one.kind for one in found):
        remedy = "" if recursive else ", or search its subfolders too"
        raise PictureError(f"the folder {folder} has no images that srgan reads: name another{remedy}")
    return found


def _without_results(found: Collection[Found]) -> tuple[Found, ...]:
    """Mark what an earlier run made of another file among them: `photo-x4.jpg` beside `photo.jpg`."""
    names = {(one.path.parent, one.path.stem) for one in found if one.kind is None}

    def is_result(one: Found) -> bool:
        name = None if one.kind else _RESULT.fullmatch(one.path.stem)
        return name is not None and (one.path.parent, name["source"]) in names

    return tuple(replace(one, kind=EARLIER) if is_result(one) else one for one in found)


def _matching(word: str, path: Path) -> Iterator[Found]:
    if os.path.lexists(path):
        yield Found(path)
    elif glob.has_magic(word):
        matches = sorted(Path(match) for match in glob.glob(word, recursive=True) if not os.path.isdir(match))
        found = [Found(path, kind=None if path.suffix.lower() in SUFFIXES else NO_IMAGE) for path in matches]
        if all(one.kind for one in found):
            raise PictureError(f"no image matches {word}: check the pattern")
        yield from found
    else:
        raise PictureError(f"{word} does not exist: check the path")


def _inside(folder: Path, *, recursive: bool, follow_links: bool, output: Path | None, walk: Walk) -> Iterator[Found]:
    """Yield the files of a folder, sorted, without hidden ones, and the subfolders that are not searched."""
    results = None if output is None else os.path.realpath(output)
    seen = {os.path.realpath(folder)}

    unreadable = list[Found]()

    def note(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise PictureError(f"the folder {folder} cannot be read ({error.strerror}): check its permissions")
        unreadable.append(Found(Path(error.filename), folder))  # which fails alone when it is opened

    for place, folders, files in walk(folder, onerror=note, followlinks=follow_links):
        beside, searched = set(folders), []
        for name in sorted(name for name in folders if not name.startswith(".")):
            path = Path(place, name)
            real = os.path.realpath(path)
            earlier = (match := _RESULT.fullmatch(name)) and match["source"] in beside
            if earlier or real == results:
                yield Found(path, folder, EARLIER)
            elif not recursive or (path.is_symlink() and not follow_links) or (follow_links and real in seen):
                yield Found(path, folder, FOLDER)
            else:
                seen.update([real] if follow_links else [])  # a link to a folder above would never end
                searched.append(name)
        folders[:] = searched
        for name in sorted(name for name in files if not name.startswith(".")):
            path = Path(place, name)
            yield Found(path, folder, None if path.suffix.lower() in SUFFIXES else NO_IMAGE)
    yield from unreadable
