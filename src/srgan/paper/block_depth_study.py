"""The paper's study of depth: PSNR and time against the number of residual blocks, with and without skip connections.

Time is the mean over 100 reconstructions of one 64x64 picture (Ledig et al. 2017, supplement); it does not depend on
what the weights are, so it is that of untrained networks. PSNR is that of trained models, where there are any. This
module trains nothing.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import save

from srgan import __version__
from srgan.engines.engine import Engine, EngineName, Precision, open_engine
from srgan.errors import DataError, ModelError, UsageError
from srgan.images.image import write
from srgan.models.release.fold import to_onnx
from srgan.models.srgan import Generator
from srgan.paper.table_methods import NO_WEIGHTS
from srgan.paper.verdicts import as_printed, plain
from srgan.reporting.table import MISSING, Column, Number, Table
from srgan.weights.card import Card, File, Probe, Training
from srgan.weights.catalogue import Model, find

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLOCKS = (1, 2, 4, 8, 16, 32)
SIDE, REPETITIONS = 64, 100
_FEATURES = 64
_ARCHITECTURE = "srgan-generator"
_COLOURS = {True: "#1f77b4", False: "#d95f02"}
_WORDS = {True: "with skips", False: "without skips"}


@dataclass(frozen=True, order=True)
class Shape:
    """A generator as the study varies it."""

    blocks: int
    skips: bool = True

    @property
    def label(self) -> str:
        """What messages and models call it."""
        return f"{self.blocks} blocks {_WORDS[self.skips]}"


@dataclass(frozen=True)
class Point:
    """What was found of a shape."""

    shape: Shape
    seconds: float
    """Mean of a reconstruction."""
    psnr: float | None
    ssim: float | None
    model: str
    """Whose PSNR it is; empty where there are no weights yet."""


def shapes(blocks: Sequence[int], trained: Sequence[Shape]) -> tuple[Shape, ...]:
    """Every number of blocks with and without skips, and the shapes of trained models; those with skips first.

    Raises:
        UsageError: if a number of blocks cannot be one.
    """
    if not blocks or min(blocks) < 1:
        raise UsageError("a network has 1 block or more: give --blocks as 1,2,4")
    both = {Shape(count, skips) for count in blocks for skips in (True, False)}
    return tuple(sorted(both | set(trained), key=lambda shape: (not shape.skips, shape.blocks)))


def shape_of(model: str) -> Shape:
    """The shape of a trained model, as its card says.

    Raises:
        ModelError: if there is no such model, or it is no network of this study.
    """
    card = find(model).card
    if card.architecture != _ARCHITECTURE or card.arguments.get("features", _FEATURES) != _FEATURES:
        raise ModelError(f"{card.name} is no SRResNet of {_FEATURES} features: leave it out of this study")
    return Shape(card.arguments.get("blocks", 16), card.arguments.get("skips", True))


def shapes_of(models: Sequence[str]) -> dict[Shape, str]:
    """The models by their shapes.

    Raises:
        ModelError: if one is unknown, or no network of this study.
        UsageError: if two have the same shape.
    """
    found: dict[Shape, str] = {}
    for model in models:
        shape = shape_of(model)
        if shape in found:
            raise UsageError(f"two models have {shape.label}: leave out {found[shape]} or {model}")
        found[shape] = model
    return found


def time_shapes(
    chosen: Sequence[Shape],
    count: Callable[[str, int, int], None],
    *,
    repetitions: int = REPETITIONS,
    engine: EngineName = "auto",
    precision: Precision = "fp32",
) -> dict[Shape, float]:
    """The mean seconds that an untrained network of each shape takes for a 64x64 picture.

    Args:
        chosen: the shapes.
        count: told how many are done.
        repetitions: of each, after one that is not timed.
        engine: that runs them.
        precision: in which it computes.

    Raises:
        EngineError: if the engine is not installed or cannot run a network.
    """
    found = {}
    for done, shape in enumerate(chosen):
        count("timing networks", done, len(chosen))
        with tempfile.TemporaryDirectory() as folder:
            model = untrained(shape, Path(folder))
            found[shape] = mean_seconds(open_engine(model, engine, precision=precision), repetitions)
    count("timing networks", len(chosen), len(chosen))
    return found


def untrained(shape: Shape, folder: Path) -> Model:
    """A model with random weights, as engines take it; its files are written into the folder."""
    torch.manual_seed(0)
    generator = Generator(blocks=shape.blocks, skips=shape.skips).eval()
    tensors = {name: value.contiguous() for name, value in generator.state_dict().items()}
    contents = {".onnx": to_onnx(generator).SerializeToString(), ".safetensors": save(tensors)}
    for suffix, data in contents.items():
        (folder / f"untrained{suffix}").write_bytes(data)
    card = Card(
        name="untrained",
        summary=f"untrained, {shape.label}",
        version=__version__,
        architecture=_ARCHITECTURE,
        arguments={"blocks": shape.blocks, "skips": shape.skips},
        scale=generator.scale,
        stages=generator.stages,
        training=Training(recipe={}, data="none", updates=0, machine="none", hours=0.0),
        licence="none",
        scores=(),
        limits="it was never trained",
        probe=Probe(0, ()),
        files={suffix: File(hashlib.sha256(data).hexdigest(), len(data)) for suffix, data in contents.items()},
    )
    return Model(card, folder)


def mean_seconds(engine: Engine, repetitions: int) -> float:
    """The mean time of a reconstruction of one 64x64 picture of noise."""
    low = np.random.default_rng(0).random((1, 3, SIDE, SIDE), np.float32)

    def reconstruct() -> None:
        values = low
        for stage in range(len(engine.stages)):
            values = engine.run(stage, values)

    reconstruct()  # the first one prepares memory
    started = time.perf_counter()
    for _ in range(repetitions):
        reconstruct()
    return (time.perf_counter() - started) / repetitions


def points(
    seconds: Mapping[Shape, float], models: Mapping[Shape, str], scores: Mapping[Shape, tuple[float, float]]
) -> tuple[Point, ...]:
    """What was found, shape by shape; PSNR and SSIM only where a trained model was measured."""
    found = []
    for shape, taken in seconds.items():
        psnr, ssim = scores.get(shape, (None, None))
        found.append(Point(shape, taken, psnr, ssim, models.get(shape, "")))
    return tuple(found)


def depth_table(found: Sequence[Point], data: str, notes: Sequence[str]) -> Table:
    """The study as a table."""
    titles = ("blocks", "skips", "milliseconds", f"{data} PSNR [dB]", f"{data} SSIM", "model")
    rows = tuple(
        (
            str(point.shape.blocks),
            "yes" if point.shape.skips else "no",
            (Number(f"{1000 * point.seconds:.1f}", (1000 * point.seconds,)),),
            (_score("psnr", point.psnr),),
            (_score("ssim", point.ssim),),
            point.model or NO_WEIGHTS,
        )
        for point in found
    )
    return Table("Depth of SRResNet: PSNR and time", tuple(map(Column, titles)), rows, tuple(notes))


def _score(kind: str, value: float | None) -> Number:
    return Number(MISSING, (float("nan"),)) if value is None else Number(as_printed(kind, value), (value,))


def depth_document(found: Sequence[Point], data: str, notes: Sequence[str]) -> dict[str, Any]:
    """The same for programs."""
    rows = [
        {
            "blocks": point.shape.blocks,
            "skips": point.shape.skips,
            "seconds": point.seconds,
            "psnr": plain(point.psnr),
            "ssim": plain(point.ssim),
            "model": point.model or None,
        }
        for point in found
    ]
    return {"what": "depth", "set": data, "notes": list(notes), "rows": rows}


def plot_depth(found: Sequence[Point], data: str, path: Path) -> Path:
    """Draw PSNR and time against the number of blocks into a PNG, in place of an older one.

    Raises:
        DataError: if matplotlib is not installed.
        OutputError: if the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DataError("drawing needs matplotlib: pip install 'srgan[evaluate]'") from error
    figure = Figure(figsize=(9.0, 3.6), dpi=100, facecolor="white", layout="constrained")
    canvas = FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _curves(left, found, lambda point: point.psnr)
    left.set(title=f"PSNR on {data} [dB], paper protocol")
    _curves(right, found, lambda point: 1000 * point.seconds)
    right.set(title=f"Time of a {SIDE}x{SIDE} picture [ms]", ylim=(0, None))
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels: Any = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    write(path, np.ascontiguousarray(pixels[:, :, :3]), overwrite=True)
    return path


def _curves(axes: "Axes", found: Sequence[Point], value: Callable[[Point], float | None]) -> None:
    """A line with skips and one without; what is missing leaves a gap, and a panel without anything says so."""
    empty = True
    for skips, colour in _COLOURS.items():
        known = [(point.shape.blocks, value(point)) for point in found if point.shape.skips == skips]
        drawn = [(blocks, number) for blocks, number in known if number is not None]
        if drawn:
            axes.plot(*zip(*drawn, strict=True), "o-", color=colour, markersize=4, label=_WORDS[skips])
            empty = False
    blocks = sorted({point.shape.blocks for point in found})
    axes.set(xlabel="residual blocks", xticks=blocks, xlim=(0, 1.05 * blocks[-1] + 1))
    axes.grid(color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    if empty:
        axes.text(0.5, 0.5, NO_WEIGHTS, transform=axes.transAxes, ha="center", va="center", color="0.55")
        axes.set(yticks=[])
    else:
        axes.legend(frameon=False, fontsize="small")
