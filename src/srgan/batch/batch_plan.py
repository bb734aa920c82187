"""The plan of a batch: what is to be enlarged and what is not, by the source, the results there are, and the ledger."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from srgan.batch.ledger import FOLDER, Ledger, Row
from srgan.batch.worker import Task
from srgan.errors import UsageError
from srgan.images.formats import SNIFFED_BYTES, format_of, sniff
from srgan.storage import Entry, Place, entry_of
from srgan.upscale.jobs import Job, own_format, plan_folder
from srgan.upscale.options import UpscaleOptions

_NO_TEXT = "its name is not Unicode: rename it"
_OTHER_OPTIONS = "its result was made with other options: overwrite it, or choose another folder"


@dataclass(frozen=True)
class Settled:
    """A file that is not enlarged in this run."""

    row: Row
    kind: Literal["kept", "skipped", "quarantined"]
    is_new: bool
    """Whether the ledger does not say so yet."""


@dataclass(frozen=True)
class BatchPlan:
    """The files of a batch that are still to be enlarged, and those that are not."""

    tasks: tuple[Task, ...]
    settled: tuple[Settled, ...]


def plan_batch(
    source: Place,
    target: Place,
    ledger: Ledger,
    options: UpscaleOptions,
    recipe: str,
    *,
    recursive: bool = False,
    follow_links: bool = False,
) -> BatchPlan:
    """Compare a source with the results there are and the ledger.

    Args:
        ledger: of the target.
        recipe: checksum of what results depend on.
        recursive: whether subfolders are enlarged too.
        follow_links: whether linked folders are, too.

    Raises:
        UsageError: if source and target are one folder.
        PictureError: if there is no image.
        StorageError: if one of them cannot be read.
    """
    if os.path.realpath(source.path) == os.path.realpath(target.path):
        raise UsageError(f"output {target} is the source itself: choose another folder", parameter="output")
    entries: dict[Path, Entry] = {}
    formats: dict[Path, str | None] = {}

    def own_formats(paths: Sequence[Path]) -> list[str | None]:
        formats.update(zip(paths, map(own_format, paths) if source.is_local else stored_formats(paths), strict=True))
        return list(formats.values())

    def stored_formats(paths: Sequence[Path]) -> Iterator[str | None]:
        known = {path: row.format for path in paths if (row := ledger.rows.get(source.name(path))) is not None
                 and row.stamp == entries[path].stamp and row.format is not None}  # fmt: skip
        unknown = [path for path in paths if path not in known]
        heads = dict(zip(unknown, source.heads(unknown, SNIFFED_BYTES), strict=True))
        for path in paths:
            yield known.get(path) or sniff(heads.get(path, b"")) or format_of(path)

    walk = os.walk if source.is_local else source.walk(entries)
    jobs = plan_folder(
        source.path, target.path, options,
        recursive=recursive, follow_links=follow_links, walk=walk, own_formats=own_formats,
    )  # fmt: skip
    results = {name: entry for name, entry in target.entries().items() if not name.startswith(f"{FOLDER}/")}
    decided: list[Task | Settled] = []
    for job in jobs:
        assert job.source is not None
        entry, format = entries.get(job.source), formats.get(job.source)
        decided.append(_decide(job, source, target, ledger, entry, format, results, recipe, options.overwrite))
    tasks = tuple(one for one in decided if isinstance(one, Task))
    return BatchPlan(tasks, tuple(one for one in decided if isinstance(one, Settled)))


def _decide(
    job: Job,
    source: Place,
    target: Place,
    ledger: Ledger,
    entry: Entry | None,
    format: str | None,
    results: dict[str, Entry],
    recipe: str,
    overwrite: bool,
) -> Task | Settled:
    assert job.source is not None
    name = source.name(job.source)
    before = ledger.rows.get(_text(name))

    def skipped(reason: str) -> Settled:
        # A row on a result that exists is worth more than one on why it is not made again.
        is_new = before is None or (before.state not in ("done", "planned") and before.reason != reason)
        return Settled(Row(_text(name), "skipped", reason), "skipped", is_new)

    if name != _text(name):
        return skipped(_NO_TEXT)
    if job.skipped is not None or job.output is None:
        return skipped(job.skipped or "")
    if entry is None:
        try:
            entry = entry_of(job.source)
        except OSError as error:
            entry = Entry(0, f"unreadable: {error.strerror}")  # reported when it is enlarged
    output = target.name(job.output)
    existing = results.get(output)
    wanted = Row(name, "planned", output=output, stamp=entry.stamp, recipe=recipe, bytes_in=entry.size,
                 format=format, replaces=existing.stamp if existing else None)  # fmt: skip
    task = Task(wanted, job.format, entry.modified)
    is_alike = before is not None and before.recipe == recipe and before.output == output
    if before is not None and is_alike and before.stamp == entry.stamp:
        if before.state == "done" and existing is not None and existing.size == before.bytes_out:
            return Settled(before, "kept", False)
        if before.state == "quarantined" and not overwrite:
            return Settled(before, "quarantined", False)
        if before.state == "planned" and existing is not None and existing.stamp != before.replaces:
            return replace(task, row=replace(wanted, replaces=before.replaces), finished=True)
    if existing is None or overwrite:
        return task
    if before is None or before.state == "skipped" or before.output != output:
        return skipped(f"{output} exists already")
    if before.recipe != recipe:
        return skipped(_OTHER_OPTIONS)
    is_ours = existing.size == before.bytes_out if before.state == "done" else (
        before.state == "planned" or existing.stamp == before.replaces
    )  # fmt: skip
    return task if is_ours else skipped(f"{output} is not the result that the ledger names")


def _text(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")
