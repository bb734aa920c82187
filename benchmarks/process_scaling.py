"""Training on two processes of one core each, beside one process of one core: time and processor time of an update.

python -m benchmarks.process_scaling [RECIPE] [--set batch=32] [--precision fp32] [--rounds 5] [--updates 4]

One process makes updates of the whole batch, then two make as many of half of it each, and then two of half of it that
know nothing of each other: what these lose, the machine's memory and the smaller batches cost, and no exchange. All go
by turns, so that what disturbs the machine disturbs them alike. Efficiency is the first's time over twice that of two.
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
from typing import get_args

import torch

from srgan.training.distributed import PrecisionName, launch
from srgan.training.recipes import find_recipe
from srgan.training.recipes.overrides import override
from srgan.training.recipes.recipe import Recipe
from srgan.training.state import make_state
from srgan.training.update import update


class Group:
    """Processes that share a batch, each on a core, and wait for the word.

    Args:
        words: recipe, its changes and the precision, as on the command line.
        processes: how many.
        joined: whether they train one network together.
    """

    def __init__(self, words: list[str], processes: int, *, joined: bool = True) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        size = str(processes if joined else 1)
        shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": size,
                  "LOCAL_WORLD_SIZE": size, "GROUP_RANK": "0", "TORCHELASTIC_RUN_ID": "benchmark",
                  "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}  # fmt: skip
        own = [str(rank if joined else 0) for rank in range(processes)]
        command = [sys.executable, "-m", "benchmarks.process_scaling", *words, "--share", str(processes)]
        self._children = [
            subprocess.Popen(
                [*command, "--core", str(core)],
                env={**os.environ, **shared, "RANK": rank, "LOCAL_RANK": rank},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for core, rank in enumerate(own)
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


def work(recipe: Recipe, precision: PrecisionName, core: int, share: int, lines: Iterable[str]) -> None:
    """Make as many updates as each line says, and answer with their seconds."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})
    torch.set_num_threads(1)
    fabric = launch("cpu", precision=precision)
    state = make_state(recipe, fabric=fabric, updates=10**9)
    side, count = recipe.crops.crop // recipe.network.scale, recipe.crops.batch // share
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
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="of the recipe")
    parser.add_argument("--precision", default="auto", choices=get_args(PrecisionName))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=4)
    parser.add_argument("--core", type=int, help=argparse.SUPPRESS)  # of a process that trains
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    recipe = override(find_recipe(given.recipe), given.set)
    if given.core is not None:
        work(recipe, given.precision, given.core, given.share, sys.stdin)
        return
    words = [given.recipe, "--precision", given.precision, *(f"--set={each}" for each in given.set)]
    groups = Group(words, 1), Group(words, 2), Group(words, 2, joined=False)
    rounds = [[group.train(given.updates) for group in groups] for _ in range(given.rounds)]
    for group in groups:
        group.end()
    walls, processors = ([[times[kind] for times in each] for each in rounds] for kind in (0, 1))
    document = {
        "recipe": given.recipe,
        "set": given.set,
        "precision": given.precision,
        "seconds_of_one": [round(one / given.updates, 3) for one, _, _ in walls],
        "seconds_of_two": [round(two / given.updates, 3) for _, two, _ in walls],
        "efficiency": middle(one / (2 * two) for one, two, _ in walls),
        "efficiency_without_exchange": middle(one / (2 * apart) for one, _, apart in walls),
        "efficiency_in_processor_time": middle(one / two for one, two, _ in processors),
        "efficiency_in_processor_time_without_exchange": middle(one / apart for one, _, apart in processors),
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def middle(ratios: Iterable[float]) -> float:
    """Return the median of ratios, with three digits."""
    return round(statistics.median(ratios), 3)


if __name__ == "__main__":
    main()
