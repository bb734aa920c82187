"""Settings of a recipe, in parts that check their own bounds. Nothing heavy is imported here."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from srgan.data.mixes import shares
from srgan.errors import UsageError

GeneratorName = Literal[
    "srgan-generator",
    "compact-generator",
    "swift",
    "cheung-generator",
    "ucsd-generator",
    "ucsd-srcnn",
    "srcnn",
    "espcn",
    "drcn",
    "edsr",
    "rrdb",
    "wavelet",
]
DiscriminatorName = Literal["none", "srgan", "patch", "features", "cheung", "ucsd", "wavelet"]

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "srgan-generator": ("blocks", "features", "scale", "normalisation", "skips"),
    "compact-generator": ("blocks", "features", "refinement"),
    "swift": ("blocks", "features", "scale"),
    "srcnn": ("middle",),
    "drcn": ("recursions", "features"),
    "edsr": ("blocks", "features", "residual_scaling"),
    "rrdb": ("blocks", "features", "growth"),
    "ucsd-srcnn": (),
    "espcn": (),
}
_SCALES: dict[str, tuple[int, ...]] = {"srgan-generator": (2, 4, 8), "swift": (2, 4, 8)}
"""Of the generators that do not enlarge by 4 alone."""
_LEAST_CROP = 16
_LEAST_REFINEMENT = 4  # three channels are the colours
_LARGEST_SEED = 2**63 - 2


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The network that enlarges."""

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
    residual_scaling: float = 1.0
    """Factor of what a block of edsr adds, above 0; 0.1 with 256 features, as published."""
    growth: int = 32
    """Channels that convolutions in dense blocks of rrdb add."""
    scale: int = 4
    """Factor by which width and height grow."""

    def __post_init__(self) -> None:
        _check_range(self, 0, "blocks", "refinement")
        _check_range(self, 1, "features", "recursions", "growth")
        _check_range(self, 0.0, "residual_scaling", most=1.0)
        if not self.residual_scaling:
            raise UsageError("residual_scaling is 0, but must be more: blocks would add nothing")
        if self.middle not in (1, 3, 5):
            raise UsageError(f"middle is {self.middle}, but must be 1, 3 or 5")
        if self.scale not in _SCALES.get(self.generator, (4,)):
            raise UsageError(f"scale is {self.scale}, but must be 4 (or 2 or 8 with {' or '.join(_SCALES)})")
        if self.generator == "wavelet" and self.features % 2:
            raise UsageError(f"features is {self.features}, but must be even: half of them make the finest bands")
        if 0 < self.refinement < _LEAST_REFINEMENT:
            raise UsageError(f"refinement is {self.refinement}, but must be 0, or {_LEAST_REFINEMENT} or more")

    @property
    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of the generator's class, as in a model's card."""
        return {name: getattr(self, name) for name in _ARGUMENTS.get(self.generator, ("blocks", "features"))}


@dataclass(frozen=True, kw_only=True)
class LossSettings:
    """The losses that training lowers, and their weights."""

    content: str = "mse"
    """Comparison with the original: mse, l1, luma (mse of luminance), low-band (l1 of means of 2 x 2), or vgg22, ..."""
    supervision: float = 0.0
    """Share of the loss, at first, that judges drcn after every recursion; it falls to zero in a straight line."""
    before_activation: bool = False
    """VGG features before the layer's ReLU, not as published after it."""
    feature_distance: Literal["mse", "l1"] = "mse"
    """Mean squared error of VGG features, as published, or their mean absolute error, as in ESRGAN."""
    feature_scale: float = 1 / 12.75
    """Factor of VGG features (Ledig et al. 2017, section 3.2)."""
    perception: float = 0.0
    """Weight of the distance between deep features (Zhang et al. 2018), of the feature network."""
    feature_error: float = 0.0
    """Weight of the relative error of features at several depths, of the feature network."""
    pixel: float = 0.0
    """Weight of the mean squared error, added to a content loss on VGG features."""
    pixel_l1: float = 0.0
    """Weight of the mean absolute error, added to another content loss."""
    consistency: float = 0.0
    """Weight of the mean absolute error of the downscaled result, against the clean low-resolution image."""
    grid: float = 0.0
    """Weight of the error of patterns that repeat in every cell of scale x scale pixels."""
    grid_texture: float = 0.0
    """Weight of the error of how unevenly texture lies in those cells."""
    spectrum: float = 0.0
    """Weight of the error of texture's strength, by place and frequency."""
    total_variation: float = 0.0
    """Weight of the total variation loss."""
    discriminator: DiscriminatorName = "none"
    """Discriminator: a network, or heads on the feature network; none trains on content."""
    discriminator_features: int = 64
    """Channels of its first convolution."""
    discriminator_alone: int = 0
    """Updates at the start in which only the discriminator learns."""
    relativistic: bool = False
    """The discriminator compares real with restored images on average, as in ESRGAN, not each with a fixed bound."""
    adversarial: float = 1e-3
    """Weight of the adversarial loss, where there is a discriminator (eq. 3)."""
    adversarial_reduction: Literal["sum", "mean"] = "mean"
    """Over the batch: the sum that eq. 6 prints, or the mean, which no batch size changes."""

    def __post_init__(self) -> None:
        _check_range(self, 0.0, "supervision", most=1.0)
        _check_range(self, 0.0, "perception", "feature_error", "pixel", "pixel_l1", "consistency", "grid")
        _check_range(self, 0.0, "grid_texture", "spectrum", "total_variation", "adversarial", "feature_scale")
        _check_range(self, 0, "discriminator_alone")
        _check_range(self, 1, "discriminator_features")
        if not re.fullmatch("mse|l1|luma|low-band|vgg[12][12]|vgg[345][1-4]", self.content):
            raise UsageError(
                f"content is {self.content}, but must be mse, l1, luma, low-band or a layer of VGG19, as vgg22 or vgg54"
            )

    @property
    def content_layer(self) -> str | None:
        """Layer of VGG19 whose features the content loss compares, as VGG54, or None."""
        return self.content.upper() if self.content.startswith("vgg") else None

    @property
    def needs_features(self) -> bool:
        """Whether a loss or the discriminator uses the feature network."""
        return bool(self.perception or self.feature_error) or self.discriminator == "features"

    @property
    def is_adversarial(self) -> bool:
        """Whether there is a discriminator."""
        return self.discriminator != "none"


@dataclass(frozen=True, kw_only=True)
class CropSettings:
    """The crops of a batch."""

    batch: int = 16
    """Crops in a batch, of as many different pictures."""
    crop: int = 96
    """Side of a high-resolution crop in pixels."""
    jitter: int = 0
    """Pixels by which a crop is larger than the window in it that the discriminator and feature losses see."""
    quarter_turns: bool = True
    """Crops are turned as well as mirrored."""
    degradation: str = "clean"
    """Damage of low-resolution crops: the name of a mix, or everyday, which draws from all of them."""
    reduced_decoding: int = 1
    """Divisor, 1, 2, 4 or 8, of the size at which JPEGs in shards are decoded, by a scaled IDCT; it is not bicubic."""

    def __post_init__(self) -> None:
        _check_range(self, 1, "batch")
        _check_range(self, _LEAST_CROP, "crop")
        _check_range(self, 0, "jitter")
        shares(self.degradation)
        if self.reduced_decoding not in (1, 2, 4, 8):
            raise UsageError(f"reduced_decoding is {self.reduced_decoding}, but must be 1, 2, 4 or 8")
        if self.window < _LEAST_CROP:
            raise UsageError(f"crop less jitter is {self.window}, but must be {_LEAST_CROP} or more: lower jitter")

    @property
    def window(self) -> int:
        """Side of the part of a crop that the discriminator and feature losses see, in pixels."""
        return self.crop - self.jitter


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """Updates, optimiser and learning rate."""

    updates: int | None = None
    """Updates of the generator in all; this or epochs."""
    epochs: int | None = None
    """Times that every picture is seen; this or updates."""
    optimiser: Literal["adam", "soap"] = "adam"
    """Optimizer: Adam as published, or SOAP, which takes fewer but dearer updates (soap.py)."""
    learning_rate: float = 1e-4
    """Highest learning rate."""
    discriminator_learning_rate: float | None = None
    """The discriminator's, if it is another; it follows the same schedule."""
    beta1: float = 0.9
    """The optimizer's memory of the gradient."""
    warmup: int = 0
    """Updates over which the learning rate rises to its highest."""
    drop_at: float = 1.0
    """Share of the run after which the learning rate is multiplied by drop_factor."""
    drop_factor: float = 1.0
    """See drop_at."""
    more_drops: str = ""
    """More shares of the run after each of which it is multiplied by drop_factor, as 0.5,0.75."""
    decay: float = 0.0
    """Share of the run, at its end, over which the learning rate falls to zero in a straight line."""
    clip: float | None = None
    """Largest norm of the generator's gradient, if it is clipped."""
    ema: float = 0.999
    """Weight of the past in the moving average of the generator, once it has one."""
    seed: int = 0
    """Fixes the initial weights and every batch."""

    def __post_init__(self) -> None:
        _check_range(self, 1, "updates", "epochs")
        _check_range(self, 0, "warmup")
        _check_range(self, 0.0, "clip")
        _check_range(self, 0.0, "learning_rate", "discriminator_learning_rate", "beta1", "ema", most=1.0)
        _check_range(self, 0.0, "drop_at", "drop_factor", "decay", most=1.0)
        _check_range(self, 0, "seed")
        self._drops()
        if self.seed > _LARGEST_SEED:
            raise UsageError(f"seed is {self.seed}, but must be {_LARGEST_SEED} or less")
        if (self.updates is None) == (self.epochs is None):
            raise UsageError("a recipe has either updates or epochs: set one of them, and the other to none")

    def factor(self, update: int, updates: int) -> float:
        """Return the factor of the learning rates in update 0, 1, ... `updates` - 1."""
        rising = min(1.0, (update + 1) / self.warmup) if self.warmup else 1.0
        dropped = 1.0
        for drop in self._drops():
            dropped *= self.drop_factor if update >= drop * updates else 1.0
        falling = min(1.0, (updates - update) / (self.decay * updates)) if self.decay else 1.0
        return min(rising, falling) * dropped

    def _drops(self) -> tuple[float, ...]:
        """Return the shares of the run after which the learning rate drops.

        Raises:
            UsageError: if more_drops holds anything but such shares.
        """
        try:
            drops = (self.drop_at, *(float(share) for share in self.more_drops.split(",") if self.more_drops))
        except ValueError:
            drops = (-1.0,)
        if not all(0.0 <= drop <= 1.0 for drop in drops):
            raise UsageError(f"more_drops is {self.more_drops}, but must be shares of the run from 0 to 1, as 0.5,0.75")
        return drops


@dataclass(frozen=True, kw_only=True)
class LoggingSettings:
    """Intervals at which a run is recorded."""

    log_every: int = 50
    """Updates between lines of the log."""
    validate_every: int = 1000
    """Updates between validations, each with a checkpoint."""

    def __post_init__(self) -> None:
        _check_range(self, 1, "log_every", "validate_every")


def _check_range(part: Any, least: float, *names: str, most: float | None = None) -> None:
    """Check that settings lie in a range; None, where a setting may be absent, does.

    Raises:
        UsageError: if one does not.
    """
    for name in names:
        value = getattr(part, name)
        if value is not None and not value >= least:
            raise UsageError(f"{name} is {value}, but must be {least} or more")
        if value is not None and most is not None and not value <= most:
            raise UsageError(f"{name} is {value}, but must lie between 0 and 1")
