"""`srgan doctor`: check the installation, and name a remedy for each problem."""

import os
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from srgan import __version__
from srgan.cli.console import count, duration, failures, printable, show, show_json, storage
from srgan.cli.shared_options import Json
from srgan.errors import ModelError, SrganError

if TYPE_CHECKING:
    from srgan.weights.catalogue import Model

EPILOG = """\
Every line begins with ok or PROBLEM, and a problem ends with its remedy. Exit code: 0 no problem, 1 a problem.
"""

_REINSTALL = "install srgan again: pip install --force-reinstall srgan"
_MIN_MEMORY = 500_000_000  # bytes; with less, tiles are so small that most of the work is their overlap
_PHOTO = (4000, 3000)
_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@dataclass(frozen=True)
class Finding:
    """Result of one check."""

    about: str
    """What was checked."""
    what: str
    """The state of it."""
    remedy: str | None = None
    """What to do; None if there is no problem."""

    @property
    def ok(self) -> bool:
        return self.remedy is None

    @property
    def line(self) -> str:
        state = "ok     " if self.ok else "PROBLEM"
        return f"{state}  {self.about:16} {self.what}" + ("" if self.remedy is None else f": {self.remedy}")


def doctor(as_json: Json = False) -> None:
    """Check the installation, and measure the speed of this computer."""
    with failures(as_json=as_json):
        findings: list[Finding] = []
        for finding in _check_all():
            findings.append(finding)
            if not as_json:
                show(printable(finding.line))
        problems = sum(not finding.ok for finding in findings)
        if as_json:
            show_json({"ok": not problems, "findings": [{"ok": one.ok, **asdict(one)} for one in findings]})
        else:
            show(f"{count(problems, 'problem')} found." if problems else "No problems found.")
        if problems:
            raise typer.Exit(1)


def _check_all() -> Iterator[Finding]:
    """Run all checks; if a library cannot be loaded, that is the only finding."""
    try:
        for module in ("srgan.engines.openvino", "srgan.upscale.loaded_model"):
            import_module(module)
    except (ImportError, OSError) as error:  # a missing libvips raises OSError
        yield Finding("libraries", f"cannot be loaded ({error})", _REINSTALL)
        return
    yield from _check_versions()
    yield from _check_hardware()
    yield from _check_formats()
    yield from _check_models()


def _check_versions() -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    import numpy
    import pyvips

    def installed(package: str) -> str | None:
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    system = f"{platform.system()} {platform.machine()}"
    yield Finding("srgan", f"{__version__}, Python {platform.python_version()}, {system}")
    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    yield Finding("libraries", f"OpenVINO {installed('openvino')}, libvips {libvips}, NumPy {numpy.__version__}")
    torch = installed("torch")  # from its metadata: importing it takes seconds
    yield Finding("torch", torch or "not installed; only training and graphics processors need it")


def _check_hardware() -> Iterator[Finding]:
    from srgan.engines.engine import choose, graphics_processor
    from srgan.engines.memory import free_memory
    from srgan.engines.openvino import processor_name, supports_bf16

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    precision = "computes in bf16, which is fastest" if supports_bf16() else "computes in fp32"
    yield Finding("processor", f"{processor_name()}, {cores} usable cores, {precision}")
    yield Finding("graphics", graphics_processor() or "no graphics processor that srgan can use; it needs none")
    choice = choose()
    yield Finding("engine", f"{choice.engine}: {choice.reason}")
    free = free_memory()
    remedy = None if free >= _MIN_MEMORY else f"close other programs: {storage(_MIN_MEMORY)} should be free"
    yield Finding("memory", f"{storage(free)} free", remedy)


def _check_formats() -> Iterator[Finding]:
    """Write and read a file of each format: a library may know a format's name and lack its codec."""
    import numpy

    from srgan.images.image import FORMATS, EncodeOptions, read, write

    broken = []
    pixels = numpy.full((16, 16, 3), 128, numpy.uint8)
    with tempfile.TemporaryDirectory(prefix="srgan-") as folder:
        for name, form in FORMATS.items():
            path = Path(folder, f"picture{form.suffixes[0]}")
            try:
                write(path, pixels, options=EncodeOptions(name))
                read(path)
            except SrganError:
                broken.append(name)
    try:
        read(_GIF)
    except SrganError:
        broken.append("gif")
    if broken:
        yield Finding("formats", f"{', '.join(broken)} cannot be used", _REINSTALL)
    else:
        yield Finding("formats", f"{', '.join(FORMATS)} read and written, gif read")


def _check_models() -> Iterator[Finding]:
    from srgan.weights.catalogue import installed

    try:
        models = installed()
    except ModelError as error:
        yield Finding("models", str(error), _REINSTALL)
        return
    if not models:
        yield Finding("models", "none is installed", _REINSTALL)
    for name, model in models.items():
        try:
            yield from _check_model(model)
        except SrganError as error:
            yield Finding(f"model {name}", str(error), _REINSTALL)


def _check_model(model: "Model") -> Iterator[Finding]:
    from srgan.engines.self_test import self_test
    from srgan.upscale.loaded_model import LoadedModel

    card, about = model.card, f"model {model.card.name}"
    for suffix in card.files:
        model.read(suffix)
    yield Finding(about, f"{card.identity}, checksums hold")
    loaded = LoadedModel(model)
    engine = loaded.network.engine
    error, tolerance = self_test(engine, model)
    test = f"self-test in {engine.precision}: off by {error * 255:.2f} levels of 255, {tolerance * 255:g} allowed"
    if not error <= tolerance:  # NaN is a problem too
        yield Finding(about, test, "enlarge with --precision fp32, or install srgan again")
        return
    yield Finding(about, test)
    speed, seconds = loaded.rate / card.multiply_adds / 1e6, loaded.seconds(*_PHOTO)
    yield Finding(about, f"speed: {speed:.2f} Mpx/s of input; a photo of 12 megapixels takes about {duration(seconds)}")
