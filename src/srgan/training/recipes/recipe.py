"""The frozen settings of a training run. They are written into every run, and into every model's card.

What networks and losses the names stand for is not known here: nothing heavy is imported.
"""

import re
from dataclasses import dataclass
from typing import Literal

from srgan.data.mixes import shares
from srgan.errors import UsageError

GeneratorName = Literal[
    "srgan-generator",
    "compact-generator",
    "cheung-generator",
    "ucsd-generator",
    "ucsd-srcnn",
    "srcnn",
    "espcn",
    "drcn",
]
DiscriminatorName = Literal["none", "srgan", "patch", "features", "cheung", "ucsd"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides what a training run makes, apart from its data."""

    name: str
    """What it is called; a run with overridden fields keeps the name."""
    summary: str
    """One line: what it is."""

    generator: GeneratorName = "srgan-generator"
    """The network that enlarges."""
    blocks: int = 16
    """Residual blocks of the generator."""
    features: int = 64
    """Channels of its trunk."""
    normalisation: bool = True
    """Batch normalisation in srgan-generator, as published."""
    skips: bool = True
    """Skip connections in srgan-generator, as published."""
    refinement: int = 0
    """Channels of two convolutions at full size behind compact-generator; 0 for none."""
    middle: int = 5
    """Kernel of srcnn's middle layer: 1, 3 or 5."""
    recursions: int = 16
    """Times that drcn applies its shared convolution."""
    scale: int = 4
    """How many times as wide and high pictures become."""
    initial: str = ""
    """The recipe whose result training begins with; empty for a random start."""

    content: str = "mse"
    """What the restored picture is held against: mse, l1, luma (mse of luminance), or features of VGG19, as vgg22."""
    supervision: float = 0.0
    """Share of the loss, at first, that judges drcn after every recursion; it falls to zero in a straight line."""
    before_activation: bool = False
    """VGG features before the layer's ReLU, not as published after it."""
    feature_scale: float = 1 / 12.75
    """Multiplies VGG features (Ledig et al. 2017, section 3.2)."""
    perception: float = 0.0
    """Weight of the distance between deep features (Zhang et al. 2018), of the network that --features names."""
    feature_error: float = 0.0
    """Weight of the relative error of features at several depths, of the network that --features names."""
    pixel: float = 0.0
    """Weight of the mean squared error, added to a content loss on VGG features."""
    consistency: float = 0.0
    """Weight of the mean absolute error of the restored picture reduced again, against the undamaged small one."""
    grid: float = 0.0
    """Weight of the error of patterns that repeat in every cell of scale x scale pixels."""
    grid_texture: float = 0.0
    """Weight of the error of how unevenly texture lies in those cells."""
    spectrum: float = 0.0
    """Weight of the error of texture's strength, by place and frequency."""
    total_variation: float = 0.0
    """Weight of the total variation loss."""
    discriminator: DiscriminatorName = "none"
    """What tells real from restored: a network, or heads on the features of --features; none trains on content."""
    discriminator_features: int = 64
    """Channels of its first convolution."""
    discriminator_alone: int = 0
    """Updates at the start in which only the discriminator learns."""
    adversarial: float = 1e-3
    """Weight of the adversarial loss, where there is a discriminator (eq. 3)."""
    adversarial_reduction: Literal["sum", "mean"] = "mean"
    """Over the batch: the sum that eq. 6 prints, or the mean, which no batch size changes."""

    batch: int = 16
    """Crops in a batch, of as many different pictures."""
    crop: int = 96
    """Side of a high-resolution crop in pixels."""
    jitter: int = 0
    """By how many pixels a crop is larger than the window in it that the discriminator and feature losses see."""
    quarter_turns: bool = True
    """Crops are turned as well as mirrored."""
    degradation: str = "clean"
    """Damage of low-resolution crops: clean, photo, messenger, hard, or everyday, which draws from the four."""

    updates: int | None = None
    """Updates of the generator in all; this or epochs."""
    epochs: int | None = None
    """Times that every picture is seen; this or updates."""
    optimiser: Literal["adam", "soap"] = "adam"
    """What changes the weights: Adam as published, or SOAP, which takes fewer but dearer updates (soap.py)."""
    learning_rate: float = 1e-4
    """The optimiser's, at its highest."""
    discriminator_learning_rate: float | None = None
    """The discriminator's, if it is another; it follows the same schedule."""
    beta1: float = 0.9
    """The optimiser's memory of the gradient."""
    warmup: int = 0
    """Updates over which the learning rate rises to its highest."""
    drop_at: float = 1.0
    """Share of the run after which the learning rate is multiplied by drop_factor."""
    drop_factor: float = 1.0
    """See drop_at."""
    decay: float = 0.0
    """Share of the run, at its end, over which the learning rate falls to zero in a straight line."""
    clip: float | None = None
    """Largest norm of the generator's gradient, if it is clipped."""
    ema: float = 0.999
    """Weight of the past in the moving average of the generator, once it has one."""
    seed: int = 0
    """Fixes the initial weights and every batch."""

    log_every: int = 50
    """Updates between lines of the log."""
    validate_every: int = 1000
    """Updates between validations, each with a checkpoint."""

    def __post_init__(self) -> None:
        for field, least in _LEAST.items():
            value = getattr(self, field)
            if value is not None and not value >= least:
                raise UsageError(f"{field} is {value}, but must be {least} or more")
        if self.seed > _LARGEST_SEED:
            raise UsageError(f"seed is {self.seed}, but must be {_LARGEST_SEED} or less")
        for field in _AT_MOST_ONE:
            value = getattr(self, field)
            if value is not None and not value <= 1:
                raise UsageError(f"{field} is {value}, but must lie between 0 and 1")
        if (self.updates is None) == (self.epochs is None):
            raise UsageError("a recipe has either updates or epochs: set one of them, and the other to none")
        if not re.fullmatch("mse|l1|luma|vgg[12][12]|vgg[345][1-4]", self.content):
            raise UsageError(
                f"content is {self.content}, but must be mse, l1 or a layer of VGG19 such as vgg22 or vgg54, or luma"
            )
        shares(self.degradation)
        self._check_baseline()
        if self.scale not in (2, 4, 8) or (self.generator != "srgan-generator" and self.scale != 4):
            raise UsageError(f"scale is {self.scale}, but must be 4 (or 2 or 8 with srgan-generator)")
        if 0 < self.refinement < _LEAST_REFINEMENT:
            raise UsageError(f"refinement is {self.refinement}, but must be 0, or {_LEAST_REFINEMENT} or more")
        if self.crop % self.scale:
            raise UsageError(f"crop is {self.crop}, but must be a multiple of the scale, {self.scale}")
        if self.window < _LEAST["crop"]:
            raise UsageError(f"crop less jitter is {self.window}, but must be {_LEAST['crop']} or more: lower jitter")
        if self.needs_features and self.window < _LEAST_PERCEIVED:
            raise UsageError(
                f"crop less jitter is {self.window}, but deep features need {_LEAST_PERCEIVED}: raise crop"
            )
        multiple = _CROP_MULTIPLES[self.discriminator]
        if self.window % multiple:
            less = f" less jitter {self.jitter}" if self.jitter else ""
            raise UsageError(f"crop is {self.crop}{less}, but this discriminator needs a multiple of {multiple}")

    def _check_baseline(self) -> None:
        """What only srcnn, espcn and drcn have."""
        if self.content == "luma" and self.generator not in _ON_LUMINANCE:
            raise UsageError(
                f"content is luma, which leaves the colours of {self.generator} free: it is for "
                f"{', '.join(_ON_LUMINANCE)}"
            )
        if self.middle not in (1, 3, 5):
            raise UsageError(f"middle is {self.middle}, but must be 1, 3 or 5")
        if self.supervision and self.generator != "drcn":
            raise UsageError(f"supervision is {self.supervision}, but only drcn has recursions: set it to 0")

    @property
    def needs_features(self) -> bool:
        """Whether a loss or the discriminator looks through the network that --features names."""
        return bool(self.perception or self.feature_error) or self.discriminator == "features"

    @property
    def content_layer(self) -> str | None:
        """The layer of VGG19 that the content loss looks at, as VGG54, or None."""
        return self.content.upper() if self.content.startswith("vgg") else None

    @property
    def window(self) -> int:
        """Side of what the discriminator and feature losses see of a crop, in pixels."""
        return self.crop - self.jitter

    @property
    def is_adversarial(self) -> bool:
        """Whether there is a discriminator."""
        return self.discriminator != "none"

    def planned_updates(self, pictures: int) -> int:
        """Updates of a run on so many pictures: an epoch is as many whole batches as they fill."""
        if self.updates is not None:
            return self.updates
        assert self.epochs is not None
        return self.epochs * max(1, pictures // self.batch)

    def schedule(self, update: int, updates: int) -> float:
        """What the learning rates are multiplied by in update 0, 1, ... `updates` - 1."""
        rising = min(1.0, (update + 1) / self.warmup) if self.warmup else 1.0
        dropped = self.drop_factor if update >= self.drop_at * updates else 1.0
        falling = min(1.0, (updates - update) / (self.decay * updates)) if self.decay else 1.0
        return min(rising, falling) * dropped


_LEAST = {
    **dict.fromkeys(("blocks", "jitter", "seed", "warmup", "discriminator_alone", "refinement"), 0),
    **dict.fromkeys(("features", "recursions", "discriminator_features", "batch", "updates", "epochs"), 1),
    **dict.fromkeys(("log_every", "validate_every"), 1),
    **dict.fromkeys(
        (
            "supervision",
            "perception",
            "feature_error",
            "pixel",
            "consistency",
            "grid",
            "grid_texture",
            "spectrum",
            "total_variation",
            "adversarial",
            "feature_scale",
            "learning_rate",
        ),
        0.0,
    ),
    **dict.fromkeys(("discriminator_learning_rate", "drop_at", "drop_factor", "decay", "clip", "ema", "beta1"), 0.0),
    "crop": 16,
}
_AT_MOST_ONE = (
    *("supervision", "learning_rate", "discriminator_learning_rate"),
    *("drop_at", "drop_factor", "decay", "ema", "beta1"),
)
_LEAST_REFINEMENT = 4  # three channels are the colours
_LEAST_PERCEIVED = 32  # `srgan.models.features.classifiers.SMALLEST`, said here since nothing heavy is imported
_ON_LUMINANCE = ("srcnn", "espcn", "drcn")
_LARGEST_SEED = 2**63 - 2
_CROP_MULTIPLES = {"none": 1, "srgan": 16, "patch": 8, "features": 8, "cheung": 16, "ucsd": 64}
