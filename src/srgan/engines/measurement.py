"""Measurement of a network of which nothing is known: its scale, the sizes that it takes, and how far it sees.

It is run in a process of its own, with limits on memory and time: a damaged network ends that process and nothing else.

How far it sees is found by changing a column of an image: whatever changes in the result saw it. A network that sees
all of a strip of 1,024 pixels is taken to see everything.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import openvino

from srgan.engines.engine import Floats
from srgan.engines.network_costs import NetworkCosts
from srgan.engines.openvino import cut, shared_core
from srgan.engines.self_test import measure_probe, pattern
from srgan.errors import ModelError
from srgan.weights.card import Probe, Stage

MEMORY = 6 << 30
"""Bytes of address space that a measurement may take beyond what it has after its start."""
SECONDS = 900
"""Seconds of processor time that it may take."""

_MULTIPLES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Sizes of which images may have to be multiples, and tiles to begin at."""
_LENGTHS = (128, 1024)
_BREADTH = 16
_EVERYTHING = 64
"""Halo of tiles, in pixels, where the network sees everything."""
_PROBE = 48
_LARGEST_SCALE = 16
_ROUNDING = 1e-6  # of the largest value: changes below it are those of the order of sums


@dataclass(frozen=True)
class Measurement:
    """Measurements of a network."""

    scale: int
    levels: int
    """The network's own white: 1, or 255."""
    multiple: int
    """It takes heights and widths that are multiples of this."""
    stages: tuple[Stage, ...]
    probe: Probe
    resembles: bool
    """Whether the result, made smaller, is about the image."""


def measure(contents: bytes, adapted: bool = False) -> Measurement:
    """Measure a network in a process of its own.

    Args:
        contents: an ONNX file that `srgan.weights.foreign_onnx.check` lets pass.
        adapted: whether sizes and values are known to be right.

    Raises:
        ModelError: if it cannot be run, or makes no image of an image.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "srgan.engines.measurement", "adapted" if adapted else "foreign"],
        input=contents, capture_output=True,
    )  # fmt: skip
    try:
        fields = json.loads(done.stdout)
    except ValueError:
        raise _refusal("it needs more memory or time than it may take, or ends the engine") from None
    if "error" in fields:
        raise ModelError(fields["error"])
    stages = tuple(Stage(**stage) for stage in fields.pop("stages"))
    size, values = fields.pop("probe").values()
    return Measurement(stages=stages, probe=Probe(size, tuple(values)), **fields)


def _refusal(why: str) -> ModelError:
    return ModelError(f"the network cannot be used: {why}")


class _Network:
    """A network, or a part of one, run in float32 on images of any size that it takes."""

    def __init__(self, model: openvino.Model) -> None:
        self._compiled = shared_core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def __call__(self, low: Floats) -> Floats:
        result: Floats = np.asarray(self._compiled([low])[0], np.float32)
        return result

    def scale_of(self, low: Floats) -> int | None:
        """Return the factor by which an image is enlarged, or None if it is not taken, or not made a larger one."""
        try:
            result = self(low)
        except RuntimeError:
            return None
        (_, _, height, width), shape = low.shape, result.shape
        scale = shape[2] // height if len(shape) == 4 else 0
        fits = shape == (1, shape[1] if len(shape) == 4 else 0, scale * height, scale * width)
        return scale if fits and 1 <= scale <= _LARGEST_SCALE else None


def _read(contents: bytes) -> openvino.Model:
    model = shared_core().read_model(contents)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise _refusal("it has not one image as input and one as output")
    model.reshape(openvino.PartialShape([1, 3, -1, -1]))
    return model


def measure_here(contents: bytes, adapted: bool = False) -> Measurement:
    """Measure a network as `measure` does, in this process and without limits."""
    try:
        model = _read(contents)
        network = _Network(model)
    except RuntimeError as error:
        line = (str(error).strip().splitlines() or ["no reason given"])[-1]
        raise _refusal(f"OpenVINO does not take it ({line[:150]})") from error
    multiple, scale = _sizes(network, (1,) if adapted else _MULTIPLES)
    image = pattern(64 // multiple * multiple or multiple)
    levels, resembles = (1, True) if adapted else _levels(network, image, scale)
    if not np.isfinite(network(levels * image)).all():
        raise _refusal("its results are not finite")
    costs = NetworkCosts(model)
    stages = tuple(_stages(model, costs, multiple=multiple, scale=scale, levels=levels))
    size = -(-_PROBE // multiple) * multiple
    white = np.float32(levels)
    probe = measure_probe(lambda low: network(white * low) / white, scale, size)
    return Measurement(scale, levels, multiple, stages, probe, resembles)


def _sizes(network: _Network, multiples: tuple[int, ...]) -> tuple[int, int]:
    """Return the number of which heights and widths must be multiples, and the scale."""
    for multiple in multiples:
        enough = -(-40 // multiple)
        sizes = [(enough + 3, enough + 5), (enough + 7, enough + 3)]
        scales = {network.scale_of(_noise(3, multiple * height, multiple * width)) for height, width in sizes}
        scale = scales.pop() if len(scales) == 1 else None
        if scale is not None:
            return multiple, scale
    raise _refusal("it makes no image of an image, a whole number of times as large: it may take one size only")


def _noise(channels: int, height: int, width: int) -> Floats:
    return np.random.default_rng(0).random((1, channels, height, width), np.float32)


def _levels(network: _Network, image: Floats, scale: int) -> tuple[int, bool]:
    """Return the network's white, and whether its result made smaller is about the image."""
    flat = np.broadcast_to(np.linspace(0.2, 0.8, image.shape[3], dtype=np.float32), image.shape).copy()
    errors = {}
    for levels in (1, 255):
        result = network(levels * flat) / levels
        small = result[0].reshape(result.shape[1], flat.shape[2], scale, flat.shape[3], scale).mean(axis=(2, 4))
        if len(small) != 3:
            raise _refusal(f"its result has {len(small)} channels, and not three")
        errors[levels] = float(np.abs(small - flat[0]).mean())
    best = 255 if errors[255] < 0.5 * errors[1] else 1
    return best, errors[best] < 0.15


def _stages(model: openvino.Model, costs: NetworkCosts, *, multiple: int, scale: int, levels: int) -> Iterator[Stage]:
    """Yield the parts of a network that are tiled apart: if it can be cut, what comes before enlarging, and that."""
    found = costs.cut() if multiple == 1 else None
    output = next(iter(model.outputs[0].get_names()))
    ends = [(found[0], 1, found[1])] if found else []
    ends.append((output, scale, len(costs.operations)))
    parts = cut(model.clone(), [name for name, _, _ in ends])
    first, source = 0, levels * _noise(3, 2 * _BREADTH, 2 * _BREADTH)
    for part, (name, factor, last) in zip(parts, ends, strict=True):
        network = _Network(part)
        halo, step = _reach(network, source, factor, multiple)
        values = costs.values(first, last)
        whole = halo is None
        radius = float(_EVERYTHING if halo is None else halo)
        yield Stage(name, factor, radius, values, costs.multiply_adds(first, last), step=step, whole=whole)
        first, source = last, network(source)


def _reach(network: _Network, sample: Floats, scale: int, multiple: int) -> tuple[int | None, int]:
    """Return how far an output pixel sees, None for everything, and the number at whose multiples tiles begin.

    Args:
        network: the part.
        sample: an input of it, as large as it has to be.
        multiple: inputs have sides that are multiples of this.
    """
    spread = float(np.abs(sample).max()) or 1.0
    for length in _LENGTHS:
        length = -(-length // multiple) * multiple
        strip = spread * _noise(sample.shape[1], multiple * -(-_BREADTH // multiple), length)
        far = _seen(network, strip, scale)
        if far < length // 2 - 4:
            far = max(far, _seen(network, np.ascontiguousarray(strip.swapaxes(2, 3)), scale))
            step = _step(network, strip, far, scale, multiple)
            return (far, step) if step else (None, multiple)
    return None, multiple


def _seen(network: _Network, strip: Floats, scale: int) -> int:
    """Return how many pixels along the longer axis lie between a changed line and the farthest change it makes."""
    axis = 2 if strip.shape[2] > strip.shape[3] else 3
    before, far, middle = network(strip), 0, strip.shape[axis] // 2
    for place in (middle - 1, middle, middle + 3):
        changed = strip.copy()
        line = (slice(None),) * axis + (place,)
        changed[line] = strip[line].max() - strip[line]
        difference = np.abs(network(changed) - before)
        lines = difference.max(axis=tuple({0, 1, 2, 3} - {axis}))
        (hit,) = np.nonzero(lines > _ROUNDING * max(float(np.abs(before).max()), 1e-30))
        if len(hit):
            far = max(far, place - hit[0] // scale, hit[-1] // scale - place)
    return int(far)


def _step(network: _Network, strip: Floats, far: int, scale: int, multiple: int) -> int | None:
    """Return the least number such that a network run from there on gives the same; None if there is none."""
    before = network(strip)
    allowed = 1e-4 * max(float(np.abs(before).max()), 1e-30)
    for step in _MULTIPLES:
        if step % multiple:
            continue
        shorter = network(np.ascontiguousarray(strip[:, :, :, step:]))
        difference = np.abs(shorter - before[:, :, :, step * scale :])[:, :, :, far * scale :]
        if difference.size and difference.max() <= allowed:
            return step
    return None


def _limit() -> None:
    """Bound the memory and the processor time of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):  # without /proc there is no limit on memory
        taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Measure the network on standard input, and write a JSON document to standard output."""
    contents = sys.stdin.buffer.read()
    _limit()
    try:
        document = asdict(measure_here(contents, sys.argv[1:] == ["adapted"]))
    except (RuntimeError, MemoryError, ValueError, ModelError) as error:
        line = (str(error).strip().splitlines() or ["it needs more memory than it may take"])[-1]
        message = line if isinstance(error, ModelError) else str(_refusal(f"OpenVINO stops ({line[:150]})"))
        document = {"error": message}
    sys.stdout.write(json.dumps(document))


if __name__ == "__main__":
    main()
