"""Crops: aligned, of distinct images, degraded on request, and a function of seed and update."""

import numpy as np
import pytest
from PIL import Image

from srgan.data.crops import CropSampler
from srgan.data.prepare import find_pictures, prepare
from srgan.data.prepared_set import PreparedPictures
from srgan.errors import DataError


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> PreparedPictures:
    """Six smooth pictures, each of its own colour, so that a crop tells where it is from; one too small for 128."""
    folder = tmp_path_factory.mktemp("pictures")
    y, x = np.mgrid[0:160, 0:200]
    for number in range(6):
        colour = np.stack([x, y, np.full_like(x, 40 * number)], axis=-1).astype(np.uint8)
        Image.fromarray(colour if number else colour[:100]).save(folder / f"{number}.png")
    prepare(find_pictures([folder]), folder / "cache")
    return PreparedPictures(folder / "cache")


def test_a_batch_is_a_function_of_seed_and_update(pictures: PreparedPictures) -> None:
    first, second = (CropSampler(pictures, batch=4, crop=96, seed=7) for _ in range(2))
    second.sample(0)
    for one, other in zip(first.sample(5), second.sample(5), strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(first.sample(5)[1], first.sample(6)[1])
    assert not np.array_equal(first.sample(5)[1], CropSampler(pictures, batch=4, crop=96, seed=8).sample(5)[1])


def test_low_and_high_are_aligned(pictures: PreparedPictures) -> None:
    sampler = CropSampler(pictures, batch=5, crop=96, seed=0)
    for update in range(20):
        low, high = sampler.sample(update)
        assert low.shape == (5, 24, 24, 3)
        assert high.shape == (5, 96, 96, 3)
        means = high.reshape(5, 24, 4, 24, 4, 3).mean(axis=(2, 4))
        assert np.abs(low[:, 2:-2, 2:-2] - means[:, 2:-2, 2:-2]).max() <= 2


def test_pictures_in_a_batch_are_distinct(pictures: PreparedPictures) -> None:
    sampler = CropSampler(pictures, batch=6, crop=96, seed=0)
    for update in range(10):
        assert len(set(sampler.sample(update)[1][:, 0, 0, 2])) == 6


def test_all_eight_orientations_occur(pictures: PreparedPictures) -> None:
    sampler = CropSampler(pictures, batch=6, crop=96, seed=0)
    seen = set()
    for update in range(30):
        for crop in sampler.sample(update)[1].astype(int):
            across, down = crop[0, -1] - crop[0, 0], crop[-1, 0] - crop[0, 0]
            seen.add((*np.sign(across[:2]), *np.sign(down[:2])))
    assert len(seen) == 8


def test_too_few_large_pictures_are_an_error(pictures: PreparedPictures) -> None:
    assert len(CropSampler(pictures, batch=5, crop=128, seed=0).usable) == 5
    with pytest.raises(DataError, match="a batch needs 6"):
        CropSampler(pictures, batch=6, crop=128, seed=0)


def test_places_are_those_of_published_runs(pictures: PreparedPictures) -> None:
    """Degradations draw from a random stream of their own."""
    for degradation in ("clean", "everyday"):
        places = CropSampler(pictures, batch=4, crop=96, seed=7, degradation=degradation).places(5)
        assert places.pictures.tolist() == [0, 4, 2, 3]
        assert places.top.tolist() == [0, 0, 6, 13]
        assert places.left.tolist() == [2, 9, 22, 8]
        assert places.turns.tolist() == [1, 0, 3, 1]
        assert places.mirrored.tolist() == [False, True, False, True]


@pytest.mark.parametrize("degradation", ["photo", "messenger", "hard", "everyday"])
def test_damage_is_a_function_of_seed_update_and_place(pictures: PreparedPictures, degradation: str) -> None:
    first, second = (CropSampler(pictures, batch=6, crop=96, seed=7, degradation=degradation) for _ in range(2))
    second.sample(0)
    clean = CropSampler(pictures, batch=6, crop=96, seed=7)
    low, high = first.sample(5)
    assert first.is_degraded
    assert not clean.is_degraded
    assert np.array_equal(low, second.sample(5)[0])
    assert np.array_equal(high, clean.sample(5)[1])
    assert not np.array_equal(low, clean.sample(5)[0])
    assert len(set(first.places(5).damage.tolist())) == 6
    for rank in range(2):
        part_low, part_high = first.sample(5, rank=rank, ranks=2)
        assert np.array_equal(part_low, low[rank::2])
        assert np.array_equal(part_high, high[rank::2])


def test_degraded_crops_are_aligned(pictures: PreparedPictures) -> None:
    """The images are ramps of one level per pixel: the mean of a crop gives its position to parts of a pixel."""
    sampler = CropSampler(pictures, batch=6, crop=96, seed=1, degradation="messenger")
    differences = []
    for update in range(30):
        low, high = sampler.sample(update)
        differences.append(low.mean(axis=(1, 2))[:, :2] - high.mean(axis=(1, 2))[:, :2])
    levels = np.concatenate(differences)
    assert np.abs(levels).max() < 2.5  # files and noise
    assert np.abs(levels.mean(axis=0)).max() < 0.4  # a tenth of a low-resolution pixel


def test_everyday_leaves_some_crops_clean(pictures: PreparedPictures) -> None:
    sampler = CropSampler(pictures, batch=6, crop=96, seed=0, degradation="everyday")
    clean = CropSampler(pictures, batch=6, crop=96, seed=0)
    equal = [
        np.array_equal(one, other)
        for update in range(30)
        for one, other in zip(sampler.sample(update)[0], clean.sample(update)[0], strict=True)
    ]
    assert 0.1 < np.mean(equal) < 0.3
