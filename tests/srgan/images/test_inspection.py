"""What was done to a picture is found out from its content, whatever it is called."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan.errors import PictureError
from srgan.images.block_grid import BlockGrid
from srgan.images.inspection import Inspection, inspect_opened, inspect_pixels
from srgan.images.reader import DEFAULT_MAX_PIXELS, ImageReader
from tests.helpers.image_files import oriented, saved
from tests.helpers.images_made_up import HEIC, decoded, deep_tiff, drawing, jpeg, noisy, photo, png, webp

Case = tuple[str, bool, bytes]


def inspect_file(source: Path | bytes, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Inspection:
    with ImageReader(source, upright=False, max_pixels=max_pixels) as reader:
        return inspect_opened(reader)


def cropped(pixels: Any, chance: random.Random) -> Any:
    return pixels[chance.randrange(16) :, chance.randrange(16) :]


def cases(pictures: list[Any], folder: Path) -> Iterator[Case]:
    """Kind, whether it is damaged, and file, of every picture in every way."""
    chance = random.Random(0)
    ways: dict[str, tuple[bool, Callable[[Any], bytes]]] = {
        "PNG": (False, png),
        "PNG of a JPEG of 40-85": (True, lambda x: png(decoded(_jpeg(x, chance, 40, 85)))),
        "PNG of a JPEG, cropped": (True, lambda x: png(cropped(decoded(_jpeg(x, chance, 40, 85)), chance))),
        "PNG of a JPEG of 95-100": (False, lambda x: png(decoded(_jpeg(x, chance, 95, 100)))),
        "JPEG": (True, lambda x: _jpeg(x, chance, 30, 100)),
        "JPEG of 98 of a JPEG": (True, lambda x: jpeg(cropped(decoded(jpeg(x, 75)), chance), 98)),
        "WebP": (True, lambda x: webp(x, quality=chance.randint(30, 100))),
        "WebP without losses": (False, lambda x: webp(x, lossless=True)),
        "noise of 5": (True, lambda x: png(noisy(x, 5))),
        "noise of 10": (True, lambda x: png(noisy(x, 10))),
        "TIFF of 16 bits": (False, lambda x: deep_tiff(x, folder)),
        "TIFF of 16 bits, noise of 6": (True, lambda x: deep_tiff(x, folder, level=6)),
    }
    for kind, (damaged, make) in ways.items():
        for pixels in pictures:
            yield kind, damaged, make(pixels)
    for seed in range(20):
        yield "drawing", False, png(drawing(seed))


def _jpeg(pixels: Any, chance: random.Random, lowest: int, highest: int) -> bytes:
    return jpeg(pixels, chance.randint(lowest, highest), subsampling=chance.choice([0, 2]))


def right_by_kind(judged: Iterator[Case]) -> dict[str, tuple[int, int]]:
    """How many of each kind were judged rightly, of how many."""
    counts: dict[str, tuple[int, int]] = {}
    for kind, damaged, contents in judged:
        right, of = counts.get(kind, (0, 0))
        counts[kind] = right + (inspect_file(contents).damaged == damaged), of + 1
    return counts


def test_made_up_pictures_are_judged_rightly(tmp_path: Path) -> None:
    counts = right_by_kind(cases([photo(seed) for seed in range(15)], tmp_path))
    assert sum(of for _, of in counts.values()) >= 180
    assert {kind for kind, (right, of) in counts.items() if right < of} == set()


@pytest.mark.slow
def test_real_pictures_are_judged_rightly(data_folder: Path, tmp_path: Path) -> None:
    """Clean ones are photos made half as large, which no trace of their JPEGs survives."""
    counts = right_by_kind(cases([_halved(path) for path in _some(data_folder)], tmp_path))
    right, of = (sum(numbers) for numbers in zip(*counts.values(), strict=True))
    assert of >= 300
    assert right >= 0.95 * of, counts
    assert all(right >= 0.85 * of for right, of in counts.values()), counts


def _some(data_folder: Path) -> list[Path]:
    sets = ("Set5", "Set14", "BSD100")
    return [path for name in sets for path in sorted((data_folder / "testsets" / name).glob("*.png"))][::5]


def _halved(path: Path) -> Any:
    with Image.open(path) as image:
        small = image.convert("RGB").resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)
    return np.asarray(small)


def test_a_name_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(jpeg(photo(0), 60))
    found = inspect_file(tmp_path / "photo.png")
    assert found == Inspection(8, "jpeg", 60, "4:2:0")
    assert (found.damaged, found.reason) == (True, "it is a JPEG of quality 60")


def test_where_the_header_settles_it_no_pixel_is_decoded() -> None:
    contents = jpeg(photo(0), 60)
    cut = contents[: contents.index(b"\xff\xda") + 40]
    assert inspect_file(cut) == inspect_file(contents)
    lossless = png(photo(0))
    with pytest.raises(PictureError, match="damaged"):
        inspect_file(lossless[: len(lossless) // 2])


def test_arrays_are_judged_by_pixels_alone() -> None:
    pixels = decoded(jpeg(photo(0), 70))
    found = inspect_pixels(pixels)
    assert found.lossy is None
    assert found.grid is not None
    assert found.reason == "it was once a JPEG (8x8 blocks)"
    assert found == inspect_file(png(pixels))
    assert not inspect_pixels(photo(0)[:, :, 0]).damaged
    assert inspect_pixels(257 * noisy(photo(0), 8).astype(np.uint16)).bits == 16


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Inspection(8), None),
        (Inspection(8, grid=BlockGrid(0.05, (0, 0)), noise=0.5), None),
        (Inspection(8, "jpeg", 97), "it is a JPEG of quality 97"),
        (Inspection(8, "webp", 80, "4:2:0"), "it is a WebP of quality 80"),
        (Inspection(8, "avif"), "it is an AVIF of unknown quality"),
        (Inspection(8, grid=BlockGrid(0.6, (3, 1))), "it was once a JPEG (8x8 blocks)"),
        (Inspection(16, grid=BlockGrid(0.0, (0, 0)), noise=8.8), "it has noise of 9 levels"),
    ],
)
def test_the_reason_is_said_in_words(found: Inspection, reason: str | None) -> None:
    assert found.damaged == (reason is not None)
    assert found.reason == (reason or "it is clean")


def test_avif_and_heic_are_lossy() -> None:
    assert inspect_file(saved(photo(0, 60, 40), "avif")) == Inspection(8, "avif")
    assert inspect_file(HEIC).reason == "it is a HEIC of unknown quality"


def test_a_cut_out_is_judged_by_what_is_seen() -> None:
    """The plain ground under full transparency is not seen, the noise beside it is."""
    pixels = np.dstack([noisy(photo(0), 20), np.full((160, 200), 255, np.uint8)])
    pixels[:, :100, :3] = 120
    assert not inspect_pixels(pixels).damaged
    pixels[:, :100, 3] = 0
    assert inspect_pixels(pixels).damaged


def test_a_photo_that_lies_on_its_side_is_read_in_one_pass() -> None:
    assert inspect_file(jpeg(photo(0), 98, exif=oriented(6))) == inspect_file(jpeg(photo(0), 98))


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(PictureError, match="max-pixels"):
        inspect_file(jpeg(photo(0), 60), max_pixels=100)
    with pytest.raises(PictureError, match="not a picture"):
        inspect_file(b"no picture at all")
