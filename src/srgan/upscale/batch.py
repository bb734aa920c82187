"""Files enlarged one after the other: a failure concerns its file alone, and no result is left half made."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from srgan.errors import OutputError, SrganError
from srgan.files import scratch_folder
from srgan.progress import NoProgress, Progress
from srgan.upscale.jobs import Job
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.result import FilePlan, FileResult
from srgan.upscale.upscaler import Cancelled, Upscaler

FULL_DISKS = 3
"""Files in a row for which the disk has no space, after which the others are left: one large file says nothing yet."""
_NO_SPACE = os.strerror(errno.ENOSPC)
"""All that libvips says of it."""


def plan_files(
    upscaler: Upscaler,
    jobs: Iterable[Job],
    options: UpscaleOptions,
    *,
    standard_input: bytes = b"",
    hint: bool = False,
) -> Iterator[FilePlan | FileResult]:
    """Yield a plan for each file to enlarge, and the result of each that is skipped or cannot be read.

    Args:
        options: size and format.
        standard_input: contents of the job without a source.
        hint: whether the first plan of a file into a file that a better model suits says so.
    """
    for job in jobs:
        if job.skipped is not None:
            yield FileResult.of_skipped(job)
            continue
        source = standard_input if job.source is None else job.source
        try:
            wanted = hint and None not in (job.source, job.output)
            plan = upscaler.plan(source, job.output, replace(options, format=job.format), hint=wanted)
            hint = hint and plan.hint is None
            yield plan
        except SrganError as error:
            yield FileResult.of_failed(job.name, job.output, error)


def estimate_files(plans: Iterable[FilePlan | FileResult]) -> Iterator[FileResult]:
    """Yield what enlarging each file would give and how long it would take; nothing is written.

    Raises:
        ModelError: if a model is damaged.
        EngineError: if the network cannot be run at all.
    """
    for plan in plans:
        yield plan.result("planned", plan.seconds) if isinstance(plan, FilePlan) else plan


def upscale_files(
    upscaler: Upscaler,
    plans: Iterable[FilePlan | FileResult],
    *,
    progress: Progress | None = None,
    send: Callable[[Path], None] = lambda path: None,
) -> Iterator[FileResult]:
    """Enlarge files and yield the result of each as soon as it is there; end early when the progress says so.

    The rest is left, too, once the disk is full.

    Args:
        plans: from `plan_files`.
        progress: a task for each file, counted in pixels of the source.
        send: called with the temporary file of a result for standard output.

    Raises:
        ModelError: if a model is damaged.
        EngineError: if the network cannot be run at all.
    """
    progress, full = progress or NoProgress(), 0
    for plan in plans:
        if isinstance(plan, FileResult):
            if plan.status == "failed":
                progress.start(plan.source, 0)
            yield plan
            continue
        _ = plan.chosen.loaded.network_for(plan.info.depth)  # a damaged model concerns every file
        try:
            with _place_for(plan.output, send) as output:
                result = upscaler.upscale_file(replace(plan, output=output), progress=progress)
            full = 0
            yield replace(result, output=plan.result("done", 0).output)
        except Cancelled:
            return
        except SrganError as error:
            full = full + 1 if _NO_SPACE in str(error) else 0
            yield plan.failed(error)
            if full == FULL_DISKS:
                return


@contextmanager
def _place_for(output: Path | None, send: Callable[[Path], None]) -> Iterator[Path]:
    """Give the path to write a result to; its folder is made, and removed again if it stays empty.

    For standard output it is a temporary file, which is sent there when it is whole.

    Raises:
        OutputError: if the folder cannot be made.
    """
    if output is None:
        with scratch_folder() as folder:
            yield folder / "result"
            send(folder / "result")
        return
    made = _make_folders(output.parent)
    try:
        yield output
    except BaseException:
        _remove_empty(made)
        raise


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the new ones, from the top."""
    made: list[Path] = []
    try:
        for part in reversed((folder, *folder.parents)):
            if not part.is_dir():
                part.mkdir(exist_ok=True)
                made.append(part)
    except OSError as error:
        _remove_empty(made)
        why = f"{part} is a file" if part.exists() else error.strerror
        raise OutputError(f"the folder {folder} cannot be made ({why}): choose another") from error
    return made


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()
