"""HEIC and HEIF images, decoded by pi-heif (libheif and libde265); libvips' own build cannot, for HEVC is patented."""

from typing import Any

import numpy as np

from srgan.errors import PictureError
from srgan.images.containers import has_readable_items
from srgan.images.vips import pyvips, unreadable


def open_heic(data: bytes, name: str) -> tuple[tuple[int, int], Any]:
    """Open a HEIC file; its pixels are not decoded yet.

    Returns:
        (width, height) of the upright image, and what `load_heic` decodes.

    Raises:
        PictureError: if it is damaged, or pi-heif is not installed.
    """
    try:
        import pi_heif  # type: ignore[import-untyped]
    except ImportError:
        raise PictureError(f"{name} is HEIC, which pi-heif reads: install it (pip install pi-heif)") from None
    if not has_readable_items(data):
        raise unreadable(name, ValueError("its items have no names"))
    try:
        file = pi_heif.open_heif(data, convert_hdr_to_8bit=False)
        image = file[file.primary_index]
        return image.size, (image, len(file))
    except (ValueError, RuntimeError, EOFError, OSError, SyntaxError, IndexError, KeyError) as problem:
        raise unreadable(name, problem) from None


def load_heic(opened: Any, name: str) -> pyvips.Image:
    """Decode an opened HEIC image, with profile, EXIF and XMP; libheif has turned it upright.

    Raises:
        PictureError: if it is damaged.
    """
    image, pages = opened
    try:
        pixels = np.ascontiguousarray(np.asarray(image))
    except (ValueError, RuntimeError, EOFError, OSError, SyntaxError) as problem:
        raise unreadable(name, problem) from None
    spaces = ("grey16", "rgb16") if pixels.dtype == np.uint16 else ("b-w", "srgb")
    loaded = pyvips.Image.new_from_array(pixels)
    loaded = loaded.copy(interpretation=spaces[loaded.bands > 2])
    for field, key in (("exif-data", "exif"), ("xmp-data", "xmp"), ("icc-profile-data", "icc_profile")):
        if image.info.get(key):
            loaded.set_type(pyvips.GValue.blob_type, field, bytes(image.info[key]))
    loaded.set_type(pyvips.GValue.gint_type, "bits-per-sample", int(image.info.get("bit_depth", 8)))
    loaded.set_type(pyvips.GValue.gint_type, "n-pages", pages)
    return loaded
