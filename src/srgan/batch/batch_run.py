"""A run of a batch: planned, enlarged by the workers of a pool, and entered into the ledger as it goes."""

import importlib.util
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from srgan import __version__
from srgan.batch.batch_plan import BatchPlan, plan_batch
from srgan.batch.cluster import connected
from srgan.batch.ledger import FOLDER, Ledger, Row, recipe
from srgan.batch.model_options import ModelOptions
from srgan.batch.target_lock import TargetLock
from srgan.batch.worker import Task, Worker
from srgan.batch.worker_pool import WorkerPool
from srgan.errors import SrganError
from srgan.files import remove_leftovers
from srgan.progress import NoProgress, Progress
from srgan.storage import Place
from srgan.upscale.options import UpscaleOptions

_PART = 5.0  # seconds between parts of the ledger
_MOST_NAMED = 1000  # files in a report; the ledger has all


@dataclass(frozen=True)
class Batch:
    """The sources of a batch, their target, and the options for all."""

    source: str
    """A folder, or the address of one."""
    target: str
    options: UpscaleOptions = field(default_factory=UpscaleOptions)
    model: ModelOptions = field(default_factory=ModelOptions)
    recursive: bool = False
    follow_links: bool = False


@dataclass
class BatchReport:
    """The numbers of files by their fate; `sum(counts.values())` is their number."""

    source: str
    target: str
    counts: "Counter[str]" = field(default_factory=Counter)
    """Files by what became of them: done, kept (from earlier runs), skipped, failed, quarantined, left."""
    faults: list[Row] = field(default_factory=list)
    """The first files that failed, were quarantined or skipped."""
    deaths: int = 0
    """Workers that died."""
    seconds: float = 0.0
    interrupted: bool = False
    error: str | None = None
    """Why the run ended before its time."""

    def add(self, row: Row, kind: str) -> None:
        """Count a file."""
        self.counts[kind] += 1
        if kind in ("failed", "quarantined", "skipped") and len(self.faults) < _MOST_NAMED:
            self.faults.append(row)

    @property
    def exit_code(self) -> int:
        """130 when interrupted; 1 when a file failed or the run ended early."""
        bad = self.counts["failed"] + self.counts["quarantined"]
        return 130 if self.interrupted else int(bad > 0 or self.error is not None)

    def document(self) -> dict[str, Any]:
        """Return the report as JSON holds it."""
        kinds = ("done", "kept", "skipped", "failed", "quarantined", "left")
        return {
            "srgan": __version__,
            "source": self.source,
            "target": self.target,
            "ledger": f"{self.target.rstrip('/')}/{FOLDER}",
            "inputs": sum(self.counts.values()),
            **{kind: self.counts[kind] for kind in kinds},
            "faults": [{"input": row.input, "state": row.state, "reason": row.reason} for row in self.faults],
            "worker_deaths": self.deaths,
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
            **({"error": self.error} if self.error else {}),
        }


def run_batch(batch: Batch, on: str, *, progress: Progress | None = None, dry_run: bool = False) -> BatchReport:
    """Enlarge what is missing or has changed; Ctrl-C ends it with its results so far, and so does a fault.

    Args:
        batch: what, into what, and how.
        on: `ray` or `ray://HOST:PORT`, see `connected`.
        progress: a task counted in files.
        dry_run: only plan: files to enlarge are counted as left, and nothing is written.

    Raises:
        UsageError, PictureError: if there is nothing to enlarge, or source and target do not fit.
        StorageError, OutputError: if source or target cannot be reached, or another run writes into the target.
        ModelError, EngineError: if the model cannot be opened here, or Ray does not start.
    """
    begun, report, progress = time.monotonic(), BatchReport(batch.source, batch.target), progress or NoProgress()
    source, target, run = Place(batch.source), Place(batch.target), secrets.token_hex(4)
    source.check()
    made_with = recipe(_lasting(batch.options), batch.model, batch.model.open().models.scale)

    def plan() -> tuple[Ledger, BatchPlan]:
        found = Ledger(target, run)
        return found, plan_batch(
            source, target, found, batch.options, made_with,
            recursive=batch.recursive, follow_links=batch.follow_links,
        )  # fmt: skip

    ledger, planned = plan()  # before anything is written
    if not dry_run and (planned.tasks or any(file.is_new for file in planned.settled)):
        with TargetLock(target, run) as lock:
            if not ledger.is_current():  # another run has ended in between
                ledger, planned = plan()
            ledger.merge_parts()
            ledger.add([file.row for file in planned.settled if file.is_new] + [task.row for task in planned.tasks])
            _enlarge(batch, on, planned.tasks, ledger, lock, report, progress)
    if left := len(planned.tasks) - sum(report.counts.values()):
        report.counts["left"] = left
    for file in planned.settled:
        report.add(file.row, file.kind)
    report.seconds = time.monotonic() - begun
    return report


def _enlarge(
    batch: Batch,
    on: str,
    tasks: tuple[Task, ...],
    ledger: Ledger,
    lock: TargetLock,
    report: BatchReport,
    progress: Progress,
) -> None:
    """Enlarge files by a pool and enter what becomes of them; a fault or Ctrl-C ends it and is noted in the report."""
    rows, held, written, pool = list[Row](), list[str](), time.monotonic(), None
    progress.start("", len(tasks))
    _remove_leftovers(ledger.target, tasks)
    try:
        with connected(on) as ray:
            pool = _pool(ray, batch, len(tasks))
            try:
                for outcome in pool.run(tasks) if tasks else ():
                    rows.append(outcome.row)
                    report.add(outcome.row, outcome.row.state)
                    progress.advance(1)
                    if outcome.row.state != "done":
                        held.append(f"Error: {outcome.row.input}: {outcome.row.reason}")
                    if not outcome.trouble:  # of a bucket or disk that fails for good, the end tells in one line
                        _say(held, progress)
                    if time.monotonic() - written > _PART:
                        lock.check()
                        ledger.add(rows)
                        rows, written = [], time.monotonic()
                _say(held, progress)
            finally:
                report.deaths = pool.deaths
                ledger.add(rows)
    except (KeyboardInterrupt, SystemExit):  # Ray turns SIGTERM into the latter
        report.interrupted = True
        _say(held, progress)
    except SrganError as error:
        report.error = str(error)
    _remove_leftovers(ledger.target, tasks)


def _say(held: list[str], progress: Progress) -> None:
    """Print lines and forget them."""
    for line in held:
        progress.say(line)
    held.clear()


def _pool(ray: Any, batch: Batch, files: int) -> WorkerPool:
    """Return a pool that has all cores, or all graphics processors, of the cluster."""
    found = ray.cluster_resources()
    with_torch = batch.model.engine == "torch" or (
        batch.model.engine == "auto" and importlib.util.find_spec("torch") is not None
    )
    processors = int(found.get("GPU", 0)) if with_torch else 0
    cores = max(int(found.get("CPU", 1)), 1)
    size = max(min(processors or cores, files), 1)
    smallest = min((int(node["Resources"].get("CPU", 1)) for node in ray.nodes() if node["Alive"]), default=1)
    threads = max(min(cores // size, smallest), 1)
    share = {"num_cpus": threads, **({"num_gpus": 1} if processors else {})}
    actor = ray.remote(**share)(Worker)
    # Workers may have another working folder.
    source, target = (
        str(place.path.absolute()) if place.is_local else place.address
        for place in (Place(batch.source), Place(batch.target))
    )
    return WorkerPool(ray, lambda: actor.remote(source, target, batch.options, batch.model, threads), size)


def _lasting(options: UpscaleOptions) -> UpscaleOptions:
    """Return the options without those that results do not depend on."""
    return replace(options, overwrite=False, resume=False, max_pixels=UpscaleOptions.max_pixels)


def _remove_leftovers(target: Place, tasks: tuple[Task, ...]) -> None:
    """Remove what killed workers have left half-written in a folder of this computer."""
    if target.is_local:
        for folder in {(target.path / str(task.row.output)).parent for task in tasks}:
            remove_leftovers(folder)
