"""Turn small photos into large photo-real ones.

>>> import srgan
>>> srgan.Upscaler("srresnet").upscale("photo.jpg").shape  # doctest: +SKIP
(1600, 2400, 3)
"""

from srgan.images.files import read, write
from srgan.upscale import Upscaler

__version__ = "0.1.0"
__all__ = ["Upscaler", "__version__", "read", "write"]
