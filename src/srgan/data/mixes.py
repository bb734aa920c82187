"""Named mixes of degradations for training and evaluation images: parameter ranges and probabilities."""

from dataclasses import dataclass, fields, replace

from srgan.errors import UsageError

Range = tuple[float, float]
"""Bounds of a uniform distribution."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """Parameter ranges of one round: blur, then resize, then sharpening, then noise, then a lossy file.

    Lengths are in pixels of the final low-resolution image, strengths in levels of 255; shares are probabilities.
    """

    blur_share: float = 0.0
    """Probability of blur."""
    blur: Range = (0.0, 0.0)
    """Standard deviation of the blur kernel."""
    any_kernel: bool = False
    """Kernels of every shape (rotated, flat-topped, heavy-tailed, ringing), not only upright Gaussians."""
    size: Range = (1.0, 1.0)
    """Size of the image after this round, as a multiple of the final size."""
    bicubic_share: float = 0.0
    """Probability of the bicubic filter; otherwise each of four filters is as likely."""
    sharpened_share: float = 0.0
    """Probability of an unsharp mask after the resize, as web pages' thumbnails get it."""
    sharpening: Range = (0.0, 0.0)
    """What the mask adds, as a multiple of the difference from a blurred image."""
    noise_share: float = 0.0
    """Probability of noise."""
    noise: Range = (0.0, 0.0)
    """Standard deviation of the noise; for Poisson noise, that at white."""
    gray_share: float = 0.4
    """Probability that the noise is the same in all colours."""
    poisson_share: float = 0.3
    """Probability of Poisson noise, whose variance grows with brightness, instead of Gaussian noise."""
    lossy_share: float = 1.0
    """Probability of lossy compression."""
    quality: tuple[int, int] = (75, 95)
    """Quality of the lossy file, 1 to 100."""
    webp_share: float = 0.1
    """Probability of WebP instead of JPEG."""
    subsampled_share: float = 0.8
    """Probability of 4:2:0 instead of 4:4:4 chroma in JPEG."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_share") and not 0.0 <= value <= 1.0:
                raise ValueError(f"{field.name} is {value}, but must lie between 0 and 1")
            if isinstance(value, tuple) and not 0 <= value[0] <= value[1]:
                raise ValueError(f"{field.name} is {value}, but must be a least and a largest value of 0 or more")
        if self.size[0] <= 0:
            raise ValueError(f"size is {self.size}, but an image must have pixels")
        if not 1 <= self.quality[0] <= self.quality[1] <= 100:
            raise ValueError(f"quality is {self.quality}, but must lie between 1 and 100")


@dataclass(frozen=True)
class Mix:
    """A sequence of rounds of degradation, the last at the final size."""

    name: str
    summary: str
    """One line on what such images are."""
    rounds: tuple[Round, ...]


_EARLIER_SAVE = Round(
    blur_share=0.1, blur=(0.1, 0.8), bicubic_share=0.5, noise_share=0.2, noise=(0.5, 6.0), quality=(30, 80)
)
"""A save whose faults a later one of better quality hides."""

_ALL = (
    Mix("clean", "Reduced by the bicubic filter, and nothing else", ()),
    Mix(
        "photo",
        "A camera's or web page's file: slight blur and noise, one JPEG or WebP file of quality 30 to 98",
        (
            Round(
                blur_share=0.1,
                blur=(0.1, 0.8),
                bicubic_share=0.5,
                noise_share=0.2,
                noise=(0.5, 5.0),
                lossy_share=0.95,
                quality=(30, 98),
            ),
        ),
    ),
    Mix(
        "messenger",
        "A photo sent on: a file of quality 85 to 95, made smaller, and saved again at 50 to 80",
        (
            Round(
                blur_share=0.1, blur=(0.1, 0.6), size=(1.25, 2.5), noise_share=0.25, noise=(0.5, 5.0), quality=(85, 95)
            ),
            Round(quality=(50, 80)),
        ),
    ),
    Mix(
        "web",
        "A web page's copy: a file of quality 30 to 80, made smaller, often sharpened, and saved again at 75 to 95",
        (
            replace(_EARLIER_SAVE, size=(0.9, 2.5)),
            Round(bicubic_share=0.5, sharpened_share=0.4, sharpening=(0.2, 1.0), quality=(75, 95)),
        ),
    ),
    Mix(
        "resaved",
        "A file of quality 30 to 80, saved again at 75 to 95, which tells nothing of its faults",
        (
            replace(_EARLIER_SAVE, sharpened_share=0.2, sharpening=(0.2, 0.8)),
            Round(quality=(75, 95)),
        ),
    ),
    Mix(
        "noisy",
        "A photo taken in little light: noise of up to 24 levels, before or after it was made smaller and saved",
        (
            Round(
                blur_share=0.1,
                blur=(0.1, 0.8),
                size=(0.9, 2.0),
                bicubic_share=0.5,
                noise_share=0.8,
                noise=(3.0, 24.0),
                lossy_share=0.7,
                quality=(50, 95),
            ),
            Round(bicubic_share=0.5, noise_share=0.6, noise=(2.0, 16.0), lossy_share=0.7, quality=(50, 98)),
        ),
    ),
    Mix(
        "hard",
        "Two rounds of strong blur, resizing, noise and compression (Wang et al. 2021, Zhang et al. 2021)",
        (
            Round(
                blur_share=0.9,
                blur=(0.1, 1.2),
                any_kernel=True,
                size=(0.5, 3.0),
                noise_share=0.9,
                noise=(1.0, 25.0),
                lossy_share=0.9,
                quality=(30, 95),
            ),
            Round(
                blur_share=0.5,
                blur=(0.1, 0.6),
                any_kernel=True,
                noise_share=0.7,
                noise=(1.0, 12.0),
                quality=(30, 95),
            ),
        ),
    ),
)

MIXES: dict[str, Mix] = {mix.name: mix for mix in _ALL}
"""The mixes by name."""

EVERYDAY: dict[str, float] = {
    "clean": 0.11,
    "photo": 0.36,
    "messenger": 0.11,
    "web": 0.13,
    "resaved": 0.08,
    "noisy": 0.14,
    "hard": 0.07,
}
"""Probability of each mix for training on everyday images."""

EVERYDAY_NAME = "everyday"
"""The name that stands for drawing from `EVERYDAY`."""


def shares(name: str) -> tuple[tuple[Mix, float], ...]:
    """Return the mixes that a name stands for, each with its probability.

    Raises:
        UsageError: if there is no such name.
    """
    if name == EVERYDAY_NAME:
        return tuple((MIXES[mix], share) for mix, share in EVERYDAY.items())
    if name not in MIXES:
        raise UsageError(f"there is no mix {name}: choose one of {', '.join((*MIXES, EVERYDAY_NAME))}")
    return ((MIXES[name], 1.0),)
