"""Jobs: which result each image becomes that the words of a command mean.

A name says once how much larger its image is: a file gets the mark, `photo-x4.jpg`, beside it or in the output folder;
a folder keeps its files' names and gets the mark itself, `photos-x4/photo.jpg`, or is mirrored into the output folder.
Every file is accounted for: what is not enlarged becomes a job with the reason. Only hidden files do not count.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from srgan.errors import UsageError
from srgan.files import check_folder
from srgan.images.formats import FORMATS, SNIFFED_BYTES, format_of, sniff
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.result import STANDARD_INPUT
from srgan.upscale.sources import (
    EARLIER,
    FOLDER,
    NO_IMAGE,
    Found,
    Walk,
    find_images,
    find_in_folder,
)

STANDARD = "-"
"""In place of a file's name: standard input or output."""
EXISTING = "done before"
"""Why files are skipped whose results exist, for summaries; other reasons: `srgan.upscale.sources`."""


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
    """Why it is not enlarged: `EXISTING`, or a constant of `srgan.upscale.sources`."""

    @property
    def name(self) -> str:
        """Name of the source in messages."""
        return STANDARD_INPUT if self.source is None else str(self.source)


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
    walk: Walk = os.walk,
    own_formats: "OwnFormats" = lambda paths: map(own_format, paths),
) -> tuple[Job, ...]:
    """Return the jobs that `plan_jobs` has for a folder and an output folder, whether results exist or not.

    Args:
        folder: where images are looked for; need not be a folder of this computer, if the last two arguments know it.
        options: decide the formats of results.
        walk: lists the folder.
        own_formats: the formats of files by their contents.

    Raises:
        PictureError: if there is no image.
    """
    found = find_in_folder(folder, recursive=recursive, follow_links=follow_links, output=output, walk=walk)
    images = [one for one in found if one.kind is None]
    formats = own_formats([one.path for one in images])
    jobs = [_named(one, options, "", str(output), format) for one, format in zip(images, formats, strict=True)]
    return (*_distinct(jobs), *_skipped(found))


OwnFormats = Callable[[Sequence[Path]], Iterable[str | None]]


def _skipped(found: Iterable[Found]) -> list[Job]:
    return [Job(one.path, None, None, _REASONS[one.kind], one.kind) for one in found if one.kind is not None]


_REASONS = {
    EARLIER: "it looks like the result of an earlier run (name it alone to enlarge it)",
    NO_IMAGE: "it is no image that srgan reads",
    FOLDER: "a folder that is not searched",
}


def _unless_existing(job: Job) -> Job:
    if job.output is None or not os.path.exists(job.output):
        return job
    return replace(job, skipped=f"{job.output} exists already", kind=EXISTING)


def _is_file_name(output: str, *, alone: bool) -> bool:
    """Return whether an output names a file and no folder; for a source that stands alone, any ending makes it one."""
    if output == STANDARD:
        return True
    if output.endswith(("/", os.sep)) or os.path.isdir(output):
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
        if os.path.islink(path):  # not Path.is_symlink, which raises for a name that is too long
            return os.path.realpath(path)
        if path.parent not in folders:
            folders[path.parent] = os.path.realpath(path.parent)
        return os.path.join(folders[path.parent], path.name)

    return real
