"""The adversarial game is real: each network gains on the other while the other stands still."""

import statistics
from pathlib import Path

import pytest
from lightning_fabric import Fabric

from srgan.data.prepare import find_pictures, prepare
from srgan.data.prepared_set import PreparedPictures
from srgan.training.batches import batches, make_sampler
from srgan.training.loss_terms import make_terms
from srgan.training.recipes import RECIPES
from srgan.training.state import State, make_state
from srgan.training.update import update

_FEW = 20


@pytest.fixture(scope="module")
def photos(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedPictures:
    folder = tmp_path_factory.mktemp("photos")
    found = find_pictures([data_folder / "train" / "dogs"])[:16]
    prepare(found[2:], folder, validation=found[:2])
    return PreparedPictures(folder)


def play(state: State, photos: PreparedPictures, updates: int) -> list[tuple[float, float]]:
    """(D(HR), D(SR)) before every update."""
    beliefs = []
    numbers = range(state.done, state.done + updates)
    for batch in batches(make_sampler(state.recipe, photos), state.fabric.device, numbers, rank=0, ranks=1):
        measured = update(state, batch)
        beliefs.append((float(measured["real"]), float(measured["restored"])))
    return beliefs


def means(beliefs: list[tuple[float, float]]) -> tuple[float, float]:
    real, restored = zip(*beliefs, strict=True)
    return statistics.mean(real), statistics.mean(restored)


SMALL = RECIPES["srgan-mse-quick"].change(
    blocks=2, features=16, discriminator_features=16, batch=4, crop=32, warmup=0, decay=0.0
)


def test_two_hundred_updates_and_then_a_frozen_discriminator(fabric: Fabric, photos: PreparedPictures) -> None:
    state = make_state(SMALL, fabric=fabric, updates=300)
    assert state.discriminator is not None
    beliefs = play(state, photos, 200)
    first, last = means(beliefs[:_FEW]), means(beliefs[-_FEW:])
    assert last[0] > first[0]  # the discriminator gets to know what is real
    assert last[1] < first[1]  # and what is not

    state.discriminator.learning_rate, state.generator.learning_rate = 0.0, 1e-3
    state.terms = make_terms(SMALL.change(adversarial=1.0), discriminator=state.discriminator.module)
    after = means(play(state, photos, 60)[-_FEW:])
    assert after[1] > last[1] + 0.3  # the generator gets to know what passes for real


def test_a_frozen_generator_is_detected(fabric: Fabric, photos: PreparedPictures) -> None:
    state = make_state(SMALL, fabric=fabric, updates=100)
    state.generator.learning_rate = 0.0
    last = means(play(state, photos, 60)[-_FEW:])
    assert last[0] - last[1] > 0.5
