"""A small evaluation of pictures of noise, for the tests of what is made from one."""

from pathlib import Path

import numpy as np

from srgan.evaluation.results import MethodInfo, Results, Row
from tests.helpers.noise import save

SETS = {"SetA": ("ape", "bee", "cat"), "SetB": ("<b>dog</b>", "</script><script>alert(1)</script>")}
METHODS = (
    MethodInfo("bicubic", "interpolation", "bicubic kernel", "MATLAB's bicubic"),
    MethodInfo("soft & $x$", "model", "sha256 00", "a <i>model</i>"),
    MethodInfo("sharp\"'><img src=x>", "folder", "sha256 11", "pictures"),
    MethodInfo("HR", "reference", "the true pictures", "the true pictures"),
)
FILES = {name: f"{place}" for place, name in enumerate(name for names in SETS.values() for name in names)}
"""What pictures are called on the disk, where not every name can be."""


def made_up(folder: Path, *, size: tuple[int, int] = (192, 144)) -> Results:
    """Results of two sets, four methods and five pictures, which are in the folder where their names can be."""
    random = np.random.default_rng(0)
    rows = []
    for data, pictures in SETS.items():
        for number, picture in enumerate(pictures):
            coarse = random.integers(40, 216, (size[1] // 8, size[0] // 8, 3))
            high = coarse.repeat(8, axis=0).repeat(8, axis=1)
            save(folder / "reference" / data / f"{picture}.png", high.astype(np.uint8))
            save(folder / "low" / data / f"{picture}.png", high[::4, ::4].astype(np.uint8))
            for place, method in enumerate(METHODS):
                noise = (3 - place) * 12
                path = f"pictures/{place}/{data}/{FILES[picture]}.png"
                if method.kind != "reference":
                    spoilt = high.copy()
                    spoilt[80:, 104:] += random.integers(-noise, noise, spoilt[80:, 104:].shape)
                    save(folder / path, spoilt.clip(0, 255).astype(np.uint8))
                psnr = 24.0 + 2 * place + number if noise else float("inf")
                scores = {"paper/psnr": psnr, "paper/ssim": 0.7 + 0.05 * place, "niqe": 6.0 - place + number / 10}
                rows.append(Row(method.name, data, picture, 0.01 * 9**place if noise else None, path, scores))
    return Results("9.9", METHODS, SETS, tuple(rows))
