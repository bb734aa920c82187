"""Images: files read and written in their own depth and channels, with all that they carry."""

from typing import TYPE_CHECKING

from srgan.lazy_import import lazy_names

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
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "formats": "EncodeOptions FORMATS",
            "image": "Image read write",
            "reader": "ImageInfo ImageReader",
            "resize": "imresize",
            "vips": "VipsFailure reason",
        },
    )
