"""Degrade images as cameras, messengers and web pages do: blur, resize, sharpening, noise, lossy files.

Equal random generators give equal images, bit for bit, on one computer with one number of threads; other numbers of
threads sum products in another order, and some pixels round differently.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.data.compression import Compression, compress
from srgan.data.mixes import Mix, Range, Round
from srgan.images.resize import Kernel, contributions, imresize

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_KERNELS: tuple[Kernel, ...] = ("cubic", "linear", "nearest", "lanczos3")
"""Resize filters; "nearest", widened against aliasing, is the mean over an area."""
_STEP = 0.05
"""Blur is rounded to multiples of this, so that matrices can be cached."""
_CACHED = 1024
"""Longest side in pixels of images whose matrices are cached: those of whole photos would fill the memory."""
_SMALLEST = 4
"""Least width and height in pixels between two rounds."""
_MASK = 1.0
"""Standard deviation in pixels of an unsharp mask's blur."""
_RINGING_SHARE = 0.1
"""Probability of a sinc kernel, whose edges ring (Wang et al. 2021, section 3.3)."""


def degrade(high: Pixels, mix: Mix, *, scale: int, random: np.random.Generator) -> Pixels:
    """Return the low-resolution image that a mix makes of a high-resolution one.

    Args:
        high: (scale * H, scale * W, 3) uint8 RGB.
        mix: the rounds of degradation; without any, the image is downscaled by the bicubic filter.
        scale: factor between the two.
        random: random number generator of all choices.

    Returns:
        (H, W, 3) uint8 RGB, its pixels aligned with those of `high`.
    """
    size = high.shape[0] // scale, high.shape[1] // scale
    if not mix.rounds:
        return imresize(high[: scale * size[0], : scale * size[1]], 1 / scale, border="replicate")
    image: Pixels = high
    for number, settings in enumerate(mix.rounds, start=1):
        final = number == len(mix.rounds)
        image = _apply(image, settings, size=size, final=final, random=random)
    return image


def seeded(*words: str) -> np.random.Generator:
    """Return a random number generator seeded by words."""
    digest = hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))


def draw(choices: Sequence[tuple[Mix, float]], random: np.random.Generator) -> Mix:
    """Draw one of several mixes by their probabilities."""
    return choices[int(random.choice(len(choices), p=[share for _, share in choices]))][0]


def to_pixels(image: Floats) -> Pixels:
    """Round levels of 0 to 255 to uint8."""
    return np.clip(np.rint(image), 0.0, 255.0).astype(np.uint8)


def add_noise(image: Floats, strength: float, *, gray: bool, poisson: bool, random: np.random.Generator) -> Floats:
    """Return an image with noise.

    Args:
        image: (H, W, 3) in levels of [0, 255].
        strength: standard deviation in levels; for Poisson noise, that at white.
        gray: whether the noise is the same in all colours.
        poisson: whether it is Poisson noise, as of photon counts, instead of Gaussian noise.
        random: random number generator of the noise.
    """
    if strength <= 0.0:
        return image
    shape = (*image.shape[:2], 1 if gray else 3)
    if not poisson:
        return image + np.float32(strength) * random.standard_normal(shape, dtype=np.float32)
    photons = 255.0 / strength**2  # per level: the variance at white is strength^2
    light = np.clip(image.mean(axis=2, keepdims=True) if gray else image, 0.0, 255.0)
    noise: Floats = (random.poisson(light * photons) / photons - light).astype(np.float32)
    return image + noise


def _apply(
    image: Pixels, settings: Round, *, size: tuple[int, int], final: bool, random: np.random.Generator
) -> Pixels:
    """Return an image after one round of degradation."""
    blur = _draw_value(settings.blur, random) if random.random() < settings.blur_share else 0.0
    shaped = settings.any_kernel and blur > 0.0
    factor = 1.0 if final else _draw_value(settings.size, random)
    kernel = _KERNELS[int(random.integers(len(_KERNELS)))]
    if settings.bicubic_share and random.random() < settings.bicubic_share:
        kernel = "cubic"
    target = tuple(max(_SMALLEST, round(side * factor)) for side in size) if factor != 1.0 else size
    levels = image.astype(np.float32)
    ratio = image.shape[0] / size[0]  # pixels of this image per pixel of the final image
    if shaped:
        levels = blur_randomly(levels, blur * ratio, random)
    levels = _resize(
        levels, (target[0], target[1]), kernel, blur=0.0 if shaped else round(blur / _STEP) * _STEP * ratio
    )
    if settings.sharpened_share and random.random() < settings.sharpened_share:
        blurred = _resize(levels, (target[0], target[1]), "cubic", blur=_MASK)
        levels = levels + np.float32(_draw_value(settings.sharpening, random)) * (levels - blurred)
    if random.random() < settings.noise_share:
        levels = add_noise(
            levels,
            _draw_value(settings.noise, random),
            gray=bool(random.random() < settings.gray_share),
            poisson=bool(random.random() < settings.poisson_share),
            random=random,
        )
    pixels = to_pixels(levels)
    return compress(pixels, _draw_compression(settings, random)) if random.random() < settings.lossy_share else pixels


def _draw_compression(settings: Round, random: np.random.Generator) -> Compression:
    quality = int(random.integers(settings.quality[0], settings.quality[1] + 1))
    webp = random.random() < settings.webp_share
    return Compression("webp" if webp else "jpeg", quality, bool(random.random() < settings.subsampled_share))


def _draw_value(limits: Range, random: np.random.Generator) -> float:
    return float(random.uniform(*limits))


def _resize(image: Floats, size: tuple[int, int], kernel: Kernel, *, blur: float) -> Floats:
    """Blur by an axis-aligned Gaussian, with a standard deviation of `blur` pixels, and resize: two matrix products."""
    height, width, channels = image.shape
    down, across = (
        (_cached_matrix if length <= _CACHED else _matrix)(length, result, kernel, round(blur, 3))
        for length, result in zip((height, width), size, strict=True)
    )
    rows = down @ image.reshape(height, width * channels)
    resized: Floats = np.matmul(across, rows.reshape(size[0], width, channels))
    return resized


def _matrix(length: int, result: int, kernel: Kernel, blur: float) -> Floats:
    """Return blur and resize along one axis as a matrix (result, length); border pixels are repeated outside."""
    matrix: NDArray[Any] = np.eye(length)
    if length != result:
        weights, indices = contributions(length, result, result / length, kernel, antialias=True, border="replicate")
        matrix = np.zeros((result, length))
        np.add.at(matrix, (np.arange(result)[:, None], indices), weights)
        matrix = (matrix + matrix[::-1, ::-1]) / 2  # MATLAB assigns a pixel between two areas to one, a shift
    if blur > 0.0:
        matrix = matrix @ gaussian_matrix(length, blur)
    return matrix.astype(np.float32)


_cached_matrix = lru_cache(maxsize=2048)(_matrix)


def gaussian_matrix(length: int, deviation: float) -> NDArray[Any]:
    """Return a Gaussian blur along a line as a matrix (length, length); border pixels are repeated outside.

    Args:
        length: pixels of the line.
        deviation: standard deviation in pixels, above 0.
    """
    reach = int(np.ceil(3.0 * deviation))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / deviation) ** 2)
    weights /= weights.sum()
    matrix = np.zeros((length, length))
    lines = np.arange(length)[:, None]
    np.add.at(matrix, (lines, np.clip(lines + offsets, 0, length - 1)), weights)
    return matrix


def blur_randomly(image: Floats, deviation: float, random: np.random.Generator) -> Floats:
    """Blur an image by a kernel of random shape and direction.

    One in ten kernels is a sinc; the others are anisotropic, rotated, and flat-topped, Gaussian or heavy-tailed
    (Wang et al. 2021, section 3.1; Zhang et al. 2021, section 3.1).

    Args:
        image: (H, W, 3).
        deviation: standard deviation along the longer axis in pixels, above 0.
        random: random number generator of the kernel.
    """
    ringing = random.random() < _RINGING_SHARE
    angle, ratio = random.uniform(0.0, np.pi), random.uniform(0.3, 1.0)
    exponent = float(random.choice([0.5, 1.0, 1.0, 2.0, 4.0]))  # of the squared distance; 1 is a Gaussian
    reach = max(1, int(np.ceil(3.0 * deviation)))
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    height, width = padded.shape[:2]
    down = np.fft.fftfreq(height)[:, None]
    across = np.fft.rfftfreq(width)[None, :]
    if ringing:
        response: NDArray[Any] = (np.hypot(down, across) < min(0.5, 0.35 / deviation)).astype(np.float64)
    else:
        kernel = _kernel(reach, deviation, angle, ratio, exponent)
        spread = np.zeros((height, width))
        spread[: 2 * reach + 1, : 2 * reach + 1] = kernel
        response = np.fft.rfft2(np.roll(spread, (-reach, -reach), (0, 1)))
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * response[:, :, None]
    restored = np.fft.irfft2(spectrum, s=(height, width), axes=(0, 1))
    return restored[reach:-reach, reach:-reach].astype(np.float32)


def _kernel(reach: int, deviation: float, angle: float, ratio: float, exponent: float) -> NDArray[Any]:
    """Return a generalised Gaussian (2 reach + 1, 2 reach + 1) with sum 1."""
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    squared = (along / deviation) ** 2 + (across / (ratio * deviation)) ** 2
    kernel: NDArray[Any] = np.exp(-0.5 * squared**exponent)
    kernel /= kernel.sum()
    return kernel
