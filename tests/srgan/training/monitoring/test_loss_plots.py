"""Plots: a picture for every run, however little it has recorded."""

import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from srgan.errors import DataError
from srgan.images.image import read
from srgan.training.monitoring.log import TrainingLog
from srgan.training.monitoring.loss_plots import plot_losses

SCORES = {"raw_psnr": 26.0, "raw_ssim": 0.75, "average_psnr": float("inf"), "average_ssim": 0.76, "loss": 0.01}
PIXELS = {"content": 0.01, "generator": 0.01}
ADVERSARIAL = {
    **PIXELS, "total_variation": 0.0, "adversarial": 1.0, "discriminator": 0.0, "real": 0.7, "restored": 0.3,
    "generator_gradient": 0.1, "discriminator_gradient": 1.0, "detail": 0.4,
}  # fmt: skip


def recorded(run: Path, means: dict[str, float], *, lines: int, validations: int) -> Path:
    with closing(TrainingLog(run, resumed=0)) as log:
        for line in range(1, lines + 1):
            varied = {name: value * (1 + 20 / line) for name, value in means.items()}
            log.add_row(50 * line, varied, learning_rate=1e-4, rate=3.0)
        for number in range(1, validations + 1):
            log.add_validation(100 * number, SCORES)
    return run


@pytest.mark.parametrize(
    ("means", "lines", "validations", "rows"),
    [
        (PIXELS, 0, 0, 1),
        (PIXELS, 1, 0, 1),
        (PIXELS, 0, 1, 1),
        (PIXELS, 100, 10, 1),
        (ADVERSARIAL, 1, 0, 3),
        (ADVERSARIAL, 100, 10, 3),
    ],
)
def test_every_run_has_a_plot(tmp_path: Path, means: dict[str, float], lines: int, validations: int, rows: int) -> None:
    path = plot_losses(recorded(tmp_path, means, lines=lines, validations=validations))
    assert path == tmp_path / "loss.png"
    pixels = read(path).pixels
    assert pixels.shape[:2] == (360 * rows, 1200)
    assert np.unique(pixels).size > 10
    assert not list(tmp_path.glob(".*"))  # nothing temporary is left


def test_more_lines_change_the_plot_in_place(tmp_path: Path) -> None:
    before = plot_losses(recorded(tmp_path, PIXELS, lines=3, validations=1)).read_bytes()
    after = plot_losses(recorded(tmp_path, PIXELS, lines=9, validations=2)).read_bytes()
    assert before != after


def test_without_matplotlib_nothing_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(DataError):
        plot_losses(tmp_path)
    assert not (tmp_path / "loss.png").exists()
