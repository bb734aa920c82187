"""Training from shards: memory over a pass of many small pictures, and crops beside what the network takes of them.

python -m benchmarks.shard_rates FOLDER [--pictures 20000]

Pictures are made in FOLDER, as a tar file of tar files. Their comparison with test images, a tenth of a second each, is
left out. Times are those that processors spent, whatever else they do: they hold on busy machines too.
"""

import argparse
import io
import json
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.commands import photo
from srgan.data.known_tests import KnownTests
from srgan.data.shard_check import check_shards
from srgan.data.shard_sampler import ShardSampler
from srgan.data.shard_writer import write_shards
from srgan.data.shards import ShardedPictures
from srgan.training.batches import batches, make_sampler
from srgan.training.distributed import launch
from srgan.training.recipes import RECIPES
from srgan.training.state import make_state
from srgan.training.update import update

RECIPE = RECIPES["srresnet-mse"]
HEIGHT, WIDTH = 150, 200
_CLASS = 1000  # pictures of an inner tar file


def make_archive(path: Path, pictures: int) -> None:
    """Write JPEGs, parts of one large picture, into a tar file of tar files."""
    whole = photo(2048, 2048)
    random = np.random.default_rng(0)
    with tarfile.open(path, "w") as outer:
        for first in range(0, pictures, _CLASS):
            buffer = io.BytesIO()
            with tarfile.open(fileobj=buffer, mode="w") as inner:
                for number in range(first, min(first + _CLASS, pictures)):
                    top, left = (int(random.integers(2048 - side)) for side in (HEIGHT, WIDTH))
                    data = io.BytesIO()
                    Image.fromarray(whole[top : top + HEIGHT, left : left + WIDTH]).save(data, "jpeg", quality=90)
                    _add(inner, f"{number}.JPEG", data)
            _add(outer, f"n{first // _CLASS:08d}.tar", buffer)


def _add(tar: tarfile.TarFile, name: str, data: io.BytesIO) -> None:
    member = tarfile.TarInfo(name)
    member.size = data.seek(0, io.SEEK_END)
    data.seek(0)
    tar.addfile(member, data)


def resident_megabytes() -> float:
    """Memory of this process (Linux)."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def memory_over_a_pass(pictures: ShardedPictures) -> tuple[list[float], float, float]:
    """Return megabytes after each twentieth of a pass, processor seconds a batch, and the share of pictures seen."""
    sampler = make_sampler(RECIPE, pictures)
    assert isinstance(sampler, ShardSampler)
    updates = 4 * len(pictures) // RECIPE.crops.batch  # each picture is cropped four times
    memory, seen = [], set[int]()
    started = time.process_time()
    for number, _ in enumerate(batches(sampler, torch.device("cpu"), range(updates), rank=0, ranks=1)):
        seen.update(sampler.places(number).pictures.tolist())
        if number % max(updates // 20, 1) == 0:
            memory.append(round(resident_megabytes(), 1))
            sys.stderr.write(f"{number} of {updates} batches, {memory[-1]} MB, {time.process_time() - started:.0f} s\n")
    return memory, (time.process_time() - started) / updates, len(seen) / len(pictures)


def seconds_of_update(pictures: ShardedPictures, rounds: int) -> float:
    """Return processor seconds of the network's update on a batch that is already there."""
    state = make_state(RECIPE, fabric=launch("cpu"), updates=10**9)
    batch = next(batches(make_sampler(RECIPE, pictures), torch.device("cpu"), range(1), rank=0, ranks=1))
    update(state, batch)
    started = time.process_time()
    for _ in range(rounds):
        update(state, batch)
    return (time.process_time() - started) / rounds


def main() -> None:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=20_000)
    arguments = parser.parse_args()
    KnownTests.find = lambda self, pixels: None  # type: ignore[method-assign]
    archive, shards = arguments.folder / "pictures.tar", arguments.folder / "shards"
    if not archive.exists():
        make_archive(archive, arguments.pictures)
    started = time.process_time()
    report = write_shards(archive, shards)
    written = time.process_time() - started
    training, _ = ShardedPictures(shards, scale=RECIPE.network.scale).split()
    network = seconds_of_update(training, rounds=3)
    sys.stderr.write(f"an update {network:.2f} s\n")
    memory, loading, seen = memory_over_a_pass(training)
    document = {
        "pictures": report.training + report.validation,
        "megabytes": round(report.size / 1e6, 1),
        "faults": check_shards(shards),
        "milliseconds_to_write_a_picture": round(1e3 * written / (report.training + report.validation), 2),
        "resident_megabytes": memory,
        "share_of_pictures_seen": round(seen, 4),
        "crops_a_processor_second": round(RECIPE.crops.batch / loading),
        "milliseconds_of_a_batch": round(1e3 * loading, 1),
        "milliseconds_of_an_update": round(1e3 * network, 1),
        "ratio": round(network / loading, 1),
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
