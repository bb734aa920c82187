"""Cut degraded patches for a teacher, and prepare what it made of them for training.

    python -m runs.teacher_patches cut cache/photos cache/teacher/patches.npy --number 9000
    chrt -i 0 python -m runs.teaching cache/teacher/patches.npy cache/teacher/targets.npy
    python -m runs.teacher_patches prepare cache/photos cache/teacher cache/photos-taught --plain 4000 --text 900 \
        --faces 1500 --calm 700

Patches of drawn text (`runs.drawn_text`) are added, since of text the teacher makes other glyphs; their targets are the
softer, the less can be read in the degraded patch. So are more patches of photos whose targets are the originals: of
small faces the teacher makes others, too. Some of them show faces (`runs.photo_faces`), some hardly anything: of walls
and skies a student must see enough to learn that there is nothing to draw.

Places and damage of patch n are a pure function of n and the prepared photos. A target is corrected before it is
learned from: what its downscaled image lacks of the original's, blurred, is added (back-projection, Irani and Peleg
1991). So students learn the teacher's edges, which follow from what they see, and the original's tones. With
`--original`, that share of the original is mixed in, whose grain the teacher takes away.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from rich.console import Console
from scipy.ndimage import gaussian_filter

from runs import photo_faces
from runs.drawn_text import draw_text, softened
from runs.teaching import PATCH, Pixels
from srgan.data.crops import CropDegradation
from srgan.data.mixes import EVERYDAY_NAME
from srgan.data.prepared_set import NewSet, PreparedPictures
from srgan.errors import DataError, SrganError
from srgan.images.colour import from_float, to_float
from srgan.images.resize import imresize

SCALE = 4
CANDIDATES = 3
"""Places drawn for a patch, of which the one with the most detail is taken, or with the least for a calm one."""
VALIDATION = 40
"""Patches that are kept back, the last ones."""
_TONES = 2.0
"""Standard deviation of the blur of corrections, in low-resolution pixels."""
_FIRST_TEXT = 100_000
"""Apart from the images of text in sets of whole photos."""


def place(pictures: PreparedPictures, number: int, *, calm: bool = False) -> tuple[Pixels, Pixels, Pixels]:
    """Return patch `number`: degraded (64, 64, 3), clean (64, 64, 3) and original (256, 256, 3)."""
    random = np.random.Generator(np.random.Philox(key=[PATCH, number]))
    usable = np.flatnonzero(np.array(pictures.low_sizes).min(axis=1) >= PATCH)
    places = []
    for _ in range(CANDIDATES):
        picture = int(usable[random.integers(len(usable))])
        low, _ = pictures[picture]
        top, left = (int(random.integers(side - PATCH + 1)) for side in low.shape[:2])
        places.append((_detail(low[top : top + PATCH, left : left + PATCH]), picture, top, left))
    _, picture, top, left = min(places) if calm else max(places)
    low, high = pictures[picture]
    seed = int(random.integers(2**63 - 1))
    degraded = CropDegradation(EVERYDAY_NAME).crop(low, high, top, left, (PATCH, PATCH), seed)
    rows, columns = (slice(SCALE * first, SCALE * (first + PATCH)) for first in (top, left))
    return degraded, low[top : top + PATCH, left : left + PATCH], high[rows, columns]


def text_patch(number: int) -> tuple[Pixels, Pixels]:
    """Return patch `number` of drawn text: degraded (64, 64, 3) and target (256, 256, 3)."""
    high = draw_text(_FIRST_TEXT + number, SCALE * PATCH)
    low = imresize(high, 1.0 / SCALE, border="replicate")
    degraded = CropDegradation(EVERYDAY_NAME).crop(low, high, 0, 0, (PATCH, PATCH), number)
    return degraded, softened(high, low, degraded)


def face_patch(pictures: PreparedPictures, faces: list[photo_faces.Face], number: int) -> tuple[Pixels, Pixels]:
    """Return patch `number` of a face: degraded (64, 64, 3) and original (256, 256, 3)."""
    high = photo_faces.cut_face(pictures, faces, number, SCALE * PATCH)
    low = imresize(high, 1.0 / SCALE, border="replicate")
    return CropDegradation(EVERYDAY_NAME).crop(low, high, 0, 0, (PATCH, PATCH), number), high


def _detail(low: Pixels) -> float:
    """Return the mean difference between neighbouring pixels, in levels."""
    levels = low.astype(np.float32)
    return float(sum(np.abs(np.diff(levels, axis=axis)).mean() for axis in (0, 1)))


def corrected(target: Pixels, clean: Pixels) -> Pixels:
    """Return a target whose downscaled image has the tones of the clean one.

    Finer differences are left: a student cannot see them in a damaged image, and would learn blurred edges.

    Args:
        target: (4 * H, 4 * W, 3).
        clean: (H, W, 3).
    """
    image: NDArray[np.float32] = to_float(target)
    missing = to_float(clean) - imresize(image, 1.0 / SCALE, border="replicate")
    missing = gaussian_filter(missing, (_TONES, _TONES, 0.0), mode="nearest")
    image = image + imresize(missing, float(SCALE), border="replicate")
    return from_float(np.clip(image, 0.0, 1.0), 8).astype(np.uint8)


def mixed(target: Pixels, high: Pixels, share: float) -> Pixels:
    """Return a target with a share of the original in it."""
    return from_float((1.0 - share) * to_float(target) + share * to_float(high), 8).astype(np.uint8)


def cut(photos: Path, path: Path, number: int) -> None:
    """Write so many degraded patches to a `.npy` file."""
    training, _ = PreparedPictures(photos).split()
    path.parent.mkdir(parents=True, exist_ok=True)
    patches = open_memmap(path, mode="w+", dtype=np.uint8, shape=(number, PATCH, PATCH, 3))
    for index in range(number):
        patches[index] = place(training, index)[0]
    patches.flush()


@dataclass(frozen=True)
class Added:
    """How many patches without a teacher's target are added, by what they show."""

    plain: int = 0
    calm: int = 0
    text: int = 0
    faces: int = 0


def prepare(photos: Path, folder: Path, output: Path, *, original: float = 0.0, added: Added | None = None) -> int:
    """Write a prepared set of the patches whose targets are made, and return their number.

    Its entries are named "taught N", "plain N", "calm N", "text N" and "face N".

    Args:
        photos: folder of prepared photos.
        folder: that of `patches.npy` and `targets.npy`.
        output: folder of the set.
        original: share of the original in the corrected targets, 0 to 1.
        added: further patches; none without it.

    Raises:
        DataError: if there are no targets, or patches of other photos, or faces are wanted and none is listed.
    """
    try:
        done = int(json.loads((folder / "targets.json").read_text(encoding="utf-8"))["done"])
        patches, targets = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("patches", "targets"))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder} holds no targets: run runs.teaching first ({error})") from error
    whole = PreparedPictures(photos)
    if whole.comparison is None:
        raise DataError(f"{photos} was not compared with test pictures: prepare it again")
    training, _ = whole.split()
    with NewSet(output) as taught:
        for index in range(done):
            degraded, clean, high = place(training, index)
            if not np.array_equal(degraded, patches[index]):
                raise DataError(f"{folder} holds patches of other photos than {photos}: cut them again")
            target = mixed(corrected(np.asarray(targets[index]), clean), high, original)
            taught.add(f"taught {index}", degraded.copy(), target, validation=index >= done - VALIDATION)
        for name, degraded, high in _added(training, done, added or Added()):
            taught.add(name, degraded.copy(), high.copy(), validation=False)
        taught.commit(SCALE, whole.comparison)
    return done


def _added(training: PreparedPictures, first: int, added: Added) -> Iterator[tuple[str, Pixels, Pixels]]:
    """Yield name, degraded patch and target of what is learned without a teacher; places count from `first` on."""
    for index in range(first, first + added.plain):
        degraded, _, high = place(training, index)
        yield f"plain {index}", degraded, high
    for index in range(first + added.plain, first + added.plain + added.calm):
        degraded, _, high = place(training, index, calm=True)
        yield f"calm {index}", degraded, high
    for index in range(added.text):
        yield f"text {index}", *text_patch(index)
    faces = photo_faces.find_faces(training) if added.faces else []
    for index in range(added.faces):
        yield f"face {index}", *face_patch(training, faces, index)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    cutting = commands.add_parser("cut", help="write degraded patches")
    cutting.add_argument("photos", type=Path, help="folder of prepared photos")
    cutting.add_argument("patches", type=Path, help=".npy file to write")
    cutting.add_argument("--number", type=int, default=20_000, help="patches; 20,000 without it")
    preparing = commands.add_parser("prepare", help="write a prepared set of the patches whose targets are made")
    preparing.add_argument("photos", type=Path, help="folder of prepared photos")
    preparing.add_argument("folder", type=Path, help="folder of patches.npy and targets.npy")
    preparing.add_argument("output", type=Path, help="folder of the set")
    preparing.add_argument("--original", type=float, default=0.0, help="share of the original in targets; 0 without it")
    preparing.add_argument("--plain", type=int, default=0, help="patches whose targets are the originals")
    preparing.add_argument("--calm", type=int, default=0, help="the same where there is little to see")
    preparing.add_argument("--text", type=int, default=0, help="patches of drawn text")
    preparing.add_argument("--faces", type=int, default=0, help="patches of faces, whose targets are the originals")
    choices = parser.parse_args()
    try:
        if choices.command == "cut":
            cut(choices.photos, choices.patches, choices.number)
        else:
            added = Added(choices.plain, choices.calm, choices.text, choices.faces)
            made = prepare(choices.photos, choices.folder, choices.output, original=choices.original, added=added)
            Console(stderr=True).print(f"{made} patches, {VALIDATION} of them for validation")
    except SrganError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
