"""Results of `srgan upscale` in words."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from srgan.cli.console import count, dimensions, duration
from srgan.upscale.result import BatchResult, FileResult

FEW = 20
"""Files: where there are more, lines about each are replaced by counts."""


def file_line(file: FileResult) -> str:
    """Return a result in one line."""
    if file.status not in ("done", "planned"):
        return f"{file.source}: {file.status}, {'; '.join(file.notes)}"
    size_in, size_out = (f" ({dimensions(size)})" if size else "" for size in (file.size_in, file.size_out))
    time = f"{'about ' * (file.status == 'planned')}{duration(file.seconds or 0.0)}"
    line = f"{file.source}{size_in} -> {file.output}{size_out} in {time}"
    return line if file.reason is None else f"{line}, by {_choice(file)}"


def failure(file: FileResult) -> str:
    """Return why a file failed, with its name."""
    error = file.error or ""
    return error if file.source in error else f"{file.source}: {error}"


def message(file: FileResult) -> str | None:
    """Return what is said about a file as soon as it is finished, or None."""
    if file.status == "failed":
        return f"Error: {failure(file)}"
    if file.status == "skipped":
        return file_line(file)
    return f"{file.source}: {'; '.join(file.notes)}" if file.notes else None


def result_lines(result: BatchResult) -> Iterator[str]:
    """Yield what standard output says about several files in the end."""
    chosen = [file for file in result.files if file.status == "done" and file.reason is not None]
    yield from (file_line(file) for file in result.files if file.status == "planned")
    if len(chosen) <= FEW:
        yield from (f"{file.output}: {_choice(file)}" for file in chosen)
    else:
        models = Counter(str(file.model_name) for file in chosen)
        yield from (f"{name}: {count(number, 'picture')}" for name, number in models.items())


def summary(result: BatchResult) -> str:
    """Return the outcome, and where the results are, in one line."""
    done = [file for file in result.files if file.status in ("done", "planned")]
    if len(result.files) == 1 and done:
        return file_line(done[0])
    parts = ["Nothing enlarged"]
    if done and result.number("planned"):
        seconds = duration(sum(file.seconds or 0.0 for file in done))
        parts = [f"{count(len(done), 'picture')} to enlarge in about {seconds}"]
    elif done:
        parts = [f"{count(len(done), 'picture')} enlarged in {duration(result.seconds)}"]
    if skipped := result.number("skipped"):
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in result.kinds.items())
        parts.append(f"{skipped:,} skipped ({kinds})")
    if failed := result.number("failed"):
        parts.append(f"{failed:,} failed")
    place = _common_folder([file.output for file in done if file.output])
    return ", ".join(parts) + (f"; results in {place}" if place else "")


def _choice(file: FileResult) -> str:
    return f"{file.model_name}, since {file.reason}"


def _common_folder(outputs: Sequence[str]) -> str | None:
    """Return the folder that holds all results, relative to the working folder when it lies in it."""
    try:
        folder = os.path.commonpath([os.path.abspath(Path(output).parent) for output in outputs])
    except ValueError:  # none, or several drives
        return None
    inside = os.path.relpath(folder)
    return folder if inside.startswith("..") else "this folder" if inside == "." else inside
