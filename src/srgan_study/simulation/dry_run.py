"""A rehearsal of a study: raters that are programs rate it through the server that people would use.

What was planted is kept in simulation.json beside the votes, so that a rehearsal that was interrupted goes on as the
same one. People's votes are in another file and are not touched. This module does not know what a rater does.
"""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Protocol

import httpx

from srgan.errors import DataError, UsageError
from srgan.evaluation.outputs import write_text
from srgan_study.server.rater_state import ratings_of
from srgan_study.server.server import running
from srgan_study.simulation.rater_model import Kind, Planted, Rater, make_rater
from srgan_study.simulation.simulated_client import Habits, Share, Visit
from srgan_study.study import MOST_RATERS, read_study
from srgan_study.votes.store import Store, database_of

RECORD = "simulation.json"

_OFTEN = 0.2  # seconds between two looks at progress
_PATIENCE = 60.0  # seconds for one answer: a disk may be slow, but not that slow


class Audience(Protocol):
    """Who hears of progress."""

    def count(self, what: str, done: int, whole: int) -> None:
        """Told what is done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Rehearsal:
    """Who rates what, and what they think."""

    planted: Planted
    raters: int
    bad: tuple[Kind, ...] = ()
    """The kinds of the last raters; all others are good."""
    habits: Habits = field(default_factory=Habits)

    def __post_init__(self) -> None:
        if self.raters < 1:
            raise UsageError(f"--raters is {self.raters}: give a number of at least 1")
        if self.raters > MOST_RATERS:
            raise UsageError(f"--raters is {self.raters}: give a number of at most {MOST_RATERS}")
        if len(self.bad) >= self.raters:
            raise UsageError(f"--bad leaves no good rater among {self.raters}: give more --raters")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Of each rater, in the order of their codes."""
        good: tuple[Kind, ...] = ("good",)
        return good * (self.raters - len(self.bad)) + self.bad

    @property
    def votes(self) -> int:
        """Practice and warm-up among them."""
        study = self.planted.study
        return self.raters * (len(study.practice) + ratings_of(study))

    def record(self) -> str:
        """The text of simulation.json."""
        planted = self.planted
        means: dict[str, dict[str, float]] = {}
        for (method, data), mean in planted.means.items():
            means.setdefault(data, {})[method] = mean
        document = {
            "simulated": True,
            "what": "SIMULATED: the votes in simulated.sqlite were cast by programs, not by people",
            "study": planted.study.hash,
            "seed": planted.seed,
            "raters": list(self.kinds),
            "model": asdict(planted.model),
            "means": means,
        }
        return json.dumps(document, indent=1) + "\n"


def rehearse(folder: Path, rehearsal: Rehearsal, audience: Audience) -> tuple[str, ...]:
    """Have everything rated that is not yet.

    Args:
        folder: of the study.
        rehearsal: who rates, and how.
        audience: told of progress.

    Returns:
        The raters' codes, in the order of the rehearsal's kinds.

    Raises:
        UsageError: if another rehearsal was begun there.
        DataError: if the study or its simulated votes cannot be used.
        OutputError: if something cannot be written.
        SrganError: if the server tells raters something that is wrong.
    """
    study = rehearsal.planted.study
    if read_study(folder).hash != study.hash:
        raise DataError(f"{folder} holds another study than the one that was planned: run the same command again")
    _keep_record(folder, rehearsal)
    with Store.open(folder, simulated=True) as store:
        missing = rehearsal.raters - len(store.raters())
        if missing > 0:
            store.invite_more(missing)
        invited = store.raters()[: rehearsal.raters]
    raters = [make_rater(rehearsal.planted, one.code, kind) for one, kind in zip(invited, rehearsal.kinds, strict=True)]
    leave = Event()
    with running(folder, simulated=True) as address:

        def visit(rater: Rater, token: str, share: Share) -> Visit:
            # A client of their own: one pool for all would look through all connections before every request.
            client = httpx.AsyncClient(base_url=address, timeout=_PATIENCE, trust_env=False)
            return Visit(client, study, rater, token, share=share, habits=rehearsal.habits, leave=leave.is_set)

        visits = [
            visit(rater, one.token, Share(part, len(raters)))
            for part, (rater, one) in enumerate(zip(raters, invited, strict=True))
        ]
        # In a thread of its own, so that an interruption is heard here, and raters leave between two votes.
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(asyncio.run, _all(visits))
            try:
                while not wait([job], _OFTEN).done:
                    _tell(audience, visits, rehearsal.votes)
            finally:
                leave.set()
            job.result()
        _tell(audience, visits, rehearsal.votes)
    return tuple(one.code for one in invited)


async def _all(visits: Sequence[Visit]) -> None:
    await asyncio.gather(*(visit.rate_everything() for visit in visits))


def _tell(audience: Audience, visits: Sequence[Visit], whole: int) -> None:
    counts = [visit.done for visit in visits if visit.done is not None]
    if len(counts) == len(visits):  # before, what an earlier run did would look like speed
        audience.count("simulated votes", sum(counts), whole)


def _keep_record(folder: Path, rehearsal: Rehearsal) -> None:
    """Write down what is planted, or see that it is what was planted when the rehearsal began."""
    path, database = folder / RECORD, database_of(folder, simulated=True)
    if not database.exists():
        write_text(path, rehearsal.record())
        return
    try:
        before: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read, so {database} cannot be gone on with: delete {database}") from error
    if before != json.loads(rehearsal.record()):
        raise UsageError(
            f"{folder} holds another rehearsal, with other means, raters or seed: name another folder with -o, "
            f"go on with the same words as before, or delete {database}"
        )
