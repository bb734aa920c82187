"""Damage that an image has already taken: compression, by its file and its pixels, and noise.

The content of the file counts, never its name. A lossy file is damaged, whatever its quality: networks trained on clean
images enlarge even what a camera's JPEG of quality 97 leaves (docs/decisions/0038). Of such a file no pixel is decoded.
"""

from dataclasses import dataclass, replace

from srgan.images.block_grid import BlockGrid, find_grid
from srgan.images.colour import Depth, Pixels
from srgan.images.input_bytes import InputBytes
from srgan.images.jpeg_header import read_jpeg_header
from srgan.images.noise import noise_level
from srgan.images.reader import ImageReader
from srgan.images.sample import Window, sample_file, sample_pixels
from srgan.images.webp_header import read_webp_header

GRID_STRENGTH = 0.55
"""From here on pixels were once a JPEG, of quality below 93; below 86 it is nearly always reached (see BlockGrid)."""

NOISE_LEVEL = 2.0
"""Standard deviation [levels of 255] from which on noise would be enlarged into grain."""

_NAMES = {"jpeg": "a JPEG", "webp": "a WebP", "avif": "an AVIF", "heic": "a HEIC"}


@dataclass(frozen=True)
class Inspection:
    """Damage of an image. What was not measured, because the rest decides, is None."""

    bits: Depth
    """Bits a channel."""
    lossy: str | None = None
    """The format that compressed it with losses: `jpeg`, `webp`, `avif` or `heic`."""
    quality: int | None = None
    """From 1 to 100, on the scale of libjpeg or libwebp; None where the file does not tell."""
    subsampling: str | None = None
    """Of chroma, `4:2:0` and the like, where the file tells."""
    grid: BlockGrid | None = None
    """Traces of JPEG in the pixels."""
    noise: float | None = None
    """Standard deviation a channel, in levels of 255."""

    @property
    def damaged(self) -> bool:
        """Whether there is more damage than a network trained on clean images should be given."""
        return self._damage is not None

    @property
    def reason(self) -> str:
        """Why it is damaged, or that it is clean: a clause about `it`."""
        return self._damage or "it is clean"

    @property
    def _damage(self) -> str | None:
        if self.lossy is not None:
            quality = "unknown quality" if self.quality is None else f"quality {self.quality}"
            return f"it is {_NAMES[self.lossy]} of {quality}"
        if self.grid is not None and self.grid.strength >= GRID_STRENGTH:
            return "it was once a JPEG (8x8 blocks)"
        if self.noise is not None and self.noise >= NOISE_LEVEL:
            return f"it has noise of {self.noise:.0f} levels"
        return None


def inspect_opened(reader: ImageReader) -> Inspection:
    """Inspect a file that was opened with `upright=False`, of which no row has been read; some are read here.

    Raises:
        PictureError: if it cannot be read, as far as it was.
    """
    found = Inspection(reader.info.depth, *_of_header(reader.source))
    return found if found.damaged else _with_pixels(found, sample_file(reader))


def inspect_pixels(pixels: Pixels) -> Inspection:
    """Inspect an array (H, W) or (H, W, C) of uint8 or uint16, C from 1 to 4."""
    whole: Pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    return _with_pixels(Inspection(8 if whole.itemsize == 1 else 16), sample_pixels(whole))


def _of_header(opened: InputBytes) -> tuple[str | None, int | None, str | None]:
    """Return lossy format, quality and subsampling, as far as the header tells."""
    if opened.format == "jpeg":
        jpeg = read_jpeg_header(opened.jpeg)
        return "jpeg", jpeg.quality, jpeg.subsampling
    if opened.format == "webp":
        webp = read_webp_header(opened.read_at)
        return ("webp", webp.quality, "4:2:0") if webp.lossy else (None, None, None)
    return (opened.format if opened.format in ("avif", "heic") else None), None, None


def _with_pixels(found: Inspection, windows: list[Window]) -> Inspection:
    return replace(found, grid=find_grid(windows), noise=noise_level(windows))
