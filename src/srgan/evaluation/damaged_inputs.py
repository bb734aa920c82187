"""Damage of the small images that methods are given: none, a lossy file, noise, or a mix of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srgan.data.compression import Compression, LossyFormat, compress
from srgan.data.degradations import add_noise, degrade, draw, seeded, to_pixels
from srgan.data.mixes import EVERYDAY_NAME, MIXES, shares
from srgan.errors import UsageError
from srgan.images import imresize

Pixels = NDArray[np.uint8]

_FORMATS: dict[str, tuple[LossyFormat, str]] = {
    "jpeg": ("jpeg", "saved as JPEG of quality {:g} (libjpeg, 4:2:0)"),
    "webp": ("webp", "saved as WebP of quality {:g} (libwebp)"),
}
_NOISE = "noise"
_CLEAN = "clean"
_MOST_NOISE = 255.0
_ALL: dict[str, str] = {
    _CLEAN: _CLEAN,
    "jpeg": "jpeg:QUALITY, a whole number of 1 to 100",
    "webp": "webp:QUALITY, a whole number of 1 to 100",
    _NOISE: "noise:DEVIATION, above 0 and at most 255",
    **{name: name for name in (*MIXES, EVERYDAY_NAME)},
}
"""How each kind of damage is written."""


@dataclass(frozen=True)
class Damage:
    """Damage of small images before methods are given them.

    Raises:
        UsageError: if there is no such kind, or the level is outside its range.
    """

    kind: str = _CLEAN
    """`clean`, `jpeg`, `webp`, `noise`, or the name of a mix of damage."""
    level: float | None = None
    """Quality of files, 1 to 100, and standard deviation of noise in levels of 255; others have none."""

    def __post_init__(self) -> None:
        if self.kind in _FORMATS:
            fits = self.level is not None and self.level in range(1, 101)
        elif self.kind == _NOISE:
            fits = self.level is not None and 0 < self.level <= _MOST_NOISE
        else:
            fits = self.level is None
        if not fits or self.kind not in _ALL:
            raise UsageError(_refusal(self.kind, self.text))

    @classmethod
    def parse(cls, text: str) -> "Damage":
        """Return the damage named by a text such as `clean`, `jpeg:75`, `noise:10` or `messenger`.

        Raises:
            UsageError: if there is no such damage.
        """
        kind, colon, number = text.partition(":")
        if not colon:
            return cls(kind)
        try:
            return cls(kind, float(number))
        except ValueError as error:
            raise UsageError(_refusal(kind, text)) from error

    @property
    def text(self) -> str:
        """The text that `parse` reads."""
        return self.kind if self.level is None else f"{self.kind}:{self.level:.12g}"

    @property
    def slug(self) -> str:
        """The text as part of a folder's name."""
        return self.text.replace(":", "")

    @property
    def description(self) -> str:
        """Words for the small images, printed with scores."""
        if self.kind in _FORMATS:
            return _FORMATS[self.kind][1].format(self.level)
        if self.kind == _NOISE:
            return f"with Gaussian noise of deviation {self.level:g} of 255 in each colour"
        if self.kind == EVERYDAY_NAME:
            return "damaged by one of the mixes each (everyday)"
        return f"damaged by the mix {self.kind}" if MIXES[self.kind].rounds else "clean"

    def apply(self, high: Pixels, *, scale: int, seed: str) -> Pixels:
        """Reduce a true image and damage the result.

        Args:
            high: (scale * H, scale * W, 3) uint8 RGB.
            scale: factor between the two images.
            seed: fixes, together with the kind of damage, what is drawn at random.

        Returns:
            (H, W, 3) uint8 RGB.
        """
        random = seeded(self.text, seed)
        if self.kind in MIXES or self.kind == EVERYDAY_NAME:
            return degrade(high, draw(shares(self.kind), random), scale=scale, random=random)
        clean = reduced(high, scale)
        assert self.level is not None
        if self.kind == _NOISE:
            return to_pixels(add_noise(clean.astype(np.float32), self.level, gray=False, poisson=False, random=random))
        return compress(clean, Compression(_FORMATS[self.kind][0], int(self.level)))


def _refusal(kind: str, text: str) -> str:
    """Return the message for a text that names no damage."""
    if kind in _ALL:
        return f"the input {text} makes no image: write {_ALL[kind]}"
    return f"there is no input {text}: choose of {', '.join(words.partition(',')[0] for words in _ALL.values())}"


CLEAN = Damage()
"""No damage: the reduction of the test sets in circulation."""


def reduced(high: Pixels, scale: int) -> Pixels:
    """Return an image reduced as MATLAB did for the sets in circulation: bicubic, borders repeated."""
    return imresize(high, 1 / scale, border="replicate")
