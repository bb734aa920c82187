"""The door to enlarging: a picture in, a larger picture out, whatever its size, in bounded memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from srgan.bands import Pixels, restore_bands
from srgan.engines.choice import EngineName, open_engine
from srgan.engines.engine import Precision
from srgan.errors import UsageError
from srgan.images.files import (
    DEFAULT_MAX_PIXELS,
    PictureInfo,
    PictureReader,
    PictureWriter,
    SaveOptions,
    check_format,
    resize,
)
from srgan.images.formats import losses
from srgan.tiling import TiledNetwork
from srgan.weights.interpolation import find_network

_MOST_SCALE = 64.0
_OVERHEAD = 1.15  # of decoding, cutting and encoding, over the network's own time


@dataclass(frozen=True)
class Plan:
    """What enlarging a picture will give and take."""

    picture: PictureInfo
    size: tuple[int, int]
    """Width and height of the result."""
    seconds: float
    """About, on this machine."""
    notes: tuple[str, ...]
    """What the source holds that the result will not, one short line each."""


@dataclass(frozen=True)
class Enlarged:
    """What was done to a file."""

    picture: PictureInfo
    size: tuple[int, int]
    """Width and height of the result."""
    seconds: float
    engine: str
    """Engine and precision."""
    notes: tuple[str, ...]
    """What the source held that the result does not, one short line each."""


class Upscaler:
    """Enlarges pictures with one model; the network is made ready at the first picture.

    Args:
        model: the name of a shipped model, or the path of one's own (`srgan models` lists them); srresnet without it.
        fidelity: from 0, most photo-real, to 1, most faithful: the network between srgan and srresnet, or, where these
            two are named, between `model` and `faithful`.
        faithful: a model of the same architecture, one trained from the other.
        engine: `auto`, `openvino` or `torch`.
        precision: `fp32` or `bf16`; without it, the fastest that the processor computes in.

    Raises:
        ModelError: if there is no such model, or the two are of different architectures.
        UsageError: if the fidelity is not from 0 to 1, or only one of its two models is named.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        fidelity: float | None = None,
        faithful: str | Path | None = None,
        engine: EngineName = "auto",
        precision: Precision | None = None,
    ) -> None:
        self.model = find_network(model, fidelity=fidelity, faithful=faithful)
        self._engine, self._precision = engine, precision

    @cached_property
    def network(self) -> TiledNetwork:
        """The model on its engine; in full precision instead if it ever gives numbers that are not finite."""
        return TiledNetwork(
            open_engine(self.model, self._engine, precision=self._precision),
            fallback=lambda: open_engine(self.model, self._engine, precision="fp32"),
        )

    @cached_property
    def rate(self) -> float:
        """Multiplications with addition a second, measured on a small tile of this model on this machine."""
        stages, tile = self.network.engine.stages, np.full((1, 3, 96, 96), 0.5, np.float32)
        best = float("inf")
        for _ in range(2):  # the first run allocates
            started, values = time.perf_counter(), tile
            for number in range(len(stages)):
                values = self.network.engine.run(number, values).copy()
            best = min(best, time.perf_counter() - started)
        return sum(stage.multiply_adds for stage in stages) * 96 * 96 / best

    def seconds(self, width: int, height: int) -> float:
        """The time that an opaque picture of this size takes on this machine, about."""
        return _OVERHEAD * self.network.work(width, height) / self.rate

    def size(self, picture: PictureInfo, *, scale: float | None = None, width: int | None = None) -> tuple[int, int]:
        """Width and height of the result: `scale` times the picture, or `width` wide in its proportions.

        Raises:
            UsageError: if both are given, or one that cannot be meant.
        """
        if scale is not None and width is not None:
            raise UsageError("--scale and --width say the same thing twice: give one of them")
        if width is not None:
            most = int(_MOST_SCALE * picture.width)
            if not 1 <= width <= most:
                raise UsageError(f"--width must be from 1 to {most} for a picture of {picture.width}, not {width}")
            return width, max(1, round(picture.height * width / picture.width))
        factor = float(self.model.scale) if scale is None else scale
        if not 0 < factor <= _MOST_SCALE:
            raise UsageError(f"--scale must be above 0 and at most {_MOST_SCALE:g}, not {factor:g}")
        return max(1, round(picture.width * factor)), max(1, round(picture.height * factor))

    def plan(
        self,
        source: str | Path | bytes,
        *,
        scale: float | None = None,
        width: int | None = None,
        output_format: str | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> Plan:
        """What enlarging this file would give and take; nothing is written.

        Raises:
            PictureError: if the file is no picture that srgan reads, or too large.
            OutputError: if the format cannot hold the result.
        """
        with PictureReader(source, max_pixels=max_pixels) as reader:
            picture = reader.info
        size = self.size(picture, scale=scale, width=width)
        output_format = output_format or picture.output_format
        check_format(output_format, *size, picture.channels, picture.depth)
        passes = 2 if picture.has_alpha else 1
        notes = (*picture.notes, *losses(output_format, picture.channels, picture.depth))
        return Plan(picture, size, passes * self.seconds(picture.width, picture.height), notes)

    def upscale_file(
        self,
        source: str | Path | bytes,
        destination: Path,
        *,
        scale: float | None = None,
        width: int | None = None,
        options: SaveOptions | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        overwrite: bool = False,
        advance: Callable[[int, int], None] = lambda pixels, total: None,
    ) -> Enlarged:
        """Enlarge a file into another, reading and writing as it goes: memory does not grow with the picture.

        Args:
            source: a file, or the bytes of one.
            destination: where the result goes; it appears when it is whole, or not at all.
            scale: output pixels per input pixel along one axis, the model's own without it; any other factor is the
                model's result resampled: Lanczos where it shrinks, bicubic where it grows.
            width: of the result, in place of `scale`.
            options: format, quality and metadata of the result; as the source without them.
            max_pixels: the largest picture, in pixels, that is opened.
            overwrite: whether an existing file is replaced.
            advance: called with input pixels done since the last call and those of the whole picture.

        Raises:
            PictureError: if the source cannot be read, to its last row.
            OutputError: if the result cannot be written.
            EngineError: if the network cannot be run.
        """
        started = time.perf_counter()
        with PictureReader(source, max_pixels=max_pixels) as reader:
            picture = reader.info
            size = self.size(picture, scale=scale, width=width)
            options = options or SaveOptions(format=picture.output_format, made_by=self.made_by(size, picture))
            check_format(options.format, *size, picture.channels, picture.depth)
            native = self.network.scale * picture.width, self.network.scale * picture.height
            with PictureWriter(
                destination,
                size=native,
                channels=picture.channels,
                depth=picture.depth,
                resize_to=None if size == native else size,
                metadata=reader.metadata,
                options=options,
                overwrite=overwrite,
            ) as writer:
                total = picture.width * picture.height
                for band in restore_bands(
                    self.network, picture, reader.read_rows, advance=lambda pixels: advance(pixels, total)
                ):
                    writer.write_rows(band)
        engine = self.network.engine
        notes = (*picture.notes, *writer.notes)
        return Enlarged(picture, size, time.perf_counter() - started, f"{engine.name} {engine.precision}", notes)

    def upscale(self, picture: str | Path | Pixels, *, scale: float | None = None, width: int | None = None) -> Pixels:
        """An enlarged picture as an array of the same kind.

        Args:
            picture: a file, or an array of uint8 or uint16: (H, W) gray, or (H, W, C) with C of 1 gray, 2 gray and
                alpha, 3 RGB, 4 RGB and alpha.
            scale: output pixels per input pixel along one axis; the model's own without it.
            width: of the result, in place of `scale`.

        Returns:
            (H', W') or (H', W', C) of the input's dtype.

        Raises:
            PictureError: if the file cannot be read.
            UsageError: if the array is of another kind.
        """
        if isinstance(picture, str | Path):
            with PictureReader(picture) as reader:
                return self._enlarge(reader.info, reader.read_rows, self.size(reader.info, scale=scale, width=width))
        info, rows = _rows_of(picture)
        result = self._enlarge(info, rows, self.size(info, scale=scale, width=width))
        return result[:, :, 0] if picture.ndim == 2 else result

    def _enlarge(self, info: PictureInfo, read: Callable[[int], Pixels], size: tuple[int, int]) -> Pixels:
        bands: list[Any] = list(restore_bands(self.network, info, read))
        enlarged: Pixels = np.concatenate(bands)
        return enlarged if enlarged.shape[1::-1] == size else resize(enlarged, size)

    def made_by(self, size: tuple[int, int], picture: PictureInfo) -> str:
        """What the metadata of a result says of its making."""
        from srgan import __version__

        return f"srgan {__version__}, model {self.model.label}, x{size[0] / picture.width:g}"


def _rows_of(picture: Pixels) -> tuple[PictureInfo, Callable[[int], Pixels]]:
    """An array as a picture that is read row by row.

    Raises:
        UsageError: if it is not (H, W) or (H, W, 1 to 4) of uint8 or uint16.
    """
    if picture.dtype not in (np.uint8, np.uint16) or picture.ndim not in (2, 3) or 0 in picture.shape:
        raise UsageError(f"a picture is uint8 or uint16, (H, W) or (H, W, C), not {picture.dtype} {picture.shape}")
    whole: Any = picture[:, :, None] if picture.ndim == 2 else picture
    height, width, channels = whole.shape
    if channels > 4:
        raise UsageError(f"a picture has 1 to 4 channels, not {channels}: put them last")
    info = PictureInfo(width, height, channels, depth=8 if picture.dtype == np.uint8 else 16, format="png")
    position = 0

    def read(count: int) -> Pixels:
        nonlocal position
        position += count
        rows: Pixels = whole[position - count : position]
        return rows

    return info, read
