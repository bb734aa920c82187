"""A campaign of damaged weight files: each is read as `srgan models add` reads it, in a process with limits.

    python -m runs.mutated_weights 2000 [--seed 1] [--first 0]

Counted by kind are the files that were taken and refused, and the faults:

- crash: the process died or ran out of memory, or raised what is no error of srgan's
- hang: no end after LIMIT seconds of processor time
- not finite: a network was taken whose result is no number

Weights are recognised and run once; ONNX and ncnn are measured in the same process, so that what the limits of
`srgan.engines.measurement` would catch is a crash here. Which file has which number depends on the seed alone.
"""

import argparse
import io
import json
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from srgan.engines.foreign_model import WEIGHTS, read_foreign, recognise_file
from srgan.engines.measurement import measure_here
from srgan.errors import SrganError
from tests.helpers.mutations import mutated
from tests.helpers.published_networks import RrdbNet, SrvggNet, settled
from tests.helpers.small_onnx import bicubic_like, in_two_parts, of_255_levels, of_pixel_squares

ROOT = Path(__file__).resolve().parents[1]
KINDS = (".safetensors", ".pth", ".onnx", ".param", ".bin")
OUTCOMES = ("taken", "refused", "crash", "hang", "not finite")
FAULTS = OUTCOMES[2:]
LIMIT = 30
"""Seconds of processor time for a file."""
MEMORY = 2 << 30
"""Bytes that a process may take beyond what it has after its start."""
_PARAM = """7767517
8 9
Input in 0 1 data
Convolution first 1 1 data a 0=4 1=3 4=1 5=1 6=108 9=2 -23310=1,2.000000e-01
Split copies 1 2 a b c
Convolution second 1 1 b d 0=4 1=3 4=1 5=1 6=144
Eltwise scaled 2 1 d c e 0=1 -23301=2,2.000000e-01,1.000000e+00
PReLU slopes 1 1 e f 0=4
Convolution third 1 1 f g 0=12 1=1 5=1 6=48
PixelShuffle last 1 1 g output 0=2
"""


@cache
def samples(kind: str) -> tuple[bytes, ...]:
    """Return intact files of a kind."""
    networks = [settled(SrvggNet(nf=4, convs=1)), settled(RrdbNet(nf=4, gc=2, nb=1))]
    if kind == ".safetensors":
        return tuple(save(network.state_dict()) for network in networks)
    if kind == ".pth":
        return tuple(_saved(network.state_dict(), zipped) for network in networks for zipped in (True, False))
    if kind == ".onnx":
        return bicubic_like(), in_two_parts(), of_255_levels(), of_pixel_squares()
    if kind == ".param":
        return (_PARAM.encode(),)
    values = np.random.default_rng(0).uniform(-0.5, 0.5, 400).astype("<f4")
    tag, at, parts = struct.pack("<I", 0), 0, b""
    for count, tagged in ((108, True), (4, False), (144, True), (4, False), (4, False), (48, True), (12, False)):
        parts += (tag if tagged else b"") + values[at : at + count].tobytes()
        at += count
    return (parts,)


def _saved(state: dict[str, torch.Tensor], zipped: bool) -> bytes:
    with io.BytesIO() as file:
        torch.save({"params_ema": state}, file, _use_new_zipfile_serialization=zipped)
        return file.getvalue()


def mutation(number: int, seed: int) -> tuple[str, bytes]:
    """Return kind and contents of a damaged file."""
    chance, kind = random.Random(f"{seed} {number}"), KINDS[number % len(KINDS)]
    return kind, mutated(chance.choice(samples(kind)), chance)


def judge(kind: str, contents: bytes, folder: Path) -> tuple[str, str]:
    """Read a file; return the outcome, and why."""
    for other in (".param", ".bin"):
        (folder / f"x{other}").write_bytes(samples(other)[0])
    path = folder / f"x{kind}"
    path.write_bytes(contents)
    try:
        if kind in WEIGHTS:
            _, probe = recognise_file(path)
        else:
            probe = read_foreign(path, "x", measurement=measure_here).card.probe
    except SrganError as error:
        return ("refused", str(error)) if len(str(error).splitlines()) == 1 else ("crash", f"several lines: {error}")
    except Exception as error:  # noqa: BLE001 what is no error of srgan's is what is looked for
        # In a process of its own these are refusals: see srgan.engines.measurement.main.
        known = kind not in WEIGHTS and isinstance(error, RuntimeError | MemoryError | ValueError)
        return ("refused", str(error)) if known else ("crash", repr(error))
    return ("taken", "") if np.isfinite(probe.values).all() else ("not finite", "")


def work(start: int, stop: int, seed: int) -> None:
    """Judge some files, with a line of JSON after each."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:  # loads what is loaded late
            assert judge(kind, samples(kind)[0], Path(folder)) == ("taken", ""), kind
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for number in range(start, stop):
            signal.setitimer(signal.ITIMER_PROF, LIMIT)
            kind, contents = mutation(number, seed)
            line = [number, kind, *judge(kind, contents, Path(folder))]
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


def campaign(count: int, seed: int = 1, first: int = 0) -> Iterator[tuple[int, str, str, str]]:
    """Yield number, kind, outcome and reason of each damaged file."""
    number, stop = first, first + count
    while number < stop:
        command = [sys.executable, "-m", "runs.mutated_weights", "--work", str(number), str(stop), str(seed)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            before = number
            for line in process.stdout:
                yield tuple(json.loads(line))
                number += 1
        if number < stop:
            code = process.wait()
            if number == before and number == first:
                raise RuntimeError(f"a process of the campaign does not start: exit code {code}")
            outcome = "hang" if code == -signal.SIGPROF else "crash"
            yield number, mutation(number, seed)[0], outcome, f"exit code {code}"
            number += 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a campaign, and print its table and each fault."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["--work"]:
        work(*map(int, words[1:4]))
        return
    parser = argparse.ArgumentParser(prog="python -m runs.mutated_weights", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    asked = parser.parse_args(words)
    table = Counter[tuple[str, str]]()
    try:
        for number, kind, outcome, why in campaign(asked.count, asked.seed, asked.first):
            table[kind, outcome] += 1
            if outcome in FAULTS:
                sys.stdout.write(f"{number} {kind}: {outcome}, {why}\n")
    except KeyboardInterrupt:
        sys.stdout.write(f"ended before file {asked.first + table.total()}\n")
    sys.stdout.write(" ".join(f"{word:>12}" for word in ("kind", *OUTCOMES)) + "\n")
    for kind in KINDS:
        sys.stdout.write(" ".join(f"{word:>12}" for word in (kind, *(table[kind, each] for each in OUTCOMES))) + "\n")


if __name__ == "__main__":
    main()
