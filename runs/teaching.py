"""Make targets by a teacher, Real-ESRGAN x4plus, for students to learn from: a patch at a time, behind other work.

    chrt -i 0 python -m runs.teaching cache/patches.npy cache/targets.npy    on one thread, only when a core is idle

The patches are (N, 64, 64, 3) of uint8, low resolution and degraded; the targets (N, 256, 256, 3) of uint8. Stopped at
any time, it goes on where it was: beside the targets a `.json` file holds how many are made.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from rich.console import Console

from runs.real_esrgan import SCALE, model
from srgan.engines.engine import Precision
from srgan.engines.openvino import shared_core, supports_bf16
from srgan.errors import DataError, SrganError
from srgan.images.colour import from_float, to_float
from srgan.weights.catalogue import find

Pixels = NDArray[np.uint8]

PATCH = 64
"""Side of a patch in pixels."""
MARGIN = 10
"""Pixels reflected around a patch, and cut away from the result: networks see zeros beyond their input's border."""


class Teacher:
    """Real-ESRGAN x4plus for patches of one size, on one thread.

    Args:
        onnx: contents of its ONNX file.
        precision: the fastest that the processor computes in without it.

    Attributes:
        identity: changes whenever the targets may.
    """

    def __init__(self, onnx: bytes, *, precision: Precision | None = None) -> None:
        core = shared_core()
        precision = precision or ("bf16" if supports_bf16() else "fp32")
        self.identity = f"{hashlib.sha256(onnx).hexdigest()} {precision}"
        network = core.read_model(onnx)
        side = PATCH + 2 * MARGIN
        network.reshape([1, 3, side, side])
        settings = {
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
            "INFERENCE_NUM_THREADS": 1,
            "ENABLE_CPU_PINNING": False,  # or it waits for one core while another is idle
        }
        self._request = core.compile_model(network, "CPU", settings).create_infer_request()

    def restore(self, patch: Pixels) -> Pixels:
        """Return the target of a patch: (64, 64, 3) to (256, 256, 3)."""
        around = np.pad(to_float(patch), ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="reflect")
        planes = np.ascontiguousarray(around.transpose(2, 0, 1)[None])
        restored = self._request.infer({0: planes}, share_outputs=True)[0][0]
        kept = slice(SCALE * MARGIN, SCALE * (MARGIN + PATCH))
        return from_float(restored[:, kept, kept].transpose(1, 2, 0), 8).astype(np.uint8)


def teach(
    patches: Pixels, path: Path, teacher: Teacher, *, advance: Callable[[int, int], None] = lambda done, whole: None
) -> Pixels:
    """Return the targets of all patches, from the file where they are there and made by the teacher where not.

    Args:
        patches: (N, 64, 64, 3).
        path: `.npy` file of the targets, (N, 256, 256, 3), and, with `.json` in its place, their count.
        teacher: what makes them.
        advance: called after every patch with those made and all.

    Raises:
        DataError: if the patches have another shape, or the file is that of other patches or another teacher.
    """
    if patches.dtype != np.uint8 or patches.shape[1:] != (PATCH, PATCH, 3) or not len(patches):
        raise DataError(f"patches are uint8 (N, {PATCH}, {PATCH}, 3), not {patches.dtype} {patches.shape}: cut others")
    count = path.with_suffix(".json")
    key = f"{hashlib.sha256(np.ascontiguousarray(patches).data).hexdigest()} {teacher.identity}"
    if not count.is_file():
        if path.exists():
            raise DataError(f"{path} is there, and nothing says what it holds: choose another file")
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(count, key, 0)
    state: dict[str, Any] = json.loads(count.read_text(encoding="utf-8"))
    done = int(state["done"])
    if state["key"] != key or (done and not path.is_file()):
        raise DataError(f"{path} holds targets of other patches or by another teacher: choose another file")
    if done:
        targets = open_memmap(path, mode="r+")
    else:
        shape = (len(patches), SCALE * PATCH, SCALE * PATCH, 3)
        targets = open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    for number in range(done, len(patches)):
        targets[number] = teacher.restore(patches[number])
        targets.flush()
        _write(count, key, number + 1)  # after the target: the count is never ahead
        advance(number + 1, len(patches))
    return targets


def _write(count: Path, key: str, done: int) -> None:
    """Replace the file that holds how many targets are made, as a whole."""
    part = count.with_suffix(".part")
    part.write_text(json.dumps({"key": key, "done": done}), encoding="utf-8")
    part.replace(count)


def _patches(path: Path) -> Pixels:
    """Return the patches in a `.npy` file, mapped into memory."""
    try:
        patches: Pixels = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is no readable .npy file of patches: write one with numpy.save") from error
    return patches


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patches", type=Path, help=".npy file, (N, 64, 64, 3) of uint8")
    parser.add_argument("targets", type=Path, help=".npy file to make or to go on with")
    parser.add_argument("--precision", choices=get_args(Precision), help="the fastest of the processor without it")
    choices = parser.parse_args()
    console, started = Console(stderr=True), time.perf_counter()

    def say(done: int, whole: int) -> None:
        console.print(f"{done} of {whole}, {time.perf_counter() - started:.1f} s", highlight=False)

    try:
        teacher = Teacher(find(model()).read(".onnx"), precision=choices.precision)
        teach(_patches(choices.patches), choices.targets, teacher, advance=say)
    except SrganError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
