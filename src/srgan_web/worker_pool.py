"""Threads that run jobs and batches, and one that watches what other servers do to the store."""

import sqlite3
import threading
import time
from typing import Any

from srgan.errors import SrganError
from srgan.upscale import Cancelled
from srgan_web.batch_file import BatchFile
from srgan_web.batches import Batches
from srgan_web.job_queue import JobQueue, RunningJob
from srgan_web.job_store import StoreFull

_WATCH = 0.5  # seconds between looks at what other servers did
_RETRY = 1.0  # seconds between attempts to write to a full disk
_REPORT = 1.0  # seconds between reports of progress to the store


class WorkerPool:
    """Runs the jobs of a queue, and files of batches while no job waits.

    Args:
        queue: of jobs.
        batches: folders to enlarge; None for none.
        workers: threads; each uses all processor cores where the engine does. Without any, another server works.
    """

    def __init__(self, queue: JobQueue, batches: Batches | None = None, *, workers: int = 1) -> None:
        self.queue, self.batches = queue, batches
        self._store, self._stopping = queue.store, False
        queue.workers = max(1, workers)
        if batches is not None:
            batches.workers = queue.workers
        names = [*(f"worker-{number}" for number in range(workers)), "store-watcher"]
        self._threads = [
            threading.Thread(target=self._watch if name == names[-1] else self._work, name=name, daemon=True)
            for name in names
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Put running jobs back into the queue and end the threads."""
        with self.queue.changed:
            self._stopping = True
            self.queue.changed.notify_all()
        for thread in self._threads:
            thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether all threads run."""
        return all(thread.is_alive() for thread in self._threads)

    def _watch(self) -> None:
        while not self._stopping:
            try:
                self.queue.watch()
                if self.batches is not None:
                    self.batches.recover()
            except (sqlite3.Error, StoreFull, OSError):  # the disk is full, or a shared one is away
                pass
            with self.queue.changed:
                self.queue.changed.wait_for(lambda: self._stopping, _WATCH)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            if isinstance(task, BatchFile):
                self._enlarge_file(task)
                continue
            try:
                self._run(task)
            finally:
                self.queue.close(task)

    def _next(self) -> RunningJob | BatchFile | None:
        """Wait for something to do; return None when the server stops."""
        with self.queue.changed:
            while not self._stopping:
                try:
                    task = self.queue.claim() or (None if self.batches is None else self.batches.claim())
                except (sqlite3.Error, StoreFull):  # the disk is full
                    self.queue.changed.wait(_RETRY)
                    continue
                if task is not None:
                    return task
                self.queue.changed.wait()
        return None

    def _run(self, running: RunningJob) -> None:
        job, begun = running.job, time.monotonic()
        try:
            outcome = self.queue.enlarger.enlarge(
                self._store.upload(job.id), job.name, self._store.result(job.id), job.options,
                JobProgress(self, running),
            )  # fmt: skip
        except Cancelled:
            if running.cancelled:
                return
            if self._stopping:
                self._update(job.id, status="queued", started=None, owner=None, attempts=job.attempts - 1)
            else:
                limit = f"{self.queue.limits.max_seconds:g} s"
                self._fail(running, f"enlarging took longer than {limit}: choose a smaller image", "UsageError")
        except SrganError as error:
            self._fail(running, str(error), type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one image must not end the service
            self._fail(running, f"a mistake in srgan, please report it: {error!r}", type(error).__name__)
        else:
            size = job.plan["bytes"] + outcome["bytes"]
            self._update(job.id, status="done", owner=None, outcome=outcome, bytes=size, finished=time.time())
            self.queue.count_done(job, time.monotonic() - begun)

    def _fail(self, running: RunningJob, message: str, kind: str) -> None:
        self._update(
            running.job.id, status="failed", owner=None, error=message, error_kind=kind,
            bytes=running.job.plan["bytes"], finished=time.time(),
        )  # fmt: skip
        self.queue.totals.jobs["failed"] += 1

    def _update(self, id: str, **changes: Any) -> None:
        """Write how a job ended, again and again while the disk is full."""
        while True:
            try:
                self._store.update_claimed(id, **changes)
            except sqlite3.Error:
                if self._stopping:  # the job runs again after a restart
                    return
                time.sleep(_RETRY)
            else:
                return

    def _enlarge_file(self, file: BatchFile) -> None:
        assert self.batches is not None
        try:
            self.batches.enlarge(file, should_stop=lambda: self._stopping)
        except (sqlite3.Error, StoreFull):  # the disk is full; the file is claimed until the server ends
            time.sleep(_RETRY)
        self.queue.note()

    def report(self, running: RunningJob) -> None:
        """Tell the store, and so other servers, how far a job is; a job that is gone counts as cancelled."""
        try:
            if not self._store.update_claimed(running.job.id, progress=running.share):
                running.cancelled = True
        except sqlite3.Error:
            pass  # the disk is full

    def should_stop(self, running: RunningJob) -> bool:
        """Return whether a job is to end early."""
        return running.cancelled or self._stopping or time.monotonic() > running.deadline


class JobProgress:
    """The `Progress` of a job."""

    def __init__(self, pool: WorkerPool, running: RunningJob) -> None:
        self._pool, self._running, self._done, self._total = pool, running, 0, 0
        self._reported = time.monotonic()

    def start(self, what: str, total: int) -> None:
        self._total = total

    def advance(self, count: int = 1) -> None:
        self._done += count
        self._running.share = self._done / self._total if self._total else 0.0
        self._pool.queue.note_progress()

    def say(self, line: str) -> None:
        pass

    def should_stop(self) -> bool:
        if time.monotonic() - self._reported > _REPORT:
            self._reported = time.monotonic()
            self._pool.report(self._running)
        return self._pool.should_stop(self._running)
