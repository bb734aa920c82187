"""The paper's study of depth: PSNR and time by the number of residual blocks, with and without skip connections.

Time is the mean of 100 reconstructions of one 64x64 image (Ledig et al. 2017, supplement); it does not depend on the
weights, so it is measured on untrained networks. PSNR is that of trained models, where there are any.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from srgan import __version__
from srgan.engines.engine import Engine, EngineName, Precision, open_engine
from srgan.errors import ModelError, UsageError
from srgan.files import write_bytes
from srgan.models.release.onnx_export import model_file
from srgan.models.srgan import Generator
from srgan.paper.comparison_table import print_score, to_plain
from srgan.paper.table_methods import NO_WEIGHTS
from srgan.progress import Progress
from srgan.reporting.plot_style import BLUE, ORANGE, QUIET, clean_axes, draw
from srgan.reporting.table import Column, Number, Table
from srgan.weights.card import Card, Probe, Training
from srgan.weights.catalogue import Model, find

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 64
_FEATURES = 64
_ARCHITECTURE = "srgan-generator"
_COLOURS = {True: BLUE, False: ORANGE}
_WORDS = {True: "with skips", False: "without skips"}


@dataclass(frozen=True, order=True)
class Shape:
    """A generator as the study varies it."""

    blocks: int
    skips: bool = True

    @property
    def label(self) -> str:
        """Words for messages, and name of its method."""
        return f"{self.blocks} blocks {_WORDS[self.skips]}"


@dataclass(frozen=True)
class DepthPoint:
    """Measurements of a shape."""

    shape: Shape
    seconds: float
    """Mean time of a reconstruction."""
    psnr: float | None
    ssim: float | None
    model: str
    """The trained model that was measured; empty without one."""


def choose_shapes(blocks: Sequence[int], trained: Sequence[Shape]) -> tuple[Shape, ...]:
    """Return every number of blocks with and without skips, and the shapes of trained models; those with skips first.

    Raises:
        UsageError: if a number of blocks is below 1, or there is none.
    """
    if not blocks or min(blocks) < 1:
        raise UsageError(
            "blocks must be numbers from 1, such as 1,2,4: a network has 1 block or more", parameter="blocks"
        )
    both = {Shape(count, skips) for count in blocks for skips in (True, False)}
    return tuple(sorted(both | set(trained), key=lambda shape: (not shape.skips, shape.blocks)))


def find_shapes(models: Sequence[str]) -> dict[Shape, str]:
    """Return trained models by the shapes that their cards state.

    Raises:
        ModelError: if one is unknown, or no network of this study.
        UsageError: if two have the same shape.
    """
    found: dict[Shape, str] = {}
    for model in models:
        card = find(model).card
        if card.architecture != _ARCHITECTURE or card.arguments.get("features", _FEATURES) != _FEATURES:
            raise ModelError(f"{card.name} is no SRResNet of {_FEATURES} features: leave it out of this study")
        shape = Shape(card.arguments.get("blocks", 16), card.arguments.get("skips", True))
        if shape in found:
            raise UsageError(f"two models have {shape.label}: leave out {found[shape]} or {model}")
        found[shape] = model
    return found


def time_shapes(
    shapes: Sequence[Shape],
    *,
    repetitions: int,
    engine: EngineName,
    precision: Precision,
    progress: Progress,
) -> dict[Shape, float]:
    """Return the mean seconds of an untrained network of each shape for a 64x64 image.

    Each is timed `repetitions` times, after one run that is not timed.

    Raises:
        EngineError: if the engine is not installed or cannot run a network.
    """
    progress.start("timing networks", len(shapes))
    found = {}
    for shape in shapes:
        with tempfile.TemporaryDirectory() as folder:
            model = make_untrained(shape, Path(folder))
            found[shape] = mean_seconds(open_engine(model, engine, precision=precision), repetitions)
        progress.advance()
    return found


def make_untrained(shape: Shape, folder: Path) -> Model:
    """Write a model with random weights into a folder, as engines take it."""
    torch.manual_seed(0)
    generator = Generator(blocks=shape.blocks, skips=shape.skips).eval()
    card, contents = model_file(
        generator,
        Card(
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
            files={},
        ),
    )
    write_bytes(folder / f"{card.name}.onnx", contents)
    return Model(card, folder)


def mean_seconds(engine: Engine, repetitions: int) -> float:
    """Return the mean time of a reconstruction of one 64x64 image of noise."""
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


def collect_points(
    seconds: Mapping[Shape, float], models: Mapping[Shape, str], scores: Mapping[Shape, tuple[float, float]]
) -> tuple[DepthPoint, ...]:
    """Return all measurements by shape; PSNR and SSIM only where a trained model was measured."""
    points = []
    for shape, taken in seconds.items():
        psnr, ssim = scores.get(shape, (None, None))
        points.append(DepthPoint(shape, taken, psnr, ssim, models.get(shape, "")))
    return tuple(points)


def depth_table(points: Sequence[DepthPoint], data: str, notes: Sequence[str]) -> Table:
    """Return the study as a table."""
    titles = ("blocks", "skips", "milliseconds", f"{data} PSNR [dB]", f"{data} SSIM", "model")
    rows = tuple(
        (
            str(point.shape.blocks),
            "yes" if point.shape.skips else "no",
            (Number.of(1000 * point.seconds, spec=".1f"),),
            (Number.of(point.psnr, spec=lambda value: print_score("psnr", value)),),
            (Number.of(point.ssim, spec=lambda value: print_score("ssim", value)),),
            point.model or NO_WEIGHTS,
        )
        for point in points
    )
    return Table("Depth of SRResNet: PSNR and time", tuple(map(Column, titles)), rows, tuple(notes))


def depth_document(points: Sequence[DepthPoint], data: str, notes: Sequence[str]) -> dict[str, Any]:
    """Return the study for programs."""
    rows = [
        {
            "blocks": point.shape.blocks,
            "skips": point.shape.skips,
            "seconds": point.seconds,
            "psnr": to_plain(point.psnr),
            "ssim": to_plain(point.ssim),
            "model": point.model or None,
        }
        for point in points
    ]
    return {"what": "depth", "set": data, "notes": list(notes), "rows": rows}


def plot_depth(points: Sequence[DepthPoint], data: str, path: Path) -> Path:
    """Draw PSNR and time by the number of blocks into a PNG of 900x360 pixels, replacing an older one.

    Raises:
        DataError: if matplotlib is not installed.
        OutputError: if the file cannot be written.
    """

    def fill(figure: "Figure") -> None:
        left, right = figure.subplots(1, 2)
        _curves(left, points, lambda point: point.psnr)
        left.set(title=f"PSNR on {data} [dB], paper protocol")
        _curves(right, points, lambda point: 1000 * point.seconds)
        right.set(title=f"Time of a {SIDE}x{SIDE} picture [ms]", ylim=(0, None))

    drawing = draw("depth", "Depth of SRResNet: PSNR and time", "", (9.0, 3.6), fill, resolution=100)
    write_bytes(path, drawing.png)
    return path


def _curves(axes: "Axes", points: Sequence[DepthPoint], value: Callable[[DepthPoint], float | None]) -> None:
    """Draw a line with skips and one without; missing values leave gaps, and an empty panel says so."""
    for skips, colour in _COLOURS.items():
        known = [(point.shape.blocks, value(point)) for point in points if point.shape.skips == skips]
        drawn = [(blocks, number) for blocks, number in known if number is not None]
        if drawn:
            axes.plot(*zip(*drawn, strict=True), "o-", color=colour, markersize=4, label=_WORDS[skips])
    blocks = sorted({point.shape.blocks for point in points})
    axes.set(xlabel="residual blocks", xticks=blocks, xlim=(0, 1.05 * blocks[-1] + 1))
    clean_axes(axes)
    if axes.get_lines():
        axes.legend(frameon=False, fontsize="small")
    else:
        axes.text(0.5, 0.5, NO_WEIGHTS, transform=axes.transAxes, ha="center", va="center", color=QUIET)
        axes.set(yticks=[])
