"""`srgan train`, of whose processes one kills itself before an update, the first time that it is started.

RANK_TO_DIE=1 UPDATE_TO_DIE=3 python -m tests.helpers.dying_rank train ...
"""

import os
import signal

from srgan.cli import main
from srgan.training import loop
from srgan.training.batches import Batch
from srgan.training.state import State
from srgan.training.update import update as make_update


def update(state: State, batch: Batch) -> object:
    """Make an update, or end."""
    dying = state.fabric.global_rank == int(os.environ["RANK_TO_DIE"])
    first = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0"
    if dying and first and state.done == int(os.environ["UPDATE_TO_DIE"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return make_update(state, batch)


if __name__ == "__main__":
    vars(loop)["update"] = update
    main()
