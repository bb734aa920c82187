"""The blocks of a JPEG are found wherever cropping has moved them, and where there were none, none are found."""

from typing import Any

import numpy as np
import pytest
from scipy.fft import dctn

from srgan.images.block_grid import BlockGrid, _detail, find_grid
from tests.helpers.images_made_up import decoded, drawing, jpeg, photo


def test_counts_are_those_of_the_cosine_transform() -> None:
    """Held against scipy, block by block."""
    gray = photo(0, 43, 37)[:, :, :1].astype(np.float32)
    found = _detail(gray)
    for row, column in ((0, 0), (3, 5), (7, 7)):
        counted = 0
        for top in range(row, row + 32 - 8, 8):
            for left in range(column, column + 40 - 8, 8):
                block = dctn(gray[top : top + 8, left : left + 8, 0].astype(float), norm="ortho")
                counted += int((np.abs(block[4:, 4:]) > 3).sum())
        assert found[row, column] == counted > 0


@pytest.mark.parametrize(("column", "row"), [(0, 0), (5, 3), (1, 7), (4, 4)])
@pytest.mark.parametrize("quality", [50, 75, 92])
def test_the_offset_is_found(quality: int, column: int, row: int) -> None:
    for seed in range(3):
        found = find_grid([_levels(decoded(jpeg(photo(seed), quality))[row:, column:])])
        assert found.offset == ((8 - column) % 8, (8 - row) % 8)
        assert found.strength > 0.3


def test_it_weakens_with_quality() -> None:
    strengths = [find_grid([_levels(decoded(jpeg(photo(1), quality)))]).strength for quality in (60, 85, 92, 95, 98)]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[-1] < 0.05


def test_windows_are_counted_together() -> None:
    whole = _levels(decoded(jpeg(photo(2, 512, 128), 85)))
    parts = [whole[:, :256], whole[:, 256:]]
    assert find_grid(parts).offset == (0, 0)
    assert find_grid(parts).strength == pytest.approx(find_grid([whole]).strength, abs=0.02)


@pytest.mark.parametrize("pixels", [photo(3), drawing(0), drawing(1), photo(4).repeat(2, 0).repeat(2, 1)])
def test_without_blocks_there_is_no_grid(pixels: Any) -> None:
    assert find_grid([_levels(pixels)]).strength < 0.1


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (15, 15), (300, 8)])
def test_the_smallest_pictures_have_none(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    assert find_grid([_levels(noise)]) == BlockGrid(0.0, (0, 0))


def _levels(pixels: Any) -> Any:
    return pixels.astype(np.float32)
