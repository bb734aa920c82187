"""What `srgan doctor` looks at: each check gives findings, and a remedy where something is wrong."""

import os
import platform
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from srgan import __version__
from srgan.cli.console import duration, storage
from srgan.cli.diagnostics import INSTALL_AGAIN, Finding
from srgan.engines.choice import choose, graphics_processor
from srgan.engines.memory import free_memory
from srgan.engines.self_test import TOLERANCES, run_probe
from srgan.errors import ModelError, SrganError
from srgan.images.image import FORMATS, SaveOptions, read, write
from srgan.upscale.loaded_model import LoadedModel
from srgan.weights.catalogue import Model, installed

_LEAST_MEMORY = 500_000_000  # bytes: below, tiles become so small that their halos are most of the work
_PHOTO = (4000, 3000)
_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


def all_findings() -> Iterator[Finding]:
    """Everything, one after the other, as it is found."""
    yield from _versions()
    yield from _processor()
    yield from _graphics()
    yield from _memory()
    yield from _formats()
    yield from _models()


def _versions() -> Iterator[Finding]:
    import pyvips

    system = f"{platform.system()} {platform.machine()}"
    yield Finding("srgan", f"{__version__}, Python {platform.python_version()}, {system}")
    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    yield Finding("libraries", f"OpenVINO {_installed('openvino')}, libvips {libvips}, NumPy {np.__version__}")
    torch = _installed("torch")  # asked of its metadata: importing it takes seconds
    yield Finding("torch", torch or "not installed; only training and graphics processors need it")


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> Iterator[Finding]:
    from srgan.engines.openvino import processor_name, supports_bf16

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    fast = "computes in bf16, which is fastest" if supports_bf16() else "computes in fp32"
    yield Finding("processor", f"{processor_name()}, {cores} usable cores, {fast}")


def _graphics() -> Iterator[Finding]:
    yield Finding("graphics", graphics_processor() or "no graphics processor that srgan can use; it needs none")
    choice = choose()
    yield Finding("engine", f"{choice.engine}: {choice.reason}")


def _memory() -> Iterator[Finding]:
    free = free_memory()
    remedy = None if free >= _LEAST_MEMORY else f"close other programs: {storage(_LEAST_MEMORY)} should be free"
    yield Finding("memory", f"{storage(free)} free", remedy)


def _formats() -> Iterator[Finding]:
    """Every format is tried, written and read again: a library may know its name and not its codec."""
    broken = []
    pixels = np.full((16, 16, 3), 128, np.uint8)
    with tempfile.TemporaryDirectory(prefix="srgan-") as folder:
        for name in FORMATS:
            path = Path(folder, f"picture{FORMATS[name].suffixes[0]}")
            try:
                write(path, pixels, options=SaveOptions(name))
                read(path)
            except SrganError:
                broken.append(name)
    try:
        read(_GIF)
    except SrganError:
        broken.append("gif")
    if broken:
        yield Finding("formats", f"{', '.join(broken)} cannot be used", INSTALL_AGAIN)
    else:
        yield Finding("formats", f"{', '.join(FORMATS)} read and written, gif read")


def _models() -> Iterator[Finding]:
    try:
        models = installed()
    except ModelError as error:
        yield Finding("models", str(error), INSTALL_AGAIN)
        return
    if not models:
        yield Finding("models", "none is installed", INSTALL_AGAIN)
    for name, model in models.items():
        try:
            yield from _model(model)
        except SrganError as error:
            yield Finding(f"model {name}", str(error), INSTALL_AGAIN)


def _model(model: Model) -> Iterator[Finding]:
    card, about = model.card, f"model {model.card.name}"
    for suffix in card.files:
        model.read(suffix)
    yield Finding(about, f"{card.identity}, checksums hold")
    loaded = LoadedModel(model)
    engine = loaded.network.engine
    off, most = run_probe(engine, card), TOLERANCES[engine.precision]
    test = f"self-test in {engine.precision}: off by {off * 255:.2f} levels of 255, {most * 255:g} allowed"
    if not off <= most:  # written so that NaN is a problem
        yield Finding(about, test, "enlarge with --precision fp32, or install srgan again")
        return
    yield Finding(about, test)
    pixels = loaded.rate / card.multiply_adds
    photo = loaded.seconds(*_PHOTO)
    yield Finding(
        about, f"speed: {pixels / 1e6:.2f} Mpx/s of input; a photo of 12 megapixels takes about {duration(photo)}"
    )
