"""The training loop: updates, and after some of them log, alerts, validation, samples and checkpoints."""

import math
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from srgan.progress import Progress
from srgan.training.batches import batches, make_sampler
from srgan.training.checkpoint import save_checkpoint
from srgan.training.inputs import Inputs
from srgan.training.monitoring.alerts import AlertMonitor, check_finite
from srgan.training.monitoring.log import LOG, TrainingLog, adversarial_line, pixel_line, read_log
from srgan.training.monitoring.loss_plots import plot_losses
from srgan.training.monitoring.samples import SampleSheets
from srgan.training.monitoring.validation import Goal, Pixels, validate
from srgan.training.run_folder import Run
from srgan.training.state import State
from srgan.training.update import update

_LEVELS = 127.5**2
"""Squared errors in [-1, 1] times this are those of levels from 0 to 255, which the logs of the field show."""


def train(
    state: State,
    run: Run,
    inputs: Inputs,
    progress: Progress,
    *,
    seconds: float | None = None,
    save_every: int | None = None,
    goal: Goal | None = None,
) -> float | None:
    """Train a run to its end, its goal, or until the time is over or `progress` asks to stop; then with a checkpoint.

    Args:
        state: from `srgan.training.setup.load_state`; changed in place.
        run: begun.
        inputs: pictures of the run.
        progress: counts updates; in a run of several processes, only that of the first is used.
        seconds: stop at the first update after this long.
        save_every: updates between checkpoints, besides those at every validation.
        goal: stop at the first validation that finds it reached.

    Returns:
        Seconds of training until the goal was reached, those before a resumption included; None if it was not.

    Raises:
        DataError: if there are too few pictures.
        TrainingError: if a loss is no longer finite, or a checkpoint cannot be written.
    """
    fabric, settings = state.fabric, state.recipe.logging
    started, before = time.monotonic(), state.seconds
    deadline = math.inf if seconds is None else started + seconds
    sampler = make_sampler(state.recipe, inputs.training)
    reached = False
    with ExitStack() as stack:
        recorder = None
        if fabric.is_global_zero:
            recorder = stack.enter_context(_Recorder(state, run, inputs, progress))
            progress.start("training", state.updates - state.done)
        numbers = range(state.done, state.updates)
        for batch in batches(sampler, fabric.device, numbers, rank=fabric.global_rank, ranks=fabric.world_size):
            measured = update(state, batch)
            stopping = _agree(state, progress.should_stop() or time.monotonic() > deadline)
            validating = state.done % settings.validate_every == 0 or state.done == state.updates
            saving = validating or stopping or (save_every is not None and state.done % save_every == 0)
            logging = state.done % settings.log_every == 0
            if recorder is not None:
                recorder.recent.add(measured)
                if logging or saving:
                    recorder.check()
                if logging:
                    recorder.log()
                if validating:
                    recorder.validate()
                    reached = goal is not None and recorder.reaches(goal)
                if saving:  # last: a run that resumes from here finds everything up to here recorded
                    state.seconds = before + time.monotonic() - started
                    save_checkpoint(state, run.checkpoints)
                progress.advance()
            if stopping or (goal is not None and validating and _agree(state, reached)):
                break
        if recorder is not None:
            recorder.finish()
    return state.seconds if reached else None


def _agree(state: State, wish: bool) -> bool:
    """Return whether any process wishes to stop."""
    if state.fabric.world_size == 1:
        return wish
    wishes = state.fabric.all_reduce(torch.tensor(float(wish), device=state.fabric.device), reduce_op="sum")
    assert isinstance(wishes, Tensor)
    return bool(wishes > 0)


class _RecentUpdates:
    """Measurements since the last row of the log, left on the device until they are read."""

    def __init__(self, done: int) -> None:
        self.validated_at = time.monotonic()
        self.content: list[Tensor] = []
        """Content losses since the last validation."""
        self.clear(done)

    def clear(self, done: int) -> None:
        """Forget the updates up to this number, except their content losses."""
        self.first, self._began = done + 1, time.monotonic()
        self._measured: list[Mapping[str, Tensor]] = []

    def add(self, measured: Mapping[str, Tensor]) -> None:
        self._measured.append(measured)
        self.content.append(measured["content"])

    def losses(self) -> list[float]:
        """Return the sum of all networks' losses of each update: one that is not finite shows."""
        names = ("generator", "discriminator")
        sums = [torch.stack([each[name] for name in names if name in each]).sum() for each in self._measured]
        losses: list[float] = torch.stack(sums).tolist() if sums else []
        return losses

    def means(self) -> dict[str, float]:
        return {name: float(torch.stack([each[name] for each in self._measured]).mean()) for name in self._measured[0]}

    def rate(self) -> float:
        """Return the number of updates per second."""
        return len(self._measured) / max(time.monotonic() - self._began, 1e-9)


class _Recorder:
    """Everything that the first process writes and says of a run, apart from checkpoints. A context manager."""

    def __init__(self, state: State, run: Run, inputs: Inputs, progress: Progress) -> None:
        self._state, self._run, self._progress = state, run, progress
        self.recent = _RecentUpdates(state.done)
        self._pairs = inputs.validation_pairs()
        self._sheets = SampleSheets(state, run, self._pairs)
        self._monitor = AlertMonitor()
        self._validated = -1
        self._log = TrainingLog(run.folder, resumed=state.done)

    def __enter__(self) -> Self:
        # The monitor judges by what is usual: it sees the rows of the run so far.
        table = read_log(self._run.folder / LOG)
        for row, number in enumerate(table.get("update", [])):
            self._monitor.observe(int(number), {name: values[row] for name, values in table.items()})
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()

    def check(self) -> None:
        """Check that the losses are finite.

        Raises:
            TrainingError: if one is not.
        """
        kept = sorted(self._run.checkpoints.glob("update-*.json"))
        checkpoint = str(kept[-1].with_suffix(".safetensors")) if kept else None
        check_finite(self.recent.first, self.recent.losses(), checkpoint=checkpoint)

    def log(self) -> None:
        """Add a row to the log, and report alerts."""
        state, means = self._state, self.recent.means()
        schedule = state.recipe.schedule
        rate = schedule.learning_rate * schedule.factor(state.done - 1, state.updates)
        self._log.add_row(state.done, means, learning_rate=rate, rate=self.recent.rate())
        for alert in self._monitor.observe(state.done, means):
            self._progress.say(f"update {state.done}: {alert.message}")
        if state.discriminator is not None:
            losses = {"perceptual": means["generator"], "discriminator": means["discriminator"]}
            self._progress.say(adversarial_line(state.done, state.updates, **losses))
        self.recent.clear(state.done)

    def validate(self) -> None:
        """Validate the generator and its average, and write a sheet of samples."""
        state, recent = self._state, self.recent
        scores = validate(state, self._pairs)
        self._log.add_validation(state.done, scores)
        path = self._run.pictures / f"update-{state.done:08d}.png"
        self._log.add_image(state.done, "validation", self._write_sheet(path))
        self._validated = state.done
        if not recent.content:  # the run was over already
            return
        unit = _LEVELS if state.recipe.loss.content in ("mse", "luma") else 1.0
        now = time.monotonic()
        self._progress.say(
            pixel_line(
                state.done,
                state.updates,
                loss_train=unit * float(torch.stack(recent.content).mean()),
                loss_val=unit * scores["loss"],
                psnr_val=max(scores["raw_psnr"], scores["average_psnr"]),
                seconds=now - recent.validated_at,
            )
        )
        recent.content, recent.validated_at = [], now

    def reaches(self, goal: Goal) -> bool:
        """Measure how near the goal is, and say it; return whether it is reached."""
        psnr = goal.measure(self._state)
        self._progress.say(
            f"update {self._state.done}: {psnr:.2f} dB on {goal.name} ({goal.protocol.name}), of {goal.psnr:g}"
        )
        return psnr >= goal.psnr

    def finish(self) -> None:
        """Validate, unless that is done, and draw the plots and the last sheet."""
        if self._validated != self._state.done:
            self.validate()
        plot_losses(self._run.folder)
        self._write_sheet(self._run.sheet)

    def _write_sheet(self, path: Path) -> Pixels:
        better = self._run.better(self._state.generator.module, self._state.average)
        return self._sheets.write(path, better)
