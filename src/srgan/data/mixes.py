"""The named mixes of damage that training and evaluation images are given: ranges, and how often each is drawn."""

from dataclasses import dataclass, fields

from srgan.errors import UsageError

Range = tuple[float, float]
"""Least and largest value, drawn uniformly between them."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """Ranges of one pass of damage: blur, then resize, then noise, then a lossy file.

    Lengths are in pixels of the final low-resolution image, strengths in levels of 255, shares in [0, 1].
    """

    blur_share: float = 0.0
    """How often there is blur."""
    blur: Range = (0.0, 0.0)
    """Standard deviation of the blur kernel."""
    any_kernel: bool = False
    """Kernels of every shape (rotated, flat-topped, heavy-tailed, ringing), not only upright Gaussians."""
    size: Range = (1.0, 1.0)
    """Size of the image at this pass, as a multiple of the final size."""
    noise_share: float = 0.0
    """How often there is noise."""
    noise: Range = (0.0, 0.0)
    """Standard deviation of the noise; of Poisson noise, at white."""
    gray_share: float = 0.4
    """How much of the noise is the same in all colours."""
    poisson_share: float = 0.3
    """How much of the noise is Poisson's, whose variance grows with brightness."""
    lossy_share: float = 1.0
    """How often a lossy file follows."""
    quality: tuple[int, int] = (75, 95)
    """Quality of that file."""
    webp_share: float = 0.1
    """How many lossy files are WebP; the others are JPEG."""
    subsampled_share: float = 0.8
    """How many JPEG files have 4:2:0 chroma; the others have 4:4:4."""

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
    """A kind of damage: passes that follow each other, the last at the final size."""

    name: str
    summary: str
    """One line: whose images look like this."""
    rounds: tuple[Round, ...]


_ALL = (
    Mix("clean", "Reduced by the bicubic filter, and nothing else", ()),
    Mix(
        "photo",
        "A camera's or web page's file: slight blur and noise, one JPEG or WebP file of quality 30 to 98",
        (
            Round(
                blur_share=0.3, blur=(0.1, 0.8), noise_share=0.4, noise=(0.5, 5.0), lossy_share=0.95, quality=(30, 98)
            ),
        ),
    ),
    Mix(
        "messenger",
        "A photo sent on: a file of quality 85 to 95, made smaller, and saved again at 50 to 80",
        (
            Round(
                blur_share=0.2, blur=(0.1, 0.6), size=(1.25, 2.5), noise_share=0.4, noise=(0.5, 5.0), quality=(85, 95)
            ),
            Round(quality=(50, 80)),
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

EVERYDAY: dict[str, float] = {"clean": 0.2, "photo": 0.5, "messenger": 0.25, "hard": 0.05}
"""How often each mix is drawn for training on the images that people have."""

EVERYDAY_NAME = "everyday"
"""The name that stands for drawing from `EVERYDAY`."""


def shares(name: str) -> tuple[tuple[Mix, float], ...]:
    """Return the mixes that a name stands for, each with the probability that it is drawn.

    Raises:
        UsageError: if there is no such name.
    """
    if name == EVERYDAY_NAME:
        return tuple((MIXES[mix], share) for mix, share in EVERYDAY.items())
    if name not in MIXES:
        raise UsageError(f"there is no mix {name}: choose one of {', '.join((*MIXES, EVERYDAY_NAME))}")
    return ((MIXES[name], 1.0),)
