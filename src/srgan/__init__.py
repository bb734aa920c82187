"""Turn small photos into large photo-real ones.

>>> import srgan
>>> srgan.Upscaler("srresnet").upscale("photo.jpg").shape  # doctest: +SKIP
(1600, 2400, 3)
"""

from typing import TYPE_CHECKING

from srgan.lazy_import import lazy_names

if TYPE_CHECKING:
    from srgan.images.image import read, write
    from srgan.upscale.upscaler import Upscaler

__version__ = "0.1.0"
__all__ = ["Upscaler", "__version__", "read", "write"]

if not TYPE_CHECKING:  # a type checker would take it for a promise that every name exists
    # `srgan --help` needs neither NumPy nor libvips.
    __getattr__ = lazy_names(__name__, {"upscale.upscaler": "Upscaler", "images.image": "read write"})
