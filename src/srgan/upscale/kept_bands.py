"""Finished bands of a result, kept in a hidden folder beside it so that an interrupted run goes on."""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from srgan.files import AtomicFile, make_folder, write_bytes
from srgan.images.colour import DTYPES, Pixels
from srgan.images.image import ImageInfo
from srgan.images.vips import VipsFailure, forget_failures, pyvips, reason
from srgan.upscale.tiles import Grid

_MANIFEST = "bands.json"
_STRIP = 16  # rows: of wide images more take much memory


class KeptBands:
    """The bands of one result.

    Args:
        output: path of the result.
        made_by: all that its pixels depend on; bands made by anything else are removed.
        grid: how the image is cut, unless bands were made already: then as those.

    Attributes:
        grid: how it is cut.

    Raises:
        OutputError: if the folder cannot be written.
    """

    def __init__(self, output: Path, made_by: Mapping[str, Any], grid: Grid) -> None:
        self._folder = kept_folder(output)
        self.grid = grid
        with suppress(OSError, ValueError, KeyError, TypeError):
            manifest = json.loads((self._folder / _MANIFEST).read_text(encoding="utf-8"))
            if manifest["made_by"] == made_by:
                self.grid = Grid(**manifest["grid"])
                return
        shutil.rmtree(self._folder, ignore_errors=True)
        make_folder(self._folder)
        manifest = {"made_by": made_by, "grid": asdict(grid)}
        write_bytes(self._folder / _MANIFEST, json.dumps(manifest).encode())

    def load(self, number: int, rows: int, width: int, picture: ImageInfo) -> Pixels | None:
        """Return a finished band, (rows, width, channels), of the channels and depth of the source, or None."""
        forget_failures()
        with suppress(OSError, *VipsFailure), self._path(number).open("rb") as file:
            source = pyvips.Source.new_from_descriptor(file.fileno())
            image = pyvips.Image.tiffload_source(source, access="sequential", fail_on="error")
            pixels: Pixels = image.numpy().reshape(image.height, image.width, image.bands)
            if pixels.shape == (rows, width, picture.channels) and pixels.dtype == DTYPES[picture.depth]:
                return pixels
        return None

    def save(self, number: int, rows: Pixels) -> None:
        """Keep a finished band.

        Raises:
            OutputError: if it cannot be written.
        """
        image = pyvips.Image.new_from_array(rows)
        predictor = "none" if rows.dtype == np.float32 else "horizontal"
        forget_failures()
        with AtomicFile(self._path(number), overwrite=True) as file:
            target = pyvips.Target.new_to_descriptor(file.fileno())
            try:
                image.tiffsave_target(
                    target, compression="deflate", level=1, predictor=predictor, bigtiff=True, tile_height=_STRIP
                )
            except VipsFailure as failure:
                raise OSError(reason(failure)) from failure

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.tif"


def kept_folder(output: Path) -> Path:
    """Return the folder of the finished bands of a result."""
    return output.with_name(f".{output.name}.srgan-bands")


def remove_kept(output: Path) -> None:
    """Remove the finished bands of a result, if there are any."""
    shutil.rmtree(kept_folder(output), ignore_errors=True)
