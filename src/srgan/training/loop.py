"""The training loop: recipe and pictures in; checkpoints, logs, plots and pictures out."""

import time
from collections.abc import Sequence
from typing import Protocol

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from srgan.training import checkpoint
from srgan.training.batches import batches, sampler
from srgan.training.inputs import Material
from srgan.training.monitoring.alerts import Monitor, check_finite
from srgan.training.monitoring.log import LOG, Record, adversarial_line, pixel_line, read_log
from srgan.training.monitoring.loss_plots import plot_losses
from srgan.training.monitoring.samples import Sheets
from srgan.training.monitoring.validation import score
from srgan.training.run_folder import Run
from srgan.training.update import Training

_LEVELS = 127.5**2
"""Squared errors of [-1, 1] in levels of 0 to 255, as the logs of the field have them."""


class Listener(Protocol):
    """Whoever watches the run."""

    def say(self, line: str) -> None:
        """Hear of something, in a line."""

    def advance(self, done: int, updates: int) -> None:
        """See how far it is."""

    def wants_to_stop(self) -> bool:
        """Whether the run shall end after this update, with a checkpoint."""


def train(
    material: Material,
    run: Run,
    *,
    fabric: Fabric,
    listener: Listener,
    seconds: float | None = None,
    save_every: int | None = None,
) -> Training:
    """Train what the run was begun with, from its newest checkpoint if there is one, to the end.

    Args:
        material: pictures, and what the loss needs.
        run: begun.
        fabric: launched.
        listener: hears of everything; in a run of several processes, only the first speaks to it.
        seconds: stop at the first update after this long, with a checkpoint.
        save_every: updates between checkpoints, beside those at every validation.

    Raises:
        DataError: if there are too few pictures.
        TrainingError: if a loss is no longer a number, or a checkpoint cannot be written or does not fit.
    """
    return _Loop(material, run, fabric=fabric, listener=listener, seconds=seconds, save_every=save_every).work()


class _Loop:
    """One call of `train`."""

    def __init__(
        self, material: Material, run: Run, *, fabric: Fabric, listener: Listener, seconds: float | None,
        save_every: int | None,
    ) -> None:  # fmt: skip
        settings = run.settings()
        self.run, self.fabric, self.listener, self.save_every = run, fabric, listener, save_every
        self.recipe, self.updates = settings.recipe, settings.updates
        recipe = self.recipe
        self.sampler = sampler(recipe, material.training)
        self.pairs = material.validation_pairs() if fabric.is_global_zero else []
        self.training = Training(
            recipe, fabric=fabric, updates=self.updates, vgg=material.vgg, features=material.features
        )
        self.done, self.before = self._restore()
        if fabric.is_global_zero:
            self.sheets = Sheets(self.training, run, self.pairs)
        self.began = time.monotonic()
        self.deadline = float("inf") if seconds is None else self.began + seconds
        self.monitor = Monitor()
        self.recent = _Recent(self.done)
        self.validated = -1

    def _restore(self) -> tuple[int, float]:
        """Take up the newest checkpoint, or the initial weights; returns the updates done and the seconds they took."""
        found = checkpoint.newest(self.run.checkpoints, self.listener.say)
        if found is not None:
            checkpoint.restore(self.training, found)
            return found.update, found.seconds
        initial = self.run.initial()
        if initial is not None:
            self.training.begin_with(initial)
        return 0, 0.0

    def work(self) -> Training:
        ranks = self.fabric.world_size
        if not self.fabric.is_global_zero:
            self._updates(None, rank=self.fabric.global_rank, ranks=ranks)
            return self.training
        with Record(self.run.folder, resumed=self.done) as record:
            self._remember()
            self._updates(record, rank=0, ranks=ranks)
            if self.validated != self.done:
                self._validate(record)
        plot_losses(self.run.folder)
        self.sheets.write(self.run.sheet, self._better())
        return self.training

    def _remember(self) -> None:
        """Let the monitor see what happened before: it judges by what is usual."""
        table = read_log(self.run.folder / LOG)
        for row, update in enumerate(table.get("update", [])):
            self.monitor.observe(int(update), {name: values[row] for name, values in table.items()})

    def _better(self) -> nn.Module:
        """Of the generator and its average, the one that validated better."""
        return self.run.better(self.training.generator.module, self.training.average)

    def _updates(self, record: Record | None, *, rank: int, ranks: int) -> None:
        first = self.done
        for low, high in batches(self.sampler, self.fabric.device, range(first, self.updates), rank=rank, ranks=ranks):
            self.recent.add(self.training.update(low, high, number=self.done))
            self.done += 1
            stopping = self._stopping()
            validating = self.done % self.recipe.validate_every == 0 or self.done == self.updates
            saving = validating or stopping or (self.save_every is not None and self.done % self.save_every == 0)
            if record is not None:
                if self.done % self.recipe.log_every == 0 or saving:
                    self._check()
                if self.done % self.recipe.log_every == 0:
                    self._log(record)
                if validating:
                    self._validate(record)
                if saving:  # last: whoever goes on from here finds everything up to here recorded
                    self._save()
                self.listener.advance(self.done, self.updates)
            if stopping:
                return

    def _stopping(self) -> bool:
        wish = self.listener.wants_to_stop() or time.monotonic() > self.deadline
        if self.fabric.world_size == 1:
            return wish
        heard = self.fabric.all_reduce(torch.tensor(float(wish), device=self.fabric.device), reduce_op="sum")
        assert isinstance(heard, Tensor)
        return bool(heard > 0)

    def _check(self) -> None:
        kept = sorted(self.run.checkpoints.glob("update-*.json"))
        losses = self.recent.losses()
        check_finite(
            self.recent.first + 1, losses, checkpoint=str(kept[-1].with_suffix(".safetensors")) if kept else None
        )

    def _log(self, record: Record) -> None:
        means, rate = self.recent.means(), self.recent.rate()
        rate_now = self.recipe.learning_rate * self.recipe.schedule(self.done - 1, self.updates)
        record.log(self.done, means, learning_rate=rate_now, rate=rate)
        for finding in self.monitor.observe(self.done, means):
            self.listener.say(f"update {self.done}: {finding.message}")
        if self.recipe.is_adversarial:
            self.listener.say(
                adversarial_line(
                    self.done, self.updates, perceptual=means["generator"], discriminator=means["discriminator"]
                )
            )
        self.recent.start_anew(self.done)

    def _save(self) -> None:
        seconds = self.before + time.monotonic() - self.began
        checkpoint.write(self.run.checkpoints, self.training, update=self.done, seconds=seconds)

    def _validate(self, record: Record) -> None:
        device, training = self.fabric.device, self.training
        # With the loss that training lowers, so that the two curves can be laid over each other.
        raw = score(training.generator.module, self.pairs, device=device, loss=training.content)
        average = score(training.average, self.pairs, device=device)
        record.validate(
            self.done,
            {
                "raw_psnr": raw.psnr,
                "raw_ssim": raw.ssim,
                "average_psnr": average.psnr,
                "average_ssim": average.ssim,
                "loss": raw.loss,
            },
        )
        picture = self.run.pictures / f"update-{self.done:08d}.png"
        record.picture(self.done, "validation", self.sheets.write(picture, self._better()))
        unit = _LEVELS if self.recipe.content in ("mse", "luma") else 1.0
        now, self.validated = time.monotonic(), self.done
        if self.recent.is_empty():  # the run was over
            return
        self.listener.say(
            pixel_line(
                self.done,
                self.updates,
                loss_train=unit * self.recent.since_validation(),
                loss_val=unit * raw.loss,
                psnr_val=max(raw.psnr, average.psnr),
                seconds=now - self.recent.validated_at,
            )
        )
        self.recent.validated_at = now


class _Recent:
    """What the updates since the last line of the log found; left on the device until somebody asks."""

    def __init__(self, first: int) -> None:
        self.validated_at = time.monotonic()
        self._content: list[Tensor] = []
        self.start_anew(first)

    def start_anew(self, first: int) -> None:
        self.first, self.began = first, time.monotonic()
        self._found: list[dict[str, Tensor]] = []

    def add(self, found: dict[str, Tensor]) -> None:
        self._found.append(found)
        self._content.append(found["content"])

    def losses(self) -> Sequence[float]:
        """The generator's, and where there is one the discriminator's, added: one that is no number shows."""
        zero = torch.zeros(())
        sums = [found["generator"] + found.get("discriminator", zero.to(found["generator"])) for found in self._found]
        numbers: list[float] = torch.stack(sums).tolist() if sums else []
        return numbers

    def means(self) -> dict[str, float]:
        names = self._found[0]
        return {name: float(torch.stack([found[name] for found in self._found]).mean()) for name in names}

    def rate(self) -> float:
        """Updates a second."""
        return len(self._found) / max(time.monotonic() - self.began, 1e-9)

    def is_empty(self) -> bool:
        """Whether there was no update since the last validation."""
        return not self._content

    def since_validation(self) -> float:
        """Mean content loss since the last validation."""
        mean = float(torch.stack(self._content).mean())
        self._content = []
        return mean
