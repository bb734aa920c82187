"""Images: files read and written in their own depth and channels, with all that they carry."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan.images.formats import FORMATS as FORMATS
    from srgan.images.formats import EncodeOptions as EncodeOptions
    from srgan.images.image import Image as Image
    from srgan.images.image import read as read
    from srgan.images.image import write as write
    from srgan.images.reader import ImageInfo as ImageInfo
    from srgan.images.reader import ImageReader as ImageReader
    from srgan.images.resize import imresize as imresize
    from srgan.images.vips import VipsFailure as VipsFailure
    from srgan.images.vips import reason as reason

_NAMES = {
    "formats": "EncodeOptions FORMATS",
    "image": "Image read write",
    "reader": "ImageInfo ImageReader",
    "resize": "imresize",
    "vips": "VipsFailure reason",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used."""
        if name in _MODULES:
            return getattr(import_module(f"srgan.images.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
