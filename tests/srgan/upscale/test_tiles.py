"""Tiles: cover everything once, carry their halo, and cost no more than they must."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srgan.upscale.tiles import best_grid, spans
from srgan.weights.card import Stage


@given(length=st.integers(1, 400), size=st.integers(1, 100), halo=st.integers(0, 50))
def test_cut_then_join_is_the_identity(length: int, size: int, halo: int) -> None:
    line = np.random.default_rng(0).random(length)
    tiles = list(spans(length, size, halo))
    assert np.array_equal(np.concatenate([line[tile.low : tile.high][tile.kept] for tile in tiles]), line)
    assert all(tile.stop - tile.start <= size for tile in tiles)
    assert all(tile.low == max(tile.start - halo, 0) and tile.high == min(tile.stop + halo, length) for tile in tiles)
    assert all(before.stop == after.start for before, after in pairwise(tiles))


@given(st.data())
def test_a_part_is_covered_with_halos_from_the_whole(data: st.DataObject) -> None:
    length = data.draw(st.integers(2, 200))
    first = data.draw(st.integers(0, length - 1))
    last = data.draw(st.integers(first + 1, length))
    tiles = list(spans(length, 16, 3, within=(first, last)))
    assert (tiles[0].start, tiles[-1].stop) == (first, last)
    assert tiles[0].low == max(first - 3, 0)


@pytest.mark.parametrize(("length", "size", "within"), [(0, 1, None), (5, 0, None), (5, 2, (3, 3)), (5, 2, (0, 6))])
def test_refuses_what_cannot_be_cut(length: int, size: int, within: tuple[int, int] | None) -> None:
    with pytest.raises(ValueError, match="cannot tile"):
        list(spans(length, size, 1, within=within))


@given(width=st.integers(1, 3000), height=st.integers(1, 3000), area=st.integers(10_000, 10**6))
def test_grid_keeps_within_the_area(width: int, height: int, area: int) -> None:
    halo = 40
    grid = best_grid(width, height, halo=halo, area=area)
    smallest = (16 + 2 * halo) ** 2
    for rows in spans(height, grid.rows, halo):
        for columns in spans(width, grid.columns, halo):
            assert (rows.high - rows.low) * (columns.high - columns.low) <= max(area, smallest)


def test_a_picture_that_fits_is_one_tile() -> None:
    assert best_grid(700, 500, halo=40, area=350_000) == best_grid(700, 500, halo=0, area=10**9)


def test_most_rows_is_kept() -> None:
    assert best_grid(300, 3000, halo=3, area=10**9, most_rows=100).rows == 100


def test_exactness_is_cheap_at_the_sizes_in_use() -> None:
    """With tiles of about 640 pixels, a 24-megapixel picture costs a third more in the trunk, not double."""
    grid = best_grid(6000, 4000, halo=40, area=720 * 720)
    computed = sum(
        (rows.high - rows.low) * (columns.high - columns.low)
        for rows in spans(4000, grid.rows, 40)
        for columns in spans(6000, grid.columns, 40)
    )
    assert computed < 1.30 * 6000 * 4000


def test_halo_is_whole_pixels() -> None:
    assert Stage("restored", scale=4, radius=2.5, values=1, multiply_adds=1).halo == 3


@given(
    length=st.integers(1, 400), size=st.integers(1, 90), halo=st.integers(0, 40), step=st.sampled_from([1, 2, 4, 8, 12])
)
def test_tiles_begin_at_multiples_and_keep_their_halo(length: int, size: int, halo: int, step: int) -> None:
    for span in spans(length, size, halo + step - 1, step=step):
        assert span.low % step == 0
        assert span.low <= max(span.start - halo, 0)
