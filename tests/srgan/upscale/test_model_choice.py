"""Each inspection gets its pair of models, and missing models are replaced with a reason."""

from dataclasses import asdict
from pathlib import Path

import pytest

from srgan.errors import ModelError, UsageError
from srgan.images.inspection import Inspection
from srgan.upscale.model_choice import CLEAN, DAMAGED, better_model, choose_model
from srgan.weights.catalogue import Model, find, installed
from srgan.weights.interpolation import Interpolated

PRISTINE, COMPRESSED = Inspection(8), Inspection(8, "jpeg", 60, "4:2:0")


@pytest.fixture
def models(family: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Model]:
    """All four, as if they had come with srgan."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", family)
    return installed()


@pytest.mark.parametrize(
    ("inspection", "fidelity", "name"),
    [
        (PRISTINE, 1.0, "srresnet"),
        (PRISTINE, 0.0, "srgan"),
        (COMPRESSED, 1.0, "srresnet-photo"),
        (COMPRESSED, 0.0, "srgan-photo"),
        (COMPRESSED, 0.25, "srgan-photo to srresnet-photo at fidelity 0.25"),
        (PRISTINE, 0.5, "srgan to srresnet at fidelity 0.5"),
    ],
)
def test_the_pair_follows_the_picture(
    models: dict[str, Model], inspection: Inspection, fidelity: float, name: str
) -> None:
    network, reason = choose_model(inspection, models, fidelity=fidelity)
    assert (network.name, reason) == (name, inspection.reason)
    assert isinstance(network, Interpolated) == (0 < fidelity < 1)


@pytest.mark.parametrize(
    ("absent", "fidelity", "name"),
    [
        (["srresnet-photo"], 1.0, "srresnet"),
        (["srresnet-photo"], 0.0, "srgan-photo"),
        (["srresnet-photo"], 0.5, "srgan to srresnet at fidelity 0.5"),
        (["srgan-photo"], 0.5, "srresnet-photo"),
        (["srgan-photo"], 0.0, "srresnet-photo"),
        (["srgan-photo", "srresnet-photo"], 0.0, "srgan"),
    ],
)
def test_where_a_model_is_missing_the_nearest_serves(
    models: dict[str, Model], absent: list[str], fidelity: float, name: str
) -> None:
    left = {name: model for name, model in models.items() if name not in absent}
    network, reason = choose_model(COMPRESSED, left, fidelity=fidelity)
    assert network.name == name
    assert (reason == COMPRESSED.reason) == (name == "srgan-photo")
    assert choose_model(PRISTINE, left, fidelity=fidelity)[1] == PRISTINE.reason


def test_without_the_clean_pair_nothing_can_be_chosen(models: dict[str, Model]) -> None:
    with pytest.raises(ModelError):
        choose_model(PRISTINE, {"srgan-photo": models["srgan-photo"]}, fidelity=0.5)
    with pytest.raises(ModelError):
        choose_model(COMPRESSED, {})


@pytest.mark.parametrize("fidelity", [-0.1, 1.1, float("nan")])
def test_a_fidelity_that_cannot_be_meant(models: dict[str, Model], fidelity: float) -> None:
    with pytest.raises(UsageError):
        choose_model(PRISTINE, models, fidelity=fidelity)


def test_a_better_model_is_known_for_damaged_pictures(models: dict[str, Model], tiny_model: Path) -> None:
    assert better_model(models["srresnet"], COMPRESSED, models) == "srresnet-photo"
    assert better_model(models["srgan"], COMPRESSED, models) == "srgan-photo"
    assert better_model(models["srresnet"], PRISTINE, models) is None
    assert better_model(models["srresnet-photo"], COMPRESSED, models) is None
    assert better_model(find(tiny_model), COMPRESSED, models) is None
    assert better_model(models["srresnet"], COMPRESSED, {"srresnet": models["srresnet"]}) is None


def test_all_shipped_models_of_the_table_enlarge_alike() -> None:
    models = installed()
    names = {*asdict(CLEAN).values(), *asdict(DAMAGED).values()} & set(models)
    assert {models[name].scale for name in names} == {4}
    for pair in (CLEAN, DAMAGED):
        ends = [models[name].card for name in asdict(pair).values() if name in models]
        assert len({(card.architecture, card.stages) for card in ends}) <= 1, pair
