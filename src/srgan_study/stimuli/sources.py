"""Files of a study's images: from evaluations, and from folders of images that were made elsewhere."""

import filecmp
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srgan.errors import DataError, UsageError
from srgan.evaluation import (
    REFERENCE,
    RESULTS,
    check_name,
    check_unlike,
    local_folder,
    picture_files,
    read_results,
    read_rgb,
)
from srgan_study.study import StudyMethod

Key = tuple[str, str, str]  # method, dataset and image

_ONLY_SET = "pictures"  # name of the dataset in a folder without subfolders


@dataclass(frozen=True)
class ImageVersion:
    """File of a version of an image of a dataset."""

    data: str
    content: str
    method: str
    file: Path

    @property
    def label(self) -> str:
        """Name in messages."""
        return f"{self.data}/{self.content} by {self.method}"


@dataclass(frozen=True)
class Sources:
    """Methods and their versions of images; a method has all images of a dataset, or none."""

    methods: tuple[StudyMethod, ...]
    sets: Mapping[str, tuple[str, ...]]  # names of the images by dataset
    files: Mapping[Key, Path]

    def covers(self, method: str, data: str) -> bool:
        """Return whether a method has the images of a dataset."""
        return any((method, data, content) in self.files for content in self.sets[data])

    @property
    def versions(self) -> Iterator[ImageVersion]:
        """All versions, by dataset and image."""
        for data, contents in self.sets.items():
            names = [method.name for method in self.methods if self.covers(method.name, data)]
            for content in contents:
                yield from (ImageVersion(data, content, name, self.files[name, data, content]) for name in names)


def find_sources(words: Sequence[str]) -> Sources:
    """Find the images in folders.

    Args:
        words: folders of evaluations, and `NAME=FOLDER` for images made elsewhere: `FOLDER/SET/image.png`, or
            `FOLDER/image.png` if there are no folders in it. A folder may be the address of one in a bucket. The
            originals are those of the evaluation, or of a folder named HR.

    Raises:
        UsageError: if a word is neither, or two methods have one name.
        DataError: if a folder cannot be read, or lacks images.
        StorageError: if a bucket cannot be read.
    """
    folders: dict[str, Path] = {}
    collector = _Collector()
    for word in dict.fromkeys(words):
        name, equals, place = word.partition("=")
        if not equals or os.path.isdir(word) or "://" in name:
            collector.add_evaluation(local_folder(word))
            continue
        if not place:
            raise UsageError(f"{word} names no folder: give one, as {word}FOLDER")
        if name in folders:
            raise UsageError(f"two folders are called {name}: name one of them otherwise, as OTHER={place}")
        folders[check_name(name, "method")] = local_folder(place)
    if folders and not collector.sets:
        first = REFERENCE if REFERENCE in folders else next(iter(folders))
        collector.sets = _find_sets(first, folders[first])
    for name, folder in folders.items():
        collector.add_folder(name, folder)
    if not collector.files:
        raise UsageError("there are no pictures: name the folder of an evaluation, or NAME=FOLDER of pictures")
    check_unlike(list(collector.methods), "method")
    return Sources(tuple(collector.methods.values()), collector.sets, collector.files)


class _Collector:
    """Methods and files that were found so far."""

    def __init__(self) -> None:
        self.methods: dict[str, StudyMethod] = {}
        self.sets: dict[str, tuple[str, ...]] = {}
        self.files: dict[Key, Path] = {}
        self._damaged: set[str] = set()

    def add_evaluation(self, folder: Path) -> None:
        """Add all methods of an evaluation, and its originals."""
        if os.path.isdir(folder) and not os.path.isfile(folder / RESULTS):
            raise DataError(
                f"{folder} is not the folder of an evaluation that came to its end: "
                f"name one, or give the pictures in it a name, as NAME={folder}"
            )
        results = read_results(folder)
        self._damaged |= set(results.damaged)
        for data, contents in results.sets.items():
            if set(self.sets.setdefault(data, contents)) != set(contents):
                raise DataError(f"{folder} has other pictures of {data} than what was named before it: leave one out")
        originals = [each.name for each in results.methods if each.kind == "reference" or each.name == REFERENCE]
        for method in results.methods:
            self._add_method(StudyMethod(method.name, method.note, method.name in originals[:1]))
        for row in results.rows:
            self._add_file((row.method, row.data, row.picture), folder / row.path)
        if not originals:
            self._add_method(StudyMethod(REFERENCE, "the true pictures", True))
            for data, content in ((data, content) for data, contents in results.sets.items() for content in contents):
                self._add_file((REFERENCE, data, content), folder / "reference" / data / f"{content}.png")

    def add_folder(self, name: str, folder: Path) -> None:
        """Add images that were made elsewhere, of known datasets."""
        is_reference = name == REFERENCE
        self._add_method(
            StudyMethod(name, "the true pictures" if is_reference else f"pictures of {folder.name}", is_reference)
        )
        found = False
        for data, contents in self.sets.items():
            has_own = os.path.isdir(folder / data)
            if data in self._damaged and not has_own:
                continue  # files in the folder itself may have been made from other low-resolution images
            files = _files_by_name(folder / data if has_own else folder, name)
            missing = [content for content in contents if content not in files]
            if len(missing) == len(contents) and not has_own:
                continue
            if missing:
                more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
                raise DataError(f"{name} has no picture of {data}/{missing[0]}{more}: add it to {folder}")
            for content in contents:
                self._add_file((name, data, content), files[content])
            found = True
        if not found:
            raise DataError(f"{name} has no picture of {', '.join(self.sets)}: name its files as those of the set")

    def _add_method(self, method: StudyMethod) -> None:
        if method.reference and any(one.reference and one.name != method.name for one in self.methods.values()):
            raise UsageError(f"there are two hidden references, {method.name} among them: leave one out")
        self.methods.setdefault(method.name, method)

    def _add_file(self, key: Key, file: Path) -> None:
        """Add the file of a version; two evaluations may have the same image."""
        before = self.files.setdefault(key, file)
        if before != file and not _hold_same_pixels(before, file):
            raise UsageError(
                f"{before} and {file} are both {key[0]} of {key[1]}/{key[2]}, and differ: leave one of them out"
            )


def _hold_same_pixels(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False) or np.array_equal(read_rgb(one), read_rgb(other))
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read ({error.strerror}): evaluate again") from error


def _find_sets(name: str, folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the datasets in a folder: its subfolders with images, or else the folder itself."""
    alone = _files_by_name(folder, name)
    within = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    sets = {check_name(path.name, "set"): tuple(_files_by_name(path, name)) for path in within}
    sets = {data: contents for data, contents in sets.items() if contents} or {_ONLY_SET: tuple(alone)}
    if not any(sets.values()):
        raise DataError(f"the folder {folder} of {name} has no pictures: put JPEG, PNG, WebP or TIFF files into it")
    return sets


def _files_by_name(folder: Path, method: str) -> dict[str, Path]:
    """Return the images in a folder, not below it, by name without suffix."""
    if not os.path.isdir(folder):
        raise DataError(f"the folder {folder} of {method} does not exist: check the path")
    files: dict[str, Path] = {}
    for path in picture_files(folder):
        if files.setdefault(path.stem, path) != path:
            first = files[path.stem].name
            raise DataError(f"two pictures of {method} are called {path.stem}: rename {path} or {first}")
    return files
