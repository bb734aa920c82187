"""Methods run on sets of pictures, and every result measured: once, however often the same is asked for.

What has been done is known by what it was done with: the method, the true picture and the measures. So a run that was
ended goes on, and one that asks for more does only that. This module does not know how results are shown.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from srgan import __version__
from srgan.errors import DataError, PictureError
from srgan.evaluation.inputs import CLEAN
from srgan.evaluation.journal import Journal, Record
from srgan.evaluation.measures import Measure
from srgan.evaluation.methods import Method, checksum
from srgan.evaluation.results import Results, Row
from srgan.evaluation.test_sets import Pair, PictureSet, check_unlike, keep, lay_out, read_rgb


@dataclass(frozen=True)
class Plan:
    """What is to be evaluated."""

    methods: tuple[Method, ...]
    sets: tuple[PictureSet, ...]
    measures: tuple[Measure, ...]
    scale: int = 4

    def __post_init__(self) -> None:
        check_unlike([method.info.name for method in self.methods], "method")
        check_unlike([chosen.name for chosen in self.sets], "set")


class Listener(Protocol):
    """Told how far the work is."""

    def say(self, line: str) -> None:
        """Hear something worth knowing."""

    def count(self, what: str, done: int, whole: int) -> None:
        """Hear what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class _Task:
    """A picture to be restored by a method, and measured."""

    method: Method
    pair: Pair
    measures: tuple[Measure, ...]
    scale: int

    @property
    def key(self) -> str:
        """The checksum of all that the restored picture depends on."""
        parts = [__version__, self.scale, self.method.identity(self.pair), self.pair.digest]
        if self.pair.low_digest:
            parts += [self.pair.damage.text, self.pair.low_digest]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def path(self) -> str:
        """Of the restored picture, relative to the evaluation's folder."""
        return f"pictures/{self.method.info.name}/{self.pair.data}/{self.pair.name}.png"

    @property
    def work(self) -> int:
        """What it takes, in pixels that can be measured in the same time."""
        width, height = self.pair.size
        return int(width * height * (1 + self.method.work))


def evaluate(plan: Plan, folder: Path, listener: Listener) -> Results:
    """Run methods on sets and measure what they make.

    Args:
        plan: what is to be evaluated.
        folder: new, or that of an evaluation before, of whose work is kept what still holds.
        listener: told how far the work is.

    Raises:
        UsageError: if the folder holds other things.
        PictureError: if a picture cannot be read, has another size than its like, or is too small to be measured.
        DataError: if a folder of pictures lacks some.
        ModelError: if a model is damaged.
        EngineError: if a network cannot be run.
        OutputError: if something cannot be written.
    """
    journal = Journal(folder)
    tasks = _tasks(plan, _laid_out(plan, folder, listener), listener)
    records = {task: record for task in tasks if (record := _known(task, folder, journal)) is not None}
    waiting = [task for task in tasks if task not in records]
    if records:
        listener.say(f"{len(records)} of {len(tasks)} pictures were measured before")
    done, whole = 0, sum(task.work for task in waiting)
    for method in plan.methods:
        own = [task for task in waiting if task.method is method]
        anew = any(_restored(task, folder, journal) is None for task in own)
        with method.ready() if anew else nullcontext():
            for task in own:
                listener.count("evaluating", done, whole)
                records[task] = _carry_out(task, folder, journal)
                done += task.work
    listener.count("evaluating", whole, whole)
    return Results(
        version=__version__,
        methods=tuple(method.info for method in plan.methods),
        sets={chosen.name: tuple(path.stem for path in chosen.files) for chosen in plan.sets},
        rows=tuple(_row(records[task], task) for task in tasks),
        inputs={chosen.name: chosen.damage.text for chosen in plan.sets},
    )


def _laid_out(plan: Plan, folder: Path, listener: Listener) -> dict[str, tuple[Pair, ...]]:
    """The pairs of every set, by its name."""
    done, whole = 0, sum(len(chosen.files) for chosen in plan.sets)

    def advance() -> None:
        nonlocal done
        done += 1
        listener.count("preparing pictures", done, whole)

    return {chosen.name: lay_out(chosen, folder, scale=plan.scale, advance=advance) for chosen in plan.sets}


def _tasks(plan: Plan, sets: dict[str, tuple[Pair, ...]], listener: Listener) -> list[_Task]:
    """All there is to do, method by method; what cannot be done is refused before anything is."""
    notes: list[str] = []
    measures = {name: _fitting(plan.measures, pairs, notes) for name, pairs in sets.items()}
    tasks: list[_Task] = []
    for method in plan.methods:
        covered = [name for name, pairs in sets.items() if method.covers(pairs)]
        if not covered:
            damaged = any(pairs[0].damage != CLEAN for pairs in sets.values())
            hint = ", and put them into a folder of its name" if damaged else ""
            raise DataError(
                f"{method.info.name} has no picture of {', '.join(sets)}: name its files as those of the set{hint}"
            )
        for name, pairs in sets.items():
            if name in covered:
                tasks += [_Task(method, pair, measures[name], plan.scale) for pair in pairs]
            else:
                notes.append(f"{method.info.name} has no pictures of {name}: it is not evaluated on it")
    judged = {task.pair.data for task in tasks}
    for name in sets:
        if name not in judged:
            raise DataError(f"no method has pictures of {name}: leave the set out")
    for note in notes:
        listener.say(note)
    return tasks


def _fitting(measures: Iterable[Measure], pairs: Sequence[Pair], notes: list[str]) -> tuple[Measure, ...]:
    """The measures that all pictures of a set are large enough for; those that go without are noted.

    Raises:
        PictureError: if one of them is needed.
    """
    smallest = min(pairs, key=lambda pair: min(pair.size))
    fitting = []
    for measure in measures:
        if min(smallest.size) >= measure.least:
            fitting.append(measure)
            continue
        why = f"{smallest.label} is {smallest.size[0]}x{smallest.size[1]}, and {measure.name} needs {measure.least}"
        if measure.needed:
            raise PictureError(f"{why} pixels on each side: leave the picture out")
        notes.append(f"{why}: {smallest.data} goes without it")
    return tuple(fitting)


def _restored(task: _Task, folder: Path, journal: Journal) -> Record | None:
    """What is known of the task's picture, if it would be made again as it is."""
    record = journal.find(task.method.info.name, task.pair.data, task.pair.name)
    file = folder / task.path
    if record is None or record.key != task.key or not file.is_file() or checksum(file) != record.file:
        return None
    return record


def _known(task: _Task, folder: Path, journal: Journal) -> Record | None:
    """The same, if all that is wanted was measured of it too."""
    record = _restored(task, folder, journal)
    return record if record is not None and not _missing(task, record) else None


def _missing(task: _Task, record: Record) -> list[Measure]:
    return [measure for measure in task.measures if record.measured.get(measure.name) != measure.identity]


def _carry_out(task: _Task, folder: Path, journal: Journal) -> Record:
    """Restore the picture unless that is done, measure what is not, and keep what was found."""
    file, pair = folder / task.path, task.pair
    record = _restored(task, folder, journal)
    if record is None:
        restored, seconds = task.method.restore(pair)
        keep(file, restored)
        row = Row(task.method.info.name, pair.data, pair.name, seconds, task.path, {})
        record = Record(task.key, checksum(file), {}, row)
    picture = read_rgb(file)
    for measure in _missing(task, record):
        record = record.with_scores(measure.name, measure.identity, measure.take(picture, pair))
    journal.add(record)
    return record


def _row(record: Record, task: _Task) -> Row:
    """The row with the scores of the measures that are wanted, and no others."""
    wanted = {name for measure in task.measures for name in measure.scores}
    return replace(record.row, scores={name: score for name, score in record.row.scores.items() if name in wanted})
