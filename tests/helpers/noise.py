"""Pictures of noise, and sets of them, for tests."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.evaluation.test_sets import ImageSet, Pair, find_set, lay_out
from srgan.images.image import write

Pixels = NDArray[np.uint8]


def noise(width: int = 24, height: int = 20, *, channels: int = 3, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def save(path: Path, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, pixels, overwrite=True)
    return path


def make_set(folder: Path, names: str = "ab", *, width: int = 24, height: int = 20) -> ImageSet:
    """A set called as the folder is, of one picture for each letter."""
    for seed, name in enumerate(names):
        save(folder / f"{name}.png", noise(width, height, seed=seed))
    return find_set(str(folder))


def make_pairs(folder: Path, names: str = "ab", *, width: int = 24, height: int = 20) -> tuple[Pair, ...]:
    """Those of a set called `tiny`."""
    return lay_out(make_set(folder / "tiny", names, width=width, height=height), folder / "evaluation", scale=4)
