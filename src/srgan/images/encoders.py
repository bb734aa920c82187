"""libvips' encoders: their settings for each format, and images in the depth that a format holds."""

from typing import Any

from srgan.images.colour import Depth
from srgan.images.formats import FORMATS, EncodeOptions

_CLASSIC_TIFF = 3_900_000_000  # bytes; offsets in a classic TIFF end at 4 GiB
_TILE = 128  # pixels; libvips holds some rows of tiles of every copy, which for wide images is most of the memory


def saver(
    options: EncodeOptions, size: tuple[int, int], channels: int, depth: Depth, *, lossless: bool = False
) -> tuple[str, dict[str, Any]]:
    """Return the libvips operation that writes a format, and its settings."""
    if options.format == "jpeg":
        # Full resolution of colour: a network has just drawn it.
        return "jpegsave_target", {"Q": options.quality, "subsample_mode": "off"}
    # Five photos enlarged to 46 Mpx: Mpx/s of one core, bytes a pixel.
    # PNG, level and filter: 1 up 85, 0.93; 2 up 55, 0.62; 3 up 43, 0.56; 3 paeth 31, 0.55; 6 up 16, 0.52.
    # TIFF, level: 1 83, 1.03; 2 51, 0.67; 3 41, 0.62; 4 31, 0.59; 6 13, 0.56.
    # WebP, effort: 0 7.0, 0.08; 4 4.9, 0.07. AVIF, effort: 0 15, 0.06; 2 2.1, 0.07; 4 0.2, 0.06.
    if options.format == "webp":
        settings: dict[str, Any] = {"Q": options.quality, "effort": 4, "exact": True}  # colour under alpha 0 too
        return "webpsave_target", settings | ({"lossless": True} if lossless else {"smart_subsample": True})
    if options.format == "avif":
        bits = min(depth, FORMATS["avif"].deepest)
        settings = {"Q": options.quality, "bitdepth": bits, "compression": "av1", "effort": 2, "lossless": lossless}
        return "heifsave_target", {**settings, "subsample_mode": "off"}
    if options.format == "tiff":
        copies = 4 / 3 if options.pyramid else 1
        big = size[0] * size[1] * channels * depth // 8 * copies > _CLASSIC_TIFF
        # Deflate and not the newer zstd, which many programs cannot read; libvips from PyPI cannot either.
        predictor = "none" if depth == 32 else "horizontal"  # few programs read the one for floats
        settings = {"compression": "deflate", "predictor": predictor, "level": 3, "bigtiff": big}
        if options.pyramid:
            settings |= {"tile": True, "tile_width": _TILE, "tile_height": _TILE}
        return "tiffsave_target", settings
    return "pngsave_target", {"compression": 3, "filter": "up"}


def fit_depth(image: Any, format: str) -> Any:
    """Return the libvips image rounded to the bits that a format holds; libvips would cut the lower ones off."""
    deepest, top = FORMATS[format].deepest, {"uchar": 255, "ushort": 65_535, "float": 1}[image.format]
    if top == 255 or deepest == 32 or (deepest == 16 and top > 1):
        return image
    levels = image.linear(((1 << deepest) - 1) / top, 0.5)  # of 16 bits never a tie: 65535 is odd
    if deepest == 8:
        return levels.cast("uchar").copy(interpretation="b-w" if image.bands < 3 else "srgb")
    deep = levels.cast("ushort").copy(interpretation="grey16" if image.bands < 3 else "rgb16")
    return deep if deepest == 16 else deep << (16 - deepest)  # which is where libvips looks for them


def without_gray(image: Any) -> Any:
    """Return the libvips image as RGB or RGBA."""
    if image.bands > 2:
        return image
    rest = [image.extract_band(1)] if image.bands == 2 else []
    gray = image.extract_band(0)
    return gray.bandjoin([gray, gray, *rest]).copy(interpretation="srgb")
