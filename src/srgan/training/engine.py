"""The training loop: recipe and pictures in, checkpoints and a log out."""

import copy
import csv
import time
from collections.abc import Callable
from pathlib import Path

import torch

from srgan.data.crops import CropSampler
from srgan.data.prepare import PreparedPictures
from srgan.models.srgan import Generator
from srgan.training import checkpoint
from srgan.training.recipes import Recipe
from srgan.training.steps import PixelTraining, to_tensor


def start(recipe: Recipe, device: torch.device) -> PixelTraining:
    """A fresh state: the recipe's generator from its seed, its average, and Adam (beta1 0.9)."""
    torch.manual_seed(recipe.seed)
    generator = Generator(blocks=recipe.blocks, normalisation=recipe.normalisation)
    generator = generator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(generator).eval().requires_grad_(False)
    optimiser = torch.optim.Adam(generator.parameters(), lr=recipe.learning_rate, foreach=True)
    return PixelTraining(recipe, generator, average, optimiser)


def train(
    recipe: Recipe,
    pictures: PreparedPictures,
    run: Path,
    *,
    save_every: int = 1000,
    log_every: int = 100,
    seconds: float | None = None,
    report: Callable[[int, float, float], None] = lambda update, loss, rate: None,
) -> PixelTraining:
    """Train, resuming from the newest checkpoint in `run` if there is one.

    Args:
        recipe: the settings; they may differ from the checkpoint's in what does not change the networks' shape.
        pictures: the training set.
        run: the folder for checkpoints and `log.csv`.
        save_every: updates between checkpoints.
        log_every: updates between lines of the log.
        seconds: stop at the first update after this long, with a checkpoint.
        report: called at every line of the log with the update, the mean loss since the last and updates a second.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    training = start(recipe, device)
    first = done = checkpoint.resume(run, training)
    crops = CropSampler(pictures, batch=recipe.batch, crop=recipe.crop, seed=recipe.seed)
    run.mkdir(parents=True, exist_ok=True)
    began = since = time.monotonic()
    losses: list[float] = []
    with (run / "log.csv").open("a", newline="", encoding="utf-8") as file:
        log = csv.writer(file)
        while done < recipe.updates:
            low, high = crops.sample(done)
            losses.append(training.update(to_tensor(low, device), to_tensor(high, device), number=done))
            done += 1
            if done % log_every == 0:
                rate = len(losses) / (time.monotonic() - since)
                loss, since, losses = sum(losses) / len(losses), time.monotonic(), []
                log.writerow([done, f"{loss:.6f}", f"{recipe.learning_rate_at(done - 1):.3e}", f"{rate:.2f}"])
                file.flush()
                report(done, loss, rate)
            if done % save_every == 0:
                checkpoint.save(run, training, update=done)
            if seconds is not None and time.monotonic() - began > seconds:
                break
    if done > first and done % save_every:
        checkpoint.save(run, training, update=done)
    return training
