"""Which result each picture becomes, decided and checked before any work begins.

A name says once how much larger its picture is, and at which fidelity if one was asked for: a file gets the mark,
`photo-x4.jpg`, beside it or in --output; a folder keeps its files' names and gets the mark itself,
`photos-x4/photo.jpg`, or is mirrored into --output.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from srgan.cli.inputs import Found, find_pictures, split_results
from srgan.errors import UsageError
from srgan.images.formats import FORMATS, SNIFFED_BYTES, format_of, sniff
from srgan.weights.interpolation import fidelity_digits

STANDARD = "-"
"""In place of a file's name: standard input or output."""


@dataclass(frozen=True)
class Job:
    """A picture to enlarge."""

    source: Path | None
    """None is standard input."""
    output: Path | None
    """None is standard output."""
    format: str | None
    """A key of FORMATS; None is the source's own."""
    left_out: str | None = None
    """Why it is not to be enlarged, if it is not; there is no output then."""

    @property
    def name(self) -> str:
        """The source, for people."""
        return "standard input" if self.source is None else str(self.source)


@dataclass(frozen=True)
class Naming:
    """How results are called."""

    mark: str
    """How it was enlarged, as in `photo-x4.jpg`: `-x4`, `-w1200`, `-x4-f0.7`."""
    output: str | None = None
    """A folder, a file's name, or `-`; beside the source without it."""
    format: str | None = None
    """A key of FORMATS; as the source without it."""


def mark_of(scale: float | None, width: int | None, own_scale: int, fidelity: float | None = None) -> str:
    """What is added to a name: the factor, or the width that was asked for, and the fidelity if one was."""
    size = f"-w{width}" if width is not None else f"-x{own_scale if scale is None else scale:g}"
    return size if fidelity is None else f"{size}-f{fidelity_digits(fidelity)}"


def plan_jobs(words: Sequence[str], naming: Naming, *, recursive: bool = False) -> tuple[Job, ...]:
    """What becomes of what: one job a picture, in the order of the words.

    Raises:
        PictureError: if a word means no picture.
        UsageError: if the output cannot be meant: two results of one name, or one in a source's place.
    """
    if STANDARD in words:
        if len(words) > 1:
            raise UsageError("- (standard input) stands alone: enlarge files in a run of their own")
        return (_of_standard_input(naming),)
    output = naming.output
    found = find_pictures(words, recursive=recursive, output=None if output is None else Path(output))
    sources, results = split_results(found)
    if output is not None and _is_file_name(output, alone=len(sources) == 1 and sources[0].folder is None):
        if len(sources) > 1 or sources[0].folder is not None:
            raise UsageError(f"--output {output} names one file, but folders or several pictures come: name a folder")
        jobs = [_to_file(sources[0].path, output, naming.format)]
    else:
        jobs = [_named(one, naming) for one in sources]
    _check(jobs)
    reason = "it looks like the result of an earlier run (name it alone to enlarge it)"
    return (*jobs, *(Job(one.path, None, None, left_out=reason) for one in results))


def _is_file_name(output: str, *, alone: bool) -> bool:
    """Whether --output names a file and no folder; for a source that stands alone, any ending makes it one."""
    if output == STANDARD:
        return True
    if output.endswith(("/", os.sep)) or Path(output).is_dir():
        return False
    return bool(Path(output).suffix) if alone else format_of(output) is not None


def _of_standard_input(naming: Naming) -> Job:
    if naming.output is None:
        return Job(None, None, naming.format)
    if not _is_file_name(naming.output, alone=True):
        raise UsageError(f"--output {naming.output} is a folder, but standard input has no name: name a file")
    return _to_file(None, naming.output, naming.format)


def _to_file(source: Path | None, output: str, format: str | None) -> Job:
    """The job of one picture whose result is named, and with its name the format."""
    if output == STANDARD:
        return Job(source, None, format)
    meant = format_of(output)
    if meant is None:
        endings = ", ".join(form.suffixes[0] for form in FORMATS.values())
        raise UsageError(f"--output {output} is no format that srgan writes: end it in {endings}, or in / for a folder")
    if format not in (None, meant):
        raise UsageError(f"--output {output} and --format {format} contradict each other: leave out --format")
    return Job(source, Path(output), meant)


def _named(one: Found, naming: Naming) -> Job:
    """The job of a picture whose result is named after it."""
    format = naming.format or _own_format(one.path)
    suffix = one.path.suffix if format_of(one.path) == format else FORMATS[format].suffixes[0]
    if one.folder is None:
        folder = one.path.parent if naming.output is None else Path(naming.output)
        return Job(one.path, folder / f"{one.path.stem}{naming.mark}{suffix}", format)
    inside = one.path.relative_to(one.folder).with_suffix(suffix)
    if naming.output is not None:
        return Job(one.path, Path(naming.output) / inside, format)
    folder = one.folder if one.folder.name not in ("", "..") else one.folder.resolve()
    if not folder.name:
        raise UsageError(f"{one.folder} has no folder beside it for the results: name one with --output")
    return Job(one.path, folder.with_name(folder.name + naming.mark) / inside, format)


def _own_format(source: Path) -> str:
    """The format of a result that is to be as its source: what the file is, whatever it is called; PNG for a GIF."""
    format = None
    if source.is_file():  # a pipe would be waited for
        with suppress(OSError), source.open("rb") as file:  # told when it is opened as a picture
            format = sniff(file.read(SNIFFED_BYTES))
    format = format or format_of(source) or "png"
    return format if format in FORMATS else "png"


def _check(jobs: Sequence[Job]) -> None:
    """Refuse results that would take the place of a source or of each other."""
    sources = {os.path.realpath(job.source): job.source for job in jobs if job.source is not None}
    results: dict[str, Job] = {}
    for job in jobs:
        if job.output is None:
            continue
        place = os.path.realpath(job.output)
        if place in sources and sources[place] == job.source:
            raise UsageError(f"the result of {job.name} would take its own place: choose another --output")
        if place in sources:
            raise UsageError(
                f"the result of {job.name} would take the place of the source {sources[place]}: choose another --output"
            )
        other = results.setdefault(place, job)
        if other is not job:
            raise UsageError(
                f"{other.name} and {job.name} would both become {job.output}: "
                "enlarge them one by one, with different --output"
            )
