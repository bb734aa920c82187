"""Train, measure and release `srresnet`: SRResNet x4 from pixels alone, on CPU cores.

    SRGAN_DATA=... python -m runs.srresnet             prepare, train (resumes), measure, write the model
    SRGAN_DATA=... python -m runs.srresnet --release   only measure the newest checkpoint and write the model

Expected: Set5 30.6 dB or more by the protocol of the paper, after 20,000 updates of 4 crops: an hour on two cores.
"""

import argparse
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console

from srgan.data.prepare import PreparedPictures, find_pictures, prepare
from srgan.images.files import read
from srgan.images.resample import imresize
from srgan.metrics import PAPER, PROTOCOLS, Protocol
from srgan.models.srgan import Generator
from srgan.training import checkpoint
from srgan.training.engine import start, train
from srgan.training.export import export
from srgan.training.recipes import RECIPES
from srgan.weights.card import Card, Probe, Score, Training
from srgan.weights.catalogue import SHIPPED

Pixels = NDArray[np.uint8]

RECIPE = RECIPES["srresnet-cpu"]
FOLDERS = ("BSDS500_train_test", "T91", "dogs", "imagenet_samples", "open_licence")
HELD_OUT = 50  # every fiftieth picture validates
CACHE, RUN = Path("cache/srresnet"), Path("checkpoints/srresnet-cpu")
DATA = (
    "1,419 photos: BSDS500's training and test parts (research use; without its validation part, which is BSD100), "
    "T91, ImageNet samples and dogs (research use), and open-licence photos (CC0, Unsplash, Pexels, CC BY, CC BY-SA). "
    "Whether weights inherit terms of the pictures they were trained on is unsettled: for products, ask a lawyer."
)
LIMITS = (
    "Trained on clean bicubic reductions: pictures from cameras with noise, blur or strong JPEG compression are "
    "enlarged with their faults. It invents no texture: hair, grass and fabric come out smooth. Not trained on text, "
    "drawings or faces in particular."
)

console = Console(stderr=True)


def prepared(data: Path) -> tuple[PreparedPictures, PreparedPictures]:
    """(training, validation) pictures, prepared at the first call."""
    if not (CACHE / "index.json").exists():
        pictures = find_pictures(data / "train" / folder for folder in FOLDERS)
        report = prepare(pictures, CACHE, validation=pictures[::HELD_OUT])
        for name, reason in report.left_out.items():
            console.print(f"left out {name}: {reason}")
    return PreparedPictures(CACHE).split()


@torch.inference_mode()
def enlarge(generator: torch.nn.Module, low: Pixels) -> Pixels:
    """The picture four times as large: (H, W, 3) uint8 to (4 H, 4 W, 3)."""
    tensor = torch.from_numpy(low.transpose(2, 0, 1)[None] / np.float32(255))
    restored = generator(tensor.contiguous(memory_format=torch.channels_last))[0]
    pixels: Pixels = restored.mul(255).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    return pixels


def score(generator: torch.nn.Module, pairs: list[tuple[Pixels, Pixels]], protocol: Protocol) -> tuple[float, float]:
    """Mean PSNR and SSIM over (low, high) pairs."""
    scores = [protocol.measure(enlarge(generator, low), high) for low, high in pairs]
    return float(np.mean([s.psnr for s in scores])), float(np.mean([s.ssim for s in scores]))


def test_set(folder: Path) -> list[tuple[Pixels, Pixels]]:
    """(low, high) of every picture, cut to a multiple of 4; gray ones as RGB."""
    pairs = []
    for path in sorted(folder.glob("*.png")):
        pixels = read(path).pixels[:, :, :3].astype(np.uint8)
        pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
        high = np.ascontiguousarray(pixels[: pixels.shape[0] // 4 * 4, : pixels.shape[1] // 4 * 4])
        pairs.append((imresize(high, 0.25, border="replicate"), high))
    return pairs


def middles(pictures: PreparedPictures, side: int = 64) -> list[tuple[Pixels, Pixels]]:
    """The middle of every validation picture, at most `side` low-resolution pixels on a side."""
    pairs = []
    for low, high in (pictures[i] for i in range(len(pictures))):
        top, left = (max(0, (length - side) // 2) for length in low.shape[:2])
        part = np.ascontiguousarray(low[top : top + side, left : left + side])
        height, width = (4 * length for length in part.shape[:2])
        pairs.append((part, np.ascontiguousarray(high[4 * top : 4 * top + height, 4 * left : 4 * left + width])))
    return pairs


def release(data: Path, validation: PreparedPictures, folder: Path) -> Card:
    """Measure the newest checkpoint and write it as a model; of raw and averaged weights, the better on validation."""
    training = start(RECIPE, torch.device("cpu"))
    updates = checkpoint.resume(RUN, training)
    held_out = middles(validation)
    candidates = {"raw": training.generator.eval(), "averaged": training.average}
    found = {name: score(module, held_out, PAPER)[0] for name, module in candidates.items()}
    best = max(found, key=lambda name: found[name])
    console.print(f"{updates} updates; validation {found}; releasing the {best} weights")
    generator = candidates[best]
    assert isinstance(generator, Generator)
    scores = [
        Score(name, protocol.name, *(round(value, 4) for value in score(generator, pairs, protocol)))
        for name in ("Set5", "Set14", "BSD100")
        for pairs in (test_set(data / "testsets" / name),)
        for protocol in PROTOCOLS.values()
    ]
    log = (RUN / "log.csv").read_text(encoding="utf-8").split()
    hours = sum(100 / float(line.split(",")[3]) for line in log) / 3600
    recipe = {field: getattr(RECIPE, field) for field in RECIPE.__dataclass_fields__}
    card = Card(
        name="srresnet",
        summary="Faithful: SRResNet, trained on pixel error; sharp edges, no invented texture",
        version="1",
        architecture="srgan-generator",
        arguments={"blocks": RECIPE.blocks, "normalisation": RECIPE.normalisation},
        scale=4,
        stages=(),
        training=Training(
            recipe, DATA, updates, f"{os.cpu_count()} cores of an {platform.machine()} CPU", round(hours, 2)
        ),
        licence="Apache-2.0",
        scores=tuple(scores),
        limits=LIMITS,
        probe=Probe(0, ()),
        files={},
    )
    card = export(generator.to(memory_format=torch.contiguous_format), card, folder)  # type: ignore[call-overload]
    for line in scores:
        console.print(f"{line.data:7} {line.protocol:7} {line.psnr:.2f} dB  {line.ssim:.4f}")
    return card


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", action="store_true", help="do not train")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the model's files")
    choices = parser.parse_args()
    if "SRGAN_DATA" not in os.environ:
        sys.exit("SRGAN_DATA must name the benchmark data folder, with train/ and testsets/ in it")
    data = Path(os.environ["SRGAN_DATA"])
    pictures, validation = prepared(data)
    if not choices.release:
        began = time.monotonic()
        train(RECIPE, pictures, RUN, report=lambda n, loss, rate: console.print(f"{n:6} {loss:.5f} {rate:.2f}/s"))
        console.print(f"trained for {(time.monotonic() - began) / 3600:.2f} hours")
    release(data, validation, choices.output)


if __name__ == "__main__":
    main()
