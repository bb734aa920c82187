"""The queue of jobs: fair between clients, limited, and shared by the servers of a store."""

import itertools
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from srgan.errors import SrganError
from srgan_web.enlarging import Enlarger
from srgan_web.job_options import JobOptions
from srgan_web.job_record import JobRecord, QueuedJob
from srgan_web.job_store import JobStore, StoreFull, store_errors
from srgan_web.limits import WebLimits

_SPARE_DISK = 200_000_000  # bytes that stay free
_CLEAN_UP = 30.0  # seconds between searches for expired jobs


class QueueFull(SrganError):
    """Too many jobs wait. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass
class QueueTotals:
    """Counts since the start, for `/metrics`."""

    jobs: Counter[str] = field(default_factory=Counter)
    """Ended jobs by `done`, `failed` or `cancelled`."""
    refused: int = 0
    seconds: float = 0.0
    """Time spent on jobs that are done."""
    pixels: int = 0
    """Input pixels of jobs that are done."""


@dataclass
class RunningJob:
    """A job that this server runs."""

    job: JobRecord
    deadline: float
    """On the monotonic clock."""
    share: float = 0.0
    """What is done, from 0 to 1."""
    cancelled: bool = False


class JobQueue:
    """Accepts jobs, orders them, hands them to workers and reports on them. Several threads may use it.

    Args:
        store: of the jobs.
        enlarger: does the work.
        limits: on time, disk and queue.

    Attributes:
        version: another number after every change of a job or of its progress.
        changed: notified at every change of the queue.
        workers: number of jobs that this server runs at the same time.
    """

    def __init__(self, store: JobStore, enlarger: Enlarger, limits: WebLimits) -> None:
        self.store, self.enlarger, self.limits = store, enlarger, limits
        self.totals, self.version, self.workers = QueueTotals(), 0, 1
        self._versions = itertools.count(1)
        self.changed = threading.Condition(threading.RLock())
        self._running: dict[str, RunningJob] = {}
        self._served: dict[str, float] = {}
        self._waiters: dict[str, list[Future[None]]] = {}
        self._order: tuple[int, list[QueuedJob]] = (-1, [])
        self._queue_version, self._others_version = 0, -1
        self._pace: dict[str, float] = {}
        self._cleaned = 0.0

    def check_room(self, client: str, bytes: int, *, jobs: int = 1) -> None:
        """Refuse a job that the queue or the disk has no room for.

        Args:
            client: who sends it.
            bytes: disk space that it takes.
            jobs: jobs that are added to the queue: 0 or 1.

        Raises:
            QueueFull: if too many jobs wait, of this client or of all.
            StoreFull: if the store or the disk is full.
        """
        with self.changed, store_errors():
            waiting, free = self._waiting(), shutil.disk_usage(self.store.folder).free
            own = sum(job.client == client for job in waiting)
            if jobs and (len(waiting) >= self.limits.max_waiting or own >= self.limits.max_waiting_per_client):
                self.totals.refused += 1
                seconds = self._seconds_of(waiting[:1]) or 1.0
                raise QueueFull("too many images are waiting: try again later", min(60, max(1, round(seconds))))
            if self.store.bytes() + bytes > self.limits.max_disk or bytes + _SPARE_DISK > free:
                self.totals.refused += 1
                raise StoreFull("the store is full: delete images, or wait until old ones expire")

    def add(self, job: JobRecord) -> None:
        """Accept a job, `held` or `queued`, whose upload is in the store. When this returns, no crash loses it.

        Raises:
            QueueFull, StoreFull: as `check_room`.
        """
        with self.changed:
            self.check_room(job.client, job.bytes, jobs=int(job.status == "queued"))
            with store_errors():
                self.store.add(job)
            self.note()

    def release(self, job: JobRecord, options: JobOptions, plan: dict[str, Any]) -> bool:
        """Queue a held job with new options; return False if it is not held any more.

        Raises:
            QueueFull, StoreFull: as `check_room`.
        """
        with self.changed:
            size = job_bytes(plan)
            self.check_room(job.client, size - job.bytes)
            with store_errors():
                changed = self.store.release(job.id, options, plan, size, time.time())
            self.note()
        return changed

    def delete(self, id: str) -> bool:
        """Cancel a job and delete it with its files; return False if there is none."""
        with self.changed, store_errors():
            running = self._running.get(id)
            if running is not None:
                running.cancelled = True
            job = self.store.find(id)
            existed = self.store.delete(id)
            if job is not None and job.status in ("queued", "running"):
                self.totals.jobs["cancelled"] += 1
            self._end(id)
        return existed

    def ended(self, id: str) -> "Future[None]":
        """Return a future that is resolved when the job is done, failed or deleted."""
        future: Future[None] = Future()
        with self.changed:
            job = self.store.find(id)
            if job is None or job.is_final:
                future.set_result(None)
            else:
                self._waiters.setdefault(id, []).append(future)
        return future

    def state(self, job: JobRecord) -> dict[str, Any]:
        """Return progress, queue position and time left of a job.

        Returns:
            `progress` from 0 to 1; `position`, 1 for the next job, else None; `seconds_left`, None while unknown.
        """
        with self.changed:
            running = self._running.get(job.id)
            progress = 1.0 if job.status == "done" else job.progress if running is None else running.share
            position, left = None, None
            if job.status == "running":
                left = self._seconds_left(job, progress)
            elif job.status == "queued":
                waiting = self._waiting()
                place = next((number for number, other in enumerate(waiting) if other.id == job.id), None)
                if place is not None:
                    position = place + 1
                    left = self._seconds_of(waiting[: place + 1])
                    in_work = [self._seconds_left(each.job, each.share) or 0.0 for each in self._running.values()]
                    left = None if left is None else (left + sum(in_work)) / self.workers
        return {
            "progress": round(progress, 4),
            "position": position,
            "seconds_left": None if left is None else round(left, 1),
        }

    def claim(self) -> RunningJob | None:
        """Take the next job for a worker, if there is one.

        Raises:
            sqlite3.Error, StoreFull: if the disk is full.
        """
        with self.changed:
            now = time.time()
            for waiting in self._waiting():
                job = self.store.claim(waiting.id, now)
                self.note()
                if job is None:
                    continue  # another server has it
                self._running[job.id] = RunningJob(job, time.monotonic() + self.limits.max_seconds)
                self._served[job.client] = now
                return self._running[job.id]
            self._served.clear()  # nobody waits for a turn
            return None

    def close(self, running: RunningJob) -> None:
        """Let go of a job that has been worked on, and tell those who wait for it."""
        with self.changed:
            self._running.pop(running.job.id, None)
            if running.cancelled:
                self.store.delete_files(running.job.id)
            self._end(running.job.id)

    def count_done(self, job: JobRecord, seconds: float) -> None:
        """Count a job that is done, and learn from it how long jobs take."""
        pace, model = seconds / job.plan["pixels"], job.plan["model_name"]
        with self.changed:
            self._pace[model] = 0.7 * self._pace.get(model, pace) + 0.3 * pace
            self.totals.jobs["done"] += 1
            self.totals.seconds += seconds
            self.totals.pixels += job.plan["pixels"]

    def note(self) -> None:
        """Note a change of the queue."""
        with self.changed:
            self._queue_version += 1
            self.note_progress()
            self.changed.notify_all()

    def note_progress(self) -> None:
        """Note how far a job is; no lock is needed, as no number is given twice."""
        self.version = next(self._versions)

    def watch(self) -> None:
        """Notice what other servers have done to the store, and delete jobs whose time is over.

        Raises:
            sqlite3.Error, StoreFull: if the disk is full.
        """
        recovered = self.store.recover()
        version = self.store.database.others_version()
        if recovered or version != self._others_version:
            self._others_version = version
            self.note()
            with self.changed:
                for id in [id for id in self._waiters if id not in self._running]:
                    job = self.store.find(id)
                    if job is None or job.is_final:
                        self._end(id)
        now = time.time()
        if now - self._cleaned >= _CLEAN_UP:
            self._cleaned = now
            for expired in self.store.expired(now - self.limits.keep_seconds):
                self.store.delete(expired.id)
                self.note()

    def _end(self, id: str) -> None:
        for future in self._waiters.pop(id, ()):
            future.set_result(None)
        self.note()

    def _waiting(self) -> list[QueuedJob]:
        """Return queued jobs in the order in which they will run."""
        if self._order[0] != self._queue_version:
            with store_errors():
                self._order = self._queue_version, fair_order(self.store.queued(), self._served)
        return self._order[1]

    def _seconds_of(self, jobs: Iterable[QueuedJob]) -> float | None:
        """Return how long jobs take one after another; None if no such model has run yet."""
        paces = [(self._pace.get(job.model), job.pixels) for job in jobs]
        if any(pace is None for pace, _ in paces):
            return None
        return sum((pace * pixels for pace, pixels in paces if pace is not None), 0.0)

    def _seconds_left(self, job: JobRecord, done: float) -> float | None:
        elapsed = time.time() - (job.started or 0.0)
        if done > 0.05:
            return elapsed * (1 - done) / done
        pace = self._pace.get(job.plan["model_name"])
        return None if pace is None else max(0.0, pace * job.plan["pixels"] - elapsed)


def fair_order(waiting: Iterable[QueuedJob], served: Mapping[str, float]) -> list[QueuedJob]:
    """Order jobs so that clients take turns; the one whose last job started first is next.

    Args:
        waiting: jobs in the order in which they were queued.
        served: when the last job of each client started; a client that is missing comes first.
    """
    rounds: Counter[str] = Counter()
    keyed = []
    for job in waiting:
        keyed.append(((rounds[job.client], served.get(job.client, 0.0), job.queued, job.id), job))
        rounds[job.client] += 1
    return [job for _, job in sorted(keyed, key=lambda pair: pair[0])]


def job_bytes(plan: Mapping[str, Any]) -> int:
    """Return the disk space that a queued job may take: the upload and an uncompressed result."""
    return int(plan["bytes"] + plan["result_bytes"])
