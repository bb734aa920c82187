"""Trains in children that can be killed and born again at once: what is slow to import is imported once, in the parent.

python -m tests.helpers.rebirth PREPARED RUN SLEEP    every line on standard input is another life
"""

import os
import sys
import time
from pathlib import Path

from srgan.data.prepared_set import PreparedPictures
from srgan.training.distributed import launch
from srgan.training.inputs import Material
from srgan.training.loop import train
from srgan.training.run_folder import Run
from tests.helpers.small import Heard


class Slow(Heard):
    """A listener that takes its time, so that kills fall on every part of an update."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def advance(self, done: int, updates: int) -> None:
        time.sleep(self.seconds)


def say(number: int) -> None:
    """A line on standard output."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    """Bear one child after the other; say each one's number, and how it ended."""
    prepared, run, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            material = Material(*PreparedPictures(prepared).split())
            train(material, Run(run), fabric=launch("cpu"), listener=Slow(seconds), save_every=1)
            os._exit(0)
        say(child)
        say(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main()
