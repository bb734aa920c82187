"""Pictures enlarged one after the other: a broken one is told and passed over, and nothing is ever left half made."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from srgan.cli.console import one_interruption, written
from srgan.cli.jobs import Job
from srgan.cli.progress_bar import Display
from srgan.cli.report import FEW, STANDARD_OUTPUT, Record, Report, Status
from srgan.errors import OutputError, PictureError, SrganError
from srgan.images.image import DEFAULT_MAX_PIXELS, PictureInfo, PictureReader, SaveOptions
from srgan.upscale.model_choice import Chosen
from srgan.upscale.upscaler import Enlarged, Plan, Upscaler


@dataclass(frozen=True)
class Wishes:
    """How every picture is to be enlarged."""

    scale: float | None = None
    width: int | None = None
    quality: int = 95
    keep_metadata: bool = True
    overwrite: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS


class Batch:
    """Enlarges pictures one after the other, or says what that would take.

    Args:
        upscaler: the model.
        wishes: how.
        talkative: whether skipped pictures and notes are told; failures always are.
        bars: whether progress is shown.
        hints: whether it is told, once, that another model would suit a picture better.
    """

    def __init__(
        self, upscaler: Upscaler, wishes: Wishes, *, talkative: bool = True, bars: bool = False, hints: bool = False
    ) -> None:
        self._upscaler, self._wishes = upscaler, wishes
        self._talkative, self._bars, self._hints = talkative, bars, hints
        self._display = Display(())
        self._standard_input: bytes | None = None

    def enlarge(self, jobs: Sequence[Job]) -> Report:
        """Enlarge them.

        Raises:
            ModelError: if the model is damaged.
            EngineError: if the network cannot be run at all.
        """
        return self._each(jobs, self._enlarge)

    def plan(self, jobs: Sequence[Job]) -> Report:
        """Say what would be done; nothing is written.

        Raises:
            ModelError: if the model is damaged.
            EngineError: if the network cannot be run at all.
        """
        return self._each(jobs, self._plan)

    def _each(self, jobs: Sequence[Job], handle: Callable[[Job, Chosen], Record]) -> Report:
        started, interrupted = time.monotonic(), False
        records = {number: record for number, job in enumerate(jobs) if (record := self._skipped(job)) is not None}
        waiting = [number for number in range(len(jobs)) if number not in records]
        try:
            with one_interruption():
                for record in records.values():
                    self._tell(record, several=len(jobs) > 1, seldom=len(records) <= FEW)
                with self._shown([jobs[number] for number in waiting]):
                    for number in waiting:
                        self._display.begin(jobs[number].name)
                        records[number] = self._tried(jobs[number], handle)
                        self._display.end()
                        self._tell(records[number], several=len(jobs) > 1)
        except KeyboardInterrupt:
            interrupted = True
        finished = tuple(records[number] for number in sorted(records))
        return Report(finished, time.monotonic() - started, left=len(jobs) - len(finished), interrupted=interrupted)

    def _shown(self, jobs: Sequence[Job]) -> Display:
        """The display of a run, from now on."""
        self._display = Display([self._pixels(job) for job in jobs] if self._bars else ())
        return self._display

    def _skipped(self, job: Job) -> Record | None:
        """The record of a picture that is not to be enlarged."""
        why = job.left_out
        if why is None and not self._wishes.overwrite and job.output is not None and job.output.exists():
            why = f"{job.output} exists already (--overwrite replaces it)"
        if why is None:
            return None
        return Record(job.name, str(job.output) if job.output else None, "skipped", notes=(why,))

    def _tell(self, record: Record, *, several: bool, seldom: bool = True) -> None:
        if record.status == "failed":
            self._display.say(f"Error: {record.failure}")
        elif record.status == "skipped" and self._talkative and seldom:
            self._display.say(record.line)
        elif record.notes and self._talkative:
            self._display.say(f"{record.source}: {'; '.join(record.notes)}")

    def _tried(self, job: Job, handle: Callable[[Job, Chosen], Record]) -> Record:
        try:
            chosen = self._upscaler.models.choose(self._source(job), max_pixels=self._wishes.max_pixels)
        except SrganError as error:
            return _failed(job, error)
        _ = chosen.loaded.network  # what is wrong with the model is wrong with every picture
        self._display.by(job.name, chosen.loaded.model.name)
        try:
            self._hint(job)
            return handle(job, chosen)
        except SrganError as error:
            return _failed(job, error)

    def _hint(self, job: Job) -> None:
        """Say once that another model would suit a picture better; never in a pipe."""
        if not self._hints or job.source is None or job.output is None:
            return
        hint = self._upscaler.models.hint(job.source, max_pixels=self._wishes.max_pixels)
        if hint is not None:
            self._hints = False
            self._display.say(f"Hint: {job.name}: {hint}; --model auto chooses by itself")

    def _enlarge(self, job: Job, chosen: Chosen) -> Record:
        wishes, source = self._wishes, self._source(job)
        format = job.format or self._info(source).output_format
        with _place_for(job.output) as destination:
            result = self._upscaler.upscale_file(
                source,
                destination,
                scale=wishes.scale,
                width=wishes.width,
                options=SaveOptions(format, quality=wishes.quality, keep_metadata=wishes.keep_metadata),
                max_pixels=wishes.max_pixels,
                overwrite=wishes.overwrite,
                chosen=chosen,
                advance=self._display.advance,
            )
        return _record(job, "done", result, chosen)

    def _plan(self, job: Job, chosen: Chosen) -> Record:
        wishes = self._wishes
        plan = self._upscaler.plan(
            self._source(job),
            scale=wishes.scale,
            width=wishes.width,
            output_format=job.format,
            max_pixels=wishes.max_pixels,
            chosen=chosen,
        )
        return _record(job, "planned", plan, chosen)

    def _source(self, job: Job) -> Path | bytes:
        if job.source is not None:
            return job.source
        if self._standard_input is None:
            self._standard_input = sys.stdin.buffer.read()
        return self._standard_input

    def _info(self, source: Path | bytes) -> PictureInfo:
        with PictureReader(source, max_pixels=self._wishes.max_pixels) as reader:
            return reader.info

    def _pixels(self, job: Job) -> int:
        """Input pixels, or none of a file that will fail."""
        try:
            picture = self._info(self._source(job))
        except PictureError:
            return 0
        return picture.width * picture.height


def _record(job: Job, status: Status, what: Enlarged | Plan, chosen: Chosen) -> Record:
    return Record(
        source=job.name,
        output=STANDARD_OUTPUT if job.output is None else str(job.output),
        status=status,
        size_in=(what.picture.width, what.picture.height),
        size_out=what.size,
        seconds=round(what.seconds, 3),
        model=chosen.label,
        model_name=chosen.loaded.model.name,
        reason=chosen.reason,
        inspection=chosen.inspection,
        engine=chosen.loaded.engine_label,
        notes=what.notes,
    )


def _failed(job: Job, error: SrganError) -> Record:
    return Record(job.name, str(job.output) if job.output else None, "failed", error=str(error))


@contextmanager
def _place_for(output: Path | None) -> Iterator[Path]:
    """Where a result is written: its file, whose folder is made and goes again if nothing comes to be in it.

    For standard output it is a temporary file, which is sent there when it is whole.

    Raises:
        OutputError: if the folder cannot be made, or standard output not be written.
    """
    if output is None:
        with tempfile.TemporaryDirectory(prefix="srgan-") as folder:
            path = Path(folder, "result")
            yield path
            with written(), path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
        return
    made = _make_folders(output.parent)
    try:
        yield output
    except BaseException:
        _remove_empty(made)
        raise


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; returns the new ones, from the top.

    Raises:
        OutputError: if that is not possible.
    """
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
