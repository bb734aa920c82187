"""Recipe: all settings of a training run.

A recipe is written into every run and every model's card as one flat JSON object, and `--set field=value` changes one
of its fields: names are unique over all parts. Nothing heavy is imported here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from srgan.errors import UsageError
from srgan.training.recipes.settings import (
    CropSettings,
    LoggingSettings,
    LossSettings,
    NetworkSettings,
    ScheduleSettings,
)

_CROP_MULTIPLES = {"none": 1, "srgan": 16, "patch": 8, "features": 8, "cheung": 16, "ucsd": 64, "wavelet": 32}
_LEAST_FEATURES_CROP = 32  # `srgan.models.features.classifiers.SMALLEST`, which is too heavy to import
_ON_LUMINANCE = ("srcnn", "espcn", "drcn")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides the result of a training run, apart from its data."""

    name: str
    """Name; a run with changed settings keeps it."""
    summary: str
    """One line that describes it."""
    network: NetworkSettings = field(default_factory=NetworkSettings)
    initial: str = ""
    """The recipe whose result training begins with; empty for a random start."""
    loss: LossSettings = field(default_factory=LossSettings)
    crops: CropSettings = field(default_factory=CropSettings)
    schedule: ScheduleSettings
    logging: LoggingSettings = field(default_factory=LoggingSettings)

    def __post_init__(self) -> None:
        network, loss, crops = self.network, self.loss, self.crops
        if loss.content == "luma" and network.generator not in _ON_LUMINANCE:
            names = ", ".join(_ON_LUMINANCE)
            raise UsageError(
                f"content is luma, which leaves the colours of {network.generator} free: it is for {names}"
            )
        if loss.supervision and network.generator != "drcn":
            raise UsageError(f"supervision is {loss.supervision}, but only drcn has recursions: set it to 0")
        if crops.crop % network.scale:
            raise UsageError(f"crop is {crops.crop}, but must be a multiple of the scale, {network.scale}")
        if loss.needs_features and crops.window < _LEAST_FEATURES_CROP:
            raise UsageError(
                f"crop less jitter is {crops.window}, but deep features need {_LEAST_FEATURES_CROP}: raise crop"
            )
        multiple = _CROP_MULTIPLES[loss.discriminator]
        if crops.window % multiple:
            less = f" less jitter {crops.jitter}" if crops.jitter else ""
            raise UsageError(f"crop is {crops.crop}{less}, but this discriminator needs a multiple of {multiple}")

    @classmethod
    def from_flat(cls, settings: Mapping[str, Any]) -> Self:
        """Make a recipe from the settings of all parts by name, as `flat` returns them; some may be missing.

        Raises:
            UsageError: if a value is out of its range.
            TypeError: if there is no setting of a name.
        """
        rest = dict(settings)
        parts = {
            name: part(**{each.name: rest.pop(each.name) for each in fields(part) if each.name in rest})
            for name, part in PARTS.items()
        }
        return cls(**rest, **parts)

    def flat(self) -> dict[str, Any]:
        """Return all settings by name, for JSON."""
        flat: dict[str, Any] = {}
        for name, value in asdict(self).items():
            flat |= value if name in PARTS else {name: value}
        return flat

    def change(self, **settings: Any) -> Self:
        """Return the recipe with other settings, named as in `flat`; mypy does not check their types.

        Raises:
            UsageError: if a value is out of its range.
            TypeError: if there is no setting of a name.
        """
        return self.from_flat(self.flat() | settings)

    def planned_updates(self, pictures: int) -> int:
        """Return the number of updates on so many pictures: an epoch is as many whole batches as they fill."""
        if self.schedule.updates is not None:
            return self.schedule.updates
        assert self.schedule.epochs is not None
        return self.schedule.epochs * max(1, pictures // self.crops.batch)


PARTS: dict[str, type[Any]] = {
    "network": NetworkSettings,
    "loss": LossSettings,
    "crops": CropSettings,
    "schedule": ScheduleSettings,
    "logging": LoggingSettings,
}
"""Parts of a recipe; the other fields are single settings."""
