"""Log of a training run: two CSV tables, and the same for TensorBoard.

Every update has at most one row, however often the run was stopped, killed and resumed.
"""

import csv
import importlib
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import OutputError, TrainingError
from srgan.files import make_folder, write_bytes

Pixels = NDArray[np.uint8]

LOG, VALIDATION, TENSORBOARD = "log.csv", "validation.csv", "tensorboard"
"""Names in the folder of a run."""

VALIDATED = ("raw_psnr", "raw_ssim", "average_psnr", "average_ssim", "loss")
"""Columns of `validation.csv`: scores of the generator and of the moving average of its weights, and the loss."""


class TrainingLog:
    """Tables and TensorBoard files of a run; each row and image is on the disk when its method returns.

    Args:
        run: the folder, made if it is absent.
        resumed: updates done in the checkpoint that the run resumes from, 0 for none. Rows of later updates are
            removed, since these updates are done again.

    Raises:
        OutputError: if the tables cannot be written.
        TrainingError: if a file in the folder is no table of a training run.
    """

    def __init__(self, run: Path, *, resumed: int) -> None:
        make_folder(run)
        self._rows = _CsvTable(run / LOG, resumed)
        self._validations = _CsvTable(run / VALIDATION, resumed)
        self._tensorboard = _open_tensorboard(run / TENSORBOARD, resumed)

    def close(self) -> None:
        """Close the TensorBoard files."""
        if self._tensorboard is not None:
            self._tensorboard.close()

    def add_row(self, update: int, means: Mapping[str, float], *, learning_rate: float, rate: float) -> None:
        """Record the means since the last row.

        Args:
            update: updates done.
            means: measurements by name. The first row decides the columns; later ones may lack some.
            learning_rate: of this update.
            rate: updates per second.
        """
        values = {**means, "learning_rate": learning_rate, "updates_per_second": rate}
        if self._rows.append(update, values):
            self._add_scalars(update, "training", values)

    def add_validation(self, update: int, scores: Mapping[str, float]) -> None:
        """Record the scores of a validation, by the names in `VALIDATED`."""
        values = {name: scores[name] for name in VALIDATED}
        if self._validations.append(update, values):
            self._add_scalars(update, "validation", values)

    def add_image(self, update: int, name: str, pixels: Pixels) -> None:
        """Record an image, (H, W, 3) uint8, for TensorBoard."""
        if self._tensorboard is not None:
            with _writing(self._tensorboard.log_dir):
                self._tensorboard.add_image(name, pixels, update, dataformats="HWC")
                self._tensorboard.flush()

    def _add_scalars(self, update: int, group: str, values: Mapping[str, float]) -> None:
        if self._tensorboard is not None:
            with _writing(self._tensorboard.log_dir):
                for name, value in values.items():
                    self._tensorboard.add_scalar(f"{group}/{name}", value, update)
                self._tensorboard.flush()


def read_log(path: Path) -> dict[str, list[float]]:
    """Return the columns of `log.csv` or `validation.csv` by name, "update" first; empty if there is no such file.

    A line that was cut short, by a kill or a full disk, is left out; an empty cell is NaN.
    """
    columns, rows = _read(path)
    return {name: [row[position] for row in rows] for position, name in enumerate(columns)}


def pixel_line(
    update: int, updates: int, *, loss_train: float, loss_val: float, psnr_val: float, seconds: float
) -> str:
    """Return a line of progress as Loridan's SRGAN demonstration prints it while it trains on pixels.

    Its losses are mean squared errors of levels from 0 to 255: 127.5^2 times ours, which are of images in [-1, 1].
    """
    return (
        f"{update}/{updates}: loss_train = {loss_train:.3f}, loss_val = {loss_val:.6f}, psnr_val = {psnr_val:.6f} "
        f"({seconds:.2f}s)"
    )


def adversarial_line(update: int, updates: int, *, perceptual: float, discriminator: float) -> str:
    """Return a line of progress as Loridan's SRGAN demonstration prints it in adversarial training."""
    return f"{update}/{updates}, perceptual loss = {perceptual:.4f}, discriminator loss = {discriminator:.4f}"


class _CsvTable:
    """A CSV file that grows by rows of an update and its values."""

    def __init__(self, path: Path, resumed: int) -> None:
        self._path = path
        self._columns, rows = _read(path)
        kept = [row for row in rows if row[0] <= resumed] if resumed else []
        if not kept:  # no row that new columns would have to agree with
            self._columns = []
        self._last = int(kept[-1][0]) if kept else -1
        if path.exists():
            text = _format([self._columns, *(_format_cells(row) for row in kept)] if kept else [])
            write_bytes(path, text.encode())

    def append(self, update: int, values: Mapping[str, float]) -> bool:
        """Add a row, unless the update has its row already; return whether it was added."""
        if not self._columns:
            self._columns = ["update", *values]
            self._write(_format([self._columns]))
        extra = [name for name in values if name not in self._columns]
        if extra:
            raise TrainingError(
                f"{self._path} has no column for {', '.join(extra)}, so it is of a run of another kind: "
                "give this one a folder of its own"
            )
        if update <= self._last:
            return False
        self._last = update
        self._write(_format([_format_cells([update, *(values.get(name, math.nan) for name in self._columns[1:])])]))
        return True

    def _write(self, text: str) -> None:
        with _writing(self._path), self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(text)


def _format_cells(values: Sequence[float]) -> list[str]:
    """Return the update as a whole number, the other values to seven digits, and empty cells for NaN."""
    return [str(int(values[0])), *("" if math.isnan(value) else f"{value:.7g}" for value in values[1:])]


def _format(rows: Sequence[Sequence[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)


def _read(path: Path) -> tuple[list[str], list[list[float]]]:
    """Return header and whole rows of a table, in the order of their updates, each once."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise TrainingError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    lines = csv.reader(text[: text.rfind("\n") + 1].splitlines())  # text after the last line break was cut short
    columns = next(lines, [])
    if columns and columns[0] != "update":
        raise TrainingError(f"{path} is no table of a training run: move it away, or give the run another folder")
    rows: list[list[float]] = []
    for cells in lines:
        try:
            row = [float(int(cells[0])), *(float(cell) if cell else math.nan for cell in cells[1:])]
        except (ValueError, IndexError):
            continue
        if len(row) == len(columns) and (not rows or row[0] > rows[-1][0]):
            rows.append(row)
    return columns, rows


def _open_tensorboard(folder: Path, resumed: int) -> Any:
    """Return a SummaryWriter that hides what was recorded after `resumed`, or None without TensorBoard."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module("torch.utils.tensorboard")
    except ImportError:
        return None
    with _writing(folder):
        return module.SummaryWriter(str(folder), purge_step=resumed + 1 if resumed else 0)


@contextmanager
def _writing(path: Path | str) -> Iterator[None]:
    """Turn an OSError of the block into an OutputError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path} cannot be written ({reason}): free some space or choose another folder") from error
