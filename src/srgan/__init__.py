"""Turn small photos into large photo-real ones.

>>> import srgan
>>> srgan.Upscaler("srresnet").upscale("photo.jpg").shape  # doctest: +SKIP
(1600, 2400, 3)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan.images.image import read, write
    from srgan.upscale.upscaler import Upscaler

__version__ = "0.1.0"
__all__ = ["Upscaler", "__version__", "read", "write"]

if not TYPE_CHECKING:  # a type checker would take it for a promise that every name exists

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for: `srgan --help` needs neither NumPy nor libvips."""
        if name == "Upscaler":
            return import_module("srgan.upscale.upscaler").Upscaler
        if name in ("read", "write"):
            return getattr(import_module("srgan.images.image"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
