"""Options are checked without an image; sizes keep proportions; marks tell results apart."""

from typing import Any

import pytest

from srgan.errors import UsageError
from srgan.images.image import ImageInfo
from srgan.upscale.options import UpscaleOptions

WIDE, HIGH = (ImageInfo(width, height, 3, 8, "jpeg") for width, height in ((40, 30), (30, 40)))


@pytest.mark.parametrize(
    ("options", "wide", "high", "mark"),
    [
        ({}, (160, 120), (120, 160), "-x4"),
        ({"scale": 2.5}, (100, 75), (75, 100), "-x2.5"),
        ({"scale": 0.01}, (1, 1), (1, 1), "-x0.01"),
        ({"width": 1920}, (1920, 1440), (1920, 2560), "-w1920"),
        ({"height": 1000}, (1333, 1000), (750, 1000), "-h1000"),
        ({"long_side": 1000}, (1000, 750), (750, 1000), "-l1000"),
    ],
)
def test_sizes_and_marks(options: dict[str, Any], wide: tuple[int, int], high: tuple[int, int], mark: str) -> None:
    asked = UpscaleOptions(**options)
    assert (asked.size(WIDE, 4), asked.size(HIGH, 4)) == (wide, high)
    assert asked.mark(4) == mark
    assert asked.mark(4, 0.7) == f"{mark}-f0.7"
    assert asked.mark(4, ensemble=True) == f"{mark}-ensemble"


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        *(({"scale": value}, "scale") for value in (0.0, float("nan"), -2.0, 65.0, 1e9)),
        *(({name: 0}, name) for name in ("width", "height", "long_side", "max_pixels")),
        ({"quality": 0}, "quality"),
        ({"quality": 101}, "quality"),
        ({"format": "xyz"}, "format"),
        ({"scale": 2, "width": 100}, "scale"),
        ({"height": 100, "long_side": 100}, "height"),
        ({"lossless": True, "format": "jpg"}, "lossless"),
    ],
)
def test_what_is_refused_without_an_image(options: dict[str, Any], parameter: str) -> None:
    with pytest.raises(UsageError) as raised:
        UpscaleOptions(**options)
    assert raised.value.parameter == parameter
    assert parameter in str(raised.value)


@pytest.mark.parametrize("name", ["width", "height", "long_side"])
def test_more_than_64_times_is_refused(name: str) -> None:
    side = 30 if name == "height" else 40
    UpscaleOptions(**{name: 64 * side}).size(WIDE, 4)  # type: ignore[arg-type]
    with pytest.raises(UsageError) as raised:
        UpscaleOptions(**{name: 64 * side + 1}).size(WIDE, 4)  # type: ignore[arg-type]
    assert raised.value.parameter == name


@pytest.mark.parametrize(
    ("options", "formats"),
    [
        ({}, {"jpeg": "jpeg", "webp": "webp", "heic": "jpeg", "gif": "png", None: "png"}),
        ({"format": ".TIF"}, {"jpeg": "tiff", "gif": "tiff"}),
        ({"lossless": True}, {"jpeg": "png", "webp": "webp", "avif": "avif", "heic": "png"}),
    ],
)
def test_formats_of_results(options: dict[str, Any], formats: dict[str | None, str]) -> None:
    asked = UpscaleOptions(**options)
    assert {source: asked.result_format(source) for source in formats} == formats
