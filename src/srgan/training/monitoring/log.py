"""The record of a training run: tables that any program reads, and the same for TensorBoard.

Every update has at most one row, however often the run was stopped, killed and resumed.
"""

import csv
import importlib
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from srgan.errors import OutputError, TrainingError
from srgan.files import Destination

Pixels = NDArray[np.uint8]

LOG, VALIDATION, TENSORBOARD = "log.csv", "validation.csv", "tensorboard"
"""Names in the folder of a run."""

VALIDATED = ("raw_psnr", "raw_ssim", "average_psnr", "average_ssim", "loss")
"""What a validation measures: scores of the generator and of the moving average of its weights, and the loss."""


class Record:
    """Rows and pictures of a run, each on the disk as soon as it is given.

    Args:
        run: the folder, made if there is none.
        resumed: updates done in the checkpoint that the run goes on from, 0 for none. What was recorded after them is
            dropped, since these updates are done again.

    Raises:
        OutputError: if the tables cannot be written.
        TrainingError: if a table of the folder is no record of training.
    """

    def __init__(self, run: Path, *, resumed: int) -> None:
        with _writing(run):
            run.mkdir(parents=True, exist_ok=True)
        self._log = _Table(run / LOG, resumed)
        self._validation = _Table(run / VALIDATION, resumed)
        self._tensorboard = _tensorboard(run / TENSORBOARD, resumed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tensorboard is not None:
            self._tensorboard.close()

    def log(self, update: int, means: Mapping[str, float], *, learning_rate: float, rate: float) -> None:
        """Record the means since the last row.

        Args:
            update: updates done.
            means: measurements by name. The first row decides which there are; later ones may lack some.
            learning_rate: of this update.
            rate: updates in a second.
        """
        values = {**means, "learning_rate": learning_rate, "updates_per_second": rate}
        if self._log.append(update, values):
            self._show(update, "training", values)

    def validate(self, update: int, scores: Mapping[str, float]) -> None:
        """Record a validation: what `VALIDATED` names."""
        values = {name: scores[name] for name in VALIDATED}
        if self._validation.append(update, values):
            self._show(update, "validation", values)

    def picture(self, update: int, name: str, pixels: Pixels) -> None:
        """Show a picture, (H, W, 3) uint8, in TensorBoard."""
        if self._tensorboard is not None:
            with _writing(self._tensorboard.log_dir):
                self._tensorboard.add_image(name, pixels, update, dataformats="HWC")
                self._tensorboard.flush()

    def _show(self, update: int, group: str, values: Mapping[str, float]) -> None:
        if self._tensorboard is not None:
            with _writing(self._tensorboard.log_dir):
                for name, value in values.items():
                    self._tensorboard.add_scalar(f"{group}/{name}", value, update)
                self._tensorboard.flush()


def read_log(path: Path) -> dict[str, list[float]]:
    """The columns of `log.csv` or `validation.csv` by their names, "update" first; empty if there is no such file.

    A line that was cut short, by a kill or a full disk, is left out; an empty cell is not a number.
    """
    columns, rows = _read(path)
    return {name: [row[position] for row in rows] for position, name in enumerate(columns)}


def pixel_line(
    update: int, updates: int, *, loss_train: float, loss_val: float, psnr_val: float, seconds: float
) -> str:
    """A line of progress as Loridan's SRGAN demonstration prints it while it trains on pixels.

    Its losses are mean squared errors of levels from 0 to 255: 127.5^2 times ours, which are of pictures in [-1, 1].
    """
    return (
        f"{update}/{updates}: loss_train = {loss_train:.3f}, loss_val = {loss_val:.6f}, psnr_val = {psnr_val:.6f} "
        f"({seconds:.2f}s)"
    )


def adversarial_line(update: int, updates: int, *, perceptual: float, discriminator: float) -> str:
    """A line of progress as Loridan's SRGAN demonstration prints it while it trains against the discriminator."""
    return f"{update}/{updates}, perceptual loss = {perceptual:.4f}, discriminator loss = {discriminator:.4f}"


class _Table:
    """A CSV file that grows by rows of an update and its values."""

    def __init__(self, path: Path, resumed: int) -> None:
        self._path = path
        self._columns, rows = _read(path)
        kept = [row for row in rows if row[0] <= resumed] if resumed else []
        if not kept:  # nothing that a new run would have to agree with
            self._columns = []
        self._last = int(kept[-1][0]) if kept else -1
        if path.exists():
            _replace(path, _lines([self._columns, *(_cells(row) for row in kept)] if kept else []))

    def append(self, update: int, values: Mapping[str, float]) -> bool:
        """Add a row, unless the update has its row already; returns whether it was added."""
        if not self._columns:
            self._columns = ["update", *values]
            self._write(_lines([self._columns]))
        extra = [name for name in values if name not in self._columns]
        if extra:
            raise TrainingError(
                f"{self._path} has no column for {', '.join(extra)}, so it is of a run of another kind: "
                "give this one a folder of its own"
            )
        if update <= self._last:
            return False
        self._last = update
        self._write(_lines([_cells([update, *(values.get(name, math.nan) for name in self._columns[1:])])]))
        return True

    def _write(self, text: str) -> None:
        with _writing(self._path), self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(text)


def _cells(values: Sequence[float]) -> list[str]:
    """Numbers as they are written: the update whole, the rest to seven digits, none for what is not there."""
    return [str(int(values[0])), *("" if math.isnan(value) else f"{value:.7g}" for value in values[1:])]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)


def _read(path: Path) -> tuple[list[str], list[list[float]]]:
    """Header and whole rows of a table, in the order of their updates, each once."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise TrainingError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    lines = csv.reader(text[: text.rfind("\n") + 1].splitlines())  # what follows the last line break was cut short
    columns = next(lines, [])
    if columns and columns[0] != "update":
        raise TrainingError(f"{path} is no record of training: move it away, or give the run a folder of its own")
    rows: list[list[float]] = []
    for cells in lines:
        row = _numbers(cells)
        if row is not None and len(row) == len(columns) and (not rows or row[0] > rows[-1][0]):
            rows.append(row)
    return columns, rows


def _numbers(cells: Sequence[str]) -> list[float] | None:
    """A row as floats, or None for what no row can be."""
    try:
        return [float(int(cells[0])), *(float(cell) if cell else math.nan for cell in cells[1:])]
    except (ValueError, IndexError):
        return None


def _replace(path: Path, text: str) -> None:
    """Write a file anew, whole or not at all."""
    destination = Destination(path, overwrite=True)
    try:
        with open(destination.open(), "w", encoding="utf-8", newline="", closefd=False) as file:
            file.write(text)
        destination.appear()
    except OSError as error:
        destination.fail(error.strerror or str(error))
    finally:
        destination.close()


def _tensorboard(folder: Path, resumed: int) -> Any:
    """A SummaryWriter that hides what was recorded after `resumed`, or None where TensorBoard is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it imports is not ours to mend
            module = importlib.import_module("torch.utils.tensorboard")
    except ImportError:
        return None
    with _writing(folder):
        return module.SummaryWriter(str(folder), purge_step=resumed + 1 if resumed else 0)


@contextmanager
def _writing(path: Path | str) -> Iterator[None]:
    """Turn failures of the disk into our own.

    Raises:
        OutputError: if writing failed.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path} cannot be written ({reason}): free some space or choose another folder") from error
