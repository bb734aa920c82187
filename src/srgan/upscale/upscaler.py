"""Enlarging images of any size in bounded memory: files into files, and images in memory into arrays."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from srgan import __version__
from srgan.engines.engine import EngineName, Precision
from srgan.errors import PictureError, SrganError, UsageError
from srgan.files import copy_modification_time
from srgan.images.colour import Pixels
from srgan.images.formats import losses
from srgan.images.image import ImageInfo, ImageReader, ImageWriter, check_format, format_of, resize
from srgan.progress import NoProgress, Progress
from srgan.upscale.bands import restore_bands
from srgan.upscale.kept_bands import KeptBands, remove_kept
from srgan.upscale.memory_images import AnyImage, open_image, rows_of
from srgan.upscale.model_choice import AUTO, Chooser, ChosenModel
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.result import FilePlan, FileResult
from srgan.upscale.tiling import TiledNetwork

_MOST_GRAIN = 50


class Cancelled(SrganError):
    """The progress asked for an early end; nothing was written."""


class Upscaler:
    """Enlarges images with one model, or each with the model that suits it. Several threads may use it at once.

    Args:
        model: `auto`, which inspects each image and takes `srresnet` for a clean one and `srresnet-photo` for one
            that was compressed or is noisy, their fast counterparts `swift` and `swift-photo` for a large one, and
            `swift-x2` and `swift-photo-x2` for one that is enlarged no more than twice; or the name of a shipped
            model, or the path of one's own (`srgan models` lists them).
        fidelity: from 0, most photo-real, to 1, most faithful: with `auto` the network between `srgan` and `srresnet`,
            or between `srgan-photo` and `srresnet-photo`; else the one between `model` and `faithful`.
        faithful: a model of the same architecture, one trained from the other.
        engine: `auto`, `openvino` or `torch`.
        precision: `fp32`, `bf16` or `int8`; without it the fastest of the processor, and `fp32` for 16-bit and float
            images, for which int8 is never used.
        ensemble: take the mean of the results for the eight orientations of an image, in eight times the time.
        grain: standard deviation, in levels of 255, of the grain that is added, as a camera's sensor leaves it; without
            it that of the model, 0 for most.

    Attributes:
        models: chooses the model for an image.

    Raises:
        ModelError: if there is no such model, or the two are of different architectures.
        UsageError: if the fidelity is not from 0 to 1, only one of its two models is named, or the grain is not from 0
            to 50.
    """

    def __init__(
        self,
        model: str | Path = AUTO,
        *,
        fidelity: float | None = None,
        faithful: str | Path | None = None,
        engine: EngineName = "auto",
        precision: Precision | None = None,
        ensemble: bool = False,
        grain: float | None = None,
    ) -> None:
        if grain is not None and not 0 <= grain <= _MOST_GRAIN:  # written so that NaN is refused
            raise UsageError(f"grain must be from 0 to {_MOST_GRAIN}, not {grain:g}", parameter="grain")
        self.models = Chooser(
            model, fidelity=fidelity, faithful=faithful, engine=engine, precision=precision, ensemble=ensemble
        )
        self._how = (", self-ensemble" if ensemble else "") + ("" if grain is None else f", grain {grain:g}")
        self._grain = grain

    def plan(
        self,
        source: str | Path | bytes,
        output: str | Path | None = None,
        options: UpscaleOptions | None = None,
        *,
        hint: bool = False,
    ) -> FilePlan:
        """Return how a file will be enlarged; only its header and a sample of its pixels are read.

        Files are read once from top to bottom, so they are opened twice: here, and to be enlarged from the first row.

        Args:
            source: a file, or the bytes of one.
            output: where the result goes; its ending is the format unless the options say otherwise.
            options: size and format.
            hint: whether the plan says which model would suit the file better than the one that was named.

        Raises:
            PictureError: if the file is no image that srgan reads, or too large.
            OutputError: if the format cannot hold the result.
            UsageError: if the result would be more than 64 times as large.
        """
        options = options or UpscaleOptions()
        with ImageReader(source, max_pixels=options.max_pixels, upright=False) as reader:
            info, chosen, better = reader.upright_info, self.models.choose(reader, options), None
            with suppress(PictureError):  # damage is reported when the file is enlarged
                better = self.models.hint(reader) if hint else None
        size = options.size(info, self.models.scale)
        named = None if output is None or options.format is not None else format_of(output)
        format = named or options.result_format(info.output_format)
        check_format(format, *size, info.channels, info.depth)
        if options.pyramid and format != "tiff":
            raise UsageError(f"pyramid is a kind of TIFF: end {output} in .tif", parameter="pyramid")
        notes = (*info.notes, *losses(format, info.channels, info.depth))
        path = None if output is None else Path(output)
        return FilePlan(source, path, options, info, format, size, chosen, notes, better)

    def upscale_file(
        self,
        source: FilePlan | str | Path | bytes,
        output: str | Path | None = None,
        options: UpscaleOptions | None = None,
        *,
        progress: Progress | None = None,
    ) -> FileResult:
        """Enlarge a file into another, reading and writing as it goes: memory does not grow with the image.

        A factor that is not the model's own is the model's result resampled: Lanczos where it shrinks, bicubic where
        it grows. The metadata of the result says what made it.

        Args:
            source: a plan, or a file, or the bytes of one.
            output: where the result goes; it appears when it is whole, or not at all. A plan has its own.
            options: how; a plan has its own.
            progress: a task counted in pixels of the source.

        Raises:
            PictureError: if the source cannot be read, to its last row.
            OutputError: if the result cannot be written.
            EngineError: if the network cannot be run.
            Cancelled: if the progress asked for an early end.
        """
        plan = source if isinstance(source, FilePlan) else self.plan(source, output, options)
        if plan.output is None:
            raise TypeError("upscale_file needs an output")
        started, progress = time.perf_counter(), progress or NoProgress()
        info, options, network = plan.info, plan.options, plan.chosen.loaded.network_for(plan.info.depth)
        progress.start(f"{plan.name} ({plan.chosen.loaded.model.name})", info.width * info.height)
        native = network.scale * info.width, network.scale * info.height
        model = f"{plan.chosen.loaded.model.label}{self._how}"
        made_by = f"srgan {__version__}, model {model}, x{plan.size[0] / info.width:g}"
        with (
            ImageReader(plan.source, max_pixels=options.max_pixels, temporary=plan.output.absolute().parent) as reader,
            ImageWriter(
                plan.output,
                size=native,
                channels=info.channels,
                depth=info.depth,
                resize_to=None if plan.size == native else plan.size,
                metadata=reader.metadata,
                options=options.encoding(plan.format, made_by),
                overwrite=options.overwrite,
            ) as writer,
        ):
            if reader.info != info:
                raise PictureError(f"{plan.name} has changed meanwhile: start again")
            grain = self._grain_of(plan.chosen)
            kept = _kept_bands(plan, network, f"{made_by}, grain {grain}") if options.resume else None
            bands = restore_bands(network, info, reader.read_rows, grain=grain, advance=_stopping(progress), kept=kept)
            for band in bands:
                writer.write_rows(band)
                del band  # or it would be kept while the next one is made
        remove_kept(plan.output)
        if options.keep_dates and not isinstance(plan.source, bytes):
            copy_modification_time(plan.source, plan.output)
        return plan.result("done", time.perf_counter() - started, (*info.notes, *writer.notes))

    def upscale(
        self,
        image: AnyImage,
        *,
        scale: float | None = None,
        width: int | None = None,
        height: int | None = None,
        long_side: int | None = None,
        progress: Progress | None = None,
    ) -> Pixels:
        """Return an enlarged image as an array.

        Args:
            image: a file's path, its bytes, an opened binary file, a PIL image, or an array of uint8 or uint16: (H, W)
                gray, or (H, W, C) with C of 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
            scale: output pixels per input pixel along one axis; the model's own without it and the next three.
            width: width of the result; the height follows.
            height: height of the result; the width follows.
            long_side: longer side of the result; the shorter one follows.
            progress: a task counted in pixels of the image.

        Returns:
            (H', W') of a gray array or PIL image, else (H', W', C); of the depth of the image.

        Raises:
            TypeError: if the image is of another type.
            PictureError: if a file cannot be read.
            UsageError: if an array has another shape, or the size is out of range.
            Cancelled: if the progress asked for an early end.
        """
        options = UpscaleOptions(scale=scale, width=width, height=height, long_side=long_side)
        source = open_image(image)
        chosen = self.models.choose(source, options)
        if not isinstance(source, np.ndarray):
            with ImageReader(source) as reader:
                return self._restore(chosen, reader.info, reader.read_rows, options, progress)
        info, rows = rows_of(source)
        result = self._restore(chosen, info, rows, options, progress)
        return result[:, :, 0] if source.ndim == 2 else result

    def upscale_many(
        self, images: Iterable[AnyImage], *, progress: Progress | None = None, **size: Any
    ) -> Iterator[Pixels]:
        """Yield enlarged images in their order, each as `upscale` returns it; `size` is its scale, width and so on."""
        for image in images:
            yield self.upscale(image, progress=progress, **size)

    def _grain_of(self, chosen: ChosenModel) -> float:
        return chosen.loaded.model.grain if self._grain is None else self._grain

    def _restore(
        self,
        chosen: ChosenModel,
        info: ImageInfo,
        read: Callable[[int], Pixels],
        options: UpscaleOptions,
        progress: Progress | None,
    ) -> Pixels:
        size, progress = options.size(info, self.models.scale), progress or NoProgress()
        network: TiledNetwork = chosen.loaded.network_for(info.depth)
        progress.start(chosen.loaded.model.name, info.width * info.height)
        grain = self._grain_of(chosen)
        bands: list[Any] = list(restore_bands(network, info, read, grain=grain, advance=_stopping(progress)))
        enlarged: Pixels = np.concatenate(bands)
        return enlarged if enlarged.shape[1::-1] == size else resize(enlarged, size)


def _kept_bands(plan: FilePlan, network: TiledNetwork, made_by: str) -> KeptBands | None:
    """Return where finished bands are kept; None for bytes and for an image of one band."""
    grid = network.grid(plan.info.width, plan.info.height)
    if plan.output is None or isinstance(plan.source, bytes) or grid.rows >= plan.info.height:
        return None
    source = Path(plan.source).stat()
    parts = {
        "made_by": f"{made_by}, {plan.chosen.loaded.engine_label(plan.info.depth)}",
        "source": [str(Path(plan.source).absolute()), source.st_size, source.st_mtime_ns],
        "halo": [network.halo, network.step],
    }
    return KeptBands(plan.output, parts, grid)


def _stopping(progress: Progress) -> Callable[[int], None]:
    """Return what counts pixels as done, and raises `Cancelled` once the progress asks for an early end."""

    def advance(pixels: int) -> None:
        progress.advance(pixels)
        if progress.should_stop():
            raise Cancelled("stopped before the image was finished: start again")

    return advance
