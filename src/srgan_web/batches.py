"""Batches: folders of this computer, enlarged file by file into a folder of results, with a ledger of every file.

Only what lies in one folder, which the person who starts the server names, is read or written, links included.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from srgan.errors import SrganError, UsageError
from srgan.files import make_folder
from srgan.upscale import Cancelled
from srgan_web.batch_file import STATUSES, BatchFile, FileProgress, FileStatus
from srgan_web.enlarging import Enlarger
from srgan_web.job_options import JobOptions
from srgan_web.job_store import ATTEMPTS, JobStore, new_id, store_errors

PAGE = 200
"""Most rows of a ledger in one answer."""

_MOST_FOLDERS = 1000
_LINK = "a link that leads out of the folder"
_NAME = "its name is not Unicode: rename it"


class Batches:
    """The batches of a folder, kept in a store. Several threads, and servers that see the same folder, may use them.

    Args:
        root: the folder outside of which nothing is opened.
        store: whose database keeps the ledgers.
        enlarger: does the work.

    Attributes:
        workers: number of files that this server enlarges at the same time.

    Raises:
        UsageError: if there is no such folder.
    """

    workers = 1

    def __init__(self, root: Path, store: JobStore, enlarger: Enlarger) -> None:
        if not root.is_dir():
            raise UsageError(f"there is no folder {root}: name one that exists", parameter="folder")
        self.root = root.resolve()
        self._store, self._database, self._enlarger = store, store.database, enlarger

    def folder(self, path: str) -> dict[str, Any]:
        """Return a folder's path within the root and the names of its subfolders, hidden ones left out.

        Raises:
            UsageError: if it does not exist, or lies outside.
        """
        found = self._inside(path)
        try:
            names = sorted(path.name for path in found.iterdir() if path.is_dir() and path.name[0] != ".")
        except OSError as error:
            raise UsageError(
                f"the folder is not readable ({error.strerror}): choose another", parameter="path"
            ) from error
        inside = [name for name in names if self._is_inside(found / name) and _is_text(name)]
        return {"root": str(self.root), "path": self._relative(found), "folders": inside[:_MOST_FOLDERS]}

    def create(self, path: str, options: JobOptions, *, recursive: bool) -> str:
        """Plan a batch: list its files and queue those to enlarge. Results that exist already are kept.

        Args:
            path: of the folder, within the root.
            options: of all files.
            recursive: whether subfolders are searched.

        Returns:
            The id of the batch.

        Raises:
            UsageError: if the folder does not exist or lies outside, or an option does not fit.
            PictureError: if there is no image in it.
        """
        if options.crop is not None:
            raise UsageError("crop is for single images: leave it out", parameter="crop")
        folder = self._inside(path)
        name = folder.name + self._enlarger.mark(options)
        output = folder / name if folder == self.root else folder.with_name(name)
        if not self._is_inside(output):
            raise UsageError(f"{name} is {_LINK}: remove it", parameter="path")
        id, now, jobs = new_id(), time.time(), self._enlarger.plan_folder(folder, output, options, recursive=recursive)

        def rows() -> Iterator[tuple[Any, ...]]:
            for number, job in enumerate(jobs):
                assert job.source is not None
                source, target = str(job.source), str(job.output) if job.output else None
                status, note = ("queued", None) if job.skipped is None else ("skipped", job.skipped)
                if not _is_text(source):
                    source, target, status, note = ascii(source)[1:-1], None, "skipped", _NAME
                elif status == "queued" and not self._is_inside(job.source):
                    status, note = "skipped", _LINK
                yield id, number, source, target, job.format, status, note

        with store_errors(), self._database.transaction():
            self._database.write(
                "INSERT INTO batches (id, root, folder, output, options, created) VALUES (?, ?, ?, ?, ?, ?)",
                id, str(self.root), self._relative(folder), self._relative(output), options.to_json(), now,
            )  # fmt: skip
            self._database.write_many(
                "INSERT INTO batch_files (batch, number, source, output, format, status, note) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows(),
            )
        return id

    def all(self) -> list[dict[str, Any]]:
        """Return all batches of the root, the newest first."""
        rows = self._database.read("SELECT id FROM batches WHERE root = ? ORDER BY created DESC", str(self.root))
        return [found for (id,) in rows if (found := self.find(id)) is not None]

    def find(self, id: str) -> dict[str, Any] | None:
        """Return a batch as clients see it, or None if there is none."""
        rows = self._database.read(
            "SELECT folder, output, options, created FROM batches WHERE id = ? AND root = ?", id, str(self.root)
        )
        if not rows:
            return None
        folder, output, options, created = rows[0]
        counts, spent = dict.fromkeys(STATUSES, 0), 0.0
        for status, number, seconds in self._database.read(
            "SELECT status, count(*), total(seconds) FROM batch_files WHERE batch = ? GROUP BY status", id
        ):
            counts[status], spent = number, spent + (seconds if status == "done" else 0.0)
        left = counts["queued"] + counts["running"]
        address = f"/v1/batches/{id}"
        return {
            "id": id,
            "folder": folder,
            "output": output,
            "options": json.loads(options),
            "created": created,
            "files": sum(counts.values()),
            "counts": counts,
            "status": "running" if left else "done",
            "seconds_left": round(spent / counts["done"] * left / self.workers, 1) if counts["done"] else None,
            "links": {"self": address, "files": f"{address}/files", "events": f"{address}/events"},
        }

    def files(self, id: str, status: FileStatus | None, offset: int) -> list[dict[str, Any]]:
        """Return up to PAGE rows of a ledger, those with one status or all."""
        rows = self._database.read(
            "SELECT source, output, status, note, seconds FROM batch_files WHERE batch = ? AND ifnull(status = ?, 1) "
            f"ORDER BY number LIMIT {PAGE} OFFSET ?",
            id, status, offset,
        )  # fmt: skip
        return [
            {
                "source": self._shown(source),
                "output": self._shown(output),
                "status": status,
                "note": note,
                "seconds": time,
            }
            for source, output, status, note, time in rows
        ]

    def retry(self, id: str) -> int:
        """Queue the failed files of a batch again; return how many there were."""
        with store_errors():
            return self._database.write(
                "UPDATE batch_files SET status = 'queued', note = NULL, attempts = 0 "
                "WHERE batch = ? AND status = 'failed'", id
            )  # fmt: skip

    def delete(self, id: str) -> bool:
        """Stop a batch and forget its ledger; results stay. Returns False if there is none."""
        with store_errors(), self._database.transaction():
            self._database.write("DELETE FROM batch_files WHERE batch = ?", id)
            return bool(self._database.write("DELETE FROM batches WHERE id = ? AND root = ?", id, str(self.root)))

    def claim(self) -> BatchFile | None:
        """Take the next file for a worker, if there is one."""
        rows = self._database.read(
            "SELECT batch, number, source, batch_files.output, format, options FROM batch_files JOIN batches ON "
            "batch = id WHERE status = 'queued' AND root = ? ORDER BY created, number LIMIT 1", str(self.root)
        )  # fmt: skip
        if not rows:
            return None
        batch, number, source, output, format, options = rows[0]
        claimed = self._database.write(
            "UPDATE batch_files SET status = 'running', owner = ?, attempts = attempts + 1 "
            "WHERE batch = ? AND number = ? AND status = 'queued'", self._database.server, batch, number
        )  # fmt: skip
        if not claimed:  # by another server
            return self.claim()
        return BatchFile(batch, number, Path(source), Path(output), format, JobOptions.from_json(options))

    def enlarge(self, file: BatchFile, *, should_stop: Callable[[], bool]) -> None:
        """Enlarge a claimed file and enter the outcome; after an early end it is queued again.

        Args:
            file: from `claim`.
            should_stop: whether to end early.
        """
        progress = FileProgress(should_stop, lambda: self.find(file.batch) is None)
        begun = time.monotonic()
        try:
            if not (self._is_inside(file.source) and self._is_inside(file.output)):
                raise UsageError(f"{file.source.name} is {_LINK}: it is left out")
            make_folder(file.output.parent)
            notes = self._enlarger.enlarge_file(file.source, file.output, file.format, file.options, progress)
        except Cancelled:
            self._enter(file, "queued", None, undo=1)
        except SrganError as error:
            self._enter(file, "failed", str(error).replace(f"{self.root}{os.sep}", ""))
        except Exception as error:  # noqa: BLE001 - one image must not end the service
            self._enter(file, "failed", f"a mistake in srgan, please report it: {error!r}")
        else:
            self._enter(file, "done", "; ".join(notes) or None, seconds=time.monotonic() - begun)

    def _enter(
        self, file: BatchFile, status: FileStatus, note: str | None, *, seconds: float | None = None, undo: int = 0
    ) -> None:
        self._database.write(
            "UPDATE batch_files SET status = ?, note = ?, seconds = ?, attempts = attempts - ?, owner = NULL "
            "WHERE batch = ? AND number = ? AND owner = ?",
            status, note, seconds, undo, file.batch, file.number, self._database.server,
        )  # fmt: skip

    def recover(self) -> None:
        """Queue the files of servers that were killed; one that has stopped a server too often counts as failed."""
        owners = self._database.read(
            "SELECT DISTINCT owner FROM batch_files WHERE status = 'running' AND owner IS NOT ?", self._database.server
        )
        if not owners:
            return
        with self._database.transaction():
            for (owner,) in owners:
                if not self._database.is_running(owner):
                    self._database.write(
                        "UPDATE batch_files SET owner = NULL, note = CASE WHEN attempts < ? THEN NULL ELSE ? END, "
                        "status = CASE WHEN attempts < ? THEN 'queued' ELSE 'failed' END WHERE owner = ?",
                        ATTEMPTS, f"the server stopped {ATTEMPTS} times while it enlarged this image", ATTEMPTS, owner,
                    )  # fmt: skip

    def _inside(self, path: str) -> Path:
        """Return a folder by its path within the root, or by its whole path.

        Raises:
            UsageError: if it does not exist, or lies outside.
        """
        try:
            found = Path(os.path.realpath(self.root / path.strip()))
            known = found.is_relative_to(self.root) and found.is_dir()
        except (OSError, ValueError):  # too long, or with a zero byte
            known = False
        if not known:
            raise UsageError(f"there is no such folder in {self.root}: choose one", parameter="path")
        return found

    def _is_inside(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(self.root)

    def _shown(self, path: str | None) -> str | None:
        return path and os.path.relpath(path, self.root)

    def _relative(self, path: Path) -> str:
        return str(path.relative_to(self.root))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
