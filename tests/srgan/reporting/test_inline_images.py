"""Images in a page are the files to the bit, within the budget of bytes."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.errors import PictureError
from srgan.reporting.inline_images import Scene, find_crop, inline_images
from tests.helpers.noise import noise, save


@pytest.fixture
def scenes(tmp_path: Path) -> list[Scene]:
    """Two images of 192x144 in two versions, which differ to the right of 104 and below 80."""
    found = []
    for name in "ab":
        high = noise(192, 144, seed=ord(name))
        spoilt = high.copy()
        spoilt[80:, 104:] ^= 31
        files = {kind: tmp_path / f"{name}-{kind}.png" for kind in ("high", "low", "near", "far")}
        for kind, pixels in zip(files, (high, high[::4, ::4], high, spoilt), strict=True):
            save(files[kind], np.ascontiguousarray(pixels))
        found.append(Scene(name, files["high"], files["low"], {"near": files["near"], "far": files["far"]}))
    return found


def test_embedded_images_are_the_files_to_the_bit(scenes: list[Scene]) -> None:
    album = inline_images(scenes)
    assert album.side is None
    shown = album.scenes[1]
    assert (shown.place, shown.width, shown.height, shown.scale, shown.crop) == (1, 192, 144, 4, (96, 48, 96, 96))
    assert [(version.name, version.restored) for version in shown.versions] == [
        ("HR", False), ("LR", False), ("near", True), ("far", True),
    ]  # fmt: skip
    paths = [scenes[1].high, scenes[1].low, *scenes[1].restored.values()]
    for version, path in zip(shown.versions, paths, strict=True):
        assert path is not None
        with (
            Image.open(io.BytesIO(base64.b64decode(version.source.partition(",")[2]))) as seen,
            Image.open(path) as file,
        ):
            assert np.array_equal(np.asarray(seen), np.asarray(file))


def test_the_budget_is_kept(scenes: list[Scene]) -> None:
    whole = sum(len(version.source) for shown in inline_images(scenes).scenes for version in shown.versions)
    small = inline_images(scenes, limit=whole // 2)
    assert small.side == 128
    assert [(shown.width, shown.height) for shown in small.scenes] == [(128, 128)] * 2
    assert inline_images(scenes, limit=10).scenes == inline_images([]).scenes == ()


def test_a_version_of_another_size_is_refused(scenes: list[Scene]) -> None:
    save(scenes[0].restored["far"], noise(10, 10))
    with pytest.raises(PictureError, match="a by far is not as large as its reference"):
        inline_images(scenes)


def test_a_scene_without_low_resolution_image_has_a_scale_of_1(scenes: list[Scene]) -> None:
    shown = inline_images([Scene("a", scenes[0].high, None, {})]).scenes[0]
    assert (shown.scale, [version.name for version in shown.versions]) == (1, ["HR"])


def test_the_crop_lies_on_the_grid_of_low_resolution_pixels() -> None:
    images = np.zeros((2, 61, 75, 3), np.uint8)
    images[1, 33:45, 50:70] = 255
    left, top, width, height = find_crop(list(images), 30, 4)
    assert (width, height) == (28, 28)
    assert left % 4 == top % 4 == 0
    assert left <= 50 < 70 <= left + width
    assert top <= 33 < 45 <= top + height
    assert find_crop(list(images[:, :3, :2]), 96, 4) == (0, 0, 2, 3)
