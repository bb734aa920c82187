"""Jobs: which images the words of a command mean, and which result each of them becomes.

A name says once how much larger its image is: a file gets the mark, `photo-x4.jpg`, beside it or in the output folder;
a folder keeps its files' names and gets the mark itself, `photos-x4/photo.jpg`, or is mirrored into the output folder.
Every file is accounted for: what is not enlarged becomes a job with the reason. Only hidden files do not count.
"""

import glob
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from srgan.errors import PictureError, UsageError
from srgan.files import check_folder
from srgan.images.formats import FORMATS, READ_ONLY, SNIFFED_BYTES, format_of, sniff
from srgan.upscale.options import UpscaleOptions

STANDARD = "-"
"""In place of a file's name: standard input or output."""
SUFFIXES = {*chain(*(form.suffixes for form in FORMATS.values()), *READ_ONLY.values())}
"""Endings of image files."""

EXISTING, EARLIER, NO_IMAGE, FOLDER = "done before", "made by earlier runs", "not readable", "not searched"
"""Why files are skipped, for summaries."""

_RESULT = re.compile(r"(?P<source>.+)-(x\d+(\.\d+)?|[whl]\d+)(-f[01](\.\d+)?)?(-\d+)?")
"""Names of results and of folders of results, without suffix."""


@dataclass(frozen=True)
class Job:
    """An image to enlarge, or a file that is not enlarged."""

    source: Path | None
    """None is standard input."""
    output: Path | None
    """None is standard output, or no output of a skipped file."""
    format: str | None
    """A key of FORMATS; None is the source's own."""
    skipped: str | None = None
    """Why it is not enlarged, in a line; None if it is."""
    kind: str | None = None
    """Why it is not enlarged, as one of the constants above."""

    @property
    def name(self) -> str:
        """Name of the source in messages."""
        return "standard input" if self.source is None else str(self.source)


@dataclass(frozen=True)
class Found:
    """A file that a word means."""

    path: Path
    folder: Path | None = None
    """The folder that was named and in which it lies, at any depth; None if it was named itself."""
    kind: str | None = None
    """Why it is not enlarged, as in `Job`."""


def plan_jobs(
    words: Sequence[str],
    options: UpscaleOptions,
    mark: str,
    *,
    output: str | None = None,
    recursive: bool = False,
    follow_links: bool = False,
) -> tuple[Job, ...]:
    """Return a job for each file, in the order of the words; files that are no sources come last.

    Args:
        words: files, folders and patterns; `-` alone is standard input.
        options: decide the formats of results, and whether existing results are made again.
        mark: what is added to names: see `UpscaleOptions.mark`.
        output: a folder, a file's name, or `-`; without it results lie beside their sources.
        recursive: whether subfolders are searched.
        follow_links: whether linked folders are searched too.

    Raises:
        PictureError: if a word means no image.
        UsageError: if the output contradicts the sources.
        OutputError: if the output can be no folder.
    """
    if STANDARD in words:
        if len(words) > 1:
            raise UsageError("- (standard input) stands alone: enlarge files in a run of their own")
        return (_of_standard_input(output, options),)
    place = None if output is None else Path(output)
    found = find_images(words, recursive=recursive, follow_links=follow_links, output=place)
    sources = [one for one in found if one.kind is None]
    if output is not None and _is_file_name(output, alone=len(sources) == 1 and sources[0].folder is None):
        if len(sources) > 1 or sources[0].folder is not None:
            raise UsageError(
                f"output {output} names one file, but folders or several images come: name a folder", parameter="output"
            )
        jobs = [_to_file(sources[0].path, output, options)]
    else:
        if output is not None:
            check_folder(output)
        jobs = _distinct([_named(one, options, mark, output, own_format(one.path)) for one in sources])
    if not options.overwrite:
        jobs = [_unless_existing(job) for job in jobs]
    return (*jobs, *_skipped(found))


def plan_folder(
    folder: Path,
    output: Path,
    options: UpscaleOptions,
    *,
    recursive: bool = False,
    follow_links: bool = False,
    walk: "Walk" = os.walk,
    own_formats: "OwnFormats" = lambda paths: map(own_format, paths),
) -> tuple[Job, ...]:
    """Return the jobs that `plan_jobs` has for a folder and an output folder, whether results exist or not.

    Args:
        folder: where images are looked for; need not be a folder of this computer, if the last two arguments know it.
        output: where results go.
        options: decide the formats of results.
        recursive: whether subfolders are searched.
        follow_links: whether linked folders are searched too.
        walk: lists the folder.
        own_formats: the formats of files by their contents.

    Raises:
        PictureError: if there is no image.
    """
    inside = _inside(folder, recursive=recursive, follow_links=follow_links, output=output, walk=walk)
    found = _without_results(tuple(inside))
    images = [one for one in found if one.kind is None]
    if not images:
        raise _no_images(folder, recursive=recursive)
    formats = own_formats([one.path for one in images])
    jobs = [_named(one, options, "", str(output), format) for one, format in zip(images, formats, strict=True)]
    return (*_distinct(jobs), *_skipped(found))


Walk = Callable[..., Iterable[tuple[str, list[str], list[str]]]]
"""`os.walk` or its like."""
OwnFormats = Callable[[Sequence[Path]], Iterable[str | None]]


def _skipped(found: Iterable[Found]) -> list[Job]:
    return [Job(one.path, None, None, _REASONS[one.kind], one.kind) for one in found if one.kind is not None]


def _no_images(folder: str | Path, *, recursive: bool) -> PictureError:
    remedy = "" if recursive else ", or search its subfolders too"
    return PictureError(f"the folder {folder} has no images that srgan reads: name another{remedy}")


_REASONS = {
    EARLIER: "it looks like the result of an earlier run (name it alone to enlarge it)",
    NO_IMAGE: "it is no image that srgan reads",
    FOLDER: "a folder that is not searched",
}


def _unless_existing(job: Job) -> Job:
    if job.output is None or not job.output.exists():
        return job
    return replace(job, skipped=f"{job.output} exists already", kind=EXISTING)


def find_images(
    words: Collection[str], *, recursive: bool, follow_links: bool, output: Path | None
) -> tuple[Found, ...]:
    """Return the files that files, folders and patterns mean, each once, in the order of the words.

    Images are recognised by name alone; whether a file is what its name says shows when it is opened.

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
        if path.is_dir():
            inside = list(_inside(path, recursive=recursive, follow_links=follow_links, output=output))
            if all(one.kind for one in inside):
                raise _no_images(word, recursive=recursive)
        else:
            inside = list(_matching(word, path))
        for one in inside:
            found.setdefault((os.path.abspath(one.path), one.folder), one)
    return _without_results(found.values())


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
        matches = sorted(Path(match) for match in glob.glob(word, recursive=True))
        images = [match for match in matches if match.suffix.lower() in SUFFIXES and match.is_file()]
        if not images:
            raise PictureError(f"no image matches {word}: check the pattern")
        yield from map(Found, images)
    else:
        raise PictureError(f"{word} does not exist: check the path")


def _inside(
    folder: Path, *, recursive: bool, follow_links: bool, output: Path | None, walk: "Walk" = os.walk
) -> Iterator[Found]:
    """Yield the files of a folder, sorted, without hidden ones, and the subfolders that are not searched."""
    results = None if output is None else os.path.realpath(output)
    seen = {os.path.realpath(folder)}

    def refuse(error: OSError) -> None:
        raise PictureError(f"the folder {error.filename} cannot be read ({error.strerror}): check its permissions")

    for place, folders, files in walk(folder, onerror=refuse, followlinks=follow_links):
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


def _is_file_name(output: str, *, alone: bool) -> bool:
    """Return whether an output names a file and no folder; for a source that stands alone, any ending makes it one."""
    if output == STANDARD:
        return True
    if output.endswith(("/", os.sep)) or Path(output).is_dir():
        return False
    return bool(Path(output).suffix) if alone else format_of(output) is not None


def _of_standard_input(output: str | None, options: UpscaleOptions) -> Job:
    if output is None:
        return Job(None, None, options.format)
    if not _is_file_name(output, alone=True):
        raise UsageError(
            f"output {output} is a folder, but standard input has no name: name a file", parameter="output"
        )
    return _to_file(None, output, options)


def _to_file(source: Path | None, output: str, options: UpscaleOptions) -> Job:
    """Return the job of one image whose result is named, and with its name the format."""
    if output == STANDARD:
        return Job(source, None, options.format)
    named = format_of(output)
    if named is None:
        endings = ", ".join(form.suffixes[0] for form in FORMATS.values())
        raise UsageError(
            f"output {output} is no format that srgan writes: end it in {endings}, or in / for a folder",
            parameter="output",
        )
    if options.format not in (None, named):
        raise UsageError(f"output {output} contradicts the format {options.format}: give one", parameter="output")
    if source is not None and os.path.realpath(source) == os.path.realpath(output):
        raise UsageError(f"output {output} would take the place of its source: choose another", parameter="output")
    return Job(source, Path(output), named)


def _named(one: Found, options: UpscaleOptions, mark: str, output: str | None, own: str | None) -> Job:
    """Return the job of an image whose result is named after it."""
    format = options.result_format(own)
    suffix = one.path.suffix if format_of(one.path) == format else FORMATS[format].suffixes[0]
    if one.folder is None:
        folder = one.path.parent if output is None else Path(output)
        return Job(one.path, folder / f"{one.path.stem}{mark}{suffix}", format)
    inside = one.path.relative_to(one.folder).with_suffix(suffix)
    if output is not None:
        return Job(one.path, Path(output) / inside, format)
    folder = one.folder if one.folder.name not in ("", "..") else one.folder.resolve()
    if not folder.name:
        raise UsageError(f"{one.folder} has no folder beside it for the results: name an output", parameter="output")
    return Job(one.path, folder.with_name(folder.name + mark) / inside, format)


def own_format(source: Path) -> str | None:
    """Return the format of a file by its contents, whatever its name is."""
    if source.is_file():  # a pipe would be waited for
        with suppress(OSError), source.open("rb") as file:  # reported when it is opened as an image
            return sniff(file.read(SNIFFED_BYTES)) or format_of(source)
    return format_of(source)


def _distinct(jobs: Sequence[Job]) -> list[Job]:
    """Give numbers to the results that would take the place of a source or of another result: `photo-x4-2.png`.

    Raises:
        UsageError: if a result would take the place of its own source.
    """
    real = _resolver()
    sources = {real(job.source): job for job in jobs if job.source is not None}
    taken, numbers, distinct = set(sources), dict[Path, Iterator[int]](), []
    for job in jobs:
        assert job.output is not None
        path = job.output
        if (own := sources.get(real(path))) is not None and own.source == job.source:
            raise UsageError(f"the result of {job.name} would take its own place: choose another", parameter="output")
        while real(path) in taken:
            number = next(numbers.setdefault(job.output, count(2)))
            path = job.output.with_name(f"{job.output.stem}-{number}{job.output.suffix}")
        taken.add(real(path))
        distinct.append(replace(job, output=path))
    return distinct


def _resolver() -> Callable[[Path], str]:
    """Return a `realpath` that resolves each folder once: thousands of files lie in few folders."""
    folders: dict[Path, str] = {}

    def real(path: Path) -> str:
        if path.is_symlink():
            return os.path.realpath(path)
        if path.parent not in folders:
            folders[path.parent] = os.path.realpath(path.parent)
        return os.path.join(folders[path.parent], path.name)

    return real
