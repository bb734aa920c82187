"""What a study asks of its raters: how many they are, on which scale, in what order and for how long.

The defaults are the design of Ledig et al. 2017, section 3.2. This module does not know pictures.
"""

from dataclasses import dataclass
from typing import Literal

from srgan.errors import UsageError

LABELS = {1: "Bad", 2: "Poor", 3: "Fair", 4: "Good", 5: "Excellent"}
"""The scale of absolute category rating (ITU-T P.910), worst first."""

Screening = Literal["none", "bt500", "p913", "mle"]
"""How raters are weighed whose votes are unlike the others': said before there are any votes."""

MOST_RATERS = 10_000
"""An order is stored for every one of them before the first vote."""


@dataclass(frozen=True)
class Design:
    """The choices that shape a study; they are frozen with it."""

    raters: int = 26
    """Who are invited."""
    seed: int = 0
    """Of every choice made by chance: the order of each rater, the calibration's pictures, the repeats."""
    gap: int = 1
    """Ratings of other pictures' versions between two of one picture's, at least."""
    repeats: int = 0
    """Versions that each rater rates twice, unmarked, to see how alike the two votes are."""
    repeat_distance: int = 50
    """Ratings between the two, at least."""
    warm_up: int = 0
    """Ratings at the beginning that are not counted: opinion has to settle."""
    practice: int = 5
    """Ratings for practice, after the calibration; never counted."""
    calibration: int = 20
    """Pictures whose worst and best version are shown, with their scores, before anything is rated."""
    blocked: bool = False
    """Whether the sets are rated one after another, in an order by chance, and not mixed."""
    sitting_minutes: int = 20
    """After which a break is offered."""
    seconds_per_rating: float = 4.0
    """What a rating is taken to last when a study is planned."""
    screening: Screening = "none"
    """The rule by which the report's main numbers weigh raters; with and without are always both reported."""

    def __post_init__(self) -> None:
        least = {"raters": 1, "gap": 0, "repeats": 0, "repeat_distance": 1, "warm_up": 0, "practice": 0}
        least |= {"calibration": 0, "sitting_minutes": 1, "seed": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                option = name.replace("_", "-")
                raise UsageError(f"--{option} is {getattr(self, name)}: give a number of at least {bound}")
        if self.raters > MOST_RATERS:
            raise UsageError(f"--raters is {self.raters}: give a number of at most {MOST_RATERS}")
        if not 0.3 <= self.seconds_per_rating <= 600:
            raise UsageError(f"--seconds-per-rating is {self.seconds_per_rating:g}: give a number from 0.3 to 600")
