"""Folders enlarged by `srgan upscale -r`, by a pool of processes, and by `--on ray`: files a second, as ratios.

    python -m benchmarks.batches [--files 500] [--rounds 1] [--model srresnet]

Each way runs on all files and on one alone, in turns; the difference leaves out what starting takes. Results of all
ways are compared. The pool is what one would write with `concurrent.futures`: an upscaler in a process for each core.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.commands import SRGAN, photo
from srgan.batch.ledger import FOLDER

WAYS = ("plain", "pool", "ray")
_upscaler: Any = None


def main() -> None:
    """Measure the three ways and show the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--model", default="srresnet")
    parser.add_argument("--pool", nargs=2, metavar="FOLDER", help=argparse.SUPPRESS)  # the process of the pool
    given = parser.parse_args()
    if given.pool:
        enlarge_by_pool(Path(given.pool[0]), Path(given.pool[1]), given.model)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder / "many", given.files)
        make_files(folder / "one", 1)
        times: dict[str, dict[str, list[float]]] = {way: {"many": [], "one": []} for way in WAYS}
        for number in range(given.rounds):
            for source in ("one", "many"):
                for way in WAYS:
                    target = folder / f"{way}-{source}-{number}"
                    times[way][source].append(seconds(way, folder / source, target, given.model))
        check(folder, given.files)
    sys.stdout.write("\n".join(table(times, given.files)) + "\n")


def make_files(folder: Path, count: int) -> None:
    """Save photos of mixed sizes and formats, in two folders."""
    whole, random = photo(640, 480), np.random.default_rng(0)
    for number in range(count):
        height, width = (int(side) for side in random.integers(24, 120, 2))
        top, left = int(random.integers(0, 480 - height)), int(random.integers(0, 640 - width))
        path = folder / str(number % 2) / f"{number:04}.{('jpg', 'png', 'webp')[number % 3]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(whole[top : top + height, left : left + width]).save(path)


def seconds(way: str, source: Path, target: Path, model: str) -> float:
    """Return the time of one way, from the command to its end."""
    words = ["upscale", str(source), "-r", "-o", str(target), "--model", model, "--quiet"]
    command = {
        "plain": [SRGAN, *words],
        "pool": [sys.executable, "-m", "benchmarks.batches", "--pool", str(source), str(target), "--model", model],
        "ray": [sys.executable, "-m", "benchmarks.patient_ray", *words, "--on", "ray"],
    }[way]
    begun = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - begun


def enlarge_by_pool(source: Path, target: Path, model: str) -> None:
    """Enlarge a folder by a process for each core."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    places = [target / path.relative_to(source) for path in files]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _open, (model,)) as pool:
        list(pool.map(_enlarge, files, places))


def _open(model: str) -> None:
    global _upscaler
    from srgan import Upscaler
    from srgan.engines.openvino import shared_core

    shared_core().set_property("CPU", {"INFERENCE_NUM_THREADS": 1})
    _upscaler = Upscaler(model)


def _enlarge(source: Path, target: Path) -> None:
    _upscaler.upscale_file(source, target)


def check(folder: Path, files: int) -> None:
    """Compare the results of all ways and rounds.

    Raises:
        SystemExit: if they differ.
    """
    first, *others = (contents(target) for target in sorted(folder.glob("*-many-*")))
    if len(first) != files:
        raise SystemExit(f"{len(first)} of {files} files were made")
    differing = {name for other in others for name in first.keys() | other.keys() if first.get(name) != other.get(name)}
    if differing:
        raise SystemExit(f"not every way gave the same: {', '.join(sorted(differing))}")


def contents(folder: Path) -> dict[str, bytes]:
    """Return the results in a folder, by name."""
    files = (path for path in folder.rglob("*.*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def table(times: dict[str, dict[str, list[float]]], files: int) -> list[str]:
    """Return the table's lines in Markdown."""
    start = {way: median(times[way]["one"]) for way in WAYS}
    longer = {way: median(times[way]["many"]) - start[way] for way in WAYS}
    if min(longer.values()) <= 0:
        raise SystemExit("starting took longer than enlarging: give more files, or measure on an idle computer")
    rates = {way: (files - 1) / longer[way] for way in WAYS}
    best = max(rates["plain"], rates["pool"])
    lines = [
        "| way | files a second after the start, of the best without Ray | start and one file, of plain's |",
        "|---|---|---|",
    ]
    return lines + [f"| {way} | {rates[way] / best:.2f} | {start[way] / start['plain']:.1f} |" for way in WAYS]


if __name__ == "__main__":
    main()
