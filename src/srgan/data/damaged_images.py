"""Folders of damaged low-resolution images, made from photos by a mix of degradations."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srgan.data.degradations import degrade, draw, seeded
from srgan.data.mixes import Mix, shares
from srgan.data.prepare import rgb8
from srgan.data.prepared_set import Pixels
from srgan.errors import DataError, PictureError
from srgan.files import AtomicFolder, make_folder
from srgan.images.image import write
from srgan.progress import NoProgress, Progress


@dataclass(frozen=True)
class DamagedImages:
    """Result for each image of a folder, in one of the two."""

    written: dict[str, str]
    """Path of each written image, relative to the destination, and the name of its mix."""
    left_out: dict[str, str]
    """Unusable files, with the reason."""


def write_damaged(
    images: Sequence[Path],
    source: Path,
    destination: Path,
    *,
    mix: str,
    scale: int = 4,
    seed: int = 0,
    progress: Progress | None = None,
) -> DamagedImages:
    """Write a damaged low-resolution PNG of the same name for every image of a folder.

    The damage depends only on the seed and the image's path below `source`. After an error or an interruption, nothing
    is left of the results.

    Args:
        images: files below `source`, of any format that srgan reads.
        source: folder whose subfolders the destination gets too.
        destination: a new or empty folder.
        mix: name of a mix, or `everyday`, which draws one for each image.
        scale: downscaling factor; images are cropped to a multiple of it at the right and bottom.
        seed: random seed.
        progress: counts images.

    Raises:
        UsageError: if there is no such mix.
        DataError: if two images would get the same name, or none can be used.
        OutputError: if the destination holds files, or cannot be written.
    """
    progress = progress or NoProgress()
    choices = shares(mix)
    places = _places(images, source)
    found = DamagedImages({}, {})
    with AtomicFolder(destination) as folder:
        progress.start("damaging images", len(places))
        for path, place in places.items():
            random = seeded(str(seed), place.as_posix())
            drawn = draw(choices, random)
            try:
                low = _reduce(path, drawn, scale, random)
            except (PictureError, OSError) as error:  # OSError: a disk that fails during reading
                found.left_out[str(path)] = str(error)
            else:
                make_folder((folder / place).parent)
                write(folder / place, low)
                found.written[place.as_posix()] = drawn.name
            progress.advance()
        if not found.written:
            first = next(iter(found.left_out.values()), "there was none")
            raise DataError(f"none of the {len(places)} images could be used: give intact ones; the first: {first}")
    return found


def _reduce(path: Path, mix: Mix, scale: int, random: np.random.Generator) -> Pixels:
    high = rgb8(path)
    height, width = (side // scale * scale for side in high.shape[:2])
    if min(height, width) == 0:
        raise PictureError(f"{path} is {high.shape[1]}x{high.shape[0]}, less than the scale of {scale}: leave it out")
    return degrade(high[:height, :width], mix, scale=scale, random=random)


def _places(images: Sequence[Path], source: Path) -> dict[Path, Path]:
    """Return the result's path of each image, relative to the destination."""
    taken: dict[Path, Path] = {}
    for path in images:
        place = path.relative_to(source).with_suffix(".png")
        if place in taken:
            raise DataError(f"{taken[place]} and {path} would both become {place}: rename one of them")
        taken[place] = path
    return {path: place for place, path in taken.items()}
