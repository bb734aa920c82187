"""Trains in one child after the other, which can be killed: slow imports happen once, in the parent.

python -m tests.helpers.rebirth PREPARED RUN    starts a child for every line on standard input

Each child saves a checkpoint after every update. Its process id and its exit status are printed.
"""

import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path

from srgan.data.prepared_set import PreparedPictures
from srgan.training.distributed import launch
from srgan.training.inputs import Inputs
from srgan.training.run_folder import Run
from tests.helpers.small import train_run


def main() -> None:
    """Start one child after the other."""
    for module in ("matplotlib.backends.backend_agg", "torch.utils.tensorboard"):
        with suppress(ImportError):
            importlib.import_module(module)
    prepared, run = Path(sys.argv[1]), Run(Path(sys.argv[2]))
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            train_run(run, Inputs(*PreparedPictures(prepared).split()), launch("cpu"), save_every=1)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitpid(child, 0)[1]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
