"""Killed at any moment, a run resumes to the same weights, bit for bit."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from srgan.training.monitoring.log import read_log
from srgan.training.run_folder import Run
from tests.helpers.small import ADVERSARIAL

_KILLS = 20
_UPDATES = 150
_PATIENCE = 240.0  # seconds for a few updates, on a machine however busy


class Children:
    """A process that trains in one child after the other."""

    def __init__(self, parent: "subprocess.Popen[str]", run: Run) -> None:
        self._parent, self._run = parent, run

    def train(self, until: int | None, delay: float = 0.0) -> int:
        """Start a child, kill it soon after the checkpoint of update `until`, and return its exit status."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write("\n")
        self._parent.stdin.flush()
        child = int(self._parent.stdout.readline())
        if until is not None:
            deadline = time.monotonic() + _PATIENCE
            while newest(self._run) < until:
                assert time.monotonic() < deadline, f"no checkpoint of update {until}"
                time.sleep(0.001)
            time.sleep(delay)  # so that kills fall on every part of an update
            os.kill(child, signal.SIGKILL)
        return int(self._parent.stdout.readline())


def newest(run: Run) -> int:
    """The update of the newest checkpoint; 0 if there is none."""
    names = [path.stem for path in run.checkpoints.glob("update-*.json")]
    return int(max(names).removeprefix("update-")) if names else 0


@contextmanager
def children(prepared: Path, run: Run) -> Iterator[Children]:
    words = [sys.executable, "-m", "tests.helpers.rebirth", str(prepared), str(run.folder)]
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        start_new_session=True,  # a group of its own, so that children end with it
    ) as parent:
        try:
            yield Children(parent, run)
        except BaseException:
            os.killpg(parent.pid, signal.SIGKILL)
            raise


def last_state(run: Run) -> str:
    path = run.checkpoints / f"update-{_UPDATES:08d}.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
@pytest.mark.slow
def test_twenty_kills_change_nothing(prepared: Path, begun: Callable[..., Run]) -> None:
    recipe = ADVERSARIAL.change(updates=_UPDATES, log_every=5, validate_every=30)
    through, broken = begun(recipe, "through"), begun(recipe, "broken")
    with children(prepared, through) as one:
        assert one.train(None) == 0

    chance = random.Random(0)
    with children(prepared, broken) as many:
        for _ in range(_KILLS):
            assert many.train(newest(broken) + chance.randint(1, 2), chance.uniform(0.0, 0.02)) == signal.SIGKILL
        assert newest(broken) < _UPDATES  # none had come to its end before
        assert many.train(None) == 0
    assert last_state(broken) == last_state(through)
    assert read_log(broken.folder / "log.csv")["update"] == list(range(5, _UPDATES + 1, 5))
    assert read_log(broken.folder / "validation.csv")["update"] == list(range(30, _UPDATES + 1, 30))
