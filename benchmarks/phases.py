"""Where the time of a command goes: `python -m benchmarks.phases --model srresnet --megapixels 0.2 1`.

Processor time of one process with all of its threads, which other work on the computer hardly changes.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan.engines.engine import Floats

_seconds = dict[str, float]()
_since = 0.0


def mark(phase: str) -> None:
    """Give the processor time since the last call, or since the start of the process, to a phase."""
    global _since
    _seconds[phase] = time.process_time() - _since
    _since = time.process_time()


def enlarge(source: Path, output: Path, model: str) -> None:
    """Enlarge a photo in the steps of the command, and print the time of each as a row of a table."""
    import srgan.cli.progress_bar
    import srgan.cli.report

    sys.modules["openvino.tools.ovc"] = None  # type: ignore[assignment]  # as the command line does
    mark("Python, command line")
    import srgan.upscale.batch
    import srgan.upscale.jobs
    from srgan.upscale.upscaler import Upscaler

    mark("imports for images")
    import numpy as np

    import srgan.engines.openvino  # noqa: F401
    from srgan.images.image import read, write
    from srgan.upscale.options import UpscaleOptions

    mark("import of OpenVINO")
    upscaler = Upscaler(model)
    plan = upscaler.plan(source, output, UpscaleOptions(overwrite=True))
    mark("photo inspected")
    network = plan.chosen.loaded.network_for(8)
    mark("network opened")
    upscaler.upscale_file(plan)
    mark("enlarging")
    engine, tiles = network.engine, list[tuple[int, tuple[int, ...]]]()
    run = engine.run

    def noted(stage: int, tile: "Floats") -> "Floats":
        tiles.append((stage, tile.shape))
        return run(stage, tile)

    engine.run = noted  # type: ignore[method-assign]
    pixels = upscaler.upscale(source)
    mark("enlarging again")
    zeros = [(stage, np.zeros(shape, np.float32)) for stage, shape in tiles]
    mark("")
    for stage, tile in zeros:
        run(stage, tile)
    mark("network")
    read(source)
    mark("decoding")
    write(output, pixels, overwrite=True)
    mark("encoding")
    exact = plan.info.width * plan.info.height * sum(stage.multiply_adds for stage in engine.stages)
    report(exact / network.work(plan.info.width, plan.info.height))


def report(needed: float) -> None:
    """Print the table; `needed` is the share of the network's work that is not overlap of tiles."""
    network = needed * _seconds["network"]
    again = _seconds["enlarging again"]
    shown = [name for name in _seconds if name not in ("", "enlarging", "enlarging again", "network")]
    rows = {name: _seconds[name] for name in shown}
    rows["first use of memory, metadata"] = _seconds["enlarging"] - again - _seconds["encoding"]
    rows["conversion, copies"] = again - _seconds["network"] - _seconds["decoding"]
    rows["overlap of tiles"] = _seconds["network"] - network
    for name, seconds in {**rows, "network": network}.items():
        sys.stdout.write(f"| {name} | {seconds:.2f} | {seconds / network:.1%} |\n")
    total = sum(rows.values()) + network
    sys.stdout.write(f"| all | {total:.2f} | {total / network:.1%} |\n")


def main() -> None:
    from benchmarks.commands import photo
    from srgan.images.image import write

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="srresnet", help="a model's name or path")
    parser.add_argument("--megapixels", nargs="+", type=float, default=[0.2, 1.0], help="sizes of the photo")
    parser.add_argument("--format", default="png", help="of the result")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for megapixels in options.megapixels:
            height = round((1e6 * megapixels / 1.5) ** 0.5)
            source, small = Path(name, "photo.jpg"), Path(name, "small.jpg")
            write(source, photo(3 * height // 2, height), overwrite=True)
            write(small, photo(64, 64), overwrite=True)
            _run(small, options.model, options.format)  # fills the cache of compiled networks
            sys.stdout.write(f"{megapixels:g} megapixels, {options.model}: seconds, relative to the network\n\n")
            sys.stdout.write(_run(source, options.model, options.format) + "\n")
            sys.stdout.flush()


def _run(source: Path, model: str, format: str) -> str:
    """Return the table of a process of its own."""
    code = "import sys; from benchmarks.phases import enlarge; from pathlib import Path; "
    code += "enlarge(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])"
    words = [sys.executable, "-c", code, str(source), str(source.with_suffix(f".x4.{format}")), model]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
