"""Transparency: nothing bleeds, nothing that can be seen changes, opaque stays opaque."""

import numpy as np

from srgan.images.alpha import REACH, fill_transparent, keep_hidden, snap_constant


def test_what_can_be_seen_is_left_to_the_bit() -> None:
    random = np.random.default_rng(0)
    colour = random.random((20, 30, 3)).astype(np.float32)
    alpha = (random.random((20, 30)) > 0.5).astype(np.float32) * random.random((20, 30)).astype(np.float32)
    filled = fill_transparent(colour, alpha)
    assert np.array_equal(filled[alpha > 0], colour[alpha > 0])


def test_the_colour_under_transparency_does_not_matter() -> None:
    alpha = np.zeros((9, 9), np.float32)
    alpha[:, 4] = 1
    black, white = (np.full((9, 9, 3), value, np.float32) for value in (0, 1))
    black[:, 4] = white[:, 4] = 0.5
    assert np.allclose(fill_transparent(black, alpha), 0.5)
    assert np.array_equal(fill_transparent(black, alpha), fill_transparent(white, alpha))


def test_colour_is_carried_as_far_as_the_reach_and_no_further() -> None:
    alpha = np.zeros((1, 40), np.float32)
    alpha[:, 0] = 1
    colour = np.full((1, 40, 3), 0.25, np.float32)
    filled = fill_transparent(colour, alpha)
    assert np.allclose(filled[0, : REACH + 1], 0.25)
    assert (filled[0, REACH + 1 :] == 0).all()


def test_constant_alpha_is_made_exact() -> None:
    alpha = np.ones((12, 12), np.float32)
    alpha[:, 8:] = 0
    enlarged = np.random.default_rng(0).random((48, 48)).astype(np.float32)
    snapped = snap_constant(enlarged, alpha, slice(0, 12), 4)
    assert (snapped[:, :24] == 1).all()
    assert (snapped[:, 40:] == 0).all()
    assert np.array_equal(snapped[:, 24:40], enlarged[:, 24:40])


def test_rows_around_those_enlarged_count() -> None:
    alpha = np.ones((12, 12), np.float32)
    alpha[9] = 0  # two rows below the last one enlarged
    snapped = snap_constant(np.full((32, 48), 0.5, np.float32), alpha, slice(0, 8), 4)
    assert (snapped[:28] == 1).all()
    assert (snapped[28:] == 0.5).all()


def test_hidden_colour_is_that_of_the_source() -> None:
    source = np.random.default_rng(1).integers(1, 256, (5, 6, 4)).astype(np.uint8)
    source[2:, 3:, 3] = 0
    enlarged = np.full((10, 12, 4), 7, np.uint8)
    enlarged[4:, 6:, 3] = 0
    keep_hidden(enlarged, source, 2)
    assert np.array_equal(enlarged[4:, 6:], source.repeat(2, 0).repeat(2, 1)[4:, 6:])
    assert (enlarged[:4] == 7).all()
    assert (enlarged[:, :6] == 7).all()
