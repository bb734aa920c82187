"""Memory of 100 megapixels: files of every kind are made, and the worst JPEGs stay below 1 GB."""

from pathlib import Path

import pytest

from benchmarks.memory import KINDS, make_photo, measure_peak
from srgan.images import ImageReader
from srgan.images.vips import pyvips


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_of_their_kind(kind: str, tmp_path: Path) -> None:
    make_photo(tmp_path / "photo.tif", width=90, height=70)
    suffix, orientation, save = KINDS[kind]
    image = pyvips.Image.tiffload(str(tmp_path / "photo.tif")).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    save(image, str(tmp_path / f"a{suffix}"))
    with ImageReader(tmp_path / f"a{suffix}") as reader:
        assert (reader.info.width, reader.info.height) == ((70, 90) if orientation > 4 else (90, 70))
        assert max(1, reader.metadata.orientation) == orientation  # 0 where a kind of file has none
        assert reader.read_rows(90).std() > 20


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["turned", "progressive-turned"])
def test_a_hundred_megapixels_need_less_than_a_gigabyte(kind: str, tmp_path: Path) -> None:
    make_photo(tmp_path / "photo.tif")
    assert measure_peak(kind, tmp_path / "photo.tif", tmp_path) < 1000
