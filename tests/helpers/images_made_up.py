"""Pictures made on the spot whose history is known: clean ones like photos and drawings, and what becomes of them."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from srgan.images.colour import Pixels
from srgan.images.image import SaveOptions, write


def photo(seed: int, width: int = 200, height: int = 160) -> Any:
    """(H, W, 3) uint8, clean: texture whose spectrum falls with frequency, much the same in all channels, and edges."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    amplitude = 1 / np.maximum(frequency, random.uniform(0.05, 0.1)) ** 2

    def texture() -> Any:
        values = np.fft.irfft2(amplitude * np.exp(2j * np.pi * random.random(amplitude.shape)), (height, width))
        return values / values.std()

    luma = 128 + 40 * texture()
    y, x = np.mgrid[0:height, 0:width]
    for _ in range(4):
        angle, at = random.uniform(0, np.pi), random.uniform(0.2, 0.8)
        distance = (x - at * width) * np.cos(angle) + (y - at * height) * np.sin(angle)
        luma += random.uniform(-20, 20) * (1 + np.tanh(distance))
    colours = luma[:, :, None] + np.stack([12 * texture() for _ in range(3)], axis=-1)
    return np.clip(np.round(colours), 0, 255).astype(np.uint8)


def drawing(seed: int, width: int = 320, height: int = 240) -> Any:
    """(H, W, 3) uint8: few colours, text and shapes on a plain ground."""
    random = np.random.default_rng(seed)

    def colour() -> tuple[int, ...]:
        return tuple(int(level) for level in random.integers(0, 256, 3))

    image = Image.new("RGB", (width, height), (255, 255, 255) if seed % 2 else colour())
    draw = ImageDraw.Draw(image)
    for number in range(12):
        left, top = (int(random.integers(0, side)) for side in (width, height))
        box = (left, top, left + int(random.integers(8, 120)), top + int(random.integers(8, 90)))
        if number % 3 == 0:
            draw.rectangle(box, fill=colour())
        elif number % 3 == 1:
            draw.ellipse(box, fill=colour(), outline=colour())
        else:
            draw.text((left, top), "what is written here 0123456789", fill=colour())
    return np.asarray(image)


def jpeg(pixels: Pixels, quality: int, *, subsampling: int = 2, **options: Any) -> bytes:
    """A JPEG file of libjpeg; subsampling 0 is 4:4:4, 2 is 4:2:0."""
    return _saved(pixels, "JPEG", quality=quality, subsampling=subsampling, **options)


def webp(pixels: Pixels, **options: Any) -> bytes:
    """A WebP file of libwebp."""
    return _saved(pixels, "WEBP", **options)


def png(pixels: Pixels) -> bytes:
    """A PNG file."""
    return _saved(pixels, "PNG", compress_level=1)


def decoded(contents: bytes) -> Any:
    """The pixels of a file."""
    with Image.open(io.BytesIO(contents)) as image:
        return np.asarray(image)


def noisy(pixels: Pixels, level: float, *, gray: bool = False, seed: int = 0) -> Any:
    """With white noise of this standard deviation, in each channel its own or in all the same."""
    height, width, channels = pixels.shape
    noise = np.random.default_rng(seed).normal(0, level, (height, width, 1 if gray else channels))
    return np.clip(np.round(pixels + noise), 0, 255).astype(np.uint8)


def deep_tiff(pixels: Pixels, folder: Any, *, level: float = 0.3) -> bytes:
    """A TIFF file of 16 bits a channel, with noise of this level of 255 in the bits that 8 do not hold."""
    noise = np.random.default_rng(0).normal(0, 257 * level, pixels.shape)
    deep = np.clip(np.round(257.0 * pixels + noise), 0, 65_535).astype(np.uint16)
    write(folder / "deep.tif", deep, options=SaveOptions("tiff"), overwrite=True)
    return bytes((folder / "deep.tif").read_bytes())


def _saved(pixels: Pixels, format: str, **options: Any) -> bytes:
    contents = io.BytesIO()
    Image.fromarray(pixels).save(contents, format, **options)
    return contents.getvalue()
