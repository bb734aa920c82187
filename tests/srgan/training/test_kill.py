"""Killed at any moment, a run goes on to the same weights, bit for bit."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from srgan.training.monitoring.log import read_log
from srgan.training.run_folder import Run
from tests.helpers.small import ADVERSARIAL

_KILLS = 20
_UPDATES = 150


class Lives:
    """A process that trains in one child after the other."""

    def __init__(self, prepared: Path, run: Run, *, seconds: float) -> None:
        words = [sys.executable, "-m", "tests.helpers.rebirth", str(prepared), str(run.folder), str(seconds)]
        root = Path(__file__).parents[3]
        self.parent = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ}
        )

    def live(self, seconds: float | None) -> int:
        """Bear a child and kill it after so long; returns how it ended."""
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write("\n")
        self.parent.stdin.flush()
        child = int(self.parent.stdout.readline())
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        return int(self.parent.stdout.readline())

    def end(self) -> None:
        self.parent.communicate()


def last_state(run: Run) -> str:
    path = run.checkpoints / f"update-{_UPDATES:08d}.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
@pytest.mark.slow
def test_twenty_kills_change_nothing(prepared: Path, begun: Callable[..., Run]) -> None:
    recipe = replace(ADVERSARIAL, updates=_UPDATES, log_every=5, validate_every=30)
    through, broken = begun(recipe, "through"), begun(recipe, "broken")
    lives = Lives(prepared, through, seconds=0)
    assert lives.live(None) == 0
    lives.end()

    chance = random.Random(0)
    lives = Lives(prepared, broken, seconds=0.05)
    ends = [lives.live(chance.uniform(0.1, 0.8)) for _ in range(_KILLS)]
    assert ends == [signal.SIGKILL] * _KILLS  # none had come to its end before
    assert list(broken.checkpoints.glob("update-*.json"))
    assert lives.live(None) == 0
    lives.end()
    assert last_state(broken) == last_state(through)
    assert read_log(broken.folder / "log.csv")["update"] == list(range(5, _UPDATES + 1, 5))
    assert read_log(broken.folder / "validation.csv")["update"] == list(range(30, _UPDATES + 1, 30))
