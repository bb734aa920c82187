"""The shortened trainings of three projects: as published but for their length, and features that are at hand."""

import pytest

from runs.projects import DOGS, PLANNED
from srgan.training.recipes import RECIPES

CHANGED = {"updates", "epochs", "batch", "learning_rate", "content", "feature_scale", "degradation"}
CHANGED |= {"log_every", "validate_every"}
FALLING = {"warmup", "decay", "clip"}
"""What a learning rate that falls changes, too, as the San Diego group's does here."""


@pytest.mark.parametrize("name", PLANNED)
def test_only_length_batch_learning_rate_and_features_differ(name: str) -> None:
    recipe = PLANNED[name].recipe
    published, own = RECIPES[recipe.name].flat(), recipe.flat()
    changed = {setting for setting in own if own[setting] != published[setting]}
    assert changed <= (CHANGED | FALLING if name.startswith("ucsd") else CHANGED)
    assert own["content"] != "vgg54"
    assert own["degradation"] == ("everyday" if name.endswith("-everyday") else "clean")
    assert (PLANNED[name].pictures is DOGS) == name.startswith("loridan")


@pytest.mark.parametrize("name", [name for name, planned in PLANNED.items() if planned.before])
def test_a_second_stage_begins_with_the_first(name: str) -> None:
    first, second = PLANNED[PLANNED[name].before].recipe, PLANNED[name].recipe
    assert second.initial in ("", first.name)  # the group says of no first stage that its SRGAN had it
    assert (first.network, first.crops.degradation) == (second.network, second.crops.degradation)


def test_cheung_sees_as_many_crops_as_forty_epochs_of_250_photos() -> None:
    recipe = PLANNED["cheung"].recipe
    assert recipe.crops.batch * recipe.planned_updates(0) == 250 * 40
