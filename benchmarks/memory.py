"""Peak memory of `srgan upscale` on an image of 100 megapixels, by kind of file.

    python -m benchmarks.memory [KIND ...]

The network is the smallest, for memory depends on its tiles and not on the image; the result is made small again, so
that most of the time goes into what is measured.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.commands import run
from srgan.images.formats import EncodeOptions
from srgan.images.vips import pyvips
from srgan.images.writer import ImageWriter

WIDTH, HEIGHT = 11_552, 8_664
_ROWS = 128

Save = Callable[[Any, str], None]


def _jpeg(*, progressive: bool = False) -> Save:
    return lambda image, path: image.jpegsave(path, Q=95, subsample_mode="off", interlace=progressive)


def _png(image: Any, path: str) -> None:
    image.pngsave(path, compression=1, interlace=True)


def _bmp(image: Any, path: str) -> None:
    region, size = pyvips.Region.new(image), (image.width, image.height)
    with ImageWriter(path, size=size, channels=3, depth=8, options=EncodeOptions("bmp")) as writer:
        for top in range(0, image.height, _ROWS):
            count = min(_ROWS, image.height - top)
            rows = np.frombuffer(region.fetch(0, top, image.width, count), np.uint8)
            writer.write_rows(rows.reshape(count, image.width, 3))


KINDS: dict[str, tuple[str, int, Save]] = {
    "baseline": (".jpg", 1, _jpeg()),
    "turned": (".jpg", 6, _jpeg()),
    "progressive": (".jpg", 1, _jpeg(progressive=True)),
    "progressive-turned": (".jpg", 8, _jpeg(progressive=True)),
    "interlaced-png": (".png", 1, _png),
    "webp": (".webp", 1, lambda image, path: image.webpsave(path, Q=60, effort=0)),
    "turned-tiff": (".tif", 6, lambda image, path: image.tiffsave(path)),
    "bmp": (".bmp", 1, _bmp),
}
"""By name: the file's ending, its EXIF orientation, and what writes it. JPEGs have chroma of full resolution."""


def make_photo(path: Path, *, width: int = WIDTH, height: int = HEIGHT) -> None:
    """Write an image with gradients, edges and noise as a TIFF."""
    x = pyvips.Image.xyz(width, height)
    smooth = ((x[0] / 97 + x[1] / 131) * 57.3).sin() * 60 + 128
    waves = [smooth + (part * 57.3).sin() * 30 for part in (x[0] / 7, x[1] / 11, (x[0] + x[1]) / 13)]
    noisy = waves[0].bandjoin(waves[1:]) + pyvips.Image.gaussnoise(width, height, mean=0, sigma=4, seed=0)
    noisy.cast("uchar").copy(interpretation="srgb").tiffsave(str(path))


def measure_peak(kind: str, photo: Path, folder: Path) -> float:
    """Return the peak resident memory [MB of 1,000,000 bytes] of enlarging an image of `make_photo` as such a file."""
    suffix, orientation, save = KINDS[kind]
    image = pyvips.Image.tiffload(str(photo), access="sequential").copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    source, output = folder / f"{kind}{suffix}", folder / "out.jpg"
    save(image, str(source))
    arguments = ["upscale", str(source), "-o", str(output), "--model", "espcn", "--scale", "0.25", "--overwrite"]
    peak = run(kind, arguments).peak_megabytes
    source.unlink()
    return peak * 1.048576


def main(words: Sequence[str] | None = None) -> None:
    """Measure the kinds named, or all, and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all without any")
    kinds = parser.parse_args(words).kinds or list(KINDS)
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"there is no kind {min(unknown)}")
    say = sys.stdout.write
    say("| file | peak memory, MB |\n|---|---|\n")
    with tempfile.TemporaryDirectory() as name:
        make_photo(Path(name, "photo.tif"))
        for kind in kinds:
            say(f"| {kind} | {measure_peak(kind, Path(name, 'photo.tif'), Path(name)):.0f} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
