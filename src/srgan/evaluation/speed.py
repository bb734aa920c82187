"""Speed of methods: seconds for a megapixel of the small image, measured so that methods compare on a busy computer."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from srgan.evaluation.methods import Method
from srgan.evaluation.test_sets import Pair, Pixels, keep
from srgan.progress import Progress

WIDTH, HEIGHT = 480, 320
"""Of the small image that is enlarged: large enough that what is done once for an image hardly counts."""
ROUNDS = 3
"""Methods take turns so often; the fastest turn of each counts, which other programs disturbed least."""


def measure_speeds(methods: Iterable[Method], scale: int, progress: Progress) -> dict[str, float]:
    """Return the seconds for a megapixel of input, by method; those that enlarge nothing themselves are left out.

    Files and start-up do not count.

    Args:
        methods: to be measured, one at a time.
        scale: by which they enlarge.
        progress: counts turns.
    """
    chosen, found = list(methods), dict[str, float]()
    progress.start("measuring speed", ROUNDS * len(chosen))
    with tempfile.TemporaryDirectory(prefix="srgan-") as folder:
        low = Path(folder, "low.png")
        keep(low, _image())
        pair = Pair("speed", "image", (scale * WIDTH, scale * HEIGHT), "", low, low)
        for _ in range(ROUNDS):
            for method in chosen:
                seconds = None
                if method.info.kind not in ("folder", "reference"):
                    with method.ready():
                        seconds = method.restore(pair)[1]
                if seconds is not None:
                    name = method.info.name
                    found[name] = min(1e6 * seconds / (WIDTH * HEIGHT), found.get(name, float("inf")))
                progress.advance(1)
    return found


def _image() -> Pixels:
    """Return gradients and edges with some noise, (HEIGHT, WIDTH, 3): some methods take longer where there is more."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = 40 * np.sin(x / 11 + y / 29) + 50 * ((x // 40 + y // 40) % 2) + 30 * np.sin(y / 5)
    noise = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH))
    levels = (110 + waves + noise)[:, :, None] + np.array([0, 10, -10])
    pixels: Pixels = levels.clip(0, 255).astype(np.uint8)
    return pixels
