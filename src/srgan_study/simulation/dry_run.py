"""Dry run of a study: simulated raters rate it through the server that people would use.

The parameters are kept in simulation.json next to the votes, so that an interrupted dry run continues as the same one.
Simulated votes have a database of their own.
"""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from srgan.errors import DataError, UsageError
from srgan.files import write_bytes
from srgan.progress import Progress
from srgan_study.server.server import running
from srgan_study.simulation.rater_model import Kind, Planted, make_rater
from srgan_study.simulation.simulated_client import Habits, SimulatedClient
from srgan_study.study import MOST_RATERS, read_study
from srgan_study.votes.store import Store, database_of, read_ratings

RECORD = "simulation.json"

_AT_ONCE = 50  # raters who vote at once: each takes two of the 256 files that some systems let a process open
_INTERVAL = 0.2  # seconds between updates of progress
_TIMEOUT = 60.0  # seconds for one response


@dataclass(frozen=True)
class DryRun:
    """Raters of a dry run and what they rate."""

    planted: Planted
    raters: int
    bad: tuple[Kind, ...] = ()  # kinds of the last raters; all others are good
    habits: Habits = field(default_factory=Habits)

    def __post_init__(self) -> None:
        if not 1 <= self.raters <= MOST_RATERS:
            raise UsageError(f"raters must be from 1 to {MOST_RATERS}, not {self.raters}", parameter="raters")
        if len(self.bad) >= self.raters:
            raise UsageError(f"bad leaves no good rater among {self.raters}: give more raters", parameter="bad")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kind of each rater, in the order of their codes."""
        good: tuple[Kind, ...] = ("good",)
        return good * (self.raters - len(self.bad)) + self.bad

    @property
    def votes(self) -> int:
        """Number of votes, practice and warm-up included."""
        study = self.planted.study
        return self.raters * (len(study.practice) + study.ratings_after_practice)

    def to_json(self) -> str:
        """Return the text of simulation.json."""
        means: dict[str, dict[str, float]] = {}
        for (method, data), mean in self.planted.means.items():
            means.setdefault(data, {})[method] = mean
        document = {
            "simulated": True,
            "what": "SIMULATED: the votes in simulated.sqlite were cast by programs, not by people",
            "study": self.planted.study.hash,
            "seed": self.planted.seed,
            "raters": list(self.kinds),
            "model": asdict(self.planted.model),
            "means": means,
        }
        return json.dumps(document, indent=1) + "\n"


def simulate_votes(folder: Path, dry_run: DryRun, progress: Progress) -> tuple[str, ...]:
    """Cast all votes of a dry run that are still missing in a study's folder.

    Args:
        folder: folder of the study.
        dry_run: raters and what they rate.
        progress: counts votes; may stop the dry run between two votes.

    Returns:
        The raters' codes, in the order of the dry run's kinds.

    Raises:
        UsageError: if another dry run was started there.
        DataError: if the study or its simulated votes cannot be used.
        OutputError: if something cannot be written.
        SrganError: if the server does not answer, or gives a wrong response.
    """
    study = dry_run.planted.study
    if read_study(folder).hash != study.hash:
        raise DataError(f"{folder} holds another study than the planned one: run the same command again")
    _write_record(folder, dry_run)
    with Store.open(folder, simulated=True) as store:
        missing = dry_run.raters - len(store.raters())
        if missing > 0:
            store.invite_more(missing)
        invited = store.raters()[: dry_run.raters]
    before = len(read_ratings(folder, simulated=True).rows)  # of an earlier run that was interrupted
    progress.start("simulated votes", dry_run.votes - before)
    leave = Event()
    with running(folder, simulated=True) as address:
        clients = []
        for part, (one, kind) in enumerate(zip(invited, dry_run.kinds, strict=True)):
            # One HTTP client per rater: a common pool would search all connections before every request.
            http = httpx.AsyncClient(base_url=address, timeout=_TIMEOUT, trust_env=False)
            rater, share = make_rater(dry_run.planted, one.code, kind), (part, dry_run.raters)
            clients.append(SimulatedClient(http, study, rater, one.token, dry_run.habits, share, leave.is_set))
        # In a thread, so that an interruption arrives here, and raters leave between two votes.
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(asyncio.run, _rate_all(clients))
            counted = 0
            try:
                while not wait([job], _INTERVAL).done:
                    counted = _report(progress, clients, counted)
                    if progress.should_stop():
                        leave.set()
            finally:
                leave.set()
            job.result()
        _report(progress, clients, counted)
    return tuple(one.code for one in invited)


async def _rate_all(clients: Sequence[SimulatedClient]) -> None:
    places = asyncio.Semaphore(_AT_ONCE)

    async def rate(client: SimulatedClient) -> None:
        async with places:
            if not client.should_leave():
                await client.rate_everything()

    await asyncio.gather(*map(rate, clients))


def _report(progress: Progress, clients: Sequence[SimulatedClient], counted: int) -> int:
    """Report votes beyond those that were counted, and return the number of all of this run."""
    cast = sum(client.cast for client in clients)
    progress.advance(cast - counted)
    return cast


def _write_record(folder: Path, dry_run: DryRun) -> None:
    """Write simulation.json, or check that it describes the same dry run."""
    path, database = folder / RECORD, database_of(folder, simulated=True)
    if not database.exists():
        write_bytes(path, dry_run.to_json().encode())
        return
    try:
        before: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read, so {database} cannot be continued: delete {database}") from error
    if before != json.loads(dry_run.to_json()):
        raise UsageError(
            f"{folder} holds another dry run, with other means, raters or seed: choose another output folder, repeat "
            f"the options of that run, or delete {database}"
        )
