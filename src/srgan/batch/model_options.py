"""The model of a batch: the arguments of `Upscaler` as a value that is sent to every worker."""

from dataclasses import asdict, dataclass
from typing import Any

from srgan.upscale.upscaler import Upscaler


@dataclass(frozen=True)
class ModelOptions:
    """The choice of a model, and of its computation: the arguments of `Upscaler`."""

    model: str = "auto"
    fidelity: float | None = None
    faithful: str | None = None
    engine: Any = "auto"
    precision: Any = None
    ensemble: bool = False
    grain: float | None = None

    def open(self) -> Upscaler:
        """Return the upscaler.

        Raises:
            ModelError, UsageError: as `Upscaler` does.
        """
        return Upscaler(**asdict(self))
