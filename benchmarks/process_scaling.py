"""Training on two processes of one core each, beside one process of one core: time and processor time of an update.

python -m benchmarks.process_scaling [RECIPE] [--rounds 5] [--updates 4]

One process makes updates of the whole batch, then two make as many of half of it each, by turns, so that what disturbs
the machine disturbs both alike. Efficiency is the first's time over twice that of the second.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable

import torch

from srgan.training.distributed import launch
from srgan.training.recipes import find_recipe
from srgan.training.state import make_state
from srgan.training.update import update


class Group:
    """Processes that train together, each on a core, and wait for the word."""

    def __init__(self, recipe: str, processes: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(processes),
                  "LOCAL_WORLD_SIZE": str(processes), "GROUP_RANK": "0", "TORCHELASTIC_RUN_ID": "benchmark",
                  "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}  # fmt: skip
        self._children = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.process_scaling", recipe, "--core", str(rank)],
                env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in range(processes)
        ]

    def train(self, updates: int) -> tuple[float, float]:
        """Return the seconds of updates, and the processor seconds of all processes."""
        for child in self._children:
            assert child.stdin is not None
            child.stdin.write(f"{updates}\n")
            child.stdin.flush()
        answers = []
        for child in self._children:
            assert child.stdout is not None
            answers.append(json.loads(child.stdout.readline()))
        return max(wall for wall, _ in answers), sum(processor for _, processor in answers)

    def end(self) -> None:
        """End the processes."""
        for child in self._children:
            assert child.stdin is not None
            child.stdin.close()
        for child in self._children:
            child.wait()
            assert child.stdout is not None
            child.stdout.close()


def work(name: str, core: int, lines: Iterable[str]) -> None:
    """Make as many updates as each line says, and answer with their seconds."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})
    torch.set_num_threads(1)
    recipe = find_recipe(name)
    fabric = launch("cpu", precision="fp32")
    state = make_state(recipe, fabric=fabric, updates=10**9)
    side, count = recipe.crops.crop // recipe.network.scale, recipe.crops.batch // fabric.world_size
    batch = torch.rand(count, 3, side, side), torch.rand(count, 3, recipe.crops.crop, recipe.crops.crop)
    update(state, batch)
    for line in lines:
        started, used = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            update(state, batch)
        answer = [time.perf_counter() - started, time.process_time() - used]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", nargs="?", default="srresnet-mse-quick")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=4)
    parser.add_argument("--core", type=int)
    arguments = parser.parse_args()
    if arguments.core is not None:
        work(arguments.recipe, arguments.core, sys.stdin)
        return
    one, two = (Group(arguments.recipe, processes) for processes in (1, 2))
    pairs = [(one.train(arguments.updates), two.train(arguments.updates)) for _ in range(arguments.rounds)]
    one.end()
    two.end()
    document = {
        "recipe": arguments.recipe,
        "seconds_of_one": [round(alone / arguments.updates, 3) for (alone, _), _ in pairs],
        "seconds_of_two": [round(both / arguments.updates, 3) for _, (both, _) in pairs],
        "efficiency": round(statistics.median(alone / (2 * both) for (alone, _), (both, _) in pairs), 3),
        "efficiency_in_processor_time": round(statistics.median(alone / both for (_, alone), (_, both) in pairs), 3),
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
