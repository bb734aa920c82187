"""The adversarial game is real: each network gains on the other while the other stands still."""

import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from lightning_fabric import Fabric

from srgan.data.prepare import find_pictures, prepare
from srgan.data.prepared_set import PreparedPictures
from srgan.training.batches import batches, sampler
from srgan.training.recipes import RECIPES
from srgan.training.recipes.recipe import Recipe
from srgan.training.update import Training

_FEW = 20


@pytest.fixture(scope="module")
def photos(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedPictures:
    folder = tmp_path_factory.mktemp("photos")
    found = find_pictures([data_folder / "train" / "dogs"])[:40]
    prepare(found[2:], folder, validation=found[:2])
    return PreparedPictures(folder)


def play(training: Training, photos: PreparedPictures, recipe: Recipe, updates: range) -> list[tuple[float, float]]:
    """(D(HR), D(SR)) before every update."""
    beliefs = []
    crops = batches(sampler(recipe, photos), training.fabric.device, updates, rank=0, ranks=1)
    for number, (low, high) in zip(updates, crops, strict=True):
        found = training.update(low, high, number=number)
        beliefs.append((float(found["real"]), float(found["restored"])))
    return beliefs


def means(beliefs: list[tuple[float, float]]) -> tuple[float, float]:
    real, restored = zip(*beliefs, strict=True)
    return statistics.mean(real), statistics.mean(restored)


SMALL = replace(
    RECIPES["srgan-mse-quick"], blocks=2, features=16, discriminator_features=16, batch=8, crop=32, warmup=0, decay=0.0
)


def test_two_hundred_updates_and_then_a_frozen_discriminator(fabric: Fabric, photos: PreparedPictures) -> None:
    training = Training(SMALL, fabric=fabric, updates=300)
    assert training.discriminator is not None
    beliefs = play(training, photos, SMALL, range(200))
    first, last = means(beliefs[:_FEW]), means(beliefs[-_FEW:])
    assert last[0] > first[0]  # the discriminator gets to know what is real
    assert last[1] < first[1]  # and what is not

    training.discriminator.learning_rate, training.generator.learning_rate = 0.0, 1e-3
    frozen = replace(SMALL, adversarial=1.0)
    training.recipe = frozen
    after = means(play(training, photos, frozen, range(200, 260))[-_FEW:])
    assert after[1] > last[1] + 0.3  # the generator gets to know what passes for real


def test_a_frozen_generator_is_found_out(fabric: Fabric, photos: PreparedPictures) -> None:
    training = Training(SMALL, fabric=fabric, updates=100)
    training.generator.learning_rate = 0.0
    last = means(play(training, photos, SMALL, range(60))[-_FEW:])
    assert last[0] - last[1] > 0.5
