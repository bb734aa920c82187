"""The queue of jobs and the threads that run them: fair between clients, limited, and unharmed by a restart."""

import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from srgan.errors import SrganError
from srgan.upscale import Cancelled
from srgan_web.enlarging import Enlarger
from srgan_web.job_options import JobOptions
from srgan_web.job_store import JobRecord, JobStore, StoreFull, store_errors
from srgan_web.limits import WebLimits

_SPARE_DISK = 200_000_000  # bytes that stay free
_CLEAN_UP = 30.0  # seconds between searches for expired jobs
_RETRY = 1.0  # seconds between attempts to write to a full disk


class QueueFull(SrganError):
    """Too many jobs wait. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass
class _Running:
    """A job in work; the `Progress` of its enlargement."""

    started: float
    deadline: float
    """On the monotonic clock."""
    queue: "JobQueue"
    done: int = 0
    total: int = 0
    cancelled: bool = False

    def start(self, what: str, total: int) -> None:
        self.total = total

    def advance(self, count: int = 1) -> None:
        self.done += count
        self.queue.version += 1

    def say(self, line: str) -> None:
        pass

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self.deadline

    def should_stop(self) -> bool:
        return self.cancelled or self.queue.stopping or self.is_late


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


class JobQueue:
    """Runs the jobs of a store in threads, started by `start` and ended by `stop`.

    Args:
        store: of the jobs.
        enlarger: does the work.
        limits: on time, disk and queue.
        workers: threads; each uses all processor cores where the engine does.

    Attributes:
        version: grows with every change of a job or of its progress.
    """

    def __init__(self, store: JobStore, enlarger: Enlarger, limits: WebLimits, *, workers: int = 1) -> None:
        self.store, self.enlarger, self.limits = store, enlarger, limits
        self.totals, self.version = QueueTotals(), 0
        self._changed = threading.Condition(threading.RLock())
        self._running: dict[str, _Running] = {}
        self._served: dict[str, float] = {}
        self._waiters: dict[str, list[Future[None]]] = {}
        self._order: tuple[int, list[JobRecord]] = (-1, [])
        self._queue_version = 0
        self._pace: dict[str, float] = {}
        self._cleaned, self.stopping = 0.0, False
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(workers)]

    def start(self) -> None:
        """Start the workers."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Put running jobs back into the queue and end the workers."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

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
        with self._changed, store_errors():
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
        with self._changed:
            self.check_room(job.client, job.bytes, jobs=int(job.status == "queued"))
            with store_errors():
                self.store.add(job)
            self._note()

    def release(self, job: JobRecord, options: JobOptions, plan: dict[str, Any]) -> bool:
        """Queue a held job with new options; returns False if it is not held any more.

        Raises:
            QueueFull, StoreFull: as `check_room`.
        """
        with self._changed:
            current = self.store.find(job.id)
            if current is None or current.status != "held":
                return False
            size = job_bytes(plan)
            self.check_room(job.client, size - current.bytes)
            with store_errors():
                self.store.update(job.id, status="queued", options=options, plan=plan, bytes=size, queued=time.time())
            self._note()
        return True

    def delete(self, id: str) -> bool:
        """Cancel a job and delete it with its files; returns False if there is none."""
        with self._changed, store_errors():
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
        with self._changed:
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
        with self._changed:
            running, waiting = self._running.get(job.id), self._waiting()
            progress = 1.0 if job.status == "done" else 0.0
            position, left = None, None
            if job.status == "running" and running is not None:
                progress = running.done / running.total if running.total else 0.0
                left = self._seconds_left(job, running)
            elif job.status == "queued":
                place = next((number for number, other in enumerate(waiting) if other.id == job.id), None)
                if place is not None:
                    position = place + 1
                    left = self._seconds_of(waiting[: place + 1])
                    in_work = [self._running_left(id) for id in self._running]
                    left = None if left is None else (left + sum(in_work)) / max(1, len(self._threads))
        return {
            "progress": round(progress, 4),
            "position": position,
            "seconds_left": None if left is None else round(left, 1),
        }

    @property
    def in_work(self) -> int:
        """Number of jobs that run now."""
        return len(self._running)

    @property
    def is_alive(self) -> bool:
        """Whether all workers run."""
        return all(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            running = self._running[job.id]
            try:
                self._run(job, running)
            finally:
                with self._changed:
                    self._running.pop(job.id, None)
                    if running.cancelled:
                        self.store.delete_files(job.id)
                    self._end(job.id)

    def _next(self) -> JobRecord | None:
        """Wait for a job and start it; returns None when the server stops."""
        with self._changed:
            while not self.stopping:
                try:
                    self._clean_up()
                    job = self._claim()
                except (sqlite3.Error, StoreFull):  # the disk is full
                    self._changed.wait(_RETRY)
                    continue
                if job is not None:
                    return job
                self._served.clear()  # nobody waits for a turn
                self._changed.wait(_CLEAN_UP)
        return None

    def _claim(self) -> JobRecord | None:
        """Start the next job, if there is one."""
        waiting, now = self._waiting(), time.time()
        if not waiting:
            return None
        job = replace(waiting[0], status="running", started=now, attempts=waiting[0].attempts + 1)
        self.store.update(job.id, status=job.status, started=now, attempts=job.attempts)
        self._running[job.id] = _Running(now, time.monotonic() + self.limits.max_seconds, self)
        self._served[job.client] = now
        self._note()
        return job

    def _run(self, job: JobRecord, running: _Running) -> None:
        begun, paths = time.monotonic(), (self.store.upload(job.id), self.store.result(job.id))
        try:
            outcome = self.enlarger.enlarge(paths[0], job.name, paths[1], job.options, running)
        except Cancelled:
            if running.cancelled:
                return
            if self.stopping:
                self._update(job.id, status="queued", started=None, attempts=job.attempts - 1)
            else:
                limit = f"{self.limits.max_seconds:g} s"
                self._fail(job, f"enlarging took longer than {limit}: choose a smaller image", "UsageError")
        except SrganError as error:
            self._fail(job, str(error), type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one image must not end the service
            self._fail(job, f"a mistake in srgan, please report it: {error!r}", type(error).__name__)
        else:
            self._finish(job, outcome, time.monotonic() - begun)

    def _finish(self, job: JobRecord, outcome: dict[str, Any], seconds: float) -> None:
        size = job.plan["bytes"] + outcome["bytes"]
        self._update(job.id, status="done", outcome=outcome, bytes=size, finished=time.time())
        pace, model = seconds / job.plan["pixels"], job.plan["model_name"]
        with self._changed:
            self._pace[model] = 0.7 * self._pace.get(model, pace) + 0.3 * pace
            self.totals.jobs["done"] += 1
            self.totals.seconds += seconds
            self.totals.pixels += job.plan["pixels"]

    def _fail(self, job: JobRecord, message: str, kind: str) -> None:
        self._update(
            job.id, status="failed", error=message, error_kind=kind, bytes=job.plan["bytes"], finished=time.time()
        )
        self.totals.jobs["failed"] += 1

    def _update(self, id: str, **changes: Any) -> None:
        """Write how a job ended, again and again while the disk is full."""
        while True:
            try:
                self.store.update(id, **changes)
            except sqlite3.Error:
                if self.stopping:  # the job runs again after a restart
                    return
                time.sleep(_RETRY)
            else:
                return

    def _end(self, id: str) -> None:
        """Tell those who wait for a job that it ended."""
        for future in self._waiters.pop(id, ()):
            future.set_result(None)
        self._note()

    def _note(self) -> None:
        self._queue_version += 1
        self.version += 1
        self._changed.notify_all()

    def _waiting(self) -> list[JobRecord]:
        """Return queued jobs in the order in which they will run."""
        if self._order[0] != self._queue_version:
            with store_errors():
                self._order = self._queue_version, fair_order(self.store.with_status("queued"), self._served)
        return self._order[1]

    def _clean_up(self) -> None:
        """Delete jobs whose time is over."""
        now = time.time()
        if now - self._cleaned < _CLEAN_UP:
            return
        self._cleaned = now
        for job in self.store.expired(now - self.limits.keep_seconds):
            self.store.delete(job.id)
            self._note()

    def _seconds_of(self, jobs: Iterable[JobRecord]) -> float | None:
        """Return how long jobs take one after another; None if no such model has run yet."""
        paces = [(self._pace.get(job.plan["model_name"]), job.plan["pixels"]) for job in jobs]
        if any(pace is None for pace, _ in paces):
            return None
        return sum((pace * pixels for pace, pixels in paces if pace is not None), 0.0)

    def _seconds_left(self, job: JobRecord, running: _Running) -> float | None:
        elapsed = time.time() - running.started
        done = running.done / running.total if running.total else 0.0
        if done > 0.05:
            return elapsed * (1 - done) / done
        usual = self._seconds_of([job])
        return None if usual is None else max(0.0, usual - elapsed)

    def _running_left(self, id: str) -> float:
        job, running = self.store.find(id), self._running[id]
        return 0.0 if job is None else self._seconds_left(job, running) or 0.0


def fair_order(waiting: Iterable[JobRecord], served: Mapping[str, float]) -> list[JobRecord]:
    """Order jobs so that clients take turns; the one whose last job started first is next.

    Args:
        waiting: jobs in the order in which they were queued.
        served: when the last job of each client started; a client that is missing comes first.
    """
    rounds: Counter[str] = Counter()
    keyed = []
    for job in waiting:
        keyed.append(((rounds[job.client], served.get(job.client, 0.0), job.queued or 0.0, job.id), job))
        rounds[job.client] += 1
    return [job for _, job in sorted(keyed, key=lambda pair: pair[0])]


def job_bytes(plan: Mapping[str, Any]) -> int:
    """Return the disk space that a queued job may take: the upload and an uncompressed result."""
    return int(plan["bytes"] + plan["result_bytes"])
