"""The log of a run: each update once and in order, however the run was stopped."""

import errno
import importlib
import math
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srgan.errors import OutputError, TrainingError
from srgan.training.monitoring.log import TrainingLog, adversarial_line, pixel_line, read_log

SCORES = {"raw_psnr": 26.0, "raw_ssim": 0.75, "average_psnr": 26.5, "average_ssim": 0.76, "loss": 0.01}


def work(run: Path, resumed: int, until: int) -> None:
    """Record updates in tens from a checkpoint on, with a validation every twenty."""
    with closing(TrainingLog(run, resumed=resumed)) as log:
        for update in range(resumed + 10, until + 1, 10):
            means = {"content": 1 / update, "generator": 2 / update}
            log.add_row(update, means, learning_rate=1e-4, rate=3.25)
            if update % 20 == 0:
                log.add_validation(update, SCORES)


def shown(run: Path) -> Any:
    """What TensorBoard makes of a run."""
    module = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    return module.EventAccumulator(str(run / "tensorboard")).Reload()


def events(run: Path, tag: str) -> list[int]:
    """The updates that TensorBoard shows for a curve."""
    return [event.step for event in shown(run).Scalars(tag)]


def test_rows_are_on_the_disk_at_once(tmp_path: Path) -> None:
    with closing(TrainingLog(tmp_path / "run", resumed=0)) as log:
        log.add_row(50, {"content": 0.25}, learning_rate=1e-4, rate=3.25)
        assert (tmp_path / "run" / "log.csv").read_text() == (
            "update,content,learning_rate,updates_per_second\n50,0.25,0.0001,3.25\n"
        )
        log.add_validation(50, SCORES)
        assert read_log(tmp_path / "run" / "validation.csv") == {
            "update": [50.0], **{name: [value] for name, value in SCORES.items()}
        }  # fmt: skip


@pytest.mark.parametrize("resumed", [10, 20, 30, 50])
def test_a_killed_and_resumed_run_has_each_update_once(tmp_path: Path, resumed: int) -> None:
    work(tmp_path / "through", 0, 80)
    work(tmp_path / "broken", 0, 50)
    work(tmp_path / "broken", resumed, 80)
    for name in ("log.csv", "validation.csv"):
        assert (tmp_path / "broken" / name).read_text() == (tmp_path / "through" / name).read_text()


@pytest.mark.parametrize("torn", ["6", "60", "60,0.01", "60,0.01,0.03,0.0001,3.2"])
def test_a_line_cut_short_is_left_out(tmp_path: Path, torn: str) -> None:
    work(tmp_path, 0, 50)
    with (tmp_path / "log.csv").open("a") as file:
        file.write(torn)
    assert read_log(tmp_path / "log.csv")["update"] == [10, 20, 30, 40, 50]
    work(tmp_path, 50, 80)
    assert read_log(tmp_path / "log.csv")["update"] == [10, 20, 30, 40, 50, 60, 70, 80]


def test_bytes_that_are_no_text_are_left_out(tmp_path: Path) -> None:
    work(tmp_path, 0, 20)
    with (tmp_path / "log.csv").open("ab") as file:
        file.write(b"\0\0\xff\n30,1\n")  # as a crash of the machine leaves them
    assert read_log(tmp_path / "log.csv")["update"] == [10, 20]


def test_tensorboard_shows_each_update_once(tmp_path: Path) -> None:
    work(tmp_path, 0, 50)
    work(tmp_path, 20, 60)
    assert events(tmp_path, "training/content") == [10, 20, 30, 40, 50, 60]
    assert events(tmp_path, "validation/average_psnr") == [20, 40, 60]


def test_an_update_keeps_its_first_row(tmp_path: Path) -> None:
    work(tmp_path, 0, 40)
    with closing(TrainingLog(tmp_path, resumed=40)) as log:
        log.add_validation(40, {**SCORES, "loss": 9.0})
    assert read_log(tmp_path / "validation.csv")["loss"] == [0.01, 0.01]
    assert events(tmp_path, "validation/loss") == [20, 40]


def test_a_run_from_the_beginning_starts_its_tables_anew(tmp_path: Path) -> None:
    work(tmp_path, 0, 30)
    with closing(TrainingLog(tmp_path, resumed=0)) as log:
        log.add_row(10, {"other": 1.0}, learning_rate=1e-4, rate=1.0)
    assert list(read_log(tmp_path / "log.csv")) == ["update", "other", "learning_rate", "updates_per_second"]


def test_columns_stay_as_the_first_row_has_them(tmp_path: Path) -> None:
    work(tmp_path, 0, 20)
    with closing(TrainingLog(tmp_path, resumed=20)) as log:
        log.add_row(30, {"content": 0.5}, learning_rate=1e-4, rate=1.0)
        with pytest.raises(TrainingError):
            log.add_row(40, {"content": 0.5, "detail": 0.5}, learning_rate=1e-4, rate=1.0)
    assert math.isnan(read_log(tmp_path / "log.csv")["generator"][-1])


def test_a_file_of_another_kind_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("100,0.5,1e-4,2.0\n")
    with pytest.raises(TrainingError):
        TrainingLog(tmp_path, resumed=100)
    assert (tmp_path / "log.csv").read_text() == "100,0.5,1e-4,2.0\n"
    assert read_log(tmp_path / "none.csv") == {}


def test_a_full_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with closing(TrainingLog(tmp_path, resumed=0)) as log:
        monkeypatch.setattr(Path, "open", full)
        with pytest.raises(OutputError, match="No space left"):
            log.add_row(10, {"content": 1.0}, learning_rate=1e-4, rate=1.0)


def test_pictures_go_to_tensorboard(tmp_path: Path) -> None:
    with closing(TrainingLog(tmp_path, resumed=0)) as log:
        log.add_image(100, "sheet", np.zeros((8, 12, 3), np.uint8))
    [picture] = shown(tmp_path).Images("sheet")
    assert (picture.step, picture.width, picture.height) == (100, 12, 8)


def test_tables_alone_do_without_tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)  # as if its import failed
    with closing(TrainingLog(tmp_path, resumed=0)) as log:
        log.add_row(10, {"content": 1.0}, learning_rate=1e-4, rate=1.0)
        log.add_image(10, "sheet", np.zeros((8, 8, 3), np.uint8))
    assert not (tmp_path / "tensorboard").exists()
    assert read_log(tmp_path / "log.csv")["update"] == [10]


def test_lines_of_progress_are_those_of_the_demonstration() -> None:
    assert (
        pixel_line(1000, 20000, loss_train=695.5281, loss_val=455.302155, psnr_val=22.832457, seconds=99.92)
        == "1000/20000: loss_train = 695.528, loss_val = 455.302155, psnr_val = 22.832457 (99.92s)"
    )
    assert (
        adversarial_line(4050, 5000, perceptual=0.32761, discriminator=0.22668)
        == "4050/5000, perceptual loss = 0.3276, discriminator loss = 0.2267"
    )
