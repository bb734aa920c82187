"""Small image files of every kind that srgan reads, and damage done to files by chance."""

import random
from typing import Any

import numpy as np
from PIL import Image

from tests.helpers.image_files import SRGB_PROFILE, oriented, saved
from tests.helpers.images_made_up import DEEP_HEIC, HEIC, photo

SAMPLES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "jpeg": [("RGB", {}), ("RGB", {"progressive": True}), ("L", {}), ("CMYK", {})],
    "png": [("RGB", {}), ("RGBA", {}), ("P", {"transparency": 3}), ("I;16", {})],
    "webp": [("RGB", {}), ("RGB", {"lossless": True}), ("RGBA", {}), ("RGB", {"save_all": True})],
    "tiff": [
        ("RGB", {}),
        ("RGB", {"compression": "tiff_adobe_deflate"}),
        ("RGBA", {"compression": "tiff_lzw"}),
        ("RGB", {"compression": "jpeg"}),
        ("I;16", {}),
        ("F", {}),
    ],
    "avif": [("RGB", {"subsampling": "4:4:4"}), ("RGBA", {"subsampling": "4:4:4"})],
    "gif": [("P", {}), ("P", {"save_all": True})],
    "bmp": [("RGB", {}), ("P", {}), ("1", {})],
}
"""By format: the mode of Pillow in which samples are saved, and options."""
FORMATS = (*SAMPLES, "heic")


def samples(format: str) -> list[bytes]:
    """Return intact files of a format, with EXIF and a colour profile where it holds them."""
    if format == "heic":
        return [HEIC, DEEP_HEIC]
    tags = oriented(6)
    tags[0x010E] = "A cat"
    tags.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    carried: dict[str, Any] = {} if format in ("gif", "bmp") else {"exif": tags, "icc_profile": SRGB_PROFILE}
    found = []
    for mode, options in SAMPLES[format]:
        image = _picture(0, mode)
        more = {"append_images": [_picture(1, mode)]} if "save_all" in options else {}
        found.append(saved(image, format, **options, **carried, **more))
    return found


def _picture(seed: int, mode: str) -> Image.Image:
    pixels = photo(seed, 40, 32)
    if mode == "F":
        return Image.fromarray(pixels[:, :, 0].astype(np.float32) / 255)
    if mode == "I;16":
        return Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 257)
    image = Image.fromarray(pixels).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(pixels[:, :, 1]))
    return image


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Cut, with other bytes anywhere, with telling bytes in the header, or with a stretch copied elsewhere."""
    changed, kind = bytearray(data), chance.randrange(4)
    if kind == 0:
        return data[: chance.randrange(len(data))]
    if kind == 1:
        for _ in range(chance.randint(1, 8)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    elif kind == 2:
        for _ in range(chance.randint(1, 8)):
            changed[chance.randrange(min(len(changed), 400))] = chance.choice([0, 1, 127, 128, 255])
    else:
        to, start, length = chance.randrange(len(data)), chance.randrange(len(data)), chance.randint(1, 64)
        changed[to : to + length] = data[start : start + length]
    return bytes(changed)
