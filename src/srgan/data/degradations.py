"""The chain that damages images as cameras, messengers and web pages do: blur, resize, noise, lossy files.

What is drawn depends on the random generator alone, so equal generators give equal images, bit for bit, on one computer
with one number of threads: others add products in another order, and round some pixels otherwise.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.data.blur import blurred, gaussian_matrix
from srgan.data.compression import Compression, compress
from srgan.data.mixes import Mix, Range, Round
from srgan.images.resample import Kernel, contributions, imresize

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_KERNELS: tuple[Kernel, ...] = ("cubic", "linear", "nearest", "lanczos3")
"""Of resizing; "nearest", widened against aliasing, is the mean over an area."""
_STEP = 0.05
"""Blur is rounded to multiples of this, so that matrices are made once."""
_REMEMBERED = 1024
"""Longest side in pixels of images whose matrices are kept: those of whole photos would fill the memory."""
_SMALLEST = 4
"""Least side, in pixels, of an image between two passes."""


def degrade(high: Pixels, mix: Mix, *, scale: int, random: np.random.Generator) -> Pixels:
    """Return the low-resolution image that a mix makes of a high-resolution one.

    Args:
        high: (scale * H, scale * W, 3) uint8 RGB.
        mix: what is done to it; one without rounds only reduces, by the bicubic filter.
        scale: factor between the two.
        random: fixes every choice.

    Returns:
        (H, W, 3) uint8 RGB, its pixels aligned with those of `high`.
    """
    size = high.shape[0] // scale, high.shape[1] // scale
    if not mix.rounds:
        return imresize(high[: scale * size[0], : scale * size[1]], 1 / scale, border="replicate")
    image: Pixels = high
    for number, passing in enumerate(mix.rounds, start=1):
        final = number == len(mix.rounds)
        image = _passed(image, passing, size=size, final=final, random=random)
    return image


def seeded(*words: str) -> np.random.Generator:
    """Return a random generator that depends on the words alone."""
    digest = hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))


def draw(choices: Sequence[tuple[Mix, float]], random: np.random.Generator) -> Mix:
    """Return one of several mixes, drawn with the probability that each has."""
    return choices[int(random.choice(len(choices), p=[share for _, share in choices]))][0]


def to_pixels(image: Floats) -> Pixels:
    """Round an image of levels, 0 to 255, to uint8."""
    return np.clip(np.rint(image), 0.0, 255.0).astype(np.uint8)


def add_noise(image: Floats, strength: float, *, gray: bool, poisson: bool, random: np.random.Generator) -> Floats:
    """Return the image, in levels of 255, with noise.

    Args:
        image: (H, W, 3) in [0, 255].
        strength: standard deviation in levels; of Poisson noise, that at white.
        gray: the same noise in all colours.
        poisson: counts of photons, whose variance grows with brightness, not Gaussian noise.
        random: fixes the noise.
    """
    if strength <= 0.0:
        return image
    shape = (*image.shape[:2], 1 if gray else 3)
    if not poisson:
        return image + np.float32(strength) * random.standard_normal(shape, dtype=np.float32)
    photons = 255.0 / strength**2  # a level; then white, 255 levels, varies by strength^2
    light = np.clip(image.mean(axis=2, keepdims=True) if gray else image, 0.0, 255.0)
    noise: Floats = (random.poisson(light * photons) / photons - light).astype(np.float32)
    return image + noise


def _passed(
    image: Pixels, passing: Round, *, size: tuple[int, int], final: bool, random: np.random.Generator
) -> Pixels:
    """Return an image after one round of damage."""
    blur = _drawn(passing.blur, random) if random.random() < passing.blur_share else 0.0
    shaped = passing.any_kernel and blur > 0.0
    factor = 1.0 if final else _drawn(passing.size, random)
    kernel = _KERNELS[int(random.integers(len(_KERNELS)))]
    target = tuple(max(_SMALLEST, round(side * factor)) for side in size) if factor != 1.0 else size
    levels = image.astype(np.float32)
    ratio = image.shape[0] / size[0]  # pixels of this image in one of the final image
    if shaped:
        levels = blurred(levels, blur * ratio, random)
    levels = _resized(levels, (target[0], target[1]), kernel, blur=0.0 if shaped else _stepped(blur) * ratio)
    if random.random() < passing.noise_share:
        levels = add_noise(
            levels,
            _drawn(passing.noise, random),
            gray=bool(random.random() < passing.gray_share),
            poisson=bool(random.random() < passing.poisson_share),
            random=random,
        )
    pixels = to_pixels(levels)
    return compress(pixels, _compression(passing, random)) if random.random() < passing.lossy_share else pixels


def _compression(passing: Round, random: np.random.Generator) -> Compression:
    quality = int(random.integers(passing.quality[0], passing.quality[1] + 1))
    webp = random.random() < passing.webp_share
    return Compression("webp" if webp else "jpeg", quality, bool(random.random() < passing.subsampled_share))


def _drawn(limits: Range, random: np.random.Generator) -> float:
    return float(random.uniform(*limits))


def _stepped(value: float) -> float:
    return round(value / _STEP) * _STEP


def _resized(image: Floats, size: tuple[int, int], kernel: Kernel, *, blur: float) -> Floats:
    """The image, blurred by an upright Gaussian of `blur` of its pixels and resized: two matrix products."""
    height, width, channels = image.shape
    down, across = (
        (_remembered if length <= _REMEMBERED else _matrix)(length, result, kernel, round(blur, 3))
        for length, result in zip((height, width), size, strict=True)
    )
    rows = down @ image.reshape(height, width * channels)
    columns = np.matmul(across, rows.reshape(size[0], width, channels))
    resized: Floats = columns
    return resized


def _matrix(length: int, result: int, kernel: Kernel, blur: float) -> Floats:
    """The blur and resize of one axis as a matrix (result, length); outside lies the outermost pixel."""
    matrix: NDArray[Any] = np.eye(length)
    if length != result:
        weights, indices = contributions(length, result, result / length, kernel, antialias=True, border="replicate")
        matrix = np.zeros((result, length))
        np.add.at(matrix, (np.arange(result)[:, None], indices), weights)
        matrix = (matrix + matrix[::-1, ::-1]) / 2  # MATLAB gives a pixel on the edge of two areas to one, and shifts
    if blur > 0.0:
        matrix = matrix @ gaussian_matrix(length, blur)
    return matrix.astype(np.float32)


_remembered = lru_cache(maxsize=2048)(_matrix)
