"""Where the pictures of a study come from: folders of evaluations, and folders of pictures that were made elsewhere.

Files are found by their names; whether one holds a picture, and which, is found out when it is opened.
"""

import filecmp
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srgan.errors import DataError, UsageError
from srgan.evaluation.methods import REFERENCE
from srgan.evaluation.outputs import RESULTS, read_results
from srgan.evaluation.test_sets import check_name, check_unlike, picture_files, read_rgb
from srgan_study.study import StudyMethod

Key = tuple[str, str, str]
"""Method, set and picture."""

_ONLY_SET = "pictures"  # what the set of a folder without subfolders is called


@dataclass(frozen=True)
class Version:
    """A file that is said to hold a version of a picture."""

    data: str
    """The name of the set."""
    content: str
    """The picture's own name in the set."""
    method: str
    file: Path

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.data}/{self.content} by {self.method}"


@dataclass(frozen=True)
class Sources:
    """Methods, and their versions of the pictures of sets: each method has all pictures of a set, or none of them."""

    methods: tuple[StudyMethod, ...]
    sets: Mapping[str, tuple[str, ...]]
    """The names of the pictures of each set."""
    files: Mapping[Key, Path]

    def covers(self, method: str, data: str) -> bool:
        """Whether a method has the pictures of a set."""
        return any((method, data, content) in self.files for content in self.sets[data])

    @property
    def versions(self) -> Iterator[Version]:
        """Set by set, picture by picture."""
        for data, contents in self.sets.items():
            names = [method.name for method in self.methods if self.covers(method.name, data)]
            for content in contents:
                for name in names:
                    yield Version(data, content, name, self.files[name, data, content])


def find_sources(words: Sequence[str]) -> Sources:
    """What is found in folders.

    Args:
        words: folders of evaluations, and `NAME=FOLDER` for pictures made elsewhere: `FOLDER/SET/picture.png`, or
            `FOLDER/picture.png` if there are no folders in it. The true pictures are those of the evaluation, or of
            a folder that is called HR.

    Raises:
        UsageError: if a word means nothing of the kind, or two things have one name.
        DataError: if a folder cannot be read, or lacks pictures.
    """
    folders: dict[str, Path] = {}
    found = _Finding()
    for word in dict.fromkeys(words):
        name, equals, place = word.partition("=")
        if not equals or os.path.isdir(word):
            found.add_evaluation(Path(word))
            continue
        if not place:
            raise UsageError(f"{word} names no folder: give one, as {word}FOLDER")
        if name in folders:
            raise UsageError(f"two folders are called {name}: name one of them otherwise, as OTHER={place}")
        folders[check_name(name, "method")] = Path(place)
    if folders and not found.sets:
        found.sets = _sets_in(*_most_true(folders))
    for name, folder in folders.items():
        found.add_folder(name, folder)
    if not found.files:
        raise UsageError("there are no pictures: name the folder of an evaluation, or NAME=FOLDER of pictures")
    check_unlike(list(found.methods), "method")
    return Sources(tuple(found.methods.values()), found.sets, found.files)


class _Finding:
    """What has been found so far."""

    def __init__(self) -> None:
        self.methods: dict[str, StudyMethod] = {}
        self.sets: dict[str, tuple[str, ...]] = {}
        self.files: dict[Key, Path] = {}
        self.damaged: set[str] = set()

    def add_evaluation(self, folder: Path) -> None:
        """All methods of an evaluation, and its true pictures."""
        if os.path.isdir(folder) and not os.path.isfile(folder / RESULTS):
            raise DataError(
                f"{folder} is not the folder of an evaluation that came to its end: "
                f"name one, or give the pictures in it a name, as NAME={folder}"
            )
        results = read_results(folder)
        self.damaged |= set(results.damaged)
        for data, contents in results.sets.items():
            if set(self.sets.setdefault(data, contents)) != set(contents):
                raise DataError(f"{folder} has other pictures of {data} than what was named before it: leave one out")
        true = [method.name for method in results.methods if method.kind == "reference" or method.name == REFERENCE]
        for method in results.methods:
            self._add_method(StudyMethod(method.name, method.note, method.name in true[:1]))
        for row in results.rows:
            self._add_file((row.method, row.data, row.picture), folder / row.path)
        if not true:
            self._add_method(StudyMethod(REFERENCE, "the true pictures", True))
            for data, contents in results.sets.items():
                for content in contents:
                    self._add_file((REFERENCE, data, content), folder / "reference" / data / f"{content}.png")

    def add_folder(self, name: str, folder: Path) -> None:
        """Pictures that were made elsewhere, of the sets that are known."""
        true = name == REFERENCE
        self._add_method(StudyMethod(name, "the true pictures" if true else f"pictures of {folder.name}", true))
        found = False
        for data, contents in self.sets.items():
            own = folder / data
            if data in self.damaged and not os.path.isdir(own):
                continue  # files in the folder itself may have been made from other small pictures
            files = _by_name(own if os.path.isdir(own) else folder, name)
            missing = [content for content in contents if content not in files]
            if len(missing) == len(contents) and not os.path.isdir(own):
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
        """The file of a version; the same picture may come from two evaluations."""
        before = self.files.setdefault(key, file)
        if before != file and not _same(before, file):
            raise UsageError(
                f"{before} and {file} are both {key[0]} of {key[1]}/{key[2]}, and differ: leave one of them out"
            )


def _same(one: Path, other: Path) -> bool:
    """Whether two files hold the same picture."""
    try:
        if filecmp.cmp(one, other, shallow=False):
            return True
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read ({error.strerror}): evaluate again") from error
    return np.array_equal(read_rgb(one), read_rgb(other))


def _most_true(folders: Mapping[str, Path]) -> tuple[str, Path]:
    """The folder whose pictures say which there are."""
    name = REFERENCE if REFERENCE in folders else next(iter(folders))
    return name, folders[name]


def _sets_in(name: str, folder: Path) -> dict[str, tuple[str, ...]]:
    """The sets in a folder: its subfolders with pictures, or else itself."""
    alone = _by_name(folder, name)
    within = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    sets = {check_name(path.name, "set"): tuple(_by_name(path, name)) for path in within}
    sets = {data: contents for data, contents in sets.items() if contents} or {_ONLY_SET: tuple(alone)}
    if not any(sets.values()):
        raise DataError(f"the folder {folder} of {name} has no pictures: put JPEG, PNG, WebP or TIFF files into it")
    return sets


def _by_name(folder: Path, method: str) -> dict[str, Path]:
    """The pictures in a folder, not below it, by their names without ending."""
    if not os.path.isdir(folder):
        raise DataError(f"the folder {folder} of {method} does not exist: check the path")
    found: dict[str, Path] = {}
    for path in picture_files(folder):
        if path.stem in found:
            raise DataError(
                f"two pictures of {method} are called {path.stem}: rename {path} or {found[path.stem].name}"
            )
        found[path.stem] = path
    return found
