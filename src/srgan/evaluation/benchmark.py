"""The benchmark: run methods on test sets and measure every result, once.

Work that was done is recognised by its inputs: the method, the true image and the measures. So an interrupted run
resumes, and a run that asks for more does only that.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from srgan import __version__
from srgan.errors import DataError, PictureError
from srgan.evaluation.damaged_inputs import CLEAN
from srgan.evaluation.journal import Journal, JournalEntry
from srgan.evaluation.measures import Measure
from srgan.evaluation.methods import Method
from srgan.evaluation.result_files import checksum
from srgan.evaluation.results import Results, Row
from srgan.evaluation.test_sets import ImageSet, Pair, check_unlike, keep, lay_out, read_rgb
from srgan.progress import NoProgress, Progress


@dataclass(frozen=True)
class Evaluation:
    """Methods, test sets and metrics of an evaluation.

    Raises:
        UsageError: if two methods or two sets have the same name.
    """

    methods: tuple[Method, ...]
    sets: tuple[ImageSet, ...]
    measures: tuple[Measure, ...]
    scale: int = 4

    def __post_init__(self) -> None:
        check_unlike([method.info.name for method in self.methods], "method")
        check_unlike([chosen.name for chosen in self.sets], "set")


@dataclass(frozen=True)
class _Task:
    """An image to be restored by a method, and measured."""

    method: Method
    pair: Pair
    measures: tuple[Measure, ...]
    scale: int

    @property
    def key(self) -> str:
        """Checksum of all inputs that the restored image depends on."""
        parts = [__version__, self.scale, self.method.identity(self.pair), self.pair.digest]
        if self.pair.low_digest:
            parts += [self.pair.damage.text, self.pair.low_digest]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def path(self) -> str:
        """Path of the restored image in the evaluation's folder."""
        return f"pictures/{self.method.info.name}/{self.pair.data}/{self.pair.name}.png"

    @property
    def work(self) -> int:
        """Cost of the task, in pixels measured."""
        width, height = self.pair.size
        return int(width * height * (1 + self.method.work))


def evaluate(evaluation: Evaluation, folder: Path, progress: Progress | None = None) -> Results:
    """Run methods on test sets and measure their results.

    Args:
        evaluation: methods, sets and measures.
        folder: new, or of an earlier evaluation whose work is kept where it still holds.
        progress: reports "preparing pictures" by image and "evaluating" by cost, and notes.

    Raises:
        UsageError: if the folder holds other things.
        PictureError: if an image cannot be read, has the wrong size, or is too small to be measured.
        DataError: if a folder of results lacks some.
        ModelError: if a model is damaged.
        EngineError: if a network cannot be run.
        OutputError: if a file cannot be written.
    """
    progress = progress or NoProgress()
    journal = Journal(folder)
    progress.start("preparing pictures", sum(len(chosen.files) for chosen in evaluation.sets))
    pairs = {
        chosen.name: lay_out(chosen, folder, scale=evaluation.scale, advance=progress.advance)
        for chosen in evaluation.sets
    }
    tasks = _plan_tasks(evaluation, pairs, progress)
    entries = {task: entry for task in tasks if (entry := _find_measured(task, folder, journal)) is not None}
    waiting = [task for task in tasks if task not in entries]
    if entries:
        progress.say(f"{len(entries)} of {len(tasks)} pictures were measured before")
    progress.start("evaluating", sum(task.work for task in waiting))
    for method in evaluation.methods:
        own = [task for task in waiting if task.method is method]
        anew = any(_find_restored(task, folder, journal) is None for task in own)
        with method.ready() if anew else nullcontext():
            for task in own:
                entries[task] = _carry_out(task, folder, journal)
                progress.advance(task.work)
    return Results(
        version=__version__,
        methods=tuple(method.info for method in evaluation.methods),
        sets={chosen.name: chosen.images for chosen in evaluation.sets},
        rows=tuple(_wanted_row(entries[task], task) for task in tasks),
        inputs={chosen.name: chosen.damage.text for chosen in evaluation.sets},
    )


def _plan_tasks(evaluation: Evaluation, sets: dict[str, tuple[Pair, ...]], progress: Progress) -> list[_Task]:
    """Return all tasks, method by method; impossible ones are refused before any work is done."""
    notes: list[str] = []
    measures = {name: _fitting_measures(evaluation.measures, pairs, notes) for name, pairs in sets.items()}
    tasks: list[_Task] = []
    for method in evaluation.methods:
        covered = [name for name, pairs in sets.items() if method.covers(pairs)]
        if not covered:
            damaged = any(pairs[0].damage != CLEAN for pairs in sets.values())
            hint = ", and put them into a folder of its name" if damaged else ""
            raise DataError(
                f"{method.info.name} has no picture of {', '.join(sets)}: name its files as those of the set{hint}"
            )
        for name, pairs in sets.items():
            if name in covered:
                tasks += [_Task(method, pair, measures[name], evaluation.scale) for pair in pairs]
            else:
                notes.append(f"{method.info.name} has no pictures of {name}: it is not evaluated on it")
    judged = {task.pair.data for task in tasks}
    for name in sets:
        if name not in judged:
            raise DataError(f"no method has pictures of {name}: leave the set out")
    for note in notes:
        progress.say(note)
    return tasks


def _fitting_measures(measures: Iterable[Measure], pairs: Sequence[Pair], notes: list[str]) -> tuple[Measure, ...]:
    """Return the measures that all images of a set are large enough for, and note the others.

    Raises:
        PictureError: if one of the others is needed.
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


def _find_restored(task: _Task, folder: Path, journal: Journal) -> JournalEntry | None:
    """Return the entry of the task's image if its inputs and its file are unchanged."""
    entry = journal.find(task.method.info.name, task.pair.data, task.pair.name)
    file = folder / task.path
    if entry is None or entry.key != task.key or not file.is_file() or checksum(file) != entry.file:
        return None
    return entry


def _find_measured(task: _Task, folder: Path, journal: Journal) -> JournalEntry | None:
    """Return the same entry if it has the scores of all measures."""
    entry = _find_restored(task, folder, journal)
    return entry if entry is not None and not _missing_measures(task, entry) else None


def _missing_measures(task: _Task, entry: JournalEntry) -> list[Measure]:
    return [measure for measure in task.measures if entry.measured.get(measure.name) != measure.identity]


def _carry_out(task: _Task, folder: Path, journal: Journal) -> JournalEntry:
    """Restore and measure an image as far as that was not done before, and record it."""
    file, pair = folder / task.path, task.pair
    entry = _find_restored(task, folder, journal)
    if entry is None:
        restored, seconds = task.method.restore(pair)
        keep(file, restored)
        row = Row(task.method.info.name, pair.data, pair.name, seconds, task.path, {})
        entry = JournalEntry(task.key, checksum(file), {}, row)
    image = read_rgb(file)
    for measure in _missing_measures(task, entry):
        entry = entry.with_scores(measure.name, measure.identity, measure.take(image, pair))
    journal.add(entry)
    return entry


def _wanted_row(entry: JournalEntry, task: _Task) -> Row:
    """Return the row with the scores of the task's measures only."""
    wanted = {name for measure in task.measures for name in measure.scores}
    return replace(entry.row, scores={name: score for name, score in entry.row.scores.items() if name in wanted})
