"""The service's one way to `srgan`: what enlarging an upload will give, and doing it."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import srgan
from srgan.errors import PictureError, SrganError, UsageError
from srgan.images import FORMATS, ImageInfo, ImageReader
from srgan.progress import Progress
from srgan.upscale import ChosenModel, FilePlan, Job, UpscaleOptions, plan_jobs
from srgan.weights import installed
from srgan_web.job_options import JobOptions
from srgan_web.limits import RESULT_FACTOR, WebLimits

_KEPT = 4  # upscalers, each with its networks in memory
_PLANS = 500  # plans of uploads that wait

Crop = tuple[int, int, int, int] | None
"""Left, top, width and height of the part that is enlarged; None for all."""


@dataclass
class _Kept:
    """An upscaler, and the plans that it made for uploads that wait: they need not be inspected again."""

    upscaler: srgan.Upscaler
    plans: "OrderedDict[tuple[Path, UpscaleOptions, Crop], FilePlan]" = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, path: Path, options: UpscaleOptions, crop: Crop) -> FilePlan:
        """Return how an upload will be enlarged, and keep it."""
        plan = self._plan(path, options, crop)
        with self.lock:
            self.plans[path, options, crop] = plan
            while len(self.plans) > _PLANS:
                self.plans.popitem(last=False)
        return plan

    def take(self, path: Path, options: UpscaleOptions, crop: Crop) -> FilePlan:
        """Return a plan that was kept, or make it."""
        with self.lock:
            kept = self.plans.pop((path, options, crop), None)
        return self._plan(path, options, crop) if kept is None else kept

    def _plan(self, path: Path, options: UpscaleOptions, crop: Crop) -> FilePlan:
        """Return the plan of an upload; of one of which a part is enlarged, with the model that suits the part's size.

        The whole, which is not written, is planned at its own size.
        """
        if crop is None:
            return self.upscaler.plan(path, None, options)
        plan = self.upscaler.plan(path, None, replace(options, scale=1, width=None))
        sized = UpscaleOptions(scale=options.factor(*crop[2:]), max_pixels=options.max_pixels)
        return replace(plan, chosen=self.upscaler.models.choose(path, sized))


class Enlarger:
    """Plans and runs jobs. Several threads may use it; networks are loaded when first needed and a few are kept.

    Args:
        limits: of the service.
        engine: `auto`, `openvino` or `torch`.
        precision: `fp32`, `bf16` or `int8`; None for the fastest.
    """

    def __init__(
        self,
        limits: WebLimits,
        *,
        engine: Literal["auto", "openvino", "torch"] = "auto",
        precision: Literal["fp32", "bf16", "int8"] | None = None,
    ) -> None:
        self._limits = limits
        self._engine: Literal["auto", "openvino", "torch"] = engine
        self._precision: Literal["fp32", "bf16", "int8"] | None = precision
        self._upscalers: OrderedDict[tuple[str, float | None], _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self.cards = {name: model.card for name, model in installed().items()}

    def models(self) -> list[dict[str, Any]]:
        """Return what `/v1/models` says of each model."""
        return [
            {
                "name": card.name,
                "summary": card.summary,
                "scale": card.scale,
                "licence": card.licence,
                "limits": card.limits,
                "identity": card.identity,
                "scores": [vars(score) for score in card.scores],
            }
            for card in self.cards.values()
        ]

    def plan(self, path: Path, name: str, options: JobOptions) -> dict[str, Any]:
        """Return size, format and model of a result, from the image's header and what `auto` sees in a sample.

        Args:
            path: of the upload.
            name: for messages.
            options: of the job.

        Raises:
            PictureError: if the upload is not an image that srgan reads, or too large.
            UsageError: if an option does not fit this image.
            OutputError: if the format cannot hold the result.
        """
        with _naming(path, name):
            kept, settings = self._kept(options), self._settings(options)
            plan = kept.plan(path, settings, options.crop)
            part, scale = _cropped(plan.info, options), kept.upscaler.models.scale
            width, height = settings.size(part, scale)
        most = RESULT_FACTOR * self._limits.max_pixels
        if width * height > most:
            raise UsageError(f"scale gives {width}x{height} pixels, more than {most}: choose less", parameter="scale")
        return {
            "width": plan.info.width,
            "height": plan.info.height,
            "format": plan.info.format,
            "bytes": path.stat().st_size,
            "pixels": part.width * part.height,
            "model": plan.chosen.label,
            "model_name": plan.chosen.loaded.model.name,
            "reason": plan.chosen.reason,
            "seen": _seen(plan.chosen),
            "result": {
                "name": _result_name(name, plan.format, self.mark(options)),
                "format": plan.format,
                "width": width,
                "height": height,
            },
            "result_bytes": width * height * part.channels * part.depth // 8 + 100_000,
        }

    def enlarge(
        self, path: Path, name: str, output: Path, options: JobOptions, progress: Progress | None = None
    ) -> dict[str, Any]:
        """Enlarge an upload as `srgan upscale` does; an existing result is replaced.

        Args:
            path: of the upload.
            name: for messages.
            output: where the result goes.
            options: of the job.
            progress: counts pixels, and may ask for an early end.

        Returns:
            Seconds, engine, model, notes and bytes of the result.

        Raises:
            Cancelled: if the progress asked for an early end.
            SrganError: if the image is damaged, or the result cannot be written.
        """
        part = path.with_name(f"{path.name}.crop.png")
        with _naming(path, name):
            kept, settings = self._kept(options), self._settings(options)
            whole = kept.take(path, settings, options.crop)
            if options.crop is None:
                result = kept.upscaler.upscale_file(replace(whole, output=output), progress=progress)
            else:
                try:
                    self._write_part(path, part, options.crop)
                    # The model is the one that suits the image: a part no longer says how it was compressed.
                    plan = kept.upscaler.plan(part, output, replace(settings, format=whole.format))
                    result = kept.upscaler.upscale_file(replace(plan, chosen=whole.chosen), progress=progress)
                finally:
                    part.unlink(missing_ok=True)
        return {
            "seconds": result.seconds,
            "engine": result.engine,
            "model": result.model,
            "notes": list(result.notes),
            "bytes": output.stat().st_size,
        }

    def mark(self, options: JobOptions) -> str:
        """Return what is added to the names of results, as by `srgan upscale`."""
        scale = self._kept(options).upscaler.models.scale
        return ("-crop" if options.crop else "") + self._settings(options).mark(scale, options.fidelity)

    def plan_folder(self, folder: Path, output: Path, options: JobOptions, *, recursive: bool) -> tuple[Job, ...]:
        """Return the files of a folder, each with its result in the folder `output`, as `srgan upscale` plans them.

        Raises:
            PictureError: if there is no image in it.
        """
        settings = replace(self._settings(options), overwrite=False)
        return plan_jobs([str(folder)], settings, self.mark(options), output=f"{output}/", recursive=recursive)

    def enlarge_file(
        self, source: Path, output: Path, format: str | None, options: JobOptions, progress: Progress
    ) -> tuple[str, ...]:
        """Enlarge a file of this computer as `srgan upscale` does; return its notes.

        Args:
            source: of the image.
            output: of the result, which must not exist.
            format: of the result, a key of `FORMATS`.
            options: of the batch.
            progress: may ask for an early end.

        Raises:
            Cancelled: if the progress asked for an early end.
            SrganError: if the image is damaged, or the result exists or cannot be written.
        """
        settings = replace(self._settings(options), format=format, overwrite=False, keep_dates=True)
        upscaler = self._kept(options).upscaler
        return upscaler.upscale_file(upscaler.plan(source, output, settings), progress=progress).notes

    def _write_part(self, path: Path, part: Path, crop: tuple[int, int, int, int]) -> None:
        """Write a part of an image as PNG, with the colour profile and metadata of the image."""
        left, top, width, height = crop
        with ImageReader(path, max_pixels=self._limits.max_pixels) as reader:
            reader.skip_rows(top)
            pixels = reader.read_rows(height)[:, left : left + width]
            srgan.write(part, pixels, metadata=reader.metadata, overwrite=True)

    def _settings(self, options: JobOptions) -> UpscaleOptions:
        return UpscaleOptions(
            scale=options.scale,
            width=options.width,
            format=options.format,
            quality=options.quality,
            keep_metadata=options.keep_metadata,
            keep_dates=False,
            overwrite=True,
            max_pixels=self._limits.max_pixels,
        )

    def _kept(self, options: JobOptions) -> _Kept:
        """Return the upscaler of a model and fidelity; the least recently used ones are dropped."""
        key = options.model, options.fidelity
        with self._lock:
            if key not in self._upscalers:
                self._upscalers[key] = _Kept(
                    srgan.Upscaler(
                        options.model, fidelity=options.fidelity, engine=self._engine, precision=self._precision
                    )
                )
            self._upscalers.move_to_end(key)
            while len(self._upscalers) > _KEPT:
                self._upscalers.popitem(last=False)
            return self._upscalers[key]


@contextmanager
def _naming(path: Path, name: str) -> Iterator[None]:
    """Let errors name the client's file, not where it is stored."""
    try:
        yield
    except SrganError as error:
        error.args = (str(error).replace(f"{path}.crop.png", name).replace(str(path), name),)
        raise


def _cropped(source: ImageInfo, options: JobOptions) -> ImageInfo:
    """Return what is known of the part to enlarge.

    Raises:
        UsageError: if it reaches beyond the image.
    """
    if options.crop is None:
        return source
    left, top, width, height = options.crop
    if left + width > source.width or top + height > source.height:
        raise UsageError(
            f"crop reaches beyond the image of {source.width}x{source.height} pixels: choose a part of it",
            parameter="crop",
        )
    return replace(source, width=width, height=height)


def _result_name(name: str, format: str, mark: str) -> str:
    """Return the file name that `srgan upscale` gives a result, such as `photo-x4.jpg`."""
    path, suffixes = Path(name), FORMATS[format].suffixes
    return f"{path.stem}{mark}{path.suffix if path.suffix.lower() in suffixes else suffixes[0]}"


def _seen(chosen: ChosenModel) -> dict[str, Any] | None:
    """Return what `auto` found out about the image; None where a model was named."""
    found = chosen.inspection
    if found is None:
        return None
    noise = None if found.noise is None else round(found.noise, 1)
    return {"damaged": found.damaged, "lossy": found.lossy, "quality": found.quality, "noise": noise}


def is_client_error(kind: str | None) -> bool:
    """Return whether an error, given by its class name, lies in the image or its options, not in the server."""
    return kind in (PictureError.__name__, UsageError.__name__)
