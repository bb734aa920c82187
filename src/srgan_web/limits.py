"""Limits of the service, each set by an option of `srgan web`."""

from dataclasses import dataclass

from srgan.errors import UsageError

RESULT_FACTOR = 16
"""Largest result, in multiples of `max_pixels`: what four times as wide and high takes."""


@dataclass(frozen=True)
class WebLimits:
    """What the service accepts, and how long it keeps it.

    Raises:
        UsageError: if a limit is not above 0.
    """

    max_bytes: int = 100_000_000
    """Size of an upload."""
    max_pixels: int = 64_000_000
    """Pixels of an image; a result may have 16 times as many."""
    max_seconds: float = 1800.0
    """Time that enlarging one image may take."""
    max_disk: int = 20_000_000_000
    """Bytes of all images in the store."""
    max_waiting: int = 200
    """Jobs in the queue."""
    max_waiting_per_client: int = 100
    """Jobs of one client in the queue."""
    keep_seconds: float = 24 * 3600.0
    """Time after which a job is deleted with its images."""
    upload_seconds: float = 600.0
    """Time that an upload may take."""
    idle_seconds: float = 20.0
    """Time that a client may take for the next part of an upload."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise UsageError(f"{name} must be above 0, not {value}", parameter=name)
