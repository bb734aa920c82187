"""One worker of a batch: enlarges a file at a time, by the same way as `srgan upscale`."""

import hashlib
import os
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from srgan.batch.ledger import Row
from srgan.batch.model_options import ModelOptions
from srgan.errors import EngineError, ModelError, OutOfMemory, OutputError, SrganError
from srgan.files import make_folder, scratch_folder
from srgan.storage import Place, StorageError
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.upscaler import Upscaler


@dataclass(frozen=True)
class Task:
    """A file to enlarge."""

    row: Row
    """As planned: input, output, and what the ledger knows."""
    format: str | None
    """Of the result."""
    modified: float | None = None
    """Time of an input in a bucket, in seconds since 1970."""
    finished: bool = False
    """Whether the result is there already, from a run that ended before it could enter it."""


@dataclass(frozen=True)
class Outcome:
    """The result of a task, or the reason why there is none."""

    row: Row
    trouble: str = ""
    """`storage` if the file could not be read or its result not written; `all` if no file can be enlarged."""


class Worker:
    """Enlarges files of a source into a target, which are named by addresses.

    Args:
        threads: that the engine may use.
    """

    def __init__(
        self, source: str, target: str, options: UpscaleOptions, model: ModelOptions, threads: int | None = None
    ) -> None:
        self._source, self._target = source, target
        self._options, self._model, self._threads = options, model, threads

    @cached_property
    def _places(self) -> tuple[Place, Place]:
        return Place(self._source), Place(self._target)

    @cached_property
    def _upscaler(self) -> Upscaler:
        if self._threads is not None:
            from srgan.engines.openvino import shared_core

            shared_core().set_property("CPU", {"INFERENCE_NUM_THREADS": self._threads})
        return self._model.open()

    def process(self) -> int:
        """Return the number of this process."""
        return os.getpid()

    def enlarge(self, task: Task) -> Outcome:
        """Enlarge a file; failures are outcomes, too."""
        try:
            in_folders = all(place.is_local for place in self._places)
            with nullcontext(Path()) if in_folders else scratch_folder() as scratch:
                is_there = task.finished or (task.row.deaths > 0 and self._is_there(task.row))
                return Outcome(self._finished(task, scratch) if is_there else self._enlarged(task, scratch))
        except (StorageError, OutputError) as error:
            return Outcome(_failed(task, error), "storage")
        except (ModelError, EngineError) as error:
            return Outcome(_failed(task, error), "" if isinstance(error, OutOfMemory) else "all")
        except SrganError as error:
            return Outcome(_failed(task, error))

    def _is_there(self, row: Row) -> bool:
        """Return whether a worker that died had come as far as the result."""
        entry = self._places[1].entry(str(row.output))
        return entry is not None and entry.stamp != row.replaces

    def _enlarged(self, task: Task, scratch: Path) -> Row:
        begun, (source, target) = time.monotonic(), self._places
        assert task.row.output is not None
        path = self._fetched(source, task, scratch)
        output = target.path / task.row.output if target.is_local else scratch / "result" / Path(task.row.output).name
        # The plan of the batch has decided that an earlier result, if there is one, is to be replaced.
        options = replace(self._options, format=task.format, overwrite=True)
        make_folder(output.parent)
        result = self._upscaler.upscale_file(self._upscaler.plan(path, output, options))
        size, checksum = _size_and_checksum(output)
        if not target.is_local:
            target.store(output, task.row.output)
        assert result.size_in is not None
        assert result.size_out is not None
        return replace(
            task.row, state="done", reason="; ".join(result.notes) or None, bytes_out=size, sha256=checksum,
            width_in=result.size_in[0], height_in=result.size_in[1],
            width_out=result.size_out[0], height_out=result.size_out[1],
            model=result.model, seconds=round(time.monotonic() - begun, 3),
        )  # fmt: skip

    def _finished(self, task: Task, scratch: Path) -> Row:
        """Return the row of a result that an earlier run had finished."""
        target = self._places[1]
        assert task.row.output is not None
        output = target.path / task.row.output
        if not target.is_local:
            output = scratch / "result"
            target.fetch(task.row.output, output)
        size, checksum = _size_and_checksum(output)
        reason = "finished before its worker or its run ended"
        return replace(task.row, state="done", reason=reason, bytes_out=size, sha256=checksum)

    def _fetched(self, source: Place, task: Task, scratch: Path) -> Path:
        """Return the path of an input, after copying it from a bucket to the disk."""
        if source.is_local:
            return source.path / task.row.input
        path = scratch / Path(task.row.input).name
        source.fetch(task.row.input, path)
        if task.modified is not None:
            os.utime(path, (task.modified, task.modified))
        return path


def _failed(task: Task, error: SrganError) -> Row:
    return replace(task.row, state="failed", reason=str(error))


def _size_and_checksum(path: Path) -> tuple[int, str]:
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise OutputError(f"{path} cannot be read again ({error.strerror}): look after the disk") from error
