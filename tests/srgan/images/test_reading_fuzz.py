"""Damaged files: whatever is in them, a picture or one clear line comes out, soon, and nothing reaches the terminal."""

import io
import random
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from srgan.errors import PictureError
from srgan.images.image import read
from tests.helpers.images_made_up import DEEP_HEIC, HEIC

MUTATIONS = 500
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "jpeg": [{}, {"progressive": True}],
    "png": [{}],
    "webp": [{}, {"lossless": True}],
    "tiff": [{}, {"compression": "tiff_adobe_deflate"}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}],
    "avif": [{}],
    "gif": [{}],
    "bmp": [{}],
    "heic": [],
}


def _samples(format: str) -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    tags = Image.Exif()
    tags[0x010E], tags[0x0112] = "A cat", 6
    tags.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    carried: dict[str, Any] = {} if format in ("gif", "bmp") else {"exif": tags, "icc_profile": icc}
    samples = [HEIC, DEEP_HEIC] if format == "heic" else []
    for options in SAMPLES[format]:
        with io.BytesIO() as file:
            Image.fromarray(pixels).save(file, format, **options, **carried)
            samples.append(file.getvalue())
    return samples


def _mutated(data: bytes, chance: random.Random) -> bytes:
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


def _refusal(data: bytes) -> str:
    try:
        read(data)
    except PictureError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("format", SAMPLES)
def test_mutations(format: str, capfd: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(format)
    samples = _samples(format)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(MUTATIONS):
        data = _mutated(chance.choice(samples), chance)
        began = time.monotonic()
        message = _refusal(data)
        assert time.monotonic() - began < 10, message
        assert "\n" not in message
        assert len(message) < 300
        outcomes["refused" if message else "read"] += 1
    assert min(outcomes.values()) > MUTATIONS // 20, outcomes
    assert capfd.readouterr() == ("", "")
