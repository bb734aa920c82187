"""Write the golden files anew: only when a change of results is meant.

    python -m tests.golden.freeze FOLDER

Into the folder go the outputs of the shipped models, a training run that stopped half way with the weights that it
came to later, and a study with votes whose report is known.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from srgan import Upscaler
from tests.helpers.voted import cast

MODELS = (
    *("drcn", "espcn", "srcnn", "srgan", "srgan-open", "srresnet", "srresnet-open", "srresnet-photo"),
    *("swift", "swift-photo", "swift-x2", "swift-photo-x2"),
)
RECIPE = "srgan-vgg22-quick"
SETTINGS = (
    "blocks=1 features=8 batch=2 crop=16 content=l1 discriminator_features=4 updates=8 log_every=2 validate_every=4"
)
"""Of the recipe; the discriminator is the paper's."""
BEFORE, AFTER = "update-00000004.safetensors", "update-00000008.safetensors"


def image() -> NDArray[Any]:
    """Return (14, 18, 3) smooth values with some noise, mid-range, so that nothing is clipped."""
    y, x = np.mgrid[0:14, 0:18]
    waves = 30000 + 9000 * np.sin(np.stack([x / 3, y / 4, (x + y) / 5], axis=-1))
    noise = np.random.default_rng(0).normal(0, 900, waves.shape)
    values: NDArray[Any] = (waves + noise).astype(np.uint16)
    return values


def enlarged(model: str) -> NDArray[Any]:
    """Return what a model makes of the image in float32, in levels of 16 bits."""
    result = Upscaler(model, precision="fp32").upscale(image())
    assert result.dtype == np.uint16
    return result


def train(folder: Path, *more: str) -> None:
    """Train the recipe on photos made up beside the folder."""
    photos = folder.parent / "photos"
    if not photos.exists():
        photos.mkdir()
        y, x = np.mgrid[0:128, 0:160]
        for number in range(6):
            waves = 127 + 80 * np.sin(np.stack([x / (3 + number), y / 9, (x + y) / 17], axis=-1))
            noisy = waves + np.random.default_rng(number).normal(0, 12, waves.shape)
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(photos / f"{number}.png")
    settings = [word for setting in SETTINGS.split() for word in ("--set", setting)]
    device = ["--from", "none", "--device", "cpu", "--precision", "fp32"]
    words = ["train", RECIPE, "--data", str(photos), "--output", str(folder), *device, *settings, *more]
    command = [sys.executable, "-m", "srgan", *words]
    subprocess.run(command, check=True, capture_output=True)


def report(study: Path, output: Path) -> None:
    """Report a study into a folder."""
    subprocess.run(
        [sys.executable, "-m", "srgan", "study", "report", str(study), "-o", str(output)],
        check=True,
        capture_output=True,
    )


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    outputs: dict[str, Any] = {model: enlarged(model) for model in MODELS}
    np.savez_compressed(folder / "outputs.npz", **outputs)
    run = folder / "run"
    train(run)
    checkpoints = run / "checkpoints"
    shutil.copy(checkpoints / AFTER, folder / "trained.safetensors")
    for file in checkpoints.glob("update-00000008.*"):
        file.unlink()
    for name in ("tensorboard", "pictures"):
        shutil.rmtree(run / name, ignore_errors=True)
    for file in run.glob("*.png"):
        file.unlink()
    cast(folder / "study", raters=3, unfinished=1)
    report(folder / "study", folder / "report")
    for file in (folder / "report").rglob("*"):
        if file.is_file() and file.suffix not in (".csv", ".json"):
            file.unlink()
    (run / "run.json").write_text((run / "run.json").read_text().replace(str(folder.resolve() / "photos"), "photos"))
    shutil.rmtree(folder / "photos")


if __name__ == "__main__":
    main()
