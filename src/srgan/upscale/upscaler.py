"""The door to enlarging: a picture in, a larger picture out, whatever its size, in bounded memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from srgan.engines.engine import EngineName, Precision
from srgan.errors import UsageError
from srgan.images.formats import losses
from srgan.images.image import (
    DEFAULT_MAX_PIXELS,
    PictureInfo,
    PictureReader,
    PictureWriter,
    SaveOptions,
    check_format,
    resize,
)
from srgan.upscale.bands import Pixels, restore_bands
from srgan.upscale.loaded_model import LoadedModel
from srgan.upscale.model_choice import Chooser, Chosen
from srgan.weights.selection import AUTO

_MOST_SCALE = 64.0


@dataclass(frozen=True)
class Plan:
    """What enlarging a picture will give and take."""

    picture: PictureInfo
    size: tuple[int, int]
    """Width and height of the result."""
    seconds: float
    """About, on this machine."""
    model: str
    """Name and identity."""
    reason: str | None
    """Why it is that model: a clause, `it is a JPEG of quality 60`; None where it was named."""
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
    model: str
    """Name and identity."""
    reason: str | None
    """Why it is that model: a clause, `it is a JPEG of quality 60`; None where it was named."""
    notes: tuple[str, ...]
    """What the source held that the result does not, one short line each."""


class Upscaler:
    """Enlarges pictures with one model, or each with the model that suits it; a network is made ready when first used.

    Args:
        model: `auto`, which inspects each picture and takes `srresnet` for a clean one and `srresnet-photo` for one
            that was compressed or is noisy; or the name of a shipped model, or the path of one's own (`srgan models`
            lists them).
        fidelity: from 0, most photo-real, to 1, most faithful: with `auto` the network between `srgan` and `srresnet`,
            or between `srgan-photo` and `srresnet-photo`; else the one between `model` and `faithful`.
        faithful: a model of the same architecture, one trained from the other.
        engine: `auto`, `openvino` or `torch`.
        precision: `fp32` or `bf16`; without it, the fastest that the processor computes in.

    Attributes:
        models: says which model a picture is enlarged by, and why.

    Raises:
        ModelError: if there is no such model, or the two are of different architectures.
        UsageError: if the fidelity is not from 0 to 1, or only one of its two models is named.
    """

    def __init__(
        self,
        model: str | Path = AUTO,
        *,
        fidelity: float | None = None,
        faithful: str | Path | None = None,
        engine: EngineName = "auto",
        precision: Precision | None = None,
    ) -> None:
        self.models = Chooser(model, fidelity=fidelity, faithful=faithful, engine=engine, precision=precision)

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
        factor = float(self.models.scale) if scale is None else scale
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
        chosen: Chosen | None = None,
    ) -> Plan:
        """What enlarging this file would give and take; nothing is written.

        Args:
            source: a file, or the bytes of one.
            scale: output pixels per input pixel along one axis, the model's own without it.
            width: of the result, in place of `scale`.
            output_format: of the result, that of the source without it.
            max_pixels: the largest picture, in pixels, that is opened.
            chosen: what `models.choose` gave for it, if it was asked already.

        Raises:
            PictureError: if the file is no picture that srgan reads, or too large.
            OutputError: if the format cannot hold the result.
        """
        chosen = chosen or self.models.choose(source, max_pixels=max_pixels)
        with PictureReader(source, max_pixels=max_pixels) as reader:
            picture = reader.info
        size = self.size(picture, scale=scale, width=width)
        output_format = output_format or picture.output_format
        check_format(output_format, *size, picture.channels, picture.depth)
        seconds = (2 if picture.has_alpha else 1) * chosen.loaded.seconds(picture.width, picture.height)
        notes = (*picture.notes, *losses(output_format, picture.channels, picture.depth))
        return Plan(picture, size, seconds, chosen.label, chosen.reason, notes)

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
        chosen: Chosen | None = None,
        advance: Callable[[int, int], None] = lambda pixels, total: None,
    ) -> Enlarged:
        """Enlarge a file into another, reading and writing as it goes: memory does not grow with the picture.

        Args:
            source: a file, or the bytes of one.
            destination: where the result goes; it appears when it is whole, or not at all.
            scale: output pixels per input pixel along one axis, the model's own without it; any other factor is the
                model's result resampled: Lanczos where it shrinks, bicubic where it grows.
            width: of the result, in place of `scale`.
            options: format, quality and metadata of the result; as the source without them. What made it is said in
                its metadata, unless they say otherwise.
            max_pixels: the largest picture, in pixels, that is opened.
            overwrite: whether an existing file is replaced.
            chosen: what `models.choose` gave for it, if it was asked already.
            advance: called with input pixels done since the last call and those of the whole picture.

        Raises:
            PictureError: if the source cannot be read, to its last row.
            OutputError: if the result cannot be written.
            EngineError: if the network cannot be run.
        """
        started = time.perf_counter()
        chosen = chosen or self.models.choose(source, max_pixels=max_pixels)
        network = chosen.loaded.network
        with PictureReader(source, max_pixels=max_pixels) as reader:
            picture = reader.info
            size = self.size(picture, scale=scale, width=width)
            options = options or SaveOptions(picture.output_format)
            options = replace(options, made_by=options.made_by or _made_by(chosen, size, picture))
            check_format(options.format, *size, picture.channels, picture.depth)
            native = network.scale * picture.width, network.scale * picture.height
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
                    network, picture, reader.read_rows, advance=lambda pixels: advance(pixels, total)
                ):
                    writer.write_rows(band)
        notes = (*picture.notes, *writer.notes)
        seconds, engine = time.perf_counter() - started, chosen.loaded.engine_label
        return Enlarged(picture, size, seconds, engine, chosen.label, chosen.reason, notes)

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
            chosen = self.models.choose(picture)
            with PictureReader(picture) as reader:
                size = self.size(reader.info, scale=scale, width=width)
                return _enlarge(chosen.loaded, reader.info, reader.read_rows, size)
        info, rows = _rows_of(picture)
        result = _enlarge(self.models.choose(picture).loaded, info, rows, self.size(info, scale=scale, width=width))
        return result[:, :, 0] if picture.ndim == 2 else result


def _enlarge(loaded: LoadedModel, info: PictureInfo, read: Callable[[int], Pixels], size: tuple[int, int]) -> Pixels:
    bands: list[Any] = list(restore_bands(loaded.network, info, read))
    enlarged: Pixels = np.concatenate(bands)
    return enlarged if enlarged.shape[1::-1] == size else resize(enlarged, size)


def _made_by(chosen: Chosen, size: tuple[int, int], picture: PictureInfo) -> str:
    """What the metadata of a result says of its making."""
    from srgan import __version__

    return f"srgan {__version__}, model {chosen.label}, x{size[0] / picture.width:g}"


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
