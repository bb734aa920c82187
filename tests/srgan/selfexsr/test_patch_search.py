"""Patches find their examples: moved, turned, brighter; costs and votes are what SciPy computes at the same places."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from srgan.selfexsr.compiling import row_threads
from srgan.selfexsr.patch_search import RADIUS, Examples, Floats, Matches, collect_examples, find_matches, vote


def texture(*size: int, seed: int = 0) -> Floats:
    """Return smooth noise, 16 to 235."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(size), 1.5)
    scaled: Floats = (16 + 219 * (noise - noise.min()) / np.ptp(noise)).astype(np.float32)
    return scaled


def search(target: Floats, *images: Floats, seed: int = 1) -> tuple[Matches, Examples, Floats]:
    examples = collect_examples([image + 1 for image in images], list(images))
    with row_threads() as for_rows:
        matches = find_matches(target, examples, for_rows, seed=seed)
        return matches, examples, vote(examples, matches, for_rows)


def patch_coordinates(matches: Matches, row: int, column: int) -> Floats:
    """Return rows and columns in the example of the pixels of a patch: (2, 5, 5)."""
    place = matches.places[row, column]
    offsets = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1]
    coordinates: Floats = place[:2, None, None] + np.tensordot(place[2:].reshape(2, 2), offsets, 1)
    return coordinates


def test_costs_and_biases_are_those_of_the_places() -> None:
    target, images = texture(20, 24), [texture(18, 22, seed=1), texture(12, 15, seed=2)]
    matches, _, _ = search(target, *images)
    distances = np.arange(-RADIUS, RADIUS + 1) ** 2
    weights = np.exp(-(distances[:, None] + distances) / (2 * 3.0**2))
    weights /= weights.sum()
    padded = np.pad(target, RADIUS, mode="edge")
    for row, column in np.ndindex(target.shape):
        coordinates = patch_coordinates(matches, row, column)
        example = images[matches.levels[row, column]]
        assert (coordinates >= 0).all()
        assert (coordinates <= np.array(example.shape)[:, None, None] - 1).all()
        patch = padded[row : row + 2 * RADIUS + 1, column : column + 2 * RADIUS + 1]
        error = patch - map_coordinates(example, coordinates, order=1)
        bias = (weights * error).sum()
        assert matches.biases[row, column] == pytest.approx(bias, abs=0.01)
        assert matches.costs[row, column] == pytest.approx((weights * (error - bias) ** 2).sum(), abs=0.05, rel=1e-3)


def test_what_is_there_is_found_and_its_sharp_twin_taken() -> None:
    example = texture(40, 50)
    target = example[6:34, 9:41] + 20
    matches, _, made = search(target, example)
    inner = np.s_[RADIUS:-RADIUS, RADIUS:-RADIUS]
    assert np.median(matches.costs[inner]) < 0.5
    assert np.median(matches.biases[inner]) == pytest.approx(20, abs=0.01)
    assert np.median(np.abs(made - target - 1)[inner]) < 0.5  # sharp examples are one level brighter here


def test_turned_patches_are_found_by_turning() -> None:
    """An example turned by 20 degrees is matched better than unturned patches can, and at about that angle."""
    example, angle = texture(48, 48), np.deg2rad(20)
    cosine, sine = np.cos(angle), np.sin(angle)
    offsets = np.mgrid[-12:13, -12:13]
    target = map_coordinates(example, 24 + np.tensordot([[cosine, -sine], [sine, cosine]], offsets, 1), order=1).astype(
        np.float32
    )
    matches, _, _ = search(target, example)
    inner = np.s_[4:-4, 4:-4]
    found = np.arctan2(matches.places[..., 4], matches.places[..., 2])[inner]
    assert np.median(np.abs(found - angle)) < np.deg2rad(10)
    assert np.median(matches.costs[inner]) < 5


def test_seeds_draw_other_places_and_repeat_themselves() -> None:
    target, example = texture(16, 20), texture(30, 30, seed=3)
    first, again, other = (search(target, example, seed=seed)[0].places for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
