"""Faces in the photos that are trained on, cut out small: whole photos show too few for a network to learn an eye.

The list `photo_faces.tsv` names a photo, its size, and a face in it by its left, top and side in pixels. The faces were
found by OpenCV's cascade for frontal faces (`haarcascade_frontalface_alt2`), and looked at.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.data.prepared_set import PreparedPictures
from srgan.errors import DataError
from srgan.images.resize import imresize

Pixels = NDArray[np.uint8]

LIST = Path(__file__).with_suffix(".tsv")
"""The list of faces."""
_SIDES = (40.0, 160.0)
"""Sides of faces in pixels, drawn evenly in their logarithm: 10 to 40 in the small image."""
_SHIFT = 0.15
"""Largest distance of a face from the middle, in sides of the image."""


@dataclass(frozen=True)
class Face:
    """A face in a photo."""

    photo: int
    """Index of the photo in its prepared set."""
    left: int
    """First column of a square around it, in pixels."""
    top: int
    """First row."""
    side: int
    """Width and height of the square."""


def find_faces(pictures: PreparedPictures, path: Path | None = None) -> list[Face]:
    """Return the faces of the list that are in these photos, one at least.

    Raises:
        DataError: if a photo has another size than in the list, or none is in it.
    """
    path = path or LIST
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    places = {_of_source(entry.name): index for index, entry in enumerate(pictures.entries)}
    faces = []
    for row in rows:
        if (photo := places.get(row["photo"])) is None:
            continue
        entry = pictures.entries[photo]
        differences = abs(entry.height - int(row["height"])), abs(entry.width - int(row["width"]))
        if max(differences) >= pictures.scale:  # prepared photos are cut to a multiple of it
            raise DataError(
                f"{entry.name} has {entry.width}x{entry.height} pixels, and {path.name} says "
                f"{row['width']}x{row['height']}: select the photos again by runs.photos"
            )
        faces.append(Face(photo, *(int(row[key]) for key in ("left", "top", "side"))))
    if not faces:
        raise DataError(f"{path.name} names none of these photos: prepare those of runs.photos")
    return faces


def _of_source(name: str) -> str:
    """Return a photo's name from its source on: cache/selected/open/A+B/1.jpg.png is A+B/1.jpg.png."""
    parts = Path(name).parts
    return "/".join(parts[3:]) if parts[:2] == ("cache", "selected") else name


def cut_face(pictures: PreparedPictures, faces: list[Face], number: int, side: int) -> Pixels:
    """Return image `number` of a face and what is around it, (side, side, 3): a pure function of all these."""
    random = np.random.Generator(np.random.Philox(key=[0xFACE, number]))
    face = faces[number % len(faces)]
    _, high = pictures[face.photo]
    smallest, largest = _SIDES
    wanted = float(np.exp(random.uniform(np.log(smallest), np.log(max(smallest, min(face.side, largest))))))
    # Never enlarged, and never made so small that the photo does not fill the image.
    around = min(max(side, round(side * face.side / wanted)), *high.shape[:2])
    middle = np.array([face.top, face.left]) + face.side / 2 + random.uniform(-_SHIFT, _SHIFT, 2) * around
    top, left = (
        int(np.clip(round(place - around / 2), 0, length - around))
        for place, length in zip(middle, high.shape[:2], strict=True)
    )
    window = high[top : top + around, left : left + around]
    image: Pixels = imresize(window, size=(side, side), border="replicate")
    return image[:, ::-1].copy() if random.random() < 0.5 else image
