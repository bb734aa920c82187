"""Sheets: pictures as they are, in columns with readable labels."""

from pathlib import Path

import numpy as np
import pytest

from srgan.images.image import read
from srgan.reporting.contact_sheet import Pixels, sheet, write_sheet

COLUMNS = ["LR", "pre-trained", "GAN", "HR"]


def row(side: int = 64) -> list[Pixels]:
    random = np.random.default_rng(side)
    sizes = [side // 4, side, side, side]
    return [random.integers(0, 200, (size, size, 3), dtype=np.uint8) for size in sizes]


def holds(whole: Pixels, part: Pixels) -> bool:
    """Whether a picture stands somewhere in the other, pixel for pixel."""
    height, width = part.shape[:2]
    starts = np.argwhere((whole[: 1 - height or None, : 1 - width or None] == part[0, 0]).all(axis=2))
    return any(np.array_equal(whole[top : top + height, left : left + width], part) for top, left in starts)


def test_no_pixel_is_changed() -> None:
    rows = [row(64), row(32)]
    made = sheet(COLUMNS, rows, [["", "28.43 dB", "27.01 dB", ""]] * 2)
    assert made.dtype == np.uint8
    for low, *others in rows:
        assert holds(made, low.repeat(4, axis=0).repeat(4, axis=1))
        assert all(holds(made, picture) for picture in others)


def test_labels_are_drawn_and_fit() -> None:
    plain, captioned = sheet(COLUMNS, [row()]), sheet(COLUMNS, [row()], [["", "28.43 dB", "x" * 40, ""]])
    assert captioned.shape[0] > plain.shape[0]
    assert captioned.shape[1] > plain.shape[1]  # a wide label widens its column
    assert (plain[:30] < 128).any()  # titles above
    assert (captioned[-20:] < 128).any()  # captions below
    for made in (plain, captioned):
        assert (made[:, :8] == 255).all()
        assert (made[:, -8:] == 255).all()


def test_dollars_are_no_formula() -> None:
    assert sheet(["$x"], [[row()[1]]]).shape[1] == 64 + 2 * 8


def test_pictures_of_other_shapes_stay_as_they_are() -> None:
    wide, tall = np.zeros((16, 40, 3), np.uint8), np.zeros((64, 64, 3), np.uint8)
    made = sheet(["a", "b"], [[wide, tall]])
    assert (made == 0).all(axis=2).sum() >= 16 * 40 + 64 * 64


@pytest.mark.parametrize(
    ("columns", "rows", "captions"),
    [([], [], None), (["a"], [], None), (["a", "b"], [row()[:1]], None), (["a"], [row()[:1]], [["x", "y"]])],
)
def test_what_does_not_match_is_refused(
    columns: list[str], rows: list[list[Pixels]], captions: list[list[str]] | None
) -> None:
    with pytest.raises(ValueError, match="for each column"):
        sheet(columns, rows, captions)


def test_a_sheet_replaces_the_one_before(tmp_path: Path) -> None:
    for pixels in (sheet(["a"], [[row()[0]]]), sheet(["b"], [[row()[1]]])):
        write_sheet(tmp_path / "sheet.png", pixels)
        assert np.array_equal(read(tmp_path / "sheet.png").pixels, pixels)
