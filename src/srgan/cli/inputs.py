"""Which pictures the words on the command line mean: files, folders and patterns, without the results of earlier runs.

Pictures are chosen by name alone; whether a file is what its name says is found out when it is opened.
"""

import glob
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from srgan.errors import PictureError
from srgan.images.formats import FORMATS

SUFFIXES = (*(suffix for form in FORMATS.values() for suffix in form.suffixes), ".gif")
"""Endings of the files that are looked for in folders."""

_RESULT = re.compile(r"(?P<source>.+)-(x\d+(\.\d+)?|w\d+)(-f[01](\.\d+)?)?")
"""The name that a result has, without its suffix; so are folders of results called."""


@dataclass(frozen=True)
class Found:
    """A picture that was asked for."""

    path: Path
    folder: Path | None = None
    """The folder that was named and in which it lies, at any depth; None if it was named itself."""


def find_pictures(words: Collection[str], *, recursive: bool, output: Path | None) -> tuple[Found, ...]:
    """The pictures that files, folders and patterns mean, each once, in the order of the words.

    Args:
        words: as typed.
        recursive: whether subfolders are searched.
        output: a folder in which no sources are looked for, since results go there.

    Raises:
        PictureError: if one of the words means nothing.
    """
    found: dict[tuple[str, Path | None], Found] = {}
    for word in words:
        for one in _meant_by(word, recursive=recursive, output=output):
            found.setdefault((os.path.abspath(one.path), one.folder), one)
    return tuple(found.values())


def split_results(found: Collection[Found]) -> tuple[list[Found], list[Found]]:
    """The sources, and those among them that an earlier run made of another: `photo-x4.jpg` beside `photo.jpg`."""
    names = {(one.path.parent, one.path.stem) for one in found}
    sources: list[Found] = []
    results: list[Found] = []
    for one in found:
        name = _RESULT.fullmatch(one.path.stem)
        made = name is not None and (one.path.parent, name["source"]) in names
        (results if made else sources).append(one)
    return sources, results


def _meant_by(word: str, *, recursive: bool, output: Path | None) -> Iterator[Found]:
    path = Path(word)
    if path.is_dir():
        pictures = list(_inside(path, recursive=recursive, output=output))
        if not pictures:
            remedy = "name another folder" if recursive else "name another folder, or search its subfolders with -r"
            raise PictureError(f"the folder {word} has no pictures: {remedy}")
        yield from (Found(picture, path) for picture in pictures)
    elif os.path.lexists(path):
        yield Found(path)
    elif glob.has_magic(word):
        matches = sorted(Path(match) for match in glob.glob(word, recursive=True))
        pictures = [match for match in matches if match.suffix.lower() in SUFFIXES and match.is_file()]
        if not pictures:
            raise PictureError(f"no picture matches {word}: check the pattern")
        yield from map(Found, pictures)
    else:
        raise PictureError(f"{word} does not exist: check the path")


def _inside(folder: Path, *, recursive: bool, output: Path | None) -> Iterator[Path]:
    """Pictures in a folder, sorted; hidden ones, such as the shadows that Macs leave on other disks, are not photos."""
    results = None if output is None else os.path.realpath(output)

    def refuse(error: OSError) -> None:
        raise PictureError(f"the folder {error.filename} cannot be read ({error.strerror}): check its permissions")

    for place, folders, files in os.walk(folder, onerror=refuse):
        beside = set(folders)
        folders[:] = sorted(
            name
            for name in (folders if recursive else ())
            if not name.startswith(".")
            and not ((result := _RESULT.fullmatch(name)) and result["source"] in beside)
            and os.path.realpath(Path(place, name)) != results
        )
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(place, name)
