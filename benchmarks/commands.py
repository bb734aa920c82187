"""Time and peak memory of whole commands."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.images.image import write

SRGAN = str(Path(sys.executable).parent / "srgan")


@dataclass(frozen=True)
class CommandTime:
    """Time and memory of a command."""

    name: str
    seconds: float
    network_seconds: float | None
    """Time of the network alone on the same image; None where it is not measured."""
    peak_megabytes: float


def photo(width: int, height: int) -> NDArray[np.uint8]:
    """Return an image with gradients, edges and noise, which compresses like a photo."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:height, 0:width]
    smooth = 128 + 60 * np.sin(x / 97 + y / 131)[:, :, None] + 30 * np.sin(np.stack([x / 7, y / 11, (x + y) / 13], -1))
    pixels: NDArray[np.uint8] = np.clip(smooth + random.normal(0, 4, (height, width, 1)), 0, 255).astype(np.uint8)
    return pixels


# A separate process starts the command, because a child's peak memory includes that of the process that forked it.
_LAUNCHER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([time.perf_counter() - started, os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024]))
"""


def run(name: str, arguments: list[str], *, network_seconds: float | None = None) -> CommandTime:
    """Run a command, and return its time and its peak resident memory."""
    launcher = [sys.executable, "-S", "-c", _LAUNCHER, SRGAN, *arguments]
    said = subprocess.run(launcher, check=True, capture_output=True, text=True).stdout
    seconds, code, megabytes = json.loads(said)
    if code != 0:
        raise SystemExit(f"srgan {' '.join(arguments)} ended with {code}")
    return CommandTime(name, seconds, network_seconds, megabytes)


_NETWORK = """
import json, sys, time
import numpy as np
from srgan.upscale.loaded_model import LoadedModel
from srgan.weights.catalogue import find
width, height, model = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
network = LoadedModel(find(model)).network
engine, grid = network.engine, network.grid(width, height)
low = np.random.default_rng(0).random((1, 3, min(height, 300), min(width, 400))).astype(np.float32)
def once():
    values = low
    for stage in range(len(engine.stages)):
        values = engine.run(stage, values)
once()
times = []
for _ in range(3):
    started = time.perf_counter(); once(); times.append(time.perf_counter() - started)
print(json.dumps(min(times) * width * height / (low.shape[2] * low.shape[3])))
"""


def network_seconds(width: int, height: int, model: str) -> float:
    """Measure the network alone: untiled pieces of 400x300, without overlap, files and start-up."""
    command = [sys.executable, "-c", _NETWORK, str(width), str(height), model]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def measure(model: str, *, large: bool) -> list[CommandTime]:
    """Measure a cold start and images of 0.2, 1 and 4 megapixels; with `large`, memory at 6 and 24 megapixels too."""
    results = [run("srgan --help", ["--help"])]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def upscale(label: str, width: int, height: int, suffix: str, *, timed: bool = True) -> None:
            source = folder / f"{width}x{height}.jpg"
            write(source, photo(width, height), overwrite=True)
            own = network_seconds(width, height, model) if timed else None
            output = folder / f"out{suffix}"
            arguments = ["upscale", str(source), "-o", str(output), "--model", model, "--overwrite"]
            results.append(run(label, arguments, network_seconds=own))
            output.unlink()

        upscale("64x64, cold start", 64, 64, ".png", timed=False)
        upscale("0.2 Mpx photo to JPEG", 548, 365, ".jpg")
        upscale("1 Mpx photo to JPEG", 1224, 816, ".jpg")
        upscale("1 Mpx photo to PNG", 1224, 816, ".png")
        upscale("4 Mpx photo to JPEG", 2448, 1632, ".jpg")
        if large:
            upscale("6 Mpx photo to TIFF", 3000, 2000, ".tif", timed=False)
            upscale("24 Mpx photo to TIFF", 6000, 4000, ".tif", timed=False)
    return results
