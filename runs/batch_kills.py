"""A campaign of kills: a batch on Ray, whose workers and whose driver are killed at random moments until it is done.

    python -m runs.batch_kills 50 [--files 500] [--seed 1] [--model espcn]

Every fifth kill takes the driver, after which the same command is given again. In the end every file must have been
made once, as the ledger has it, and be equal, byte for byte, to what `srgan upscale -r` makes of it.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from pyarrow import parquet

from benchmarks.commands import SRGAN
from srgan.batch.ledger import FOLDER

BATCH = (sys.executable, "-m", "benchmarks.patient_ray", "upscale")
"""The command line, which on a busy computer gives Ray the time to start."""
MOST_SECONDS = 3.0
"""Between two kills, at most, while files are being made."""
_LOOK = 0.05  # seconds between looks at the results


@dataclass
class KillOutcome:
    """What came of a campaign."""

    kills: "Counter[str]" = field(default_factory=Counter)
    """Kills of workers and of drivers."""
    files: "Counter[str]" = field(default_factory=Counter)
    """Results by what they are: right, wrong, missing, and rows of the ledger that say a file was made again."""


def campaign(
    folder: Path, kills: int, files: int, seed: int = 1, *, model: str = "espcn", most_seconds: float = MOST_SECONDS
) -> KillOutcome:
    """Enlarge files under fire.

    Args:
        folder: an empty one.
        kills: how many; fewer if all files are made before.
        files: how many.
        seed: decides the files and the moments.
        model: enlarges.
        most_seconds: between two kills.
    """
    make_files(folder / "photos", files, seed)
    options = ("-r", "--model", model, "--quiet")
    subprocess.run([SRGAN, "upscale", str(folder / "photos"), "-o", str(folder / "plain"), *options], check=True)
    command = [*BATCH, str(folder / "photos"), "-o", str(folder / "large"), *options, "--on", "ray"]
    dice, outcome = random.Random(seed), KillOutcome()
    while outcome.kills.total() < kills and len(results(folder / "large")) < files:
        with subprocess.Popen(command, start_new_session=True) as driver:
            fire(driver, folder / "large", files, kills, dice, outcome, most_seconds)
            driver.wait()
    if subprocess.run(command).returncode:  # a photo that two kills hit is quarantined until it changes
        made = {path.stem for path in results(folder / "large").values()}
        for path in results(folder / "photos").values():
            if path.stem not in made:
                os.utime(path)
        subprocess.run(command, check=True)
    compare(folder, outcome)
    return outcome


def make_files(folder: Path, count: int, seed: int) -> None:
    """Save small images of noise in two folders."""
    random = np.random.default_rng(seed)
    for number in range(count):
        path = folder / str(number % 2) / f"{number:04}.{('png', 'jpg')[number // 2 % 2]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (16 + number % 17, 24, 3), np.uint8)).save(path)


def fire(
    driver: "subprocess.Popen[bytes]",
    target: Path,
    files: int,
    kills: int,
    dice: random.Random,
    outcome: KillOutcome,
    most_seconds: float,
) -> None:
    """Kill a worker, and then the driver, at random moments in which files are being made."""
    for victim in ("worker", "worker", "worker", "worker", "driver"):
        before = len(results(target))
        while driver.poll() is None and len(results(target)) == before:
            time.sleep(_LOOK)
        if driver.poll() is not None or len(results(target)) >= files or outcome.kills.total() >= kills:
            driver.wait()
            return
        time.sleep(dice.uniform(0, most_seconds))
        pids = workers(driver.pid) if victim == "worker" else [driver.pid]
        if pids and driver.poll() is None:
            os.kill(dice.choice(pids), signal.SIGKILL)
            outcome.kills[victim] += 1


def workers(driver: int) -> list[int]:
    """Return the processes of the workers below a driver."""
    return [process for process in sorted(below(driver)) if _read(process, "cmdline").startswith("ray::Worker")]


def below(process: int) -> set[int]:
    """Return the processes below one (Linux)."""
    numbers = [int(place.name) for place in Path("/proc").glob("[0-9]*")]
    stats = {number: _read(number, "stat").rpartition(")")[2].split() for number in numbers}
    parents = {number: int(fields[1]) for number, fields in stats.items() if fields}
    found = {process}
    while more := {number for number, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def _read(process: int, name: str) -> str:
    """Return what the system says of a process; nothing if it has ended."""
    try:
        return Path(f"/proc/{process}/{name}").read_text(errors="replace")
    except OSError:
        return ""


def results(folder: Path) -> dict[str, Path]:
    """Return the finished files of a folder, by name."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {
        name: path for path in found if (name := path.relative_to(folder).as_posix())[0] != "." and ".part" not in name
    }


def compare(folder: Path, outcome: KillOutcome) -> None:
    """Compare results with those of the plain run, and with the ledger."""
    made, plain = results(folder / "large"), results(folder / "plain")
    for name, path in plain.items():
        is_right = name in made and made[name].read_bytes() == path.read_bytes()
        outcome.files["right" if is_right else "wrong" if name in made else "missing"] += 1
    done: Counter[str] = Counter()
    for part in (folder / "large" / FOLDER).glob("*.parquet"):
        table = parquet.read_table(part)
        done.update(row["input"] for row in table.to_pylist() if row["state"] == "done")
    outcome.files["made again"] = sum(number > 1 for number in done.values())
    outcome.files["not in the ledger"] = len(plain) - len(done)
    outcome.files["left over"] = len(list((folder / "large").rglob("*.part")))


def main() -> None:
    """Run a campaign and show what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kills", type=int)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="espcn")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome = campaign(Path(name), given.kills, given.files, given.seed, model=given.model)
    sys.stdout.write(f"kills: {dict(outcome.kills)}; files: {dict(outcome.files)}\n")
    sys.exit(0 if outcome.files["right"] == given.files == sum((+outcome.files).values()) else 1)


if __name__ == "__main__":
    main()
