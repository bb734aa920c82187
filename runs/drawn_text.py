"""Images of text to train on, drawn with the fonts that matplotlib carries: photos of pages, signs and screens are few.

    python -m runs.drawn_text cache/photos cache/photos-text    a prepared set of the photos and of 300 such images
    python -m runs.drawn_text cache/photos cache/photos-text --faces 1400   and of so many faces (`runs.photo_faces`)

Image n is a pure function of n, the fonts and the version of Pillow. Learned from is the original where letters can be
read in the small image, and otherwise the small image enlarged by interpolation: who must draw crisp letters that he
cannot see learns to draw hatching and dashes.
"""

import argparse
import string
import sys
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from runs import photo_faces
from srgan.data.prepared_set import NewSet, PreparedPictures
from srgan.errors import DataError, SrganError
from srgan.images.colour import from_float, to_float
from srgan.images.resize import imresize

Pixels = NDArray[np.uint8]

SIDE = 768
"""Width and height of images in a set, in pixels."""

FACE_SIDE = 256
"""Width and height of images of faces in a set."""

_FAMILIES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral")
_LETTERS = "eeeeeeetttttaaaaaooooiiiinnnnsssshhhhrrrrddlllccuummwwffggyyppbbvk"
"""Letters about as frequent as in English."""
_SIZES = (16.0, 96.0)
"""Heights of the fonts in pixels, drawn evenly in their logarithm: 4 to 24 in the small image."""
_READABLE = (0.75, 0.88)
"""Correlation of a small image of text with its original: letters are lost below, and are all plain above."""


def draw_text(number: int, side: int) -> Pixels:
    """Return image `number`, (side, side, 3): lines of words in one font on a plain or graded ground."""
    random = np.random.Generator(np.random.Philox(key=[0x7E87, number]))
    font = ImageFont.truetype(str(_font_files()[random.integers(len(_font_files()))]), _size(random))
    ground, ink = _colours(random)
    wide = side + side // 2  # turned, then cut: no corner is empty
    image = Image.fromarray(_graded(ground, wide, random))
    pen = ImageDraw.Draw(image)
    step = font.size * random.uniform(1.1, 1.7)
    line = -random.uniform(0.0, step)
    while line < wide:
        indent = int(random.integers(-2 * int(font.size), side // 3))
        pen.text((indent, line), _sentence(random, wide / font.size), font=font, fill=tuple(int(each) for each in ink))
        if random.random() < 0.08:
            pen.line((0, line, wide, line), fill=tuple(int(each) for each in ink), width=int(random.integers(1, 4)))
        line += step
    if random.random() < 0.5:
        image = image.rotate(float(random.normal(0.0, 4.0)), Image.Resampling.BICUBIC)
    first = (wide - side) // 2
    return np.asarray(image)[first : first + side, first : first + side].copy()


@cache
def _font_files() -> tuple[Path, ...]:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return tuple(
        path for family in _FAMILIES for path in sorted(folder.glob(f"{family}*.ttf")) if "Display" not in path.name
    )


def _size(random: np.random.Generator) -> int:
    return round(float(np.exp(random.uniform(*np.log(_SIZES)))))


def _colours(random: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ground and ink, levels of RGB that differ by 60 in luminance at least."""
    luma = np.array([0.299, 0.587, 0.114])
    while True:
        if random.random() < 0.5:  # paper, or a screen in the dark
            ground, ink = random.normal(235.0, 15.0, 3), random.normal(30.0, 20.0, 3)
            if random.random() < 0.3:
                ground, ink = ink, ground
        else:
            ground, ink = random.uniform(0.0, 255.0, (2, 3))
        ground, ink = np.clip(ground, 0.0, 255.0), np.clip(ink, 0.0, 255.0)
        if abs(float(luma @ (ground - ink))) >= 60.0:
            return ground, ink


def _graded(ground: NDArray[np.float64], side: int, random: np.random.Generator) -> Pixels:
    """Return the ground, lighter on one side than on the other."""
    slope = random.uniform(-25.0, 25.0, 2)
    places = np.linspace(-1.0, 1.0, side)
    shade = slope[0] * places[:, None] + slope[1] * places
    levels: Pixels = np.clip(np.rint(ground + shade[:, :, None]), 0.0, 255.0).astype(np.uint8)
    return levels


def _sentence(random: np.random.Generator, ems: float) -> str:
    """Return words for a line that is so many times as long as the font is high."""
    words: list[str] = []
    while sum(len(word) + 1 for word in words) < 2.2 * ems:
        kind = random.random()
        length = int(random.integers(1, 11))
        if kind < 0.12:
            word = "".join(random.choice(list(string.digits + ".,:-/"), length))
        else:
            word = "".join(random.choice(list(_LETTERS), length))
            word = word.upper() if kind < 0.24 else word.capitalize() if kind < 0.4 else word
        words.append(word + str(random.choice(["", "", "", "", ",", ".", "!", "?", ";"])))
    return " ".join(words)


def readable(seen: Pixels, high: Pixels) -> float:
    """Return how surely text can be read in a small image, from 0 to 1: by its correlation with the original."""
    large = imresize(to_float(seen), len(high) / len(seen), border="replicate")
    correlation = np.corrcoef(large.mean(axis=2).ravel(), to_float(high).mean(axis=2).ravel())[0, 1]
    lost, plain = _READABLE
    return float(np.clip((correlation - lost) / (plain - lost), 0.0, 1.0))


def softened(high: Pixels, low: Pixels, seen: Pixels) -> Pixels:
    """Return what is learned from text: the original as far as it can be read, else interpolation.

    Args:
        high: the original.
        low: it made smaller.
        seen: the small image that is enlarged, which may be damaged.
    """
    share = readable(seen, high)
    soft = imresize(to_float(low), len(high) / len(low), border="replicate")
    return from_float(np.clip(share * to_float(high) + (1.0 - share) * soft, 0.0, 1.0), 8).astype(np.uint8)


def add_images(photos: Path, output: Path, number: int, *, faces: int = 0) -> None:
    """Write a prepared set of all prepared photos and of so many images of text and of faces, which only train.

    Raises:
        DataError: if the photos were not compared with test pictures.
    """
    before = PreparedPictures(photos)
    if before.comparison is None:
        raise DataError(f"{photos} was not compared with test pictures: prepare it again")
    with NewSet(output) as written:
        for index, entry in enumerate(before.entries):
            low, high = before[index]
            written.add(entry.name, low, high, validation=entry.validation)
        for index in range(number):
            high = draw_text(index, SIDE)
            low = imresize(high, 1 / before.scale, border="replicate")
            written.add(f"text {index}", low, softened(high, low, low), validation=False)
        training, _ = before.split()
        found = photo_faces.find_faces(training) if faces else []
        for index in range(faces):
            high = photo_faces.cut_face(training, found, index, FACE_SIDE)
            written.add(f"face {index}", imresize(high, 1 / before.scale, border="replicate"), high, validation=False)
        written.commit(before.scale, before.comparison)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="folder of prepared photos")
    parser.add_argument("output", type=Path, help="folder of the set that is written")
    parser.add_argument("--number", type=int, default=300, help="images of text; 300 without it")
    parser.add_argument("--faces", type=int, default=0, help="images of faces; none without it")
    choices = parser.parse_args()
    try:
        add_images(choices.photos, choices.output, choices.number, faces=choices.faces)
    except SrganError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
